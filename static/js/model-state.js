// The state of the models, on every page: loading, missing or failed, and how far a download is.

import { attempt, post } from "./api.js";
import { askAgain } from "./connection.js";
import { el, find } from "./dom.js";
import { bytes, downloading, t } from "./text.js";

const POLL = 2000;
const POLL_MISSING = 10_000;
let watch = null;

export function startModelState() {
  document.addEventListener("server-health", ({ detail }) => show(detail));
  document.addEventListener("models-changed", askAgain);
  askAgain();
}

function show(state) {
  clearTimeout(watch);
  const models = ["llm", "embedder"].map((kind) => ({ kind, ...state[kind] }));
  const loading = models.find((model) => model.state === "loading");
  showPill(loading);
  const bad = models.filter((model) => model.state === "missing" || model.state === "failed");
  showProblem(bad, state.download);
  showDownload(state.download);
  // What is missing may come from elsewhere: another reader, the command line.
  if (loading || state.download?.running) watch = setTimeout(askAgain, POLL);
  else if (bad.some((model) => model.state === "missing")) watch = setTimeout(askAgain, POLL_MISSING);
}

function showPill(loading) {
  const pill = find("#model-state");
  const wasLoading = !pill.hidden;
  pill.hidden = !loading && !wasLoading;
  pill.classList.toggle("busy", Boolean(loading));
  pill.textContent = loading ? t(`common.loading_${loading.kind}`) : t("common.ready");
  if (!loading && wasLoading) setTimeout(() => (pill.hidden = true), 4000);
}

function showProblem(models, download) {
  const banner = find("#model-problem");
  banner.hidden = models.length === 0;
  if (banner.hidden) return;
  const parts = download ? missing(models, download) : [problem(models[0]), " ", el("a", { href: "/models" }, t("common.get_models"))];
  // An alert that is written again is read out again.
  const said = parts.map((part) => part.textContent ?? part).join("");
  if (banner.textContent !== said) banner.replaceChildren(...parts);
}

function problem({ kind, state, error }) {
  return el("span", {}, state === "missing" ? t(`common.missing_${kind}`) : t(`common.failed_${kind}`, { detail: error?.detail ?? "" }));
}

function missing(models, { total, done, running, error }) {
  if (running) return [el("span", {}, t("common.downloading_models"))];
  const text = models.length > 1 ? t("common.missing_both") : problem(models[0]).textContent;
  const why = error ? [" ", el("span", {}, error.detail)] : [];
  if (!("owner" in document.body.dataset)) return [el("span", {}, text), ...why, " ", el("span", {}, t("common.ask_owner"))];
  const label = error ? t("common.download_again") : t("common.download_models", { size: bytes(total - done) });
  return [el("span", {}, text), ...why, " ", el("button", { type: "button", class: "button primary", onclick: download }, label)];
}

async function download() {
  if (await attempt(() => post("/models/pull"))) document.dispatchEvent(new Event("models-changed"));
}

function showDownload(progress) {
  const line = find("#model-download");
  line.hidden = !progress?.running;
  if (line.hidden) return;
  Object.assign(find("progress", line), { max: progress.total, value: progress.done });
  find("span", line).textContent = downloading(progress);
}
