// The list of conversations: search, open, rename, export, delete. It comes in pages, the next when its end is in sight.

import { attempt, call, get } from "./api.js";
import { choose, prompt } from "./dialogs.js";
import { discard, isDiscarded, startDiscarding } from "./discard.js";
import { el, find, iconButton } from "./dom.js";
import { shortTime, t } from "./text.js";

const PER_PAGE = 50; // as many as the server draws
const MOST = 1000; // that it gives at once
const TITLE = 200; // characters that it takes
const list = find("#conversation-list");
const more = find("#more-conversations");
const end = new IntersectionObserver(([seen]) => seen.isIntersecting && goOn(), { root: list.parentElement, rootMargin: "200px" });
export const search = find("#conversation-search");
let current = null;
let asked = 0;
let looking = 0;
let searched = ""; // what those that are there were found by
let onOpen = () => {};
let onDeleted = () => {};

export function startConversations(opened, deleted) {
  onOpen = opened;
  onDeleted = deleted;
  search.addEventListener("input", refresh);
  startDiscarding(refresh);
  more.addEventListener("click", async (event) => {
    event.preventDefault();
    find("a", (await goOn()) ?? list.lastElementChild)?.focus();
  });
  return refresh();
}

// `title`: of the conversation that is opened; its row may not be in the list, while that is searched or still to come.
export function markCurrent(id, title = null) {
  const same = id === current;
  current = id;
  for (const item of list.children) {
    const link = find("a", item);
    if (item.dataset.id === id) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const shown = title || find('a[aria-current="page"] span', list)?.textContent;
  if (shown || !same) find("#talk-title").textContent = shown ?? "";
}

// As many as are there already, anew.
export async function refresh() {
  const text = search.value.trim();
  const limit = text === searched ? Math.min(Math.max(list.children.length, PER_PAGE), MOST) : PER_PAGE;
  await look(text, limit, 0, (rows) => list.replaceChildren(...rows));
}

// The next page. Gives its first row, if there is one that was not there.
async function goOn() {
  if (looking) return null;
  let first = null;
  await look(searched, PER_PAGE, list.children.length, (rows) => {
    // One that was gone on with elsewhere moved the others down.
    const others = rows.filter(({ dataset }) => !rowOf(dataset.id));
    first = others[0];
    list.append(...others);
    more.hidden ||= !first;
  });
  return first;
}

// Only the latest of several requests is shown, in whatever order they are answered.
async function look(text, limit, offset, show) {
  const number = ++asked;
  looking += 1;
  const there = await attempt(async () => {
    const found = await get(`/conversations?${new URLSearchParams({ limit, offset, ...(text ? { text } : {}) })}`);
    if (number !== asked) return;
    if (text !== searched) list.parentElement.scrollTop = 0;
    searched = text;
    more.hidden = found.length < limit;
    show(found.filter((each) => !isDiscarded(each.id)).map(row));
    tellWhetherNone();
    markCurrent(current);
  });
  looking -= 1;
  if (there && !looking) watchEnd();
}

// Tells at once where the end is; it may have come into sight, or stayed there.
function watchEnd() {
  end.unobserve(more);
  end.observe(more);
}

const rowOf = (id) => find(`li[data-id="${CSS.escape(id)}"]`, list);

function tellWhetherNone() {
  find("#no-conversations").hidden = list.children.length > 0;
  find("#no-conversations").textContent = t(search.value.trim() ? "chat.none_found" : "chat.no_conversations");
}

// Whether a search was there to clear.
export function clearSearch() {
  const there = search.value !== "";
  search.value = "";
  if (there) refresh();
  return there;
}

function row(conversation) {
  const title = conversation.title || t("chat.untitled");
  const open = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onOpen(conversation.id);
  };
  return el(
    "li",
    { "data-id": conversation.id },
    el("a", { href: `/?conversation=${encodeURIComponent(conversation.id)}`, onclick: open }, el("span", {}, title), el("small", {}, shortTime(conversation.updated_at))),
    iconButton("pen", t("chat.rename"), () => rename(conversation), "small"),
    iconButton("download", t("chat.export"), () => save(conversation, title), "small"),
    iconButton("trash", t("chat.delete_conversation"), () => remove(conversation, title), "small"),
  );
}

async function rename(conversation) {
  const save = (title) => call("PATCH", `/conversations/${encodeURIComponent(conversation.id)}`, { title });
  const label = t("chat.rename_title");
  if (await prompt({ title: label, label, value: conversation.title, action: t("common.save"), most: TITLE, save })) await refresh();
}

function save(conversation, title) {
  const link = (format) => `/api/v1/conversations/${encodeURIComponent(conversation.id)}/export?format=${format}`;
  return choose({
    title: t("chat.export"),
    text: t("chat.export_text", { title }),
    links: [
      { label: "Markdown", href: link("markdown") },
      { label: "JSON", href: link("json") },
    ],
  });
}

// The focus goes to the row that takes its place.
function remove({ id }, title) {
  const item = rowOf(id);
  const beside = item.nextElementSibling ?? item.previousElementSibling;
  item.remove();
  tellWhetherNone();
  discard(id, title);
  if (id === current) onDeleted();
  else (beside ? find("a", beside) : search).focus();
}
