// The finished answer: a span per sentence that shows how well it is supported, with its marks.

import { el } from "./dom.js";
import { t } from "./text.js";

// Offsets count code points, as the server's do; JavaScript's own count UTF-16 units.
export function renderSentences(answer, sentences, onMark) {
  const points = Array.from(answer);
  const parts = [];
  let at = 0;
  const flat = [];
  for (const sentence of [...sentences].sort((a, b) => a.start - b.start)) {
    parts.push(points.slice(at, sentence.start).join(""));
    parts.push(span(sentence, points.slice(sentence.start, sentence.end).join(""), flat, onMark));
    at = sentence.end;
  }
  parts.push(points.slice(at).join(""));
  return { nodes: parts.filter((part) => part !== ""), citations: flat };
}

function span(sentence, text, flat, onMark) {
  const marks = sentence.citations.map((citation) => {
    const index = flat.push(citation) - 1;
    const label = t("chat.mark", { n: citation.n, name: citation.name });
    return el("button", { type: "button", class: `mark ${citation.support}`, title: label, "aria-label": label, "data-index": index, onclick: () => onMark(index) }, String(citation.n));
  });
  const claims = sentence.unfounded ?? [];
  // Trailing line breaks stay outside, so that marks stand at the end of their sentence.
  const tail = text.match(/\s*$/)[0];
  const body = tail ? text.slice(0, -tail.length) : text;
  return el("span", { class: `sentence ${sentence.support}`, title: why(sentence) }, el("span", { class: "words" }, ...flagged(body, sentence.start, claims)), marks.length ? el("span", { class: "marks" }, ...marks) : null, tail);
}

// Numbers, dates and names that no passage holds, each marked by itself.
function flagged(text, start, claims) {
  const points = Array.from(text);
  const parts = [];
  let at = 0;
  for (const claim of claims) {
    parts.push(points.slice(at, claim.start - start).join(""));
    parts.push(el("em", { class: "unfounded", title: t(`chat.unfounded_${claim.kind}`) }, claim.text));
    at = claim.end - start;
  }
  parts.push(points.slice(at).join(""));
  return parts.filter((part) => part !== "");
}

function why(sentence) {
  const numbers = [...new Set(sentence.citations.map((citation) => citation.n))].join(", ");
  if (sentence.support === "weak" && !numbers) return t("chat.weak_alone");
  return t(`chat.${sentence.support}`, { numbers });
}

export function legend(sentences) {
  const seen = ["weak", "unsupported"].filter((support) => sentences.some((sentence) => sentence.support === support));
  const keys = seen.map((support) => el("span", { class: `sentence ${support}` }, el("span", { class: "words" }, t(`chat.legend_${support}`))));
  if (sentences.some((sentence) => sentence.unfounded?.length)) keys.push(el("em", { class: "unfounded" }, t("chat.legend_unfounded")));
  return keys.length ? el("p", { class: "legend" }, ...keys) : null;
}
