// Which base documents are moved to, and what else that changes.

import { pick } from "./dialogs.js";
import { el, find } from "./dom.js";
import { t } from "./text.js";

// Resolves to { id, name, rereads }, or to null when cancelled.
export async function askBase() {
  const { content } = find("#move-to");
  const bases = new Map([...content.querySelectorAll("option")].map((each) => [each.value, each]));
  const notes = [...content.querySelectorAll("[data-note]")].map((note) => note.cloneNode(true));
  const id = await pick({
    title: t("library.move_title"),
    more: el("div", {}, ...notes),
    action: t("library.move"),
    label: t("library.move_to"),
    options: [...bases].map(([value, base]) => ({ value, label: base.textContent })),
    enterTakes: true,
    onPick: (value) => {
      for (const note of notes) note.hidden = !(note.dataset.note in bases.get(value).dataset);
    },
  });
  return id === null ? null : { id, name: bases.get(id).textContent, rereads: "rereads" in bases.get(id).dataset };
}
