// Deleting a document or a base: it is gone at once, and for ten seconds it can be brought back. The offer outlives a
// change of page.

import { attempt, call, post } from "./api.js";
import { toast } from "./dom.js";
import { baseName, t } from "./text.js";

const KEY = "zhiwen.deleted";
// As long as the server keeps what is hidden.
const SECONDS = 10;

const openBase = (id) => location.assign(`/library?base=${encodeURIComponent(id)}`);

// Whether it was deleted. The next page that calls `offerUndo` offers to undo it.
export const removeDocument = (id, name) => remove({ id, name, path: `/documents/${encodeURIComponent(id)}` });
export const removeBase = (id, name) =>
  remove({ id, name: baseName(name), path: `/bases/${encodeURIComponent(id)}`, isBase: true });

async function remove(what) {
  const done = await attempt(() => call("DELETE", what.path));
  if (done) sessionStorage.setItem(KEY, JSON.stringify({ ...what, until: inTime() }));
  return done;
}

// A base that was brought back is opened; of a document the page is told.
export function offerUndo(restored) {
  const { id, name, path, isBase, until } = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
  sessionStorage.removeItem(KEY);
  if (!(until > Date.now())) return;
  const undo = async () => {
    if (!(await attempt(() => post(`${path}/restore`)))) return;
    if (isBase) openBase(id);
    else restored();
  };
  tellUndoable(t("library.deleted", { name }), undo, until);
}

// `until`: when it can be undone no more. Gives the note.
export function tellUndoable(text, undo, until) {
  const seconds = (until - Date.now()) / 1000;
  return toast(text, "", seconds > 0 ? { label: t("library.undo"), run: undo, seconds } : null);
}

// The moment up to which what is deleted now can be brought back.
export const inTime = () => Date.now() + SECONDS * 1000;
