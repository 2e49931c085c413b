// One's own account: API keys, the password, the sessions on other devices.

import { attempt, call, get, post } from "./api.js";
import { onBack } from "./connection.js";
import { curlLine, startCopying } from "./curl.js";
import { confirm } from "./dialogs.js";
import { el, find, iconButton, toast } from "./dom.js";
import { baseName, fullTime, t } from "./text.js";
import { forgetOffers } from "./undo.js";

const form = find("#make-key");
const shown = find("#new-key");
const bases = new Map([...form.bases.options].map((option) => [option.value, option.textContent]));

async function load() {
  await attempt(async () => find("#keys").replaceChildren(...(await get("/keys")).map(item)));
}

function item(key) {
  const scopes = key.scopes.map((scope) => t(`scope.${scope}`)).join(" · ");
  const where = key.bases === null ? t("account.every_base") : key.bases.map((id) => bases.get(id) ?? baseName(id)).join(", ");
  const used = key.used_at ? t("account.used", { time: fullTime(key.used_at) }) : t("account.unused");
  return el(
    "li",
    {},
    el("div", { class: "model-text" }, el("strong", {}, key.name), el("small", {}, [scopes, where, used].join(" · "))),
    el("div", { class: "model-actions" }, iconButton("trash", t("account.revoke"), () => revoke(key))),
  );
}

async function revoke(key) {
  const agreed = await confirm({ title: t("account.revoke_title", { name: key.name }), text: t("account.revoke_text"), action: t("account.revoke") });
  if (agreed && (await attempt(() => call("DELETE", `/keys/${encodeURIComponent(key.id)}`)))) await load();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const scopes = [...form.querySelectorAll('[name="scope"]:checked')].map((box) => box.value);
  const chosen = [...form.bases.selectedOptions].map((option) => option.value);
  await attempt(async () => {
    const made = await post("/keys", { name: form.name.value, scopes, bases: chosen.length ? chosen : null });
    const base = chosen[0] ?? form.bases.options[0]?.value;
    find("#key-text code").textContent = made.key;
    find("#key-line code").textContent = curlLine({ key: made.key, scopes: made.scopes, base, certificate: shown.dataset.certificate });
    shown.hidden = false;
    form.reset();
    await load();
  });
});

startCopying();

find("#change-password").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { old, new: chosen } = event.target.elements;
  // The new session has pages of its own.
  if (await attempt(() => call("PUT", "/me/password", { old: old.value, new: chosen.value }))) location.assign("/account?changed=true");
});

find("#log-out-everywhere").addEventListener("click", async () => {
  forgetOffers();
  if (await attempt(() => call("DELETE", "/me/session?everywhere=true"))) location.assign("/login");
});

if (new URLSearchParams(location.search).has("changed")) toast(t("account.changed"));
load();
onBack(load);
