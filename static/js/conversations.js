// The list of conversations: open, rename, delete.

import { attempt, call, get } from "./api.js";
import { confirm, prompt } from "./dialogs.js";
import { el, find, iconButton, toast } from "./dom.js";
import { shortTime, t } from "./text.js";

const list = find("#conversation-list");
let current = null;
let onOpen = () => {};
let onDeleted = () => {};

export function startConversations(opened, deleted) {
  onOpen = opened;
  onDeleted = deleted;
  return refresh();
}

export function markCurrent(id) {
  current = id;
  for (const item of list.children) {
    const link = find("a", item);
    if (item.dataset.id === id) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  find("#talk-title").textContent = find('a[aria-current="page"] span', list)?.textContent ?? "";
}

export async function refresh() {
  await attempt(async () => {
    const conversations = await get("/conversations");
    list.replaceChildren(...conversations.map(row));
    find("#no-conversations").hidden = conversations.length > 0;
    markCurrent(current);
  });
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
    iconButton("trash", t("chat.delete_conversation"), () => remove(conversation, title), "small"),
  );
}

async function rename(conversation) {
  const title = await prompt({ title: t("chat.rename_title"), label: t("chat.rename_title"), value: conversation.title, action: t("common.save") });
  if (title === null) return;
  await attempt(() => call("PATCH", `/conversations/${encodeURIComponent(conversation.id)}`, { title }));
  await refresh();
}

async function remove(conversation, title) {
  if (!(await confirm({ title: t("chat.delete_title"), text: t("chat.delete_text", { title }), action: t("common.delete") }))) return;
  const gone = await attempt(() => call("DELETE", `/conversations/${encodeURIComponent(conversation.id)}`));
  if (!gone) return;
  toast(t("chat.deleted"));
  if (conversation.id === current) onDeleted();
  await refresh();
}
