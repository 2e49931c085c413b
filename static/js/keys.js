// Keys that do something on a page, and the sheet that lists them.

import { opened } from "./dialogs.js";
import { el, store } from "./dom.js";
import { t } from "./text.js";

const TYPING = "input, textarea, select, [contenteditable]";
const mac = /Mac|iPhone|iPad/.test(navigator.platform);
const listed = new Map(); // what each key is called, and what it does, in words
const heard = []; // { fits(event), run() }
const closers = [];

// A key of its own, which is a letter where somebody types, and can be switched off on the sheet.
export function onKey(key, label, run) {
  tellKey(key, label);
  heard.push({ fits: (event) => event.key === key && bare(event) && !event.target.closest(TYPING) && singles(), run });
}

// With Ctrl, or on a Mac with ⌘, wherever one is.
export function onChord(letter, label, run) {
  tellKey(mac ? `⌘${letter}` : `Ctrl+${letter}`, label);
  heard.push({ fits: (event) => event.key.toUpperCase() === letter && event[mac ? "metaKey" : "ctrlKey"] && !event.shiftKey && !event.altKey, run });
}

// Lists a key that something else on the page listens to.
export function tellKey(key, label) {
  listed.set(key, label);
}

// `close(event)` gives whether there was something to close; those that were added first are asked first.
export function onEscape(close) {
  closers.push(close);
}

const bare = (event) => !event.ctrlKey && !event.metaKey && !event.altKey;
const singles = () => store("keys") !== "off";

document.addEventListener("keydown", (event) => {
  // An input method has its own use for keys, and so has an open dialog.
  if (event.isComposing || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") {
    closers.find((close) => close(event));
    return;
  }
  const found = heard.find(({ fits }) => fits(event));
  if (!found) return;
  event.preventDefault();
  found.run();
});

export function showKeys() {
  const rows = [...listed].map(([key, label]) => el("div", {}, el("dt", {}, el("kbd", {}, key)), el("dd", {}, label)));
  const only = el("input", { type: "checkbox", checked: singles(), onchange: () => store("keys", only.checked ? "on" : "off") });
  const close = el("button", { type: "button", class: "button", onclick: () => dialog.close() }, t("common.close"));
  const dialog = el(
    "dialog",
    { class: "keys", "aria-label": t("common.keys") },
    el("h2", {}, t("common.keys")),
    el("dl", {}, ...rows),
    el("label", { class: "check" }, only, t("common.keys_single")),
    el("div", { class: "dialog-actions" }, close),
  );
  return opened(dialog, close);
}
