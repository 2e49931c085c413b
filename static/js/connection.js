// Whether the server can be reached. It is asked when something got no answer; until it answers again the page says so.

import { el, find, toast } from "./dom.js";
import { t } from "./text.js";

const PAUSES = [1, 2, 4, 8, 15, 30]; // seconds between two tries, and the last one from then on
const SELDOM = 60_000; // while all is well, and the page is looked at
const PATIENCE = 10_000;

const place = find("#connection");
const version = find('meta[name="version"]').content;
let failures = 0; // tries in a row
let asking = null;
let timer = null;

// For whoever got no answer, and for whoever got one.
export const unanswered = () => failures || ask();
export const answered = () => failures && ask();

// `run()` when the server is back, for what the page may have missed meanwhile.
export function onBack(run, options) {
  document.addEventListener("server-back", () => run(), options);
}

// Asks now, and not only whether an answer to an earlier question is still to come. What is found is told to the page
// by an event of the document, `server-health`.
export async function askAgain() {
  await asking;
  await ask();
}

// Resolves when the server can be reached.
export async function reachable() {
  await ask();
  if (failures) await new Promise((resolve) => onBack(resolve, { once: true }));
}

function ask() {
  clearTimeout(timer);
  asking ??= health().then((found) => {
    asking = null;
    if (found) reached(found);
    else missed();
  });
  return asking;
}

async function health() {
  try {
    const response = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

function missed() {
  timer = setTimeout(ask, PAUSES[Math.min(failures, PAUSES.length - 1)] * 1000);
  failures += 1;
  if (failures === 1) tell(t("common.lost"), t("common.try_now"), ask);
}

function reached(found) {
  const back = failures > 0;
  const renewed = found.version !== version;
  failures = 0;
  timer = setTimeout(askIfSeen, SELDOM);
  if (renewed) tell(t("common.new_version", { version: found.version }), t("common.reload"), () => location.reload());
  else place.replaceChildren();
  document.dispatchEvent(new CustomEvent("server-health", { detail: found }));
  if (!back) return;
  if (!renewed) toast(t("common.back"));
  document.dispatchEvent(new Event("server-back"));
}

// What is told again is read out again, and its button would lose the focus.
function tell(sentence, label, run) {
  if (find("span", place)?.textContent === sentence) return;
  place.replaceChildren(el("p", {}, el("span", {}, sentence), el("button", { type: "button", class: "button", onclick: run }, label)));
}

function askIfSeen() {
  if (!document.hidden) ask();
}

// Whoever comes back to a page, or to a network, sees at once what is true now.
document.addEventListener("visibilitychange", askIfSeen);
addEventListener("online", ask);
addEventListener("offline", ask);
timer = setTimeout(askIfSeen, SELDOM);
