// Documents by name: a list in the menu that says where to search, page by page from the server.

import { get, Problem } from "./api.js";
import { el, find } from "./dom.js";
import { addDocument, baseLabel, chosen, isChosen, removeDocument } from "./scope.js";
import { t } from "./text.js";

const PER_PAGE = 20;
const menu = find("#scope");
const field = find("#document-search");
const list = find("#found-documents");
const told = find("#found-told");
const more = find("#more-documents");
let asked = 0;
let page = 1;

// A page of the documents of the chosen bases that can be asked, { items, total }.
export function findDocuments(text, page, perPage) {
  const query = new URLSearchParams({ text, page, per_page: perPage, status: "ready" });
  for (const base of chosen()) query.append("bases", base);
  return chosen().length ? get(`/documents?${query}`) : Promise.resolve({ items: [], total: 0 });
}

export function startFinding() {
  field.addEventListener("input", () => look(1));
  // Enter chooses what stands there alone; it does not send the question.
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    const boxes = list.querySelectorAll("input");
    if (boxes.length === 1) boxes[0].click();
  });
  more.addEventListener("click", () => look(page + 1));
  menu.addEventListener("toggle", () => menu.open && look(1));
  menu.addEventListener("change", (event) => event.target.name === "base" && look(1));
}

// Only the latest of several requests is shown, in whatever order they are answered.
async function look(wanted) {
  const number = ++asked;
  try {
    const found = await findDocuments(field.value.trim(), wanted, PER_PAGE);
    if (number !== asked) return;
    page = wanted;
    const rows = found.items.map(row);
    if (page === 1) list.replaceChildren(...rows);
    else list.append(...rows);
    told.textContent = found.total ? t("chat.documents_found", { count: found.total }) : t("chat.documents_none");
    more.hidden = page * PER_PAGE >= found.total;
    if (page > 1) find("input", rows[0])?.focus();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (number === asked) told.textContent = error.message;
  }
}

function row(found) {
  const box = el("input", { type: "checkbox", checked: isChosen(found.id), onchange: () => (box.checked ? addDocument(found) : removeDocument(found.id)) });
  box.value = found.id;
  return el("li", {}, el("label", {}, box, el("span", { title: found.name }, found.name), el("small", {}, baseLabel(found.base))));
}

// Ticks in the list what is chosen, whoever chose it.
export function markFound() {
  for (const box of list.querySelectorAll("input")) box.checked = isChosen(box.value);
}
