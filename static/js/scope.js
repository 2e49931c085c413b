// Where a question looks: one or several bases, or a single document.

import { get, attempt } from "./api.js";
import { find, store } from "./dom.js";
import { t } from "./text.js";

const boxes = () => [...document.querySelectorAll('#scope input[name="base"]')];
const chip = find("#only-document");
let only = null;

export function startScope() {
  const known = JSON.parse(store("bases") ?? "null");
  if (Array.isArray(known)) choose(known);
  find("#scope").addEventListener("change", () => {
    store("bases", JSON.stringify(chosen()));
    label();
  });
  find("button", chip).addEventListener("click", () => onlyDocument(null));
  label();
}

// Ticks these bases; if none of them exists any more, all.
export function choose(ids) {
  const wanted = boxes().some((box) => ids.includes(box.value)) ? ids : boxes().map((box) => box.value);
  for (const box of boxes()) box.checked = wanted.includes(box.value);
  label();
}

export const chosen = () => boxes().filter((box) => box.checked).map((box) => box.value);

export function scope() {
  return only ? { documents: [only.id], bases: [only.base] } : { bases: chosen() };
}

function label() {
  const names = boxes().filter((box) => box.checked).map((box) => find("span", box.parentElement).textContent);
  const all = names.length === boxes().length && names.length > 1;
  const text = all ? t("chat.all_bases") : names.length > 1 ? t("chat.bases_chosen", { count: names.length }) : names[0] ?? t("chat.no_base");
  find("#scope-label").textContent = text;
}

export function onlyDocument(document) {
  only = document;
  chip.hidden = !document;
  find("#scope").hidden = Boolean(document);
  find("span", chip).textContent = document?.name ?? "";
}

export async function readDocument(id) {
  await attempt(async () => onlyDocument(await get(`/documents/${encodeURIComponent(id)}`)));
}
