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

// A note that goes by itself. An action, { label, run, seconds }, can be taken as long as it is there.
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
  setTimeout(() => note.remove(), (action?.seconds ?? 6) * 1000);
}

export function store(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(name);
    localStorage.setItem(name, value);
  } catch {
    // Storage is switched off: the choice lasts as long as the page.
  }
  return value ?? null;
}
