// Documents named by @ in the question: a list of those whose names hold what follows it.
// Focus stays in the question all the time; the list is told to screen readers by aria-activedescendant.

import { Problem } from "./api.js";
import { el, find, toast } from "./dom.js";
import { findDocuments } from "./find-documents.js";
import { addDocument, baseLabel, isChosen } from "./scope.js";
import { t } from "./text.js";

const SHOWN = 8;
// Not within a word, as in an address of a mail; a Chinese character may stand before it.
const MENTION = /(?<![\w.])[@＠]([^@＠\n]{0,60})$/;
const box = find("#mentions");
const list = find("#mentions-list");
const told = find("#mentions-told");
let input = null;
let asked = 0;
let found = [];
let active = -1;
let shownFor = null; // what stood behind the @ when the server was asked for what is in the list
let awaited = false; // whether a key was pressed that is meant for the list that is still to come

export function startMentions(field) {
  input = field;
  input.addEventListener("input", (event) => !event.isComposing && look());
  input.addEventListener("compositionend", look);
  input.addEventListener("click", look);
  input.addEventListener("blur", closeMentions);
}

// What is being typed behind an @, and where that stands; null if nothing is.
function mention() {
  if (input.selectionStart !== input.selectionEnd) return null;
  const match = MENTION.exec(input.value.slice(0, input.selectionStart));
  return match && { at: match.index, text: match[1].trim() };
}

async function look() {
  const wanted = mention();
  const number = ++asked;
  if (!wanted) {
    closeMentions();
    return;
  }
  try {
    const { items, total } = await findDocuments(wanted.text, 1, SHOWN);
    if (number === asked) show(items, total, wanted.text);
  } catch (error) {
    // The question can be written without the list; sending it tells what is wrong.
    if (!(error instanceof Problem)) throw error;
    closeMentions();
  }
}

function show(items, total, text) {
  // An @ that means something else: the list does not stand in the way of what is written on.
  if (!items.length && text) {
    closeMentions();
    return;
  }
  found = items;
  shownFor = text;
  told.textContent = !total ? t("chat.documents_none") : total > items.length ? t("chat.mention_more", { count: total }) : t("chat.documents_found", { count: total });
  list.replaceChildren(...items.map(option));
  box.hidden = false;
  activate(items.length ? 0 : -1);
  if (awaited) take(0);
}

function option(each, index) {
  const node = el("li", { role: "option", id: `mention-${index}`, onclick: () => take(index) }, el("span", { title: each.name }, each.name), el("small", {}, baseLabel(each.base)));
  // The question keeps the focus, and on a phone its keyboard.
  node.addEventListener("pointerdown", (event) => event.preventDefault());
  node.addEventListener("mousemove", () => active !== index && activate(index));
  return node;
}

function activate(index) {
  active = index;
  [...list.children].forEach((node, at) => node.setAttribute("aria-selected", String(at === index)));
  if (index < 0) input.removeAttribute("aria-activedescendant");
  else {
    input.setAttribute("aria-activedescendant", `mention-${index}`);
    list.children[index].scrollIntoView({ block: "nearest" });
  }
}

export function closeMentions() {
  asked += 1;
  box.hidden = true;
  found = [];
  active = -1;
  awaited = false;
  input.removeAttribute("aria-activedescendant");
}

// The document goes into the scope, and what was typed out of the question: its name stands in the title of every
// passage of it, so that the words of the name would count as found whatever is asked.
function take(index) {
  const wanted = mention();
  const chosen = found[index];
  if (!wanted || !chosen) return;
  if (wanted.text !== shownFor) {
    awaited = true;
    return;
  }
  input.setRangeText("", wanted.at, input.selectionStart, "end");
  closeMentions();
  if (isChosen(chosen.id)) toast(t("chat.chosen_already", { name: chosen.name }));
  addDocument(chosen);
  input.dispatchEvent(new Event("input"));
}

// Whether the list had a use for a key that was pressed in the question.
export function takesKey(event) {
  if (box.hidden || event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (event.key === "Escape") closeMentions();
  else if (active < 0) return false;
  else if (event.key === "ArrowDown") activate((active + 1) % found.length);
  else if (event.key === "ArrowUp") activate((active + found.length - 1) % found.length);
  else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) take(active);
  else return false;
  event.preventDefault();
  return true;
}
