// Elements from plain calls. Text goes in as text nodes only, so nothing from a document can become markup.

const SVG = "http://www.w3.org/2000/svg";

export const find = (selector, root = document) => root.querySelector(selector);

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export function iconButton(name, label, onclick, extra = "") {
  return el("button", { type: "button", class: `icon-button ${extra}`, title: label, "aria-label": label, onclick }, icon(name));
}

// A note that goes by itself, later where the pointer rests on it. An action, { label, run, seconds }, can be taken for so
// long: nothing makes that longer. Gives the note.
export function toast(text, kind = "", action = null) {
  const note = el("p", { class: `toast ${kind}` }, text);
  if (action) {
    const take = () => {
      note.remove();
      action.run();
    };
    note.append(" ", el("button", { type: "button", class: "toast-action", onclick: take }, action.label));
  }
  find("#toasts").append(note);
  let timer = setTimeout(() => note.remove(), (action?.seconds ?? 6) * 1000);
  if (action) return note;
  note.addEventListener("pointerenter", () => clearTimeout(timer));
  note.addEventListener("pointerleave", () => (timer = setTimeout(() => note.remove(), 3000)));
  return note;
}

// Gives whether the text is on the clipboard now; then it is told with `sentence`.
export async function copyText(text, sentence) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    return false;
  }
  toast(sentence);
  return true;
}

// Enter that sends what is written. One that confirms a word of an input method does not (Safari says so by 229 only).
export function isSending(event) {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}

export function store(name, value, kind = "localStorage") {
  try {
    if (value === undefined) return globalThis[kind].getItem(name);
    globalThis[kind].setItem(name, value);
  } catch {
    // Storage is switched off: the choice lasts as long as the page.
  }
  return value ?? null;
}
