// Deleting a document: it is gone at once, and for ten seconds it can be brought back. The offer outlives a change of page.

import { attempt, call, post } from "./api.js";
import { toast } from "./dom.js";
import { t } from "./text.js";

const KEY = "zhiwen.deleted";
const SECONDS = 10;

// Whether the document was deleted. The next page that calls `offerUndo` offers to undo it.
export async function remove(id, name) {
  const done = await attempt(() => call("DELETE", `/documents/${encodeURIComponent(id)}`));
  if (done) sessionStorage.setItem(KEY, JSON.stringify({ id, name, until: Date.now() + SECONDS * 1000 }));
  return done;
}

export function offerUndo(restored) {
  const { id, name, until } = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
  sessionStorage.removeItem(KEY);
  const seconds = (until - Date.now()) / 1000;
  if (!(seconds > 0)) return;
  const undo = async () => {
    if (await attempt(() => post(`/documents/${encodeURIComponent(id)}/restore`))) restored();
  };
  toast(t("library.deleted", { name }), "", { label: t("library.undo"), run: undo, seconds });
}
