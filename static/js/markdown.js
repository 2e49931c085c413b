// The Markdown that language models write, told apart into blocks and styles. Nothing is made into HTML here: what comes
// out are places in the text, as [start, end) in code points, from which `sentences.js` makes elements.

const FENCE = /^\s*(`{3,}|~{3,})/;
const HEADING = /^\s{0,3}(#{1,6})\s+/;
const ITEM = /^(\s*)(?:([-*+•])|(\d{1,9})[.)、．])(?:\s+|(?<=[、．]))/;
const QUOTE = /^\s{0,3}>\s?/;
const ROW = /^\s*\|.*\|\s*$/;
const RULE = /^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$/;
const BREAK = /^\s{0,3}([-*_])(?:\s*\1){2,}\s*$/;
const MATH = /^\s*(\$\$|\\\[)/;
const MATH_END = { "$$": /\$\$\s*$/, "\\[": /\\\]\s*$/ };

// Blocks of a text in order, each { kind, start, end } and what its kind needs:
// paragraph, quote { leaf }, heading { level, leaf }, list { items: [{ depth, number, leaf }] },
// table { rows: [[leaf]], head }, code { leaf }, math { leaf }, break. A leaf is a list of spans.
export function blocks(points) {
  const lines = linesOf(points);
  const found = [];
  let at = 0;
  while (at < lines.length) {
    if (!lines[at].text.trim()) {
      at += 1;
      continue;
    }
    const block = code(lines, at) ?? math(lines, at) ?? heading(lines, at) ?? table(lines, at) ?? rule(lines, at) ?? list(lines, at) ?? quote(lines, at) ?? paragraph(lines, at);
    found.push({ ...block, start: lines[at].start, end: lines[block.next - 1].end });
    at = block.next;
  }
  return found;
}

function linesOf(points) {
  const lines = [];
  let start = 0;
  for (let at = 0; at <= points.length; at += 1) {
    if (at < points.length && points[at] !== "\n") continue;
    lines.push({ text: points.slice(start, at).join(""), start, end: at });
    start = at + 1;
  }
  return lines;
}

const length = (text) => Array.from(text).length;
const after = (line, match) => [line.start + length(match[0]), line.end];

function code(lines, at) {
  const fence = lines[at].text.match(FENCE)?.[1];
  if (!fence) return null;
  let end = at + 1;
  while (end < lines.length && !lines[end].text.trim().startsWith(fence)) end += 1;
  const inside = lines.slice(at + 1, end);
  const leaf = inside.length ? [[inside[0].start, inside.at(-1).end]] : [];
  return { kind: "code", leaf, next: Math.min(end + 1, lines.length) };
}

function math(lines, at) {
  const opening = lines[at].text.match(MATH);
  if (!opening) return null;
  const closing = MATH_END[opening[1]];
  for (let end = at; end < lines.length && lines[end].text.trim(); end += 1) {
    const text = end === at ? lines[end].text.slice(opening[0].length) : lines[end].text;
    const close = text.match(closing);
    if (close) return { kind: "math", leaf: [[lines[at].start + length(opening[0]), lines[end].end - length(close[0])]], next: end + 1 };
  }
  return null;
}

function heading(lines, at) {
  const match = lines[at].text.match(HEADING);
  return match && { kind: "heading", level: match[1].length, leaf: [after(lines[at], match)], next: at + 1 };
}

function rule(lines, at) {
  return BREAK.test(lines[at].text) ? { kind: "break", next: at + 1 } : null;
}

function table(lines, at) {
  if (!ROW.test(lines[at].text)) return null;
  let end = at;
  while (end < lines.length && ROW.test(lines[end].text)) end += 1;
  const head = end > at + 1 && RULE.test(lines[at + 1].text);
  const rows = lines.slice(at, end).filter((line) => !RULE.test(line.text)).map(cells);
  return rows.length ? { kind: "table", rows, head, next: end } : null;
}

// The cells of a row: what stands between strokes that no backslash takes their meaning from.
function cells(line) {
  const points = Array.from(line.text);
  const bars = [...points.keys()].filter((index) => points[index] === "|" && points[index - 1] !== "\\");
  return bars.slice(0, -1).map((bar, index) => [trimmed(points, bar + 1, bars[index + 1], line.start)]);
}

function trimmed(points, start, end, offset) {
  let [from, to] = [start, end];
  while (from < to && !points[from].trim()) from += 1;
  while (to > from && !points[to - 1].trim()) to -= 1;
  return [offset + from, offset + to];
}

function list(lines, at) {
  if (!ITEM.test(lines[at].text)) return null;
  const items = [];
  const indents = [];
  let end = at;
  for (; end < lines.length; end += 1) {
    const line = lines[end];
    const match = line.text.match(ITEM);
    if (match && !BREAK.test(line.text)) {
      const indent = match[1].length;
      while (indents.length && indents.at(-1) > indent) indents.pop();
      if (indents.at(-1) !== indent) indents.push(indent);
      items.push({ depth: indents.length - 1, number: match[3] ? Number(match[3]) : null, leaf: [after(line, match)] });
    } else if (/^\s+\S/.test(line.text)) {
      items.at(-1).leaf.push([line.start + line.text.search(/\S/), line.end]);
    } else if (line.text.trim() || !lines[end + 1] || !ITEM.test(lines[end + 1].text)) break;
  }
  return { kind: "list", items, next: end };
}

function quote(lines, at) {
  const leaf = [];
  let end = at;
  for (let match; end < lines.length && (match = lines[end].text.match(QUOTE)); end += 1) leaf.push(after(lines[end], match));
  return leaf.length ? { kind: "quote", leaf, next: end } : null;
}

function paragraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && lines[end].text.trim() && ![FENCE, HEADING, ROW, BREAK, ITEM, QUOTE, MATH].some((begins) => begins.test(lines[end].text))) end += 1;
  return { kind: "paragraph", leaf: [[lines[at].start, lines[end - 1].end]], next: end };
}

// Formulas, code, and what is printed strong or leant, in one line of text. Money ($5 to $6), sums (3*4*5) and
// file_names are none of it.
const INLINE = [
  ["code", /(`+)(?!`)(.+?)(?<!`)\1(?!`)/gu],
  ["math", /(\\\()(.+?)(\\\))/gu],
  ["math", /(\$\$)(.+?)(\$\$)/gu],
  ["math", /(?<![\\$\w])(\$)(?![\s\d.,]+\$|\s)([^$\n]*?[^\s\\$])(\$)(?![\w$])/gu],
  ["strong", /(\*\*|__)(?=\S)(.+?)(?<=\S)\1/gu],
  ["em", /(?<![\w*\\])(\*)(?=[^\s*])([^*\n]+?)(?<=[^\s*])\1(?![\w*])/gu],
];

// For every code point of [start, end): { code, math, strong, em, mark }. `math` is the span of its formula, `mark`
// says that it is an asterisk or the like, which is not shown.
export function styles(points, start, end) {
  const text = points.slice(start, end).join("");
  const unit = unitsToPoints(text);
  const style = Array.from({ length: end - start }, () => ({}));
  for (const [kind, pattern] of INLINE) {
    for (const match of text.matchAll(pattern)) {
      const [from, to] = [unit[match.index], unit[match.index + match[0].length]];
      const open = length(match[1]);
      const close = length(match[3] ?? match[1]);
      const touched = style.slice(from, to);
      if (touched.some((each) => each.code || each.math)) {
        // A formula or code inside of strong text stays what it is; anything else would cut it apart.
        const ends = [...touched.slice(0, open), ...touched.slice(-close)];
        if (kind === "code" || kind === "math" || ends.some((each) => each.code || each.math || each.mark)) continue;
      }
      if (touched[0].mark || touched.at(-1).mark) continue;
      for (let at = from; at < to; at += 1) {
        if (at < from + open || at >= to - close) style[at].mark = true;
        else style[at][kind] = kind === "math" ? [start + from + open, start + to - close] : true;
      }
    }
  }
  return style;
}

function unitsToPoints(text) {
  const places = [];
  let at = 0;
  for (const point of text) {
    for (let unit = 0; unit < point.length; unit += 1) places.push(at);
    at += 1;
  }
  return [...places, at];
}
