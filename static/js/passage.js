// The text of a passage as elements: its tables as tables, all else as it stands. Every piece of it knows its place in
// the text, so that a quote that goes over cells is marked in each of them.

import { el } from "./dom.js";
import { RULE } from "./text.js";

const ROW = /^\s*\|.*\|\s*$/;

// Gives { node, leaves }; a leaf is { node, start, end, cell }: characters [start, end) of the text.
export function passage(text) {
  const leaves = [];
  const leaf = (tag, attributes, [start, end], cell) => {
    const node = el(tag, attributes);
    leaves.push({ node, start, end, cell, text: shown(text.slice(start, end), cell) });
    node.textContent = leaves.at(-1).text;
    return node;
  };
  const parts = groups(linesOf(text)).map((lines) => (isTable(lines) ? table(lines, leaf) : prose(lines, text, leaf)));
  return { node: el("div", { class: "chunk-text" }, ...parts), leaves };
}

const shown = (text, cell) => (cell ? text.replaceAll("\\|", "|") : text);

export function unmark({ leaves }) {
  for (const { node, text } of leaves) node.textContent = text;
}

// Marks characters [start, end) of the text; gives the marks.
export function markRange({ leaves }, text, start, end) {
  return leaves.flatMap((leaf) => {
    const [from, to] = [Math.max(start, leaf.start), Math.min(end, leaf.end)];
    if (from >= to) return [];
    const [before, inside, after] = [[leaf.start, from], [from, to], [to, leaf.end]].map(([a, b]) => shown(text.slice(a, b), leaf.cell));
    const found = el("mark", {}, inside);
    leaf.node.replaceChildren(before, found, after);
    return [found];
  });
}

// Marks every place of `needle`, whatever its case; gives the marks.
export function markWords({ leaves }, needle) {
  const pattern = new RegExp(`(${needle.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")})`, "i");
  return leaves.flatMap(({ node, text }) => {
    node.replaceChildren(...text.split(pattern).map((part, index) => (index % 2 ? el("mark", {}, part) : part)));
    return [...node.querySelectorAll("mark")];
  });
}

function linesOf(text) {
  let at = 0;
  return text.split("\n").map((line) => {
    const start = at;
    at += line.length + 1;
    return { text: line, start, end: start + line.length, row: ROW.test(line) };
  });
}

// Lines in a row that are rows of a table, or are not.
function groups(lines) {
  const found = [];
  for (const line of lines) {
    if (found.at(-1)?.[0].row === line.row) found.at(-1).push(line);
    else found.push([line]);
  }
  return found.filter((group) => group.some((line) => line.text.trim()));
}

// A line between two strokes alone may be anything.
const isTable = (lines) => lines[0].row && lines.length > 1;

function prose(lines, text, leaf) {
  const inked = lines.filter((line) => line.text.trim());
  return leaf("p", {}, [inked[0].start, inked.at(-1).end], false);
}

// What stands above the rule names the columns.
function table(lines, leaf) {
  const at = lines.findIndex((line) => RULE.test(line.text));
  const heads = lines.slice(0, Math.max(at, 0));
  const rows = lines.filter((line, index) => index >= heads.length && !RULE.test(line.text));
  const row = (line, tag) => el("tr", {}, ...cells(line).map((span) => leaf(tag, tag === "th" ? { scope: "col" } : {}, span, true)));
  const head = heads.length ? el("thead", {}, ...heads.map((line) => row(line, "th"))) : null;
  return el("div", { class: "table-frame", tabindex: "0" }, el("table", {}, head, el("tbody", {}, ...rows.map((line) => row(line, "td")))));
}

// What stands between strokes that no backslash takes their meaning from.
function cells({ text, start }) {
  const bars = [...text.matchAll(/(?<!\\)\|/g)].map((match) => match.index);
  return bars.slice(0, -1).map((bar, index) => {
    const inside = text.slice(bar + 1, bars[index + 1]);
    const from = start + bar + 1 + (inside.length - inside.trimStart().length);
    return [from, from + inside.trim().length];
  });
}
