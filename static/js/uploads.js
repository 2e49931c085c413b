// Sending files: one request a file, two at a time, each with its own progress and its own outcome.

import { problemOf, proof } from "./api.js";
import { el, find } from "./dom.js";
import { bytes, t } from "./text.js";

const AT_ONCE = 2;
// Written by operating systems beside the files that people mean.
const HIDDEN = /^(\.|Thumbs\.db$|desktop\.ini$)/i;

const section = find("#uploads");
const list = find("ul", section);
const waiting = [];
const counts = { total: 0, done: 0, added: 0, known: 0, refused: 0, hidden: 0 };
let sending = 0;

// Files of several picks and drops share one queue. `onAccepted(document)` is called for each new document.
export function upload(files, { base, replace, onAccepted }) {
  for (const file of files) {
    if (HIDDEN.test(file.name)) {
      counts.hidden += 1;
      continue;
    }
    const item = row(file);
    list.append(item);
    waiting.push({ file, item, base, replace, onAccepted });
    counts.total += 1;
  }
  section.hidden = counts.total + counts.hidden === 0;
  summary();
  next();
}

function row(file) {
  return el("li", { "data-state": "waiting" }, el("span", { class: "file", title: file.name }, file.name), el("small", { class: "size" }, bytes(file.size)), el("progress", { max: 1, value: 0 }), el("small", { class: "outcome" }, t("library.waiting")));
}

function next() {
  while (sending < AT_ONCE && waiting.length) {
    sending += 1;
    const job = waiting.shift();
    send(job).then((outcome) => {
      settle(job, outcome);
      sending -= 1;
      next();
    });
  }
}

// XMLHttpRequest, because fetch does not tell how much was sent. Resolves to an item of the API's list.
function send({ file, item, base, replace }) {
  const form = new FormData();
  form.append("files", file, file.name);
  if (replace) form.append("replace", "true");
  item.dataset.state = "sending";
  find(".outcome", item).textContent = t("library.sending");
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1/bases/${encodeURIComponent(base)}/documents`);
    for (const [name, value] of Object.entries(proof)) request.setRequestHeader(name, value);
    request.responseType = "text";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) find("progress", item).value = event.loaded / event.total;
    });
    request.addEventListener("load", () => resolve(outcomeOf(request)));
    request.addEventListener("error", () => resolve({ error: { detail: t("common.unreachable") } }));
    request.send(form);
  });
}

function outcomeOf(request) {
  let body;
  try {
    body = JSON.parse(request.responseText);
  } catch {
    return { error: { detail: `${request.status} ${request.statusText}` } };
  }
  return request.status === 202 ? body[0] : { error: { detail: problemOf(body, request.status).message } };
}

function settle({ file, item, onAccepted }, outcome) {
  counts.done += 1;
  find("progress", item).remove();
  if (outcome.error) {
    counts.refused += 1;
    tell(item, "refused", outcome.error.detail);
  } else if (!outcome.created) {
    counts.known += 1;
    tell(item, "known", outcome.name === file.name ? t("library.already_here") : t("library.already_here_as", { name: outcome.name }));
  } else {
    counts.added += 1;
    item.remove();
    onAccepted(outcome);
  }
  summary();
}

function tell(item, state, sentence) {
  item.dataset.state = state;
  find(".outcome", item).textContent = sentence;
}

function summary() {
  const parts = [t("library.uploads_summary", counts)];
  if (counts.hidden) parts.push(t("library.hidden_left_out", { count: counts.hidden }));
  find("#uploads-summary").textContent = parts.join(" · ");
}

find("#uploads-clear").addEventListener("click", () => {
  for (const item of [...list.children]) if (!["waiting", "sending"].includes(item.dataset.state)) item.remove();
  if (list.children.length) return;
  for (const name of Object.keys(counts)) counts[name] = 0;
  section.hidden = true;
});

addEventListener("beforeunload", (event) => {
  if (sending) event.preventDefault();
});
