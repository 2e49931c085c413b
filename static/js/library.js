// The library page: one base's documents, kept up to date; adding, filtering, deleting.

import { attempt, get, post } from "./api.js";
import { manageBases } from "./bases.js";
import { startChoosing } from "./choose.js";
import { watchCounts } from "./counts.js";
import { prompt } from "./dialogs.js";
import { find, toast } from "./dom.js";
import { startDrop } from "./drop.js";
import { watchDocuments } from "./live.js";
import { fill, newRow } from "./rows.js";
import { takeShared } from "./shared.js";
import { t } from "./text.js";
import { removeDocument } from "./undo.js";
import { upload } from "./uploads.js";

const main = find("#main");
const table = find("#documents tbody");
const text = find("#filter-text");
const status = find("#filter-status");
const base = main.dataset.base;
const view = {
  page: Number(main.dataset.page),
  perPage: Number(main.dataset.perPage),
  sort: main.dataset.sort,
  descending: main.dataset.descending === "true",
};
// What begins with its first on the first click; dates and sizes begin with the newest and the largest.
const UPWARDS = ["name", "status"];
const chosenChanged = startChoosing(load);
const count = watchCounts(base);
let asked = 0;
let loading = 0;
let timer = null;

function query() {
  const filters = { text: text.value.trim(), status: status.value };
  const given = Object.entries(filters).filter(([, value]) => value);
  return new URLSearchParams({ page: view.page, sort: view.sort, descending: view.descending, ...Object.fromEntries(given) });
}

async function load() {
  count();
  const mine = ++asked;
  loading += 1;
  await attempt(async () => {
    const list = await get(`/bases/${encodeURIComponent(base)}/documents?per_page=${view.perPage}&${query()}`);
    if (mine === asked) draw(list);
  });
  loading -= 1;
}

function draw(list) {
  const pages = Math.max(1, Math.ceil(list.total / list.per_page));
  if (list.page > pages) {
    turnTo(pages);
    return;
  }
  const old = new Map([...table.rows].map((row) => [row.dataset.id, row]));
  table.replaceChildren(
    ...list.items.map((document) => {
      const row = old.get(document.id);
      if (!row) return newRow(document);
      fill(row, document);
      return row;
    }),
  );
  chosenChanged();
  find("#total").textContent = t("library.total", { total: list.total });
  find("#nothing").hidden = list.total > 0;
  const filtered = Boolean(text.value.trim() || status.value);
  find("#nothing-here").hidden = filtered;
  find("#nothing-found").hidden = !filtered;
  drawPager(list, pages);
}

function drawPager(list, pages) {
  find("#pager").hidden = pages === 1;
  find("#page-of").textContent = t("library.page_of", { page: list.page, pages });
  for (const link of document.querySelectorAll("#pager [data-step]")) {
    const target = list.page + Number(link.dataset.step);
    turnable(link, target, target >= 1 && target <= pages);
  }
  for (const link of document.querySelectorAll("#documents [data-sort]")) {
    const cell = link.closest("th");
    if (link.dataset.sort === view.sort) cell.setAttribute("aria-sort", view.descending ? "descending" : "ascending");
    else cell.removeAttribute("aria-sort");
  }
}

// A link that leads nowhere has no address.
function turnable(link, page, leads) {
  if (leads) {
    link.href = addressOf(page);
    link.removeAttribute("role");
    link.removeAttribute("aria-disabled");
  } else {
    link.removeAttribute("href");
    link.setAttribute("role", "link");
    link.setAttribute("aria-disabled", "true");
  }
}

function addressOf(page) {
  const address = query();
  address.set("base", base);
  address.set("page", page);
  return `/library?${address}`;
}

function turnTo(page) {
  view.page = page;
  history.replaceState(null, "", addressOf(page));
  return load();
}

// Many changes at once (an upload of a folder) ask for the list once.
function loadSoon() {
  timer ??= setTimeout(() => {
    timer = null;
    load();
  }, 400);
}

function changed(document) {
  const row = find(`tr[data-id="${CSS.escape(document.id)}"]`, table);
  if (document.base !== base) {
    // It was moved away, or the other base has it new.
    count();
    if (row) loadSoon();
    return;
  }
  if (row?.dataset.status !== document.status) count();
  if (row) fill(row, document);
  // A list that is under way may be older than this, and would be drawn over it.
  if (!row || loading) loadSoon();
}

function add(files, settled = () => {}) {
  const onSettled = (outcome) => {
    if (outcome.created) loadSoon();
    settled(outcome);
  };
  return upload(files, { base, replace: find("#replace").checked, onSettled });
}

async function removeRow(row) {
  await removeDocument(row.dataset.id, row.dataset.name);
  await load();
}

function givePassword(row) {
  const { id, name } = row.dataset;
  const save = async (password) => fill(row, await post(`/documents/${encodeURIComponent(id)}/password`, { password }));
  return prompt({ title: t("library.password_title", { name }), text: t("library.password_text"), label: t("library.password"), action: t("library.open_file"), type: "password", most: 1000, save });
}

const retry = (row) => attempt(async () => fill(row, await post(`/documents/${encodeURIComponent(row.dataset.id)}/retry`)));

table.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const row = button.closest("tr");
  if (button.classList.contains("delete")) removeRow(row);
  else if (button.classList.contains("retry")) retry(row);
  else if (button.classList.contains("password")) givePassword(row);
});
find("#documents thead").addEventListener("click", (event) => {
  const link = event.target.closest("a[data-sort]");
  if (!link) return;
  event.preventDefault();
  view.descending = view.sort === link.dataset.sort ? !view.descending : !UPWARDS.includes(link.dataset.sort);
  view.sort = link.dataset.sort;
  turnTo(1);
});
find("#pager").addEventListener("click", (event) => {
  const link = event.target.closest("[data-step]");
  if (!link) return;
  event.preventDefault();
  if (!link.hasAttribute("aria-disabled")) turnTo(view.page + Number(link.dataset.step));
});
find("#filter").addEventListener("submit", (event) => {
  event.preventDefault();
  turnTo(1);
});
let typing = null;
text.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => turnTo(1), 250);
});
status.addEventListener("change", () => turnTo(1));
for (const picker of document.querySelectorAll("#files, #folder")) {
  picker.addEventListener("change", () => {
    add([...picker.files]);
    picker.value = "";
  });
}

if (document.body.dataset.role !== "reader") startDrop((files) => add(files));
manageBases(base, main.dataset.baseName, Number(main.dataset.originals));
watchDocuments({ changed, missed: load });
document.addEventListener("reading-changed", load);
document.addEventListener("undone", load);
load();
takeShared(base, add);
