// A row of the library's table, filled from a document.

import { find } from "./dom.js";
import { progressOf, waitsForModels, waitsForRetry } from "./progress.js";
import { bytes, fullTime, number, shortTime, t } from "./text.js";

const pattern = find("#document-row");

export function newRow(document) {
  const row = pattern.content.firstElementChild.cloneNode(true);
  row.dataset.id = document.id;
  fill(row, document);
  return row;
}

export function fill(row, document) {
  const field = (name) => find(`[data-field="${name}"]`, row);
  row.dataset.status = document.status;
  row.dataset.name = document.name;
  field("name").textContent = document.name;
  field("name").href = `/documents/${encodeURIComponent(document.id)}`;
  field("name").title = document.name;
  field("choose").setAttribute("aria-label", t("library.choose", { name: document.name }));
  field("status").textContent = t(`status.${document.status}`);
  field("pages").textContent = document.pages ? number(document.pages) : "";
  field("chunks").textContent = document.chunks ? number(document.chunks) : "";
  field("size").textContent = bytes(document.size);
  field("time").textContent = shortTime(document.created_at);
  field("time").dateTime = document.created_at;
  field("time").title = fullTime(document.created_at);
  fillProgress(field, document);
  field("models").hidden = !waitsForModels(document);
  const waits = waitsForRetry(document);
  row.toggleAttribute("data-waits", waits);
  field("tries").textContent = tries(document, waits);
  const sentence = waits || document.status === "failed" || document.status === "needs_password" ? document.error?.detail : "";
  field("error").textContent = sentence ?? "";
  field("error").hidden = !sentence;
}

// How often what failed was tried, and when it is tried again.
function tries(document, waits) {
  if (waits) return t("library.tried_next", { count: number(document.attempts), time: shortTime(document.next_try) });
  return document.status === "failed" && document.attempts > 1 ? t("library.tried", { count: number(document.attempts) }) : "";
}

function fillProgress(field, document) {
  const working = document.status === "processing";
  const progress = field("progress");
  progress.hidden = !working;
  if (document.total > 0) progress.value = Math.min(1, document.done / document.total);
  else progress.removeAttribute("value");
  field("stage").textContent = progressOf(document);
}
