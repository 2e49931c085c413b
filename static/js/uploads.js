// Sending files: one request a file, two at a time, each with its own progress and its own outcome.

import { problemOf, proof } from "./api.js";
import { unanswered } from "./connection.js";
import { el, find, iconButton } from "./dom.js";
import { bytes, t, timeLeft } from "./text.js";

const AT_ONCE = 2;
// Written by operating systems beside the files that people mean.
const HIDDEN = /^(\.|Thumbs\.db$|desktop\.ini$)/i;

const section = find("#uploads");
const list = find("ul", section);
const waiting = [];
const pause = find("#uploads-pause");
const counts = { total: 0, done: 0, added: 0, known: 0, refused: 0, hidden: 0 };
let sending = 0;
let paused = false;

// Files of several picks and drops share one queue. `onSettled(outcome)` is called for each when it is known what became
// of it: the document, new or `created: false`; else `error`, with its `status` (0: unanswered), or `cancelled`. With
// `closes` the list closes by itself once nothing in it is left to say. Gives how many files are sent.
export function upload(files, { base, replace, closes = false, onSettled }) {
  const before = counts.total;
  for (const file of files) {
    if (HIDDEN.test(file.name)) {
      counts.hidden += 1;
      continue;
    }
    const job = { file, item: row(file), base, replace, closes, onSettled };
    job.item.append(iconButton("close", t("library.cancel_upload", { name: file.name }), () => cancel(job), "small"));
    list.append(job.item);
    waiting.push(job);
    counts.total += 1;
  }
  section.hidden = counts.total + counts.hidden === 0;
  next();
  return counts.total - before;
}

function row(file) {
  return el("li", { "data-state": "waiting" }, el("span", { class: "file", title: file.name }, file.name), el("small", { class: "size" }, bytes(file.size)), el("progress", { max: 1, value: 0 }), el("small", { class: "outcome" }, t("library.waiting")));
}

// One that waits is not sent; one that is being sent is broken off, and the server keeps nothing of it. One that was
// sent to its end has no button any more: the server may have it.
function cancel(job) {
  const at = waiting.indexOf(job);
  if (at < 0) return job.request?.abort();
  waiting.splice(at, 1);
  settle(job, { cancelled: true });
  summary();
}

function next() {
  while (!paused && sending < AT_ONCE && waiting.length) {
    sending += 1;
    const job = waiting.shift();
    send(job).then((outcome) => {
      settle(job, outcome);
      sending -= 1;
      next();
    });
  }
  summary();
}

// XMLHttpRequest, because fetch does not tell how much was sent. Resolves to an item of the API's list.
function send(job) {
  const { file, item, base, replace } = job;
  const form = new FormData();
  form.append("files", file, file.name);
  if (replace) form.append("replace", "true");
  item.dataset.state = "sending";
  find(".outcome", item).textContent = t("library.sending");
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const begun = performance.now();
    job.request = request;
    request.open("POST", `/api/v1/bases/${encodeURIComponent(base)}/documents`);
    for (const [name, value] of Object.entries(proof)) request.setRequestHeader(name, value);
    request.responseType = "text";
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      find("progress", item).value = event.loaded / event.total;
      find(".outcome", item).textContent = pace(event, (performance.now() - begun) / 1000);
      find("button", item).disabled = event.loaded >= event.total;
    });
    request.addEventListener("abort", () => resolve({ cancelled: true }));
    request.addEventListener("load", () => resolve(outcomeOf(request)));
    request.addEventListener("error", () => {
      unanswered();
      resolve({ error: { detail: t("common.unreachable"), status: 0 } });
    });
    request.send(form);
  });
}

function pace({ loaded, total }, seconds) {
  if (loaded >= total) return t("library.storing");
  const speed = loaded / seconds;
  return speed > 0 ? t("library.sending_pace", { speed: bytes(speed), left: timeLeft((total - loaded) / speed) }) : t("library.sending");
}

function outcomeOf(request) {
  let body;
  try {
    body = JSON.parse(request.responseText);
  } catch {
    return { error: { detail: `${request.status} ${request.statusText}`, status: request.status } };
  }
  return request.status === 202 ? body[0] : { error: { detail: problemOf(body, request.status).message, status: request.status } };
}

function settle({ file, item, closes, onSettled }, outcome) {
  counts.done += 1;
  find("progress", item).remove();
  find("button", item).remove();
  if (outcome.cancelled) tell(item, "cancelled", t("library.cancelled"));
  else if (outcome.error) {
    counts.refused += 1;
    tell(item, "refused", outcome.error.detail);
  } else if (!outcome.created) {
    counts.known += 1;
    tell(item, "known", outcome.name === file.name ? t("library.already_here") : t("library.already_here_as", { name: outcome.name }));
    find(".outcome", item).append(" ", el("a", { href: `/documents/${encodeURIComponent(outcome.id)}` }, t("library.show_it")));
  } else {
    counts.added += 1;
    item.remove();
  }
  if (closes && !counts.hidden) closeEmpty();
  onSettled(outcome);
}

function tell(item, state, sentence) {
  item.dataset.state = state;
  find(".outcome", item).textContent = sentence;
}

// Files that are under way are sent to their end.
pause.addEventListener("click", () => {
  paused = !paused;
  find("span", pause).textContent = t(paused ? "library.uploads_resume" : "library.uploads_pause");
  find("use", pause).setAttribute("href", paused ? "#i-play" : "#i-pause");
  next();
});

function summary() {
  pause.hidden = !waiting.length;
  for (const { item } of waiting) find(".outcome", item).textContent = t(paused ? "library.waiting_paused" : "library.waiting");
  const parts = [t("library.uploads_summary", counts)];
  if (counts.hidden) parts.push(t("library.hidden_left_out", { count: counts.hidden }));
  find("#uploads-summary").textContent = parts.join(" · ");
}

find("#uploads-clear").addEventListener("click", () => {
  for (const item of [...list.children]) if (!["waiting", "sending"].includes(item.dataset.state)) item.remove();
  closeEmpty();
});

function closeEmpty() {
  if (list.children.length) return;
  for (const name of Object.keys(counts)) counts[name] = 0;
  section.hidden = true;
}

addEventListener("beforeunload", (event) => {
  if (sending || waiting.length) event.preventDefault();
});
