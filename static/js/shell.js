// What every page has: the theme, menus that close, and the state of the models.

import { attempt, call } from "./api.js";
import { el, find, store } from "./dom.js";
import { t } from "./text.js";

const THEMES = ["auto", "light", "dark"];
const POLL = 2000;

function startTheme() {
  const button = find("#theme");
  const root = document.documentElement;
  const label = () => {
    const name = t(`common.theme_${root.dataset.theme ?? "auto"}`);
    button.title = name;
    button.setAttribute("aria-label", name);
  };
  button.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(root.dataset.theme ?? "auto") + 1) % THEMES.length];
    if (next === "auto") delete root.dataset.theme;
    else root.dataset.theme = next;
    store("theme", next);
    label();
  });
  label();
}

function startMenus() {
  const close = (except) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(except)) menu.open = false;
  };
  document.addEventListener("click", (event) => close(event.target));
  document.addEventListener("keydown", (event) => event.key === "Escape" && close(null));
}

async function watchModels() {
  let state;
  try {
    state = await (await fetch("/healthz")).json();
  } catch {
    setTimeout(watchModels, POLL);
    return;
  }
  const models = ["llm", "embedder"].map((kind) => ({ kind, ...state[kind] }));
  const loading = models.find((model) => model.state === "loading");
  showPill(loading);
  showProblem(models.find((model) => model.state === "missing" || model.state === "failed"));
  if (loading) setTimeout(watchModels, POLL);
}

function showPill(loading) {
  const pill = find("#model-state");
  const wasLoading = !pill.hidden;
  pill.hidden = !loading && !wasLoading;
  pill.classList.toggle("busy", Boolean(loading));
  pill.textContent = loading ? t(`common.loading_${loading.kind}`) : t("common.ready");
  if (!loading && wasLoading) setTimeout(() => (pill.hidden = true), 4000);
}

function showProblem(model) {
  const banner = find("#model-problem");
  banner.hidden = !model;
  if (!model) return;
  const sentence =
    model.state === "missing" ? t(`common.missing_${model.kind}`) : t(`common.failed_${model.kind}`, { detail: model.error?.detail ?? "" });
  banner.replaceChildren(el("span", {}, sentence), " ", el("a", { href: "/models" }, t("common.get_models")));
}

// Scripts change the address after the page was made; the language form returns to where the reader is.
for (const form of document.querySelectorAll('form[action="/language"]')) {
  form.addEventListener("submit", () => (form.elements.to.value = location.pathname + location.search));
}
find("#log-out")?.addEventListener("click", async () => {
  if (await attempt(() => call("DELETE", "/me/session"))) location.assign("/login");
});
startTheme();
startMenus();
watchModels();
document.addEventListener("models-changed", watchModels);
