// The document page: page images beside the text that was read from them, and the report of how it was read.

import { attempt, get, post } from "./api.js";
import { el, find } from "./dom.js";
import { watchDocuments } from "./live.js";
import { askPassword, pageView } from "./page-view.js";
import { markRange, markWords, passage, unmark } from "./passage.js";
import { isUnread, progressOf, waitsForModels, waitsForRetry } from "./progress.js";
import { drawReport, markPage } from "./report-view.js";
import { located, number, t } from "./text.js";
import { removeDocument } from "./undo.js";

const PAUSE_MS = 300; // a page is drawn for a word, not for each of its letters
const main = find("#main");
const { id, name } = main.dataset;
const pages = Number(main.dataset.pages);
const api = `/documents/${encodeURIComponent(id)}`;
const list = find("#chunks");
const onlyThisPage = find("#this-page");
let report = { pages: [], blocks: [] };
let chunks = [];
let drawn = [];
let found = "";
let hits = [];
let hit = -1;
let typing;

const view = pageView({
  id,
  pages,
  pageInfo: (page) => report.pages[page - 1],
  onTurn: (page) => {
    markPage(page);
    if (onlyThisPage.checked) filter();
  },
});

// A passage has its number, its headings, its place and its length above it; as long as it is pointed at, its places on
// the page are marked.
function drawChunk(chunk, { node: text }) {
  const where = chunk.page ? t("document.chunk_place", { page: chunk.page }) : located(chunk.location);
  const head = el(
    "button",
    { type: "button", class: "chunk-head" },
    el("span", { class: "n" }, String(chunk.ordinal + 1)),
    el("span", { class: "path" }, chunk.heading_path.join(" › ")),
    el("span", {}, where),
    el("span", { class: "tokens" }, t("document.tokens", { count: number(chunk.tokens) })),
  );
  // Whoever selects text in it does not want another page.
  const onclick = () => getSelection().isCollapsed && pick(chunk);
  const point = () => view.point(chunk.boxes);
  const leave = () => view.point([]);
  return el("li", {}, el("div", { class: "chunk", "data-ordinal": chunk.ordinal, onclick, onmouseenter: point, onmouseleave: leave, onfocusin: point, onfocusout: leave }, head, text));
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
  const at = quote ? chunk.text.indexOf(quote) : -1;
  const marks = at < 0 ? [] : markRange(drawn[chunks.indexOf(chunk)], chunk.text, at, at + quote.length);
  const target = marks[0] ?? node(chunk);
  target.scrollIntoView({ block: "center" });
  // What comes into sight gets its real height only then.
  requestAnimationFrame(() => target.scrollIntoView({ block: "center" }));
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
  if (drawn.length !== list.children.length) return; // they are not here yet
  const needle = find("#find").value.trim().toLowerCase();
  let count = 0;
  [...list.children].forEach((item, index) => {
    const chunk = chunks[index];
    item.hidden = (onlyThisPage.checked && !onPage(chunk)) || (needle && !drawn[index].leaves.some((leaf) => leaf.text.toLowerCase().includes(needle)));
    if (!item.hidden) count += 1;
  });
  find("#no-chunks").hidden = count > 0;
  find("#no-chunks").textContent = t(needle ? "document.no_hit" : "document.no_text");
  if (found) drawn.forEach(unmark);
  hits = needle ? [...list.children].flatMap((item, index) => (item.hidden ? [] : markWords(drawn[index], needle))) : [];
  found = needle;
  hit = hits.length ? 0 : -1;
  step(0);
}

function step(by) {
  hits[hit]?.classList.remove("current");
  if (hits.length) hit = (hit + by + hits.length) % hits.length;
  hits[hit]?.classList.add("current");
  hits[hit]?.scrollIntoView({ block: "center" });
  find("#find-count").textContent = found ? t("document.find_count", { at: hit + 1, count: hits.length }) : "";
  for (const id of ["#find-previous", "#find-next"]) find(id).disabled = !hits.length;
}

// The page of the hit beside it, unless the text is that of one page anyway.
function showHit() {
  const chunk = chunks[[...list.children].indexOf(hits[hit]?.closest("li"))];
  if (chunk && !onlyThisPage.checked) pick(chunk, onPage(chunk) ? view.page() : undefined);
}

function go(by) {
  step(by);
  showHit();
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
  find("#stage").textContent = progressOf(document);
  main.dataset.status = document.status;
  const problem = find("#problem");
  find("#waits").hidden = !waitsForModels(document);
  problem.hidden = !document.error || waitsForModels(document);
  problem.textContent = document.error?.detail ?? "";
  find("#ask").hidden = document.status !== "ready";
  find("#retry").hidden = document.status !== "failed" && !waitsForRetry(document);
  find("#password").hidden = document.status !== "needs_password";
  const warnings = find("#warnings");
  warnings.hidden = !document.warnings.length;
  find("summary span", warnings).textContent = t("document.warnings", { count: document.warnings.length });
  find("ul", warnings).replaceChildren(...document.warnings.map((warning) => el("li", {}, warning.text)));
}

async function start() {
  const found = await get(api);
  showState(found);
  if (isUnread(found)) return;
  [report, chunks] = await Promise.all([get(`${api}/report`), get(`${api}/chunks`)]);
  drawn = chunks.map((chunk) => passage(chunk.text));
  list.replaceChildren(...chunks.map((chunk, index) => drawChunk(chunk, drawn[index])));
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
  const working = isUnread(main.dataset);
  showState(document);
  if (working && (document.status === "ready" || document.status === "failed")) location.reload();
}

for (const tab of document.querySelectorAll("[role=tab]")) tab.addEventListener("click", () => showTab(tab.id.slice(4)));
onlyThisPage.addEventListener("change", filter);
find("#find").addEventListener("input", () => {
  filter();
  clearTimeout(typing);
  typing = setTimeout(showHit, PAUSE_MS);
});
find("#find").addEventListener("keydown", (event) => event.key === "Enter" && go(event.shiftKey ? -1 : 1));
find("#find-previous").addEventListener("click", () => go(-1));
find("#find-next").addEventListener("click", () => go(1));
find("#delete").addEventListener("click", async () => {
  if (await removeDocument(id, name)) location.assign(main.dataset.library);
});

find("#retry").addEventListener("click", () => attempt(async () => changed(await post(`${api}/retry`))));

const look = () => attempt(async () => changed(await get(api)));
askPassword(find("#password"), id, look);
step(0); // nothing is found yet
attempt(start);
watchDocuments({ changed, missed: look });
document.addEventListener("reading-changed", look);
