// Questions that could be asked, as buttons: the server makes them of headings of the documents.

import { get, Problem } from "./api.js";
import { el } from "./dom.js";

let asked = 0;

// Fills `box` with what is at `path`, under a heading. They are an offer: without any, for whatever reason, the box is hidden.
export async function offer(box, path, heading, ask) {
  const number = String(++asked);
  box.dataset.asked = number;
  const questions = path ? await get(path).catch(none) : [];
  // Only the latest of several requests for a box is shown.
  if (box.dataset.asked !== number) return;
  box.hidden = !questions.length;
  box.replaceChildren(...(questions.length ? [el("h3", {}, heading), el("ul", {}, ...questions.map((each) => button(each, ask)))] : []));
}

function none(error) {
  if (!(error instanceof Problem)) throw error;
  return [];
}

const button = ({ question, name }, ask) => el("li", {}, el("button", { type: "button", class: "suggestion", title: name, onclick: () => ask(question) }, question));
