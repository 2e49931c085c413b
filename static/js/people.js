// Who has an account, and who may do what in a base.

import { attempt, call, get, post } from "./api.js";
import { onBack } from "./connection.js";
import { confirm, prompt } from "./dialogs.js";
import { el, find, iconButton, toast } from "./dom.js";
import { shortTime, t } from "./text.js";

const ROLES = ["", "reader", "editor", "owner"];
const form = find("#make-user");
const base = find("#base");
const path = (user) => `/users/${encodeURIComponent(user.id)}`;

async function loadUsers() {
  if (form) await attempt(async () => find("#users").replaceChildren(...(await get("/users")).map(person)));
}

function person(user) {
  const since = t("people.since", { time: shortTime(user.created_at) });
  return el(
    "li",
    {},
    el("div", { class: "model-text" }, el("strong", {}, user.name), el("small", {}, user.owner ? `${t("people.installation_owner")} · ${since}` : since)),
    el(
      "div",
      { class: "model-actions" },
      user.owner ? null : iconButton("key", t("people.new_password"), () => setPassword(user)),
      user.owner ? null : iconButton("trash", t("people.remove"), () => remove(user)),
    ),
  );
}

async function setPassword(user) {
  const label = t("people.new_password");
  const save = (password) => call("PUT", `${path(user)}/password`, { password });
  const saved = await prompt({ title: t("people.password_title", { name: user.name }), text: t("people.password_text"), label, action: t("common.save"), type: "password", most: 1000, save });
  if (saved) toast(t("people.password_set"));
}

async function remove(user) {
  const agreed = await confirm({ title: t("people.remove_title", { name: user.name }), text: t("people.remove_text"), action: t("people.remove") });
  if (agreed && (await attempt(() => call("DELETE", path(user))))) await loadAll();
}

async function loadMembers() {
  if (!base) return;
  const id = base.value;
  await attempt(async () => {
    const members = await get(`/bases/${encodeURIComponent(id)}/members`);
    if (id === base.value) find("#members").replaceChildren(...members.map((each) => member(id, each)));
  });
}

function member(id, { user, name, role, fixed }) {
  const options = ROLES.map((each) => el("option", { value: each, selected: each === (role ?? "") }, t(`people.role_${each || "none"}`)));
  const select = el("select", { "aria-label": t("people.role_of", { name }), disabled: fixed }, ...options);
  select.addEventListener("change", async () => {
    const ok = await attempt(() => call("PUT", `/bases/${encodeURIComponent(id)}/members/${encodeURIComponent(user)}`, { role: select.value || null }));
    if (ok) toast(t("people.role_set", { name, role: t(`people.role_${select.value || "none"}`) }));
    else await loadMembers();
  });
  return el("li", {}, el("div", { class: "model-text" }, el("strong", {}, name)), el("div", { class: "model-actions" }, select));
}

const loadAll = () => Promise.all([loadUsers(), loadMembers()]);

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const ok = await attempt(() => post("/users", { name: form.name.value, password: form.password.value }));
  if (!ok) return;
  form.reset();
  await loadAll();
});
base?.addEventListener("change", loadMembers);
loadAll();
onBack(loadAll);
