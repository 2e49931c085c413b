// Formulas, set by KaTeX, which is loaded when the first one is there.

import { el } from "./dom.js";

const FOLDER = new URL("../vendor/katex/", import.meta.url);
let loading = null;

// An element that shows `source` as it was written until it is set. `display`: on a line of its own.
export function formula(source, display) {
  const node = el("span", { class: display ? "formula display" : "formula" }, source);
  load().then(
    (katex) => katex.render(source, node, { displayMode: display, throwOnError: false, trust: false, maxSize: 20, maxExpand: 200, strict: "ignore" }),
    () => {
      loading = null; // The library cannot be had just now: the formula stays readable as it was written.
    },
  );
  return node;
}

function load() {
  loading ??= new Promise((resolve, reject) => {
    const script = el("script", { src: new URL("katex.min.js", FOLDER).href, onload: () => resolve(window.katex), onerror: reject });
    document.head.append(el("link", { rel: "stylesheet", href: new URL("katex.min.css", FOLDER).href }), script);
  });
  return loading;
}
