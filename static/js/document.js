// The document page: page images beside the text that was read from them.

import { attempt, call, get, pageImage } from "./api.js";
import { confirm } from "./dialogs.js";
import { el, find } from "./dom.js";
import { shownTop } from "./geometry.js";
import { watchDocuments } from "./live.js";
import { number, t } from "./text.js";

const main = find("#main");
const { id, name } = main.dataset;
const pages = Number(main.dataset.pages);
const api = `/documents/${encodeURIComponent(id)}`;
const image = find("#page-image");
const frame = find("#page-frame");
const list = find("#chunks");
let report = { pages: [], warnings: [] };
let chunks = [];
let shown = { page: 1, boxes: [] };

function showPage(page, boxes = []) {
  if (!pages) return;
  const same = image.src && shown.page === page && JSON.stringify(shown.boxes) === JSON.stringify(boxes);
  shown = { page: Math.min(pages, Math.max(1, page)), boxes };
  find("#page-number").value = shown.page;
  find("#previous-page").disabled = shown.page === 1;
  find("#next-page").disabled = shown.page === pages;
  find("#page-facts").textContent = facts(shown.page);
  if (!same) {
    frame.classList.add("loading");
    image.alt = t("document.page_alt", { page: shown.page });
    image.src = pageImage(id, shown.page, boxes);
  }
  if (find("#this-page").checked) filter();
}

function facts(page) {
  const info = report.pages.find((each) => each.number === page);
  if (!info) return "";
  if (info.text_chars) return t("document.page_text", { chars: number(info.text_chars) });
  return info.images ? t("document.page_scan") : t("document.page_blank");
}

image.addEventListener("load", () => {
  frame.classList.remove("loading");
  image.hidden = false;
  find("#page-missing").hidden = true;
  const info = report.pages.find((each) => each.number === shown.page);
  if (!shown.boxes.length || !info) return;
  const top = Math.min(...shown.boxes.map((box) => shownTop(box, info)));
  frame.scrollTop = Math.max(0, top * image.clientHeight - frame.clientHeight / 3);
});
image.addEventListener("error", () => {
  frame.classList.remove("loading");
  image.hidden = true;
  find("#page-missing").hidden = false;
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

function pick(chunk) {
  for (const node of list.querySelectorAll(".open")) node.classList.remove("open");
  find(`[data-ordinal="${chunk.ordinal}"]`, list)?.classList.add("open");
  if (!chunk.page) return;
  const page = chunk.boxes[0]?.page ?? chunk.page;
  showPage(page, chunk.boxes.filter((box) => box.page === page));
}

const onPage = (chunk) => chunk.page === shown.page || chunk.boxes.some((box) => box.page === shown.page);

function filter() {
  const needle = find("#find").value.trim().toLowerCase();
  const only = find("#this-page").checked;
  let count = 0;
  [...list.children].forEach((item, index) => {
    const chunk = chunks[index];
    item.hidden = (only && !onPage(chunk)) || (needle && !chunk.text.toLowerCase().includes(needle));
    if (!item.hidden) count += 1;
  });
  find("#no-chunks").hidden = count > 0;
}

function showState(document) {
  find("#status").textContent = t(`status.${document.status}`);
  find("#status").dataset.status = document.status;
  const problem = find("#problem");
  problem.hidden = !document.error;
  problem.textContent = document.error?.detail ?? "";
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
  showPage(Number(new URLSearchParams(location.hash.slice(1)).get("page")) || 1);
}

// While it is being read there is nothing to show; when it is done, everything is new.
function changed(document) {
  if (document.id !== id) return;
  const working = main.dataset.status === "queued" || main.dataset.status === "processing";
  showState(document);
  if (working && (document.status === "ready" || document.status === "failed")) location.reload();
}

find("#previous-page").addEventListener("click", () => showPage(shown.page - 1));
find("#next-page").addEventListener("click", () => showPage(shown.page + 1));
find("#page-number").addEventListener("change", (event) => showPage(Number(event.target.value) || 1));
find("#this-page").addEventListener("change", filter);
find("#find").addEventListener("input", filter);
find("#delete").addEventListener("click", async () => {
  if (!(await confirm({ title: t("document.delete_title", { name }), text: t("document.delete_text"), action: t("common.delete") }))) return;
  if (await attempt(() => call("DELETE", api))) location.assign(main.dataset.library);
});

attempt(start);
watchDocuments({ changed, missed: () => {} });
