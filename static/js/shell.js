// What every page has: the theme, menus, keys, clicks that are one, the state of the models, and the service worker.

import { attempt, call } from "./api.js";
import { THEMES, setTheme, theme } from "./appearance.js";
import { find } from "./dom.js";
import { onKey, showKeys, tellKey } from "./keys.js";
import { startMenus } from "./menus.js";
import { startModelState } from "./model-state.js";
import { startReading } from "./reading.js";
import { forgetShared } from "./shared.js";
import { t } from "./text.js";
import { forgetOffers, startUndo } from "./undo.js";

function startTheme() {
  const button = find("#theme");
  const label = () => {
    const name = t(`common.theme_${theme()}`);
    button.title = name;
    button.setAttribute("aria-label", name);
  };
  button.addEventListener("click", () => setTheme(THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]));
  document.addEventListener("theme-changed", label);
  label();
}

function startKeys() {
  const field = find("#question") ?? find("#filter-text");
  const label = field?.id === "filter-text" ? t("common.key_filter") : t("common.key_ask");
  if (find(".top nav")) onKey("/", label, () => (field ? field.focus() : location.assign("/")));
  onKey("?", t("common.keys"), showKeys);
  tellKey("Esc", t("common.key_close"));
  find("#show-keys").addEventListener("click", showKeys);
}

// Scripts change the address after the page was made; the language form returns to where the reader is.
for (const form of document.querySelectorAll('form[action="/language"]')) {
  form.addEventListener("submit", () => (form.elements.to.value = location.pathname + location.search));
}
find("#log-out")?.addEventListener("click", async () => {
  await forgetShared();
  forgetOffers();
  if (await attempt(() => call("DELETE", "/me/session"))) location.assign("/login");
});
// Only where the address can be trusted; without it sharing and the page for when the server is gone are missing.
navigator.serviceWorker?.register(find('meta[name="worker"]').content).catch(() => {});

// A double click presses a button once. Its second half may come down on what slid into the place of what went, or on the
// dialog that the first opened. What leads on and on, from page to page, is pressed as often as one likes.
addEventListener("click", single, true);

function single(event) {
  if (event.detail < 2 || !event.target.closest("button:not(.previous, .next, #theme)")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

startTheme();
startKeys();
startMenus();
startReading();
if (find(".top nav")) startUndo(); // nobody else can undo anything
startModelState();
