// The models page: what runs, what is installed, what can be fetched.

import { attempt, call, get, post } from "./api.js";
import { confirm } from "./dialogs.js";
import { el, find, icon, iconButton } from "./dom.js";
import { bytes, t } from "./text.js";

const POLL = 1000;
const path = (name) => `/models/${encodeURIComponent(name)}`;
let timer = null;

async function load() {
  clearTimeout(timer);
  const ok = await attempt(async () => draw(await get("/models")));
  if (!ok) timer = setTimeout(load, POLL * 5);
}

function draw({ models, runtime }) {
  find("#running").replaceChildren(runningCard("llm", runtime), runningCard("embedder", runtime));
  find("#llms").replaceChildren(...models.filter((model) => model.kind === "llm").map(item));
  find("#embedders").replaceChildren(...models.filter((model) => model.kind === "embedder").map(item));
  const busy = models.some((model) => model.pulling) || runtime.moving || ["llm", "embedder"].some((kind) => runtime[kind].state === "loading");
  if (busy) timer = setTimeout(load, POLL);
}

function runningCard(kind, runtime) {
  const { name, state, error } = runtime[kind];
  return el(
    "article",
    { class: "card" },
    el("small", {}, t(`models.${kind}`)),
    el("strong", {}, name),
    el("span", { class: "badge", "data-status": state }, t(`models.state_${state}`)),
    error ? el("p", {}, error.detail) : null,
    ...(kind === "embedder" && runtime.moving ? move(runtime.moving) : []),
  );
}

// Until every document is indexed for the chosen search model, the one before it finds them.
function move({ done, total, failed }) {
  return [
    el("progress", { max: total, value: done }),
    el("p", { role: "status" }, t("models.moving", { done, total })),
    failed.length ? el("p", { class: "row-error" }, t("models.moving_failed", { names: failed.join(", ") })) : null,
  ];
}

function item(model) {
  return el(
    "li",
    { "data-name": model.name },
    el(
      "div",
      { class: "model-text" },
      el("strong", {}, model.title),
      el("small", {}, [...(model.name === model.title ? [] : [model.name]), bytes(model.size), t("models.licence", { licence: model.licence })].join(" · ")),
      model.error ? el("p", { class: "row-error" }, model.error.detail) : null,
    ),
    el("div", { class: "model-state" }, ...badges(model)),
    el("div", { class: "model-actions needs-owner" }, ...actions(model)),
  );
}

function badges(model) {
  const badge = (key, status) => el("span", { class: "badge", "data-status": status }, t(`models.${key}`));
  return [model.default ? badge("default", "") : null, model.active ? badge("active", "ready") : model.installed ? badge("installed", "") : null].filter(Boolean);
}

function actions(model) {
  if (model.pulling) {
    const { done, total } = model.pulling;
    const bar = el("progress", total ? { max: total, value: done } : {});
    return [bar, el("small", {}, t("models.pulling", { done: bytes(done), total: bytes(total) }))];
  }
  if (!model.installed) return [el("button", { type: "button", class: "button primary", onclick: () => pull(model) }, icon("download"), el("span", {}, t("models.pull")))];
  const use = el("button", { type: "button", class: "button", onclick: () => act(() => post(`${path(model.name)}/use`)) }, t("models.use"));
  return model.active ? [] : [use, iconButton("trash", t("models.remove"), () => remove(model))];
}

async function act(action) {
  await attempt(action);
  await load();
  document.dispatchEvent(new Event("models-changed"));
}

async function pull(model) {
  const text = t("models.pull_text", { size: bytes(model.size), licence: model.licence });
  if (await confirm({ title: t("models.pull_title", { name: model.title }), text, action: t("models.pull"), danger: false })) await act(() => post(`${path(model.name)}/pull`));
}

async function remove(model) {
  const text = t("models.remove_text", { size: bytes(model.size) });
  if (await confirm({ title: t("models.remove_title", { name: model.title }), text, action: t("common.delete") })) await act(() => call("DELETE", path(model.name)));
}

load();
