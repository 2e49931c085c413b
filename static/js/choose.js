// Several documents of the page at once: chosen in the table, then moved, deleted or read again together.

import { attemptEach, post } from "./api.js";
import { find, toast } from "./dom.js";
import { askBase } from "./move.js";
import { t } from "./text.js";
import { documentPath, erase, inTime, offer } from "./undo.js";

const bar = find("#chosen");
const all = find("#choose-all");
const table = find("#documents tbody");
let latest = null; // the row whose box was clicked last: with Shift everything up to the next click
const boxes = () => [...table.querySelectorAll('[data-field="choose"]')];

// `reload` is called when what the list holds has changed; returns what to call after each drawing of it.
export function startChoosing(reload) {
  const choose = (given) => {
    for (const box of boxes()) box.checked = given;
    show();
  };
  table.addEventListener("click", (event) => {
    const box = event.target.closest('[data-field="choose"]');
    if (!box) return;
    if (event.shiftKey) chooseRange(box);
    latest = box.closest("tr").dataset.id;
    show();
  });
  all.addEventListener("change", () => choose(all.checked));
  find("#chosen-none").addEventListener("click", () => choose(false));
  find("#chosen-delete").addEventListener("click", () => act(removeAll, reload));
  find("#chosen-retry").addEventListener("click", () => act(readAgain, reload));
  find("#chosen-move")?.addEventListener("click", async () => {
    const to = await askBase();
    if (to) act((ids) => moveAll(ids, to), reload);
  });
  return show;
}

const chosen = () => boxes().filter((box) => box.checked).map((box) => box.closest("tr").dataset.id);

// From the box that was clicked before to this one, as this one is now.
function chooseRange(box) {
  const list = boxes();
  const from = list.findIndex((each) => each.closest("tr").dataset.id === latest);
  const to = list.indexOf(box);
  if (from < 0) return;
  for (const each of list.slice(Math.min(from, to), Math.max(from, to) + 1)) each.checked = box.checked;
}

function show() {
  const count = chosen().length;
  all.checked = count > 0 && count === boxes().length;
  all.indeterminate = count > 0 && !all.checked;
  // The focus may stand on a button that is about to go.
  if (!count && bar.contains(document.activeElement)) all.focus();
  bar.hidden = count === 0;
  find("#chosen-count").textContent = t("library.chosen", { count });
}

async function act(action, reload) {
  const buttons = [...bar.querySelectorAll("button")];
  for (const button of buttons) button.disabled = true;
  await action(chosen());
  for (const button of buttons) button.disabled = false;
  for (const box of boxes()) box.checked = false;
  all.focus();
  await reload();
  show();
}

async function removeAll(ids) {
  // The first of them can be brought back no longer than this.
  const until = inTime();
  const gone = [];
  await attemptEach(ids, async (id) => (await erase(documentPath(id))) && gone.push(id));
  if (!gone.length) return;
  offer({ text: t("library.deleted_many", { count: gone.length }), posts: gone.map((id) => documentPath(id, "/restore")), until });
}

async function moveAll(ids, to) {
  const from = find("#main").dataset.base;
  const shown = [];
  const moved = await attemptEach(ids, async (id) => shown.push(await post(documentPath(id, "/move"), { base: to.id })));
  if (!moved.length) return;
  // What was read as the other base does not want it, and cannot be read again.
  const left = to.rereads ? shown.filter((document) => document.status === "ready" && !document.kept) : [];
  if (left.length) toast(t("library.reread_without", { names: left.map((document) => document.name).join(", ") }), "bad");
  const text = t("library.moved_many", { base: to.name, count: moved.length });
  offer({ text, posts: moved.map((id) => documentPath(id, "/move")), json: { base: from }, until: inTime() });
}

async function readAgain(ids) {
  const queued = await attemptEach(ids, (id) => post(documentPath(id, "/retry")));
  if (queued.length) toast(t("library.reread_queued", { count: queued.length }));
}
