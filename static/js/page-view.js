// The picture of a page with places marked on it, how the page was read, and the way on where there is no picture.

import { get, pageImage, post, Problem } from "./api.js";
import { el, find, icon } from "./dom.js";
import { shownBox, shownTop } from "./geometry.js";
import { badge } from "./report-words.js";
import { number, t } from "./text.js";

const image = find("#page-image");
const frame = find("#page-frame");
const pointed = find("#page-pointed");
const missing = find("#page-missing");

// `pageInfo(n)` gives the report of a page; `onTurn(n)` is called after each change of page.
export function pageView({ id, pages, pageInfo, onTurn }) {
  let shown = { page: 1, boxes: [] };

  function show(page, boxes = []) {
    if (!pages) return;
    const same = image.getAttribute("src") && shown.page === page && JSON.stringify(shown.boxes) === JSON.stringify(boxes);
    shown = { page: Math.min(pages, Math.max(1, page)), boxes };
    find("#page-number").value = shown.page;
    find("#previous-page").disabled = shown.page === 1;
    find("#next-page").disabled = shown.page === pages;
    find("#page-facts").replaceChildren(...facts(pageInfo(shown.page)));
    if (!same) draw();
    point([]);
    onTurn(shown.page);
  }

  // Outlines what is pointed at, as far as it is on this page.
  function point(boxes) {
    const info = pageInfo(shown.page);
    const here = info && !image.hidden ? boxes.filter((box) => box.page === shown.page) : [];
    pointed.replaceChildren(
      ...here.map((box) => {
        const node = el("span");
        for (const [edge, share] of Object.entries(shownBox(box, info))) node.style[edge] = `${100 * share}%`;
        return node;
      }),
    );
  }

  function draw() {
    frame.classList.add("loading");
    const info = pageInfo(shown.page);
    // What stands below it stays where it is when the picture comes.
    image.style.aspectRatio = info ? `${info.width} / ${info.height}` : "";
    image.alt = t("document.page_alt", { page: shown.page });
    image.src = pageImage(id, shown.page, shown.boxes);
  }

  image.addEventListener("load", () => {
    frame.classList.remove("loading");
    image.hidden = false;
    missing.hidden = true;
    const info = pageInfo(shown.page);
    if (!shown.boxes.length || !info) return;
    const top = Math.min(...shown.boxes.map((box) => shownTop(box, info)));
    frame.scrollTop = Math.max(0, top * image.clientHeight - frame.clientHeight / 3);
  });
  image.addEventListener("error", async () => {
    frame.classList.remove("loading");
    image.hidden = true;
    missing.hidden = false;
    const problem = await reason(image.src);
    find("#page-problem").textContent = problem?.message ?? t("document.no_image");
    find("#page-password").hidden = problem?.type !== "/problems/password-needed";
  });
  find("#previous-page").addEventListener("click", () => show(shown.page - 1));
  find("#next-page").addEventListener("click", () => show(shown.page + 1));
  find("#page-number").addEventListener("change", (event) => show(Number(event.target.value) || 1));
  askPassword(find("#page-password"), id, draw);
  return { show, point, page: () => shown.page };
}

// A picture that does not load says nothing: ask again for the sentence.
async function reason(address) {
  try {
    await get(address.slice(address.indexOf("/documents/")));
  } catch (error) {
    if (error instanceof Problem) return error;
  }
  return null;
}

// A form that gives a document's password; a wrong one is told in the form, which stays.
export function askPassword(form, id, onGiven) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const field = find("input", form);
    const told = find("[role=alert]", form);
    told.textContent = "";
    try {
      await post(`/documents/${encodeURIComponent(id)}/password`, { password: field.value });
      form.hidden = true;
      onGiven();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      told.textContent = error.message;
      field.focus();
    }
    field.value = "";
  });
}

function facts(info) {
  if (!info) return [];
  const chips = [chip(badge(info), info.look ? "warn" : "")];
  if (info.look && info.look !== "empty") chips.push(chip(t(`document.look_${info.look}`), "warn"));
  if (info.confidence !== null) chips.push(chip(t("document.confidence", { percent: Math.round(info.confidence * 100) })));
  if (info.text_chars && info.read_as === "text") chips.push(chip(t("document.page_text", { chars: number(info.text_chars) })));
  if (info.checked && info.read_as === "text" && !info.garbled) chips.push(chip(t("document.confirmed")));
  if (info.columns > 1) chips.push(chip(t("document.columns", { count: info.columns })));
  if (info.tables) chips.push(chip(t("document.tables", { count: info.tables })));
  if (info.skew) chips.push(chip(t("document.skew", { degrees: number(info.skew) })));
  if (info.layout === "model") chips.push(chip(t("document.layout_model")));
  if (info.removed.length) chips.push(removed(info.removed));
  return chips;
}

const chip = (text, kind = "") => el("span", { class: `fact ${kind}` }, text);

function removed(lines) {
  return el(
    "details",
    { class: "menu" },
    el("summary", { class: "fact" }, t("document.removed", { count: lines.length }), icon("down")),
    el("ul", { class: "menu-list removed" }, ...lines.map((line) => el("li", {}, line))),
  );
}
