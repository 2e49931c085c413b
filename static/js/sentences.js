// An answer as elements: its Markdown as blocks, and in them a span per sentence that shows how well it is supported,
// with its marks. Offsets count code points, as the server's do; JavaScript's own count UTF-16 units.

import { el, icon } from "./dom.js";
import { formula } from "./formula.js";
import { blocks, styles } from "./markdown.js";
import { closeTip, explained, show as showTip } from "./quote-tip.js";
import { asLine, place, t } from "./text.js";

// `before`: what this gave for the text as it was a moment ago; blocks that did not change are the same elements.
export function renderSentences(answer, sentences, onMark, before = null) {
  const points = Array.from(answer);
  const ordered = [...sentences].sort((a, b) => a.start - b.start);
  const citations = ordered.flatMap((sentence) => sentence.citations);
  const drawn = blocks(points).map((block) => {
    const inside = ordered.filter((each) => each.end > block.start && each.start < block.end);
    const first = ordered.filter((each) => each.start < block.start).reduce((sum, each) => sum + each.citations.length, 0);
    const key = JSON.stringify([points.slice(block.start, block.end).join(""), block.start, first, inside]);
    const same = before?.drawn.find((each) => each.key === key);
    return same ?? { key, node: new Drawing(points, ordered, onMark).block(block) };
  });
  return { drawn, citations };
}

// Puts what `renderSentences` gave into `body`, leaving alone what is there: a mark that has the focus keeps it.
export function show(body, { drawn }) {
  let at = 0;
  while (at < drawn.length && body.childNodes[at] === drawn[at].node) at += 1;
  while (body.childNodes.length > at) body.lastChild.remove();
  body.append(...drawn.slice(at).map((each) => each.node));
}

class Drawing {
  constructor(points, sentences, onMark) {
    this.points = points;
    this.sentences = sentences;
    this.onMark = onMark;
  }

  block(block) {
    this.leaves = leavesOf(block);
    if (block.kind === "break") return el("hr");
    if (block.kind === "code") return el("pre", { tabindex: "0" }, el("code", {}, ...block.leaf.flatMap((span) => this.line(span, true))));
    if (block.kind === "math") return el("div", { class: "formula-line", tabindex: "0" }, ...block.leaf.flatMap(([start, end]) => this.cited(start, end, [formula(this.text(start, end), true)])));
    if (block.kind === "table") return this.table(block);
    if (block.kind === "list") return this.list(block.items);
    // The question of a turn is a heading of the second level.
    const tag = block.kind === "heading" ? `h${Math.min(6, block.level + 2)}` : { quote: "blockquote", paragraph: "p" }[block.kind];
    return el(tag, {}, ...this.leaf(block.leaf));
  }

  table({ rows, head }) {
    const row = (cells, tag) => el("tr", {}, ...cells.map((leaf) => el(tag, tag === "th" ? { scope: "col" } : {}, ...this.leaf(leaf))));
    const body = el("tbody", {}, ...rows.slice(head ? 1 : 0).map((cells) => row(cells, "td")));
    return el("div", { class: "table-frame", tabindex: "0" }, el("table", {}, head ? el("thead", {}, row(rows[0], "th")) : null, body));
  }

  // Nested lists from items that know their depth.
  list(items) {
    const root = { depth: items[0].depth, node: newList(items[0]) };
    const open = [root];
    for (const item of items) {
      while (open.length > 1 && open.at(-1).depth > item.depth) open.pop();
      if (open.at(-1).depth < item.depth) {
        const node = newList(item);
        open.at(-1).node.lastElementChild.append(node);
        open.push({ depth: item.depth, node });
      }
      open.at(-1).node.append(el("li", { value: item.number }, ...this.leaf(item.leaf)));
    }
    return root.node;
  }

  leaf(spans) {
    return spans.flatMap((span, index) => [...(index ? ["\n"] : []), ...this.line(span, false)]);
  }

  // The sentences of a stretch of text, and what stands between them.
  line([start, end], plain) {
    const style = plain ? null : styles(this.points, start, end);
    const parts = [];
    let at = start;
    for (const sentence of this.sentences) {
      const [from, to] = [Math.max(sentence.start, at), Math.min(sentence.end, end)];
      if (from >= to) continue;
      parts.push(...this.runs(at, from, style, start), ...this.cited(from, to, this.runs(from, to, style, start, sentence.unfounded ?? []), sentence));
      at = to;
    }
    return [...parts, ...this.runs(at, end, style, start)];
  }

  cited(start, end, nodes, sentence = this.sentences.find((each) => each.start < end && each.end > start)) {
    if (!sentence) return nodes;
    const marks = this.isLast(sentence, end) ? [...this.marks(sentence), ...doubts(sentence)] : [];
    return [el("span", { class: `sentence ${sentence.support}`, title: why(sentence) }, el("span", { class: "words" }, ...nodes), marks.length ? el("span", { class: "marks" }, ...marks) : null)];
  }

  // Whether no later part of this block belongs to the sentence, nor anything behind the block.
  isLast(sentence, end) {
    if (this.leaves.some(([from, to]) => from >= end && from < sentence.end && to > from)) return false;
    return !this.points.slice(Math.max(end, this.leaves.at(-1)[1]), sentence.end).some((point) => /[\p{L}\p{N}]/u.test(point));
  }

  marks(sentence) {
    const before = this.sentences.filter((each) => each.start < sentence.start).reduce((sum, each) => sum + each.citations.length, 0);
    return sentence.citations.map((citation, index) => {
      const label = t("chat.mark", { n: citation.n, name: citation.name });
      const open = () => {
        closeTip();
        this.onMark(before + index);
      };
      const mark = el("button", { type: "button", class: `mark ${citation.support}`, "aria-label": label, "data-index": before + index, onclick: open }, String(citation.n));
      return explained(mark, () => quoteOf(citation));
    });
  }

  // [start, end) as text nodes and elements of one style each. `origin`: where `style` begins.
  runs(start, end, style, origin, claims = []) {
    const nodes = [];
    let at = start;
    while (at < end) {
      const { mark, math, ...look } = style?.[at - origin] ?? {};
      const claim = claims.find((each) => each.start <= at && at < each.end);
      let to = at + 1;
      while (to < end && sameRun(style?.[at - origin], style?.[to - origin]) && claim === claims.find((each) => each.start <= to && to < each.end)) to += 1;
      if (math && !mark) {
        to = Math.min(end, math[1]);
        nodes.push(formula(this.text(at, to), false));
      } else if (!mark) nodes.push(styled(this.text(at, to), look, claim));
      at = to;
    }
    return nodes;
  }

  text(start, end) {
    return this.points.slice(start, end).join("");
  }
}

function leavesOf(block) {
  if (block.kind === "table") return block.rows.flat(2);
  if (block.kind === "list") return block.items.flatMap((item) => item.leaf);
  return block.leaf ?? [];
}

const newList = (item) => el(item.number === null ? "ul" : "ol", {});

function sameRun(one, other) {
  return ["mark", "math", "code", "strong", "em"].every((name) => String(one?.[name]) === String(other?.[name]));
}

// Numbers, dates and names that no passage holds are marked each by itself.
function styled(text, { code, strong, em }, claim) {
  let node = text;
  if (claim) node = el("em", { class: "unfounded", title: t(`chat.unfounded_${claim.kind}`) }, node);
  if (code) node = el("code", {}, node);
  if (em) node = el("em", {}, node);
  if (strong) node = el("strong", {}, node);
  return node;
}

function why(sentence) {
  const numbers = [...new Set(sentence.citations.map((citation) => citation.n))].join(", ");
  if (sentence.support === "weak" && !numbers) return t("chat.weak_alone");
  return t(`chat.${sentence.support}`, { numbers });
}

// Beside a mark: what it quotes, and from where.
function quoteOf({ n, support, quote, ...source }) {
  const close = support === "supported" ? [] : [el("p", { class: "doubt" }, t(`chat.${support}`, { numbers: n }))];
  return [el("p", { class: "passage-place" }, el("span", { class: "n" }, String(n)), place(source)), el("blockquote", {}, asLine(quote)), ...close];
}

// A button that says what is wrong with a sentence, where no mark does; none for a sentence that is well supported.
function doubts(sentence) {
  const lines = sentence.support === "supported" || sentence.citations.length ? [] : [why(sentence)];
  for (const claim of sentence.unfounded ?? []) lines.push(t("chat.claim", { text: claim.text, why: t(`chat.unfounded_${claim.kind}`) }));
  if (!lines.length) return [];
  const content = () => lines.map((line) => el("p", { class: "doubt" }, line));
  const button = el("button", { type: "button", class: "doubt-mark", "aria-label": lines.join(" "), onclick: () => showTip(button, content) }, icon("warn"));
  return [explained(button, content)];
}

// Plain text: the answer with [n] behind each sentence, and below it the places that the numbers stand for.
export function citedText(answer, sentences) {
  const points = Array.from(answer);
  const places = new Map();
  let text = "";
  let at = 0;
  for (const { start, end, citations } of [...sentences].sort((a, b) => a.start - b.start)) {
    const said = points.slice(start, end).join("").trimEnd();
    const numbers = [...new Set(citations.map((citation) => citation.n))].sort((a, b) => a - b);
    text += points.slice(at, start).join("") + said + (numbers.length ? ` ${numbers.map((n) => `[${n}]`).join("")}` : "");
    at = start + Array.from(said).length;
    for (const citation of citations) places.set(`[${citation.n}] ${place(citation)}`, citation.n);
  }
  const lines = [...places].sort(([, a], [, b]) => a - b).map(([line]) => line);
  return [text + points.slice(at).join(""), [`${t("sources.title")}:`, ...lines].join("\n")].join("\n\n");
}

export function legend(sentences) {
  const doubtful = sentences.some((sentence) => sentence.support !== "supported" || sentence.unfounded?.length);
  const seen = ["supported", "weak", "unsupported"].filter((support) => doubtful && sentences.some((sentence) => sentence.support === support));
  const keys = seen.map((support) => el("span", { class: `sentence ${support}` }, el("span", { class: "words" }, t(`chat.legend_${support}`))));
  if (sentences.some((sentence) => sentence.unfounded?.length)) keys.push(el("em", { class: "unfounded" }, t("chat.legend_unfounded")));
  return keys.length ? el("p", { class: "legend" }, ...keys) : null;
}
