// Deleting conversations: a row goes at once, and the server is told when the time to undo is over or the page is left.
// What it was told is kept by the tab until it has answered: the next page of the chat looks after what became of it.

import { open, Problem } from "./api.js";
import { store, toast } from "./dom.js";
import { t } from "./text.js";
import { inTime, tellUndoable } from "./undo.js";

const KEY = "zhiwen.discarded";
const undoable = new Map(); // by id: { timer, note }
const gone = new Set(); // of these a list that was asked for before may still come
let onChange = () => {};

const kept = () => JSON.parse(store(KEY, undefined, "sessionStorage") ?? "[]");
const keep = (conversations) => store(KEY, JSON.stringify(conversations), "sessionStorage");
const forget = (id) => keep(kept().filter((each) => each.id !== id));

export const isDiscarded = (id) => gone.has(id) || kept().some((each) => each.id === id);

// `changed` is called when a conversation is back.
export function startDiscarding(changed) {
  onChange = changed;
  addEventListener("pagehide", sendAll);
  addEventListener("pageshow", (event) => event.persisted && settleLeft());
  settleLeft();
}

export function discard(id, title) {
  keep([...kept(), { id, title }]);
  const until = inTime();
  const note = tellUndoable(t("chat.deleted", { title }), () => undo(id), until);
  undoable.set(id, { note, timer: setTimeout(() => settle({ id, title }), until - Date.now()) });
}

function undo(id) {
  close(id);
  forget(id);
  onChange();
}

// From here on it cannot be undone.
function close(id) {
  const offer = undoable.get(id);
  undoable.delete(id);
  clearTimeout(offer?.timer);
  offer?.note.remove();
}

// `keepalive`: the request outlives the page.
const send = (id) => open("DELETE", `/conversations/${encodeURIComponent(id)}`, { keepalive: true });

async function settle({ id, title }) {
  close(id);
  const problem = await refusalOf(id);
  if (!problem) gone.add(id);
  forget(id);
  if (!problem) return;
  toast(t("chat.not_deleted", { title, problem: problem.message }), "bad");
  onChange();
}

// What keeps it from being deleted; nothing if it is gone.
async function refusalOf(id) {
  try {
    await send(id);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status !== 404) return error;
  }
  return null;
}

// The answers come when this page is no more.
function sendAll() {
  for (const id of [...undoable.keys()]) {
    close(id);
    send(id).catch(() => {});
  }
}

function settleLeft() {
  for (const each of kept()) if (!undoable.has(each.id)) settle(each);
}
