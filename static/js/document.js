// The document page: page images beside the text that was read from them, and the report of how it was read.

import { attempt, get } from "./api.js";
import { el, find } from "./dom.js";
import { watchDocuments } from "./live.js";
import { askPassword, pageView } from "./page-view.js";
import { drawReport, markPage } from "./report-view.js";
import { t } from "./text.js";
import { remove } from "./undo.js";

const main = find("#main");
const { id, name } = main.dataset;
const pages = Number(main.dataset.pages);
const api = `/documents/${encodeURIComponent(id)}`;
const list = find("#chunks");
const onlyThisPage = find("#this-page");
let report = { pages: [], blocks: [] };
let chunks = [];

const view = pageView({
  id,
  pages,
  pageInfo: (page) => report.pages[page - 1],
  onTurn: (page) => {
    markPage(page);
    if (onlyThisPage.checked) filter();
  },
});

function drawChunk(chunk) {
  const where = chunk.page ? t("document.chunk_place", { page: chunk.page }) : chunk.location;
  return el(
    "li",
    {},
    el(
      "button",
      { type: "button", class: "chunk", "data-ordinal": chunk.ordinal, onclick: () => pick(chunk) },
      el("small", { class: "chunk-head" }, el("span", { class: "n" }, String(chunk.ordinal + 1)), el("span", {}, chunk.heading_path.join(" › ")), el("span", { class: "spacer" }), el("span", {}, where)),
      el("span", { class: "chunk-text" }, chunk.text),
    ),
  );
}

// A chunk may go over several pages: `page` is the one to show.
function pick(chunk, page = chunk.boxes[0]?.page ?? chunk.page) {
  for (const node of list.querySelectorAll(".open")) node.classList.remove("open");
  node(chunk)?.classList.add("open");
  if (!chunk.page) return;
  view.show(page, chunk.boxes.filter((box) => box.page === page));
}

const node = (chunk) => find(`[data-ordinal="${chunk.ordinal}"]`, list);

// Opens a passage and brings it into view; what is quoted from it is marked.
function reveal(chunk, quote = "", page = undefined) {
  showTab("text");
  pick(chunk, page);
  const text = find(".chunk-text", node(chunk));
  const at = quote ? chunk.text.indexOf(quote) : -1;
  if (at >= 0) text.replaceChildren(chunk.text.slice(0, at), el("mark", {}, quote), chunk.text.slice(at + quote.length));
  (find("mark", text) ?? node(chunk)).scrollIntoView({ block: "center" });
}

const chunkOf = (block) => chunks.find((each) => each.start < block.end && block.start < each.end);

function showPart(block) {
  const chunk = chunkOf(block);
  if (chunk) reveal(chunk);
}

function textOf(block) {
  const chunk = chunkOf(block);
  // Spans count code points.
  return chunk ? [...chunk.text].slice(Math.max(0, block.start - chunk.start), block.end - chunk.start).slice(0, 60).join("") : "";
}

const onPage = (chunk) => chunk.page === view.page() || chunk.boxes.some((box) => box.page === view.page());

function filter() {
  const needle = find("#find").value.trim().toLowerCase();
  let count = 0;
  [...list.children].forEach((item, index) => {
    const chunk = chunks[index];
    item.hidden = (onlyThisPage.checked && !onPage(chunk)) || (needle && !chunk.text.toLowerCase().includes(needle));
    if (!item.hidden) count += 1;
  });
  find("#no-chunks").hidden = count > 0;
}

function showTab(name) {
  for (const tab of document.querySelectorAll("[role=tab]")) tab.setAttribute("aria-selected", tab.id === `tab-${name}`);
  find("#text-view").hidden = name !== "text";
  find("#report-view").hidden = name !== "report";
  find("#text-tools").hidden = name !== "text";
}

function showState(document) {
  find("#status").textContent = t(`status.${document.status}`);
  find("#status").dataset.status = document.status;
  main.dataset.status = document.status;
  const problem = find("#problem");
  problem.hidden = !document.error;
  problem.textContent = document.error?.detail ?? "";
  find("#password").hidden = document.status !== "needs_password";
  const warnings = find("#warnings");
  warnings.hidden = !document.warnings.length;
  find("summary span", warnings).textContent = t("document.warnings", { count: document.warnings.length });
  find("ul", warnings).replaceChildren(...document.warnings.map((warning) => el("li", {}, warning.text)));
}

async function start() {
  const found = await get(api);
  showState(found);
  if (found.status === "queued" || found.status === "processing") return;
  [report, chunks] = await Promise.all([get(`${api}/report`), get(`${api}/chunks`)]);
  list.replaceChildren(...chunks.map(drawChunk));
  filter();
  drawReport(report, { onPage: (page) => view.show(page), onPart: showPart, textOf });
  open(new URLSearchParams(location.hash.slice(1)));
}

// The address names a passage, or a page.
function open(place) {
  const chunk = chunks.find((each) => each.id === place.get("chunk"));
  if (chunk) reveal(chunk, place.get("quote") ?? "", Number(place.get("page")) || undefined);
  else view.show(Number(place.get("page")) || 1);
}

// While it is being read there is nothing to show; when it is done, everything is new.
function changed(document) {
  if (document.id !== id) return;
  const working = main.dataset.status === "queued" || main.dataset.status === "processing";
  showState(document);
  if (working && (document.status === "ready" || document.status === "failed")) location.reload();
}

for (const tab of document.querySelectorAll("[role=tab]")) tab.addEventListener("click", () => showTab(tab.id.slice(4)));
onlyThisPage.addEventListener("change", filter);
find("#find").addEventListener("input", filter);
find("#delete").addEventListener("click", async () => {
  if (await remove(id, name)) location.assign(main.dataset.library);
});

askPassword(find("#password"), id, () => attempt(async () => showState(await get(api))));
attempt(start);
watchDocuments({ changed, missed: () => {} });
