// Files added where one asks: sent into a base, read there, and asked about as soon as they can be found.

import { get, Problem } from "./api.js";
import { el, find, toast } from "./dom.js";
import { startDrop } from "./drop.js";
import { watchDocuments } from "./live.js";
import { isUnread, progressOf } from "./progress.js";
import { addDocument, baseForFiles, isChosen, narrowed, removeDocument } from "./scope.js";
import { t } from "./text.js";
import { upload } from "./uploads.js";

// More files than this are a library: they are added, and a question is not narrowed to them.
const NARROWED = 20;
const state = find("#attach-state");
const reading = new Map(); // documents by their ids, until they are read
let sending = 0;
let stopWatching = null;
let onRead = null; // what waits until everything is read

export function startAttaching() {
  const picker = find("#attach");
  picker.addEventListener("change", () => {
    attach([...picker.files]);
    picker.value = "";
  });
  startDrop(attach);
  // What waits is nowhere but on this page.
  addEventListener("beforeunload", (event) => onRead && event.preventDefault());
}

// Asks `question()` once everything that was added is read. Gives whether it has to wait for that.
export function askWhenRead(question) {
  if (!awaited()) return false;
  onRead = question;
  tell();
  return true;
}

export function askNoMore() {
  onRead = null;
  tell();
}

// For when documents may have left the question. Without any it would be asked of everything: it stays where it is written.
export function lookAgain() {
  if (!onRead) return;
  if (!sending && !narrowed().documents) askNoMore();
  else settle();
}

// Files that are on their way, and documents of the question that are not read yet.
const awaited = () => sending + [...reading.keys()].filter(isChosen).length;

function attach(files) {
  const base = baseForFiles();
  if (!base) toast(t("chat.attach_nowhere"), "bad");
  else if (files.length > NARROWED) upload(files, { base, replace: false, onSettled: () => {} });
  else sending += upload(files, { base, replace: false, closes: true, onSettled: settled });
}

function settled(outcome) {
  sending -= 1;
  if (outcome.id) take(outcome);
  else onRead = null; // as in `leave`; the list of files tells why
  settle();
}

function take(document) {
  if (isUnread(document)) {
    reading.set(document.id, document);
    stopWatching ??= watchDocuments({ changed, missed, known: true });
  } else reading.delete(document.id);
  // It was taken out of the question while it was read: it stays out.
  if (document.created === undefined && !isChosen(document.id)) return;
  if (document.status === "failed" || document.status === "needs_password") {
    leave(document.id);
    toast(document.error?.detail ?? t(`status.${document.status}`), "bad");
  } else addDocument(document, reading.has(document.id) ? progressOf(document) || t("status.queued") : "");
}

// What waits for a document that does not come would be answered from elsewhere.
function leave(id) {
  onRead = null;
  removeDocument(id);
}

function changed(document) {
  if (!reading.has(document.id)) return;
  take(document);
  settle();
}

// After a pause of the connection: what became of each meanwhile.
async function missed() {
  for (const id of [...reading.keys()]) {
    try {
      changed(await get(`/documents/${encodeURIComponent(id)}`));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status !== 404) continue;
      reading.delete(id);
      if (isChosen(id)) leave(id);
      settle();
    }
  }
}

function settle() {
  if (!reading.size) {
    stopWatching?.();
    stopWatching = null;
  }
  if (awaited()) tell();
  else proceed();
}

function proceed() {
  const ask = onRead;
  onRead = null;
  state.hidden = true;
  ask?.();
}

function tell() {
  state.hidden = !onRead;
  if (!onRead) return;
  const sentence = t("chat.asks_when_read", { count: awaited() });
  // What is written again is read out again, and the button would lose the focus.
  if (state.firstChild?.textContent === sentence) return;
  const now = el("button", { type: "button", class: "link", onclick: proceed }, t("chat.ask_now"));
  state.replaceChildren(sentence, " ", now);
}
