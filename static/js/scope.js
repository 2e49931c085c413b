// Where a question looks: one or several bases, or certain documents, each of which is a chip that can be removed.

import { get, attempt, Problem } from "./api.js";
import { el, find, icon, iconButton, store } from "./dom.js";
import { t } from "./text.js";

const boxes = () => [...document.querySelectorAll('#scope input[name="base"]')];
const chips = find("#chosen-documents");
let arriving = Promise.resolve();
const documents = new Map(); // by id: { id, base, chip }
let onChange = () => {};

// `changed` is called whenever a question would look elsewhere than before.
export function startScope(changed) {
  const known = JSON.parse(store("bases") ?? "null");
  if (Array.isArray(known)) choose(known);
  find("#scope").addEventListener("change", (event) => {
    if (event.target.name !== "base") return;
    store("bases", JSON.stringify(chosen()));
    label();
  });
  label();
  onChange = changed;
}

// Ticks these bases; if none of them exists any more, all.
export function choose(ids) {
  const wanted = boxes().some((box) => ids.includes(box.value)) ? ids : boxes().map((box) => box.value);
  for (const box of boxes()) box.checked = wanted.includes(box.value);
  label();
}

export function lookEverywhere() {
  if (documents.size) clearDocuments();
  else choose(boxes().map((box) => box.value));
}

export const chosen = () => boxes().filter((box) => box.checked).map((box) => box.value);

export const isChosen = (id) => documents.has(id);

// What keeps a question from looking everywhere; `lookEverywhere` lets go of the documents first, then of the bases.
export const narrowed = () => ({ documents: documents.size > 0, bases: chosen().length < boxes().length });

export function scope() {
  const all = [...documents.values()];
  return all.length ? { documents: all.map((each) => each.id), bases: [...new Set(all.map((each) => each.base))] } : { bases: chosen() };
}

// Where files go that are added here: into the first base that is looked in, of those that may be added to.
export function baseForFiles() {
  const open = boxes().filter((box) => "editor" in box.dataset);
  return (open.find((box) => box.checked) ?? open[0])?.value;
}

// The name of a base as it stands in the menu, where there are several.
export function baseLabel(id) {
  const box = boxes().find((each) => each.value === id);
  return box && boxes().length > 1 ? find("span", box.parentElement).textContent : "";
}

function label() {
  const names = boxes().filter((box) => box.checked).map((box) => find("span", box.parentElement).textContent);
  const all = names.length === boxes().length && names.length > 1;
  const bases = all ? t("chat.all_bases") : names.length > 1 ? t("chat.bases_chosen", { count: names.length }) : names[0] ?? t("chat.no_base");
  find("#scope-label").textContent = documents.size ? t("chat.documents_chosen", { count: documents.size }) : bases;
  onChange();
}

// `note`: what keeps it from being asked about. One that is there already is told another, and stays as it is.
export function addDocument({ id, name, base }, note = "") {
  if (!documents.has(id)) {
    const chip = chipOf(id, name);
    documents.set(id, { id, base, chip });
    chips.append(chip);
    documentsChanged();
  }
  const told = find("small", documents.get(id).chip);
  const readNow = told.textContent && !note;
  told.textContent = note;
  told.hidden = !note;
  if (readNow) label();
}

export function removeDocument(id) {
  documents.get(id)?.chip.remove();
  if (documents.delete(id)) documentsChanged();
}

export function clearDocuments() {
  documents.clear();
  chips.replaceChildren();
  documentsChanged();
}

function documentsChanged() {
  chips.hidden = !documents.size;
  label();
}

function chipOf(id, name) {
  const remove = () => {
    removeDocument(id);
    find("#question").focus();
  };
  return el("li", { class: "chip" }, icon("file"), el("span", { title: name }, name), el("small", { hidden: true }), iconButton("close", t("chat.leave_document", { name }), remove, "small"));
}

// Resolves when the documents that the page was opened with are in the scope.
export const settled = () => arriving;

// Gives whether it is there.
export function readDocument(id) {
  return (arriving = attempt(async () => addDocument(await get(`/documents/${encodeURIComponent(id)}`))));
}

// The documents that a question was asked of, as far as they are still there.
export function restoreDocuments(ids) {
  return (arriving = restored(ids));
}

async function restored(ids) {
  const found = await Promise.all(ids.map((id) => get(`/documents/${encodeURIComponent(id)}`).catch(orGone)));
  clearDocuments();
  for (const document of found.filter(Boolean)) addDocument(document);
}

function orGone(error) {
  if (!(error instanceof Problem)) throw error;
  return null;
}
