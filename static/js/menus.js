// Menus: one is open at a time, arrows move in it, Esc gives the focus back. Arrows move in lists of links as well.

import { find } from "./dom.js";
import { onEscape, tellKey } from "./keys.js";
import { t } from "./text.js";

const LISTS = ".menu-list, .conversation-list, .source-list";
const ITEMS = "a[href], button:enabled, input:enabled";
// These have their own use for arrows.
const OWN = "textarea, select, input:not([type='checkbox'])";

export function startMenus() {
  document.addEventListener("click", (event) => closeAll(event.target));
  document.addEventListener("focusin", (event) => closeAll(event.target));
  document.addEventListener("keydown", move);
  onEscape(() => {
    const open = find("details.menu[open]");
    if (open) find("summary", open).focus();
    closeAll(null);
    return Boolean(open);
  });
  tellKey("↑ ↓", t("common.key_arrows"));
  tellKey("Home End", t("common.key_ends"));
}

function closeAll(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(except)) menu.open = false;
}

function move(event) {
  const { key, target } = event;
  if (!["ArrowUp", "ArrowDown", "Home", "End"].includes(key) || event.ctrlKey || event.metaKey || event.altKey) return;
  const menu = target.matches("details.menu > summary") ? target.parentElement : null;
  const list = menu ? find(".menu-list", menu) : target.closest(LISTS);
  if (!list || target.matches(OWN)) return;
  if (menu && key.startsWith("Arrow")) menu.open = true;
  else if (menu && !menu.open) return;
  const items = itemsOf(list);
  if (!items.length) return;
  event.preventDefault();
  const at = items.findIndex((item) => item === target || item.closest("li")?.contains(target));
  const last = items.length - 1;
  const next = { ArrowUp: at <= 0 ? last : at - 1, ArrowDown: at === last ? 0 : at + 1, Home: 0, End: last }[key];
  items[next].focus();
}

// Of a menu all that can be chosen, of a list the first of each entry.
function itemsOf(list) {
  const found = list.matches("ol, ul") ? [...list.children].map((entry) => find(ITEMS, entry)) : [...list.querySelectorAll(ITEMS)];
  return found.filter((item) => item?.checkVisibility() && item.type !== "hidden");
}
