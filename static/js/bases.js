// Creating, renaming and deleting knowledge bases.

import { attempt, call, get, post } from "./api.js";
import { confirm, prompt } from "./dialogs.js";
import { find } from "./dom.js";
import { baseName, t } from "./text.js";

const open = (id) => location.assign(`/library?base=${encodeURIComponent(id)}`);
const path = (id) => `/bases/${encodeURIComponent(id)}`;

export function manageBases(id, name) {
  find("#new-base").addEventListener("click", create);
  find("#rename-base").addEventListener("click", () => rename(id, name));
  find("#delete-base").addEventListener("click", () => remove(id, name));
  // The default base cannot be renamed or removed: everything that names no base means it.
  for (const button of document.querySelectorAll("#rename-base, #delete-base")) button.hidden = name === "default";
}

async function create() {
  const name = await prompt({ title: t("library.new_base"), label: t("library.base_name"), action: t("library.create") });
  if (name !== null) await attempt(async () => open((await post("/bases", { name })).id));
}

async function rename(id, old) {
  const name = await prompt({ title: t("library.rename_base"), label: t("library.base_name"), value: old, action: t("common.save") });
  if (name !== null) await attempt(async () => open((await call("PATCH", path(id), { name })).id));
}

async function remove(id, name) {
  await attempt(async () => {
    const base = (await get("/bases")).find((each) => each.id === id);
    const title = t("library.delete_base_title", { name: baseName(name) });
    const text = t("library.delete_base_text", { documents: base?.documents ?? 0 });
    if (!(await confirm({ title, text, action: t("common.delete") }))) return;
    await call("DELETE", path(id));
    location.assign("/library");
  });
}
