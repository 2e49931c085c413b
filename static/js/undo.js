// Deleting documents or a base, or moving documents: it is done at once, and for ten seconds it can be taken back. The tab
// keeps the offer until then, and every page that is opened meanwhile makes it.

import { attempt, attemptEach, call, post, Problem } from "./api.js";
import { store, toast } from "./dom.js";
import { baseName, t } from "./text.js";

const KEY = "zhiwen.undoable";
// As long as the server keeps what is hidden.
const SECONDS = 10;
const notes = []; // those of this page

// The moment up to which what is deleted now can be brought back.
export const inTime = () => Date.now() + SECONDS * 1000;

export const documentPath = (id, rest = "") => `/documents/${encodeURIComponent(id)}${rest}`;

// Whether it is gone now.
export const removeDocument = (id, name) => remove(documentPath(id), name);
export const removeBase = (id, name) => remove(`/bases/${encodeURIComponent(id)}`, baseName(name), `/library?base=${encodeURIComponent(id)}`);

async function remove(path, name, opens = null) {
  const until = inTime();
  return attempt(async () => {
    if (await erase(path)) offer({ text: t("common.deleted", { name }), posts: [`${path}/restore`], opens, until });
  });
}

// Whether it was there still: nobody need hear that what was to go is gone already.
export async function erase(path) {
  try {
    await call("DELETE", path);
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) throw error;
    return false;
  }
  return true;
}

const kept = () => JSON.parse(store(KEY, undefined, "sessionStorage") ?? "[]").filter((each) => each.until > Date.now());
const keep = (offers) => store(KEY, JSON.stringify(offers), "sessionStorage");

// Whoever uses the tab next is told no names.
export const forgetOffers = () => keep([]);

// `until`: when it can be undone no more. Undone it is by all the `posts`, with `json`; then the page that it `opens` is
// opened, or this one told by an `undone` event of the document.
export function offer(made) {
  keep([...kept(), made]);
  show(made);
}

function show(made) {
  const { text, posts, json, opens, until } = made;
  const undo = async () => {
    keep(kept().filter((each) => each.until !== until || each.posts[0] !== posts[0]));
    const done = await attemptEach(posts, (path) => post(path, json));
    if (opens && done.length) location.assign(opens);
    else document.dispatchEvent(new Event("undone"));
  };
  notes.push(tellUndoable(text, undo, until));
}

// Gives the note.
export function tellUndoable(text, undo, until) {
  const seconds = (until - Date.now()) / 1000;
  return toast(text, "", seconds > 0 ? { label: t("common.undo"), run: undo, seconds } : null);
}

export function startUndo() {
  // A page that is come back to may have been frozen: what it offered may be over, or undone by another.
  addEventListener("pagehide", () => notes.splice(0).forEach((note) => note.remove()));
  addEventListener("pageshow", (event) => event.persisted && kept().forEach(show));
  kept().forEach(show);
}
