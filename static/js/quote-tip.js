// What stands behind a mark, beside it: the quote and its place, or why a sentence has none.
// It is shown to the pointer and to the keyboard, stays while the pointer is on it, and Escape hides it.

import { el, find } from "./dom.js";

const GAP = 2;
const EDGE = 8;
const STILL = 3; // a hand that clicks moves so little
const tip = el("div", { role: "tooltip", id: "quote-tip", class: "quote-tip", hidden: true });
let owner = null;
let clicked = null; // where the pointer was at the last click: what comes to lie under it there is not pointed at

find("#main").append(tip);
tip.addEventListener("pointerleave", (event) => event.relatedTarget !== owner && closeTip());
document.addEventListener("scroll", (event) => event.target !== tip && closeTip(), true);

document.addEventListener("click", (event) => (clicked = event), true);
const rests = (event) => clicked && Math.hypot(clicked.clientX - event.clientX, clicked.clientY - event.clientY) < STILL;

// `content` gives the nodes that explain the button.
export function explained(button, content) {
  button.addEventListener("pointerenter", (event) => event.pointerType !== "touch" && !rests(event) && show(button, content));
  button.addEventListener("pointerleave", (event) => !tip.contains(event.relatedTarget) && closeTip());
  button.addEventListener("focus", () => button.matches(":focus-visible") && show(button, content));
  button.addEventListener("blur", closeTip);
  return button;
}

export function show(button, content) {
  if (owner === button) return;
  closeTip();
  owner = button;
  tip.replaceChildren(...content());
  tip.hidden = false;
  button.setAttribute("aria-describedby", tip.id);
  const at = button.getBoundingClientRect();
  const { width, height } = tip.getBoundingClientRect();
  const below = at.bottom + GAP + height <= innerHeight - EDGE;
  tip.style.left = `${Math.max(EDGE, Math.min(at.left, innerWidth - width - EDGE))}px`;
  tip.style.top = `${below ? at.bottom + GAP : Math.max(EDGE, at.top - GAP - height)}px`;
}

// Whether one was open.
export function closeTip() {
  if (!owner) return false;
  owner.removeAttribute("aria-describedby");
  owner = null;
  tip.hidden = true;
  return true;
}
