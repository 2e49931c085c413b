// Loads the modules of a page once it was painted: before, they would keep the first paint waiting. What is pressed or
// typed until they run is held back, and happens then.

const HELD = ["click", "keydown", "input", "change"];
const TYPING = "input, textarea, select";
const LATEST = 300; // ms, where nothing is painted, as in a page that nobody looks at, or is not told
const modules = document.getElementById("modules"); // gone when they run
const { content } = modules;
const scripts = [...content.querySelectorAll("script")];
const held = [];
let left = scripts.length;

// Links, boxes and fields do by themselves what they are for; what they tell scripts is told once more.
function hold(event) {
  const { type, target } = event;
  const button = type === "click" ? target.closest("button") : null;
  const key = type === "keydown" && isForScripts(event);
  // The second click of a double click presses nothing: see shell.js.
  if (button && event.detail < 2) held.push(() => button.click());
  else if (key) held.push(() => press(event));
  else if (type === "input" || type === "change") held.push(() => target.dispatchEvent(new event.constructor(type, event)));
  if (!button && !key) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

// A letter where nobody types, one with Ctrl or ⌘, Enter that sends what is written in several lines, arrows in a menu.
function isForScripts({ key, target, ctrlKey, metaKey, shiftKey, isComposing }) {
  if (isComposing) return false;
  if (ctrlKey || metaKey) return key.toUpperCase() === "K";
  if (key === "Escape") return true;
  if (key === "Enter") return target.matches("textarea") && !shiftKey;
  if (/^(?:Arrow|Home|End)/.test(key)) return Boolean(target.closest("summary, li"));
  return key.length === 1 && key !== " " && !target.matches(TYPING);
}

// Where the focus is by then: a key before this one may have moved it to where this one is written.
function press(event) {
  const at = document.activeElement ?? document.body;
  const unused = at.dispatchEvent(new KeyboardEvent("keydown", event));
  if (unused && event.key.length === 1 && at.matches(TYPING)) document.execCommand("insertText", false, event.key);
}

function load() {
  if (!content.hasChildNodes()) return; // they are in the page already
  for (const script of scripts) {
    script.async = false; // one after the other
    for (const end of ["load", "error"]) script.addEventListener(end, () => --left || release());
  }
  document.head.append(content);
}

function release() {
  for (const kind of HELD) removeEventListener(kind, hold, true);
  for (const happen of held) happen();
  modules.remove();
}

for (const kind of HELD) addEventListener(kind, hold, true);
addEventListener("DOMContentLoaded", () => {
  new PerformanceObserver(load).observe({ type: "paint", buffered: true });
  setTimeout(load, LATEST);
});
