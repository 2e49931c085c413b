// The report of a document: the whole in figures, and a table of its pages, or of its parts where it has no pages.

import { el, find } from "./dom.js";
import { badge, remark } from "./report-words.js";
import { located, number, seconds, t } from "./text.js";

const view = find("#report-view");
const percent = (value) => (value === null ? "" : `${Math.round(value * 100)}%`);

// `onPage(n)` shows a page, `onPart(block)` a part of a document without pages, which begins with `textOf(block)`.
export function drawReport(report, { onPage, onPart, textOf }) {
  view.replaceChildren(figures(report));
  if (report.pages.length) view.append(...pageTable(report, onPage));
  else if (report.blocks.length) view.append(partTable(report, onPart, textOf));
}

export function markPage(page) {
  for (const row of view.querySelectorAll("tr.open")) row.classList.remove("open");
  find(`tr[data-page="${page}"]`, view)?.classList.add("open");
}

function figures({ totals, parser, seconds: took }) {
  const kinds = Object.entries(totals.blocks).map(([kind, count]) => t(`document.kind_${kind}`, { count: number(count) }));
  const pairs = [
    ["sum_text", totals.pages && number(totals.text)],
    ["sum_ocr", totals.ocr && number(totals.ocr)],
    ["sum_confidence", percent(totals.confidence)],
    ["sum_empty", totals.empty && number(totals.empty)],
    ["sum_garbled", totals.garbled && number(totals.garbled)],
    ["sum_removed", totals.removed && number(totals.removed)],
    ["sum_blocks", kinds.join(" · ")],
    ["sum_seconds", took && t("document.seconds", { seconds: seconds(took) })],
    ["sum_parser", parser],
  ];
  const shown = pairs.filter(([, value]) => value);
  return el("dl", { class: "figures" }, ...shown.map(([key, value]) => el("div", {}, el("dt", {}, t(`document.${key}`)), el("dd", {}, value))));
}

function pageTable(report, onPage) {
  const only = el("input", { type: "checkbox", id: "only-look" });
  const body = el("tbody", {}, ...report.pages.map((page) => pageRow(page, onPage)));
  only.addEventListener("change", () => {
    for (const row of body.rows) row.hidden = only.checked && !row.dataset.look;
  });
  const filter = el("label", { class: "check" }, only, el("span", {}, t("document.needs_look", { count: report.totals.look })));
  only.disabled = report.totals.look === 0;
  const heads = ["page", "way", "sure", "columns_head", "tables_head", "remarks"];
  return [filter, table(heads, body)];
}

function pageRow(page, onPage) {
  const button = el("button", { type: "button", class: "link", onclick: () => onPage(page.number), "aria-label": t("document.page_alt", { page: page.number }) }, number(page.number));
  return el(
    "tr",
    { "data-page": page.number, "data-look": page.look || null },
    el("td", { class: "number" }, button),
    el("td", {}, badge(page)),
    el("td", { class: "number" }, percent(page.confidence)),
    el("td", { class: "number" }, page.columns > 1 ? number(page.columns) : ""),
    el("td", { class: "number" }, page.tables ? number(page.tables) : ""),
    el("td", {}, remark(page)),
  );
}

function partTable(report, onPart, textOf) {
  const rows = report.blocks.map((block) =>
    el(
      "tr",
      {},
      el("td", {}, el("button", { type: "button", class: "link", onclick: () => onPart(block) }, located(block.location) || block.heading_path.join(" › ") || "—")),
      el("td", {}, t(`document.part_${block.kind}`)),
      el("td", { class: "beginning" }, textOf(block)),
      el("td", { class: "number" }, t("document.page_text", { chars: number(block.end - block.start) })),
    ),
  );
  return table(["place", "part", "beginning", "length"], el("tbody", {}, ...rows));
}

function table(heads, body) {
  return el("table", { class: "report" }, el("thead", {}, el("tr", {}, ...heads.map((key) => el("th", { scope: "col" }, t(`document.${key}`))))), body);
}
