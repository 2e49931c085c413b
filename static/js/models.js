// The models page: what runs, what is installed, what can be fetched.

import { attempt, call, get, post } from "./api.js";
import { onBack } from "./connection.js";
import { confirm } from "./dialogs.js";
import { el, find, icon, iconButton } from "./dom.js";
import { bytes, downloading, number, t } from "./text.js";

const POLL = 1000;
const path = (name) => `/models/${encodeURIComponent(name)}`;
let timer = null;
let room = null;

async function load() {
  clearTimeout(timer);
  await attempt(async () => draw(await get("/models")));
}

function draw({ models, runtime }) {
  find("#running").replaceChildren(runningCard("llm", runtime), runningCard("embedder", runtime), machineCard(runtime.machine));
  room = runtime.machine;
  find("#llms").replaceChildren(...models.filter((model) => model.kind === "llm").map(item));
  find("#embedders").replaceChildren(...models.filter((model) => model.kind === "embedder").map(item));
  const busy = models.some((model) => model.pulling) || runtime.moving || ["llm", "embedder"].some((kind) => runtime[kind].state === "loading");
  if (busy) timer = setTimeout(load, POLL);
}

function runningCard(kind, runtime) {
  const { name, state, error } = runtime[kind];
  const measured = runtime.measured[kind];
  return el(
    "article",
    { class: "card" },
    el("small", {}, t(`models.${kind}`)),
    el("strong", {}, name),
    el("span", { class: "badge", "data-status": state }, t(`models.state_${state}`)),
    error ? el("p", {}, error.detail) : null,
    ...(measured ? measures(kind, measured) : []),
    ...(kind === "embedder" ? move(runtime.moving, state) : []),
  );
}

// What it takes and how fast it is, measured here; what was not measured is not told.
function measures(kind, { memory, mapped, gpu_memory, layers, offloaded_layers, read, written }) {
  const lines = [
    memory ? t(mapped ? "models.memory_mapped" : "models.memory", { memory: bytes(memory), mapped: bytes(mapped) }) : null,
    gpu_memory ? t("models.gpu_memory", { memory: bytes(gpu_memory) }) : null,
    layers ? t("models.layers", { offloaded: offloaded_layers, layers }) : null,
    ...(kind === "llm"
      ? [read ? t("models.reads", pace(read)) : t("models.no_pace_llm"), written ? t("models.writes", pace(written)) : null]
      : [read ? t("models.embeds", pace(read)) : t("models.no_pace_embedder")]),
  ];
  return lines.filter(Boolean).map((line) => el("p", {}, line));
}

const pace = ({ tokens, works }) => ({ tokens: number(Number(tokens.toFixed(tokens < 10 ? 1 : 0))), works });

function machineCard({ memory, available, own, disk_free, gpus, backends }) {
  const lines = [
    t("models.machine_memory", { memory: bytes(memory), available: bytes(available) }),
    t("models.machine_own", { own: bytes(own) }),
    t("models.machine_disk", { free: bytes(disk_free) }),
    ...gpus.map((gpu) => t("models.machine_gpu", { name: gpu.name, memory: bytes(gpu.memory), free: bytes(gpu.free) })),
    gpus.length ? null : t("models.machine_no_gpu"),
    backends.length ? t("models.machine_built", { backends: backends.join(", ") }) : null,
  ];
  return el("article", { class: "card" }, el("small", {}, t("models.machine")), ...lines.filter(Boolean).map((line) => el("p", {}, line)));
}

// Until every document is indexed for the chosen search model, the one before it finds them.
function move(moving, state) {
  const { done, total, failed } = moving ?? { failed: [] };
  const retry = () => act(() => post("/models/moving/retry"));
  return [
    moving ? el("progress", { max: total, value: done }) : null,
    moving ? el("p", { role: "status" }, t("models.moving", { done, total })) : null,
    failed.length ? el("p", { class: "row-error" }, t("models.moving_failed", { names: failed.join(", ") })) : null,
    failed.length || state === "failed" ? el("button", { type: "button", class: "button needs-owner", onclick: retry }, t("models.moving_retry")) : null,
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
      el("small", { class: "fit", "data-grade": model.fit.grade }, fitText(model.fit)),
      model.error ? el("p", { class: "row-error" }, model.error.detail) : null,
    ),
    el("div", { class: "model-state" }, ...badges(model)),
    el("div", { class: "model-actions needs-owner" }, ...actions(model)),
  );
}

const fitText = ({ grade, needed, on_gpu }) => t(on_gpu ? "models.fits_gpu" : `models.${grade}`, { needed: bytes(needed) });

function badges(model) {
  const badge = (key, status) => el("span", { class: "badge", "data-status": status }, t(`models.${key}`));
  // Nothing that is not here is in use, whatever was chosen.
  const state = model.active ? (model.installed ? badge("active", "ready") : badge("chosen", "")) : model.installed ? badge("installed", "") : null;
  return [model.default ? badge("default", "") : null, state].filter(Boolean);
}

function actions(model) {
  if (model.pulling) {
    const { done, total } = model.pulling;
    const bar = el("progress", { "aria-label": t("models.pulling_of", { name: model.title }), ...(total ? { max: total, value: done } : {}) });
    const stop = el("button", { type: "button", class: "button", onclick: () => act(() => call("DELETE", `${path(model.name)}/pull`)) }, icon("stop"), el("span", {}, t("models.stop")));
    return [bar, el("small", {}, downloading(model.pulling)), stop];
  }
  if (!model.installed) return fetching(model);
  const use = el("button", { type: "button", class: "button", onclick: () => act(() => post(`${path(model.name)}/use`)) }, t("models.use"));
  return model.active ? [] : [use, iconButton("trash", t("models.remove"), () => remove(model))];
}

function fetching(model) {
  const label = t(model.error ? "models.pull_again" : model.kept ? "models.pull_on" : "models.pull");
  const get = el("button", { type: "button", class: "button primary", onclick: () => pull(model) }, icon(model.error ? "retry" : "download"), el("span", {}, label));
  if (!model.kept) return [get];
  return [el("small", {}, t("models.kept", { size: bytes(model.kept) })), get, iconButton("trash", t("models.remove_kept"), () => remove(model, model.kept))];
}

async function act(action) {
  await attempt(action);
  await load();
  document.dispatchEvent(new Event("models-changed"));
}

async function pull(model) {
  const warnings = [
    model.size - model.kept > room.disk_free ? t("models.pull_no_room", { free: bytes(room.disk_free) }) : null,
    model.fit.grade === "fits" ? null : t(`models.pull_${model.fit.grade}`, { needed: bytes(model.fit.needed), memory: bytes(room.memory) }),
  ].filter(Boolean);
  const text = [t("models.pull_text", { size: bytes(model.size - model.kept), free: bytes(room.disk_free), licence: model.licence }), ...warnings].join("\n\n");
  if (await confirm({ title: t("models.pull_title", { name: model.title }), text, action: t("models.pull"), danger: false })) await act(() => post(`${path(model.name)}/pull`));
}

async function remove(model, size = model.size) {
  const text = t("models.remove_text", { size: bytes(size) });
  if (await confirm({ title: t("models.remove_title", { name: model.title }), text, action: t("common.delete") })) await act(() => call("DELETE", path(model.name)));
}

load();
onBack(load);
