// Files that another application shared: the worker kept them, and here the reader says whether they are added, and where.
// Any web site can have a browser share something: nothing is sent without a press, and no address says that there was one.

import { pick } from "./dialogs.js";
import { el, find, toast } from "./dom.js";
import { t } from "./text.js";

const KEPT = "shared";
const LEFT_OUT = "shared-left-out";
// The press, for the page of the base that was chosen: which base, and which files.
const AGREED = "shared-agreed";
// What the server says of the file itself; it would say it again.
const FOR_GOOD = [413, 415, 422];

// `send(files, onSettled)` adds them to `base`, the one that the page shows, and gives how many it takes. Another one
// that is chosen is opened first. What could not be sent is asked about again on the next visit.
export async function takeShared(base, send) {
  if (!globalThis.caches) return;
  await tellLeftOut();
  const kept = await keptFiles();
  if (!kept.length) return;
  const agreed = takeAgreed(base);
  const waiting = kept.filter(({ key }) => !agreed.includes(key));
  const sent = kept.filter(({ key }) => agreed.includes(key));
  const chosen = waiting.length ? await choose(waiting, base) : null;
  if (chosen === base) sent.push(...waiting);
  else if (chosen === null) await Promise.all(waiting.map(forget));
  else sessionStorage.setItem(AGREED, JSON.stringify({ base: chosen, keys: kept.map(({ key }) => key) }));
  if (chosen !== null && chosen !== base) location.assign(`/library?base=${encodeURIComponent(chosen)}`);
  else await sendAll(sent, send);
}

// Without a worker there is nothing to forget, and no such thing as caches over plain HTTP.
export async function forgetShared() {
  await globalThis.caches?.delete(KEPT);
  await globalThis.caches?.delete(LEFT_OUT);
}

async function keptFiles() {
  if (!(await caches.has(KEPT))) return [];
  const cache = await caches.open(KEPT);
  return Promise.all((await cache.keys()).map(async (request) => fileOf(request.url, await cache.match(request))));
}

async function fileOf(key, answer) {
  const name = decodeURIComponent(answer.headers.get("X-Name"));
  return { key, file: new File([await answer.blob()], name, { type: answer.headers.get("Content-Type") }) };
}

const forget = async ({ key }) => (await caches.open(KEPT)).delete(key);

async function tellLeftOut() {
  const answer = await caches.match("/shared", { cacheName: LEFT_OUT });
  if (!answer) return;
  toast(t("library.shared_left_out", { count: Number(await answer.text()) }), "bad");
  await caches.delete(LEFT_OUT);
}

function takeAgreed(base) {
  const agreed = JSON.parse(sessionStorage.getItem(AGREED) ?? "{}");
  sessionStorage.removeItem(AGREED);
  return agreed.base === base && mayAdd() ? agreed.keys : [];
}

async function choose(kept, base) {
  const options = [...document.querySelectorAll(".tabs a[data-id]")].map((tab) => ({ value: tab.dataset.id, label: find("span", tab).textContent }));
  if (!mayAdd() && options.length === 1) {
    toast(t("library.shared_may_not"), "bad");
    return null;
  }
  const names = el("ul", { class: "names", tabindex: 0 }, ...kept.map(({ file }) => el("li", {}, file.name)));
  const text = t(mayAdd() ? "library.shared_text" : "library.shared_may_not");
  return pick({ title: t("library.shared", { count: kept.length }), text, more: names, label: t("library.shared_to"), action: t("library.shared_add"), options, value: base });
}

const mayAdd = () => document.body.dataset.role !== "reader";

async function sendAll(kept, send) {
  const settled = await Promise.all(kept.map((each) => sendOne(each, send)));
  if (settled.includes(false)) toast(t("library.shared_kept"), "bad");
}

// Whether nothing more is to be done about it.
async function sendOne(each, send) {
  const outcome = await new Promise((resolve) => {
    if (!send([each.file], resolve)) resolve({ cancelled: true }); // a file that systems write beside others
  });
  const over = !outcome.error || FOR_GOOD.includes(outcome.error.status);
  if (over) await forget(each);
  return over;
}
