// The panel beside the answer: the list of sources, and one passage shown on its page.

import { get, pageImage } from "./api.js";
import { el, find, icon, iconButton } from "./dom.js";
import { shownTop } from "./geometry.js";
import { markRange, passage as drawn } from "./passage.js";
import { asLine, place, t, where } from "./text.js";

const panel = find("#sources");
const passage = find("#passage");
const listSection = find("#source-list");
const narrow = matchMedia("(max-width: 900px)");
const reports = new Map();
let returning = null; // brings back to where the open passage was opened from

export function showSources(turn) {
  const sources = turn?.sources ?? [];
  find("#no-sources").hidden = sources.length > 0;
  listSection.hidden = sources.length === 0;
  if (passage.turn !== turn) closePassage();
  find(".source-list").replaceChildren(...sources.map((source, index) => card(turn, source, index)));
}

function card(turn, source, index) {
  const under = source.page ? source.heading_path.join(" › ") : where(source).replaceAll(" > ", " › ");
  const found = source.found_by.map((way) => t(`sources.by_${way}`)).join(" · ");
  return el(
    "li",
    { "data-n": source.n },
    el(
      "button",
      { type: "button", class: "source-card", onclick: () => openPassage(turn, "source", index) },
      el("span", { class: "source-head" }, el("span", { class: "n" }, String(source.n)), el("strong", { title: source.name }, source.name), source.page ? el("small", {}, where(source)) : null),
      under ? el("span", { class: "headings" }, under) : null,
      el("span", { class: "snippet" }, asLine(source.text)),
      el("small", { class: "found" }, found),
    ),
  );
}

// `kind` is "citation" (a quote behind a sentence), "extract" (the best quote of all) or "source" (a whole passage).
export function openPassage(turn, kind, index) {
  if (passage.turn !== turn) showSources(turn);
  const list = { citation: turn.citations, extract: [turn.extract], source: turn.sources }[kind];
  const item = list[index];
  const source = turn.sources.find((each) => each.n === item.n);
  const step = (by) => () => openPassage(turn, kind, index + by);
  passage.turn = turn;
  passage.hidden = false;
  returning = () => backTo(turn, kind, index);
  // Where it lies below the answer, the way back of a phone leads to the answer.
  if (narrow.matches && !history.state?.passage) history.pushState({ passage: true }, "");
  passage.replaceChildren(
    el(
      "header",
      { class: "passage-bar" },
      iconButton("left", t("sources.previous"), step(-1), "previous"),
      el("span", { class: "count" }, t(kind === "source" ? "sources.source_of" : "sources.citation_of", { index: index + 1, count: list.length })),
      iconButton("right", t("sources.next"), step(1), "next"),
      el("span", { class: "spacer" }),
      el("a", { class: "icon-button", href: documentLink(item, source), title: t("sources.open_document"), "aria-label": t("sources.open_document") }, icon("open")),
      iconButton("close", t("sources.close"), goBack, "close"),
    ),
    el("p", { class: "passage-place" }, el("span", { class: "n" }, String(item.n)), place(item)),
    kind !== "source" ? el("blockquote", { title: t("sources.quote") }, asLine(item.quote)) : "",
    ...body(item, source),
    el("button", { type: "button", class: "link narrow-only", onclick: goBack }, t("sources.back")),
  );
  find(".previous", passage).disabled = index === 0;
  find(".next", passage).disabled = index === list.length - 1;
  highlight(turn, kind, index, item.n);
  if (narrow.matches) passage.scrollIntoView({ block: "start" });
  else panel.scrollTop = 0;
}

// The page of the document, opened at the passage, with the quote marked.
function documentLink(item, source) {
  const place = { ...(item.page && { page: item.page }), ...(source && { chunk: source.chunk }), ...(item.quote && { quote: item.quote }) };
  return `/documents/${encodeURIComponent(item.document)}#${new URLSearchParams(place)}`;
}

function goBack() {
  if (history.state?.passage) history.back();
  else closePassage();
}

// For the way back.
export function leavePassage() {
  const back = returning;
  if (closePassage() && narrow.matches) back();
}

// Whether one was open.
export function closePassage() {
  const open = !passage.hidden;
  passage.hidden = true;
  passage.turn = null;
  passage.replaceChildren();
  for (const node of document.querySelectorAll(".mark.open, .source-list .open")) node.classList.remove("open");
  return open;
}

function highlight(turn, kind, index, n) {
  for (const node of document.querySelectorAll(".mark.open, .source-list .open")) node.classList.remove("open");
  if (kind === "citation") find(`.mark[data-index="${index}"]`, turn.body)?.classList.add("open");
  find(`.source-list li[data-n="${n}"]`)?.classList.add("open");
}

function backTo(turn, kind, index) {
  const mark = kind === "citation" ? find(`.mark[data-index="${index}"]`, turn.body) : null;
  (mark ?? turn.node).scrollIntoView({ block: "center" });
  mark?.focus();
}

function body(item, source) {
  const pages = pagesOf(item);
  if (!pages.size) return [inText(item, source)];
  return [...pages].map(([page, boxes]) => pageFigure(item, page, boxes, source));
}

function pagesOf(item) {
  const pages = new Map();
  for (const box of item.boxes ?? []) {
    const page = box.page ?? item.page;
    if (page) pages.set(page, [...(pages.get(page) ?? []), box]);
  }
  if (!pages.size && item.page) pages.set(item.page, []);
  return pages;
}

function inText(item, source) {
  const text = source?.text ?? item.quote;
  const at = item.quote ? text.indexOf(item.quote) : -1;
  const shown = drawn(text);
  if (at >= 0) markRange(shown, text, at, at + item.quote.length);
  return el("div", { class: "in-text" }, shown.node);
}

function pageFigure(item, page, boxes, source) {
  const image = el("img", { src: pageImage(item.document, page, boxes, 2), alt: t("sources.page_image", { page, name: item.name }) });
  const zoom = el("button", { type: "button", class: "zoom", title: t("sources.zoom"), "aria-pressed": "false" }, image);
  const frame = el("div", { class: "page-frame loading" }, zoom);
  zoom.addEventListener("click", (event) => enlarge(zoom, frame, event));
  image.addEventListener("load", () => {
    frame.classList.remove("loading");
    scrollToBox(frame, image, item.document, page, boxes);
  });
  image.addEventListener("error", () => frame.replaceWith(el("p", { class: "note" }, icon("warn"), t("sources.no_image")), inText(item, source)));
  return frame;
}

// Enlarges around the point that was clicked.
function enlarge(zoom, frame, event) {
  const [across, down] = [event.offsetX / zoom.clientWidth, event.offsetY / zoom.clientHeight];
  zoom.setAttribute("aria-pressed", zoom.getAttribute("aria-pressed") === "false");
  frame.scrollLeft = across * zoom.clientWidth - frame.clientWidth / 2;
  frame.scrollTop = down * zoom.clientHeight - frame.clientHeight / 2;
}

async function scrollToBox(frame, image, documentId, page, boxes) {
  if (!boxes.length) return;
  const report = await reportOf(documentId);
  const info = report?.pages.find((each) => each.number === page);
  if (!info) return;
  const top = Math.min(...boxes.map((box) => shownTop(box, info)));
  frame.scrollTop = Math.max(0, top * image.clientHeight - frame.clientHeight / 3);
}

function reportOf(documentId) {
  if (!reports.has(documentId)) {
    reports.set(documentId, get(`/documents/${encodeURIComponent(documentId)}/report`).catch(() => null));
  }
  return reports.get(documentId);
}
