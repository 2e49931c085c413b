// Creating, renaming and deleting knowledge bases, and what they do with their documents.

import { attempt, call, get, post } from "./api.js";
import { confirm, prompt } from "./dialogs.js";
import { find, toast } from "./dom.js";
import { baseName, t } from "./text.js";
import { removeBase } from "./undo.js";

const open = (id) => location.assign(`/library?base=${encodeURIComponent(id)}`);
const NAME = 100; // characters that the server takes
const path = (id) => `/bases/${encodeURIComponent(id)}`;

export function manageBases(id, name, originals) {
  find("#new-base").addEventListener("click", create);
  find("#rename-base").addEventListener("click", () => rename(id, name));
  find("#delete-base").addEventListener("click", () => remove(id, name));
  startSettings(id, originals);
  find("#reread")?.addEventListener("click", () => attempt(() => reread(id)));
  // The default base cannot be renamed or removed: everything that names no base means it.
  for (const button of document.querySelectorAll("#rename-base, #delete-base")) button.hidden = name === "default";
}

function create() {
  const save = async (name) => open((await post("/bases", { name })).id);
  return prompt({ title: t("library.new_base"), label: t("library.base_name"), action: t("library.create"), most: NAME, save });
}

function rename(id, old) {
  const save = async (name) => open((await call("PATCH", path(id), { name })).id);
  return prompt({ title: t("library.rename_base"), label: t("library.base_name"), value: old, action: t("common.save"), most: NAME, save });
}

async function remove(id, name) {
  await attempt(async () => {
    const base = (await get("/bases")).find((each) => each.id === id);
    const title = t("library.delete_base_title", { name: baseName(name) });
    const text = t("library.delete_base_text", { documents: base?.documents ?? 0 });
    if (!(await confirm({ title, text, action: t("common.delete") }))) return;
    if (await removeBase(id, name)) location.assign("/library");
  });
}

function startSettings(id, originals) {
  const dialog = find("#base-settings");
  const form = find("form", dialog);
  const kept = form.keep_originals.checked;
  find("#base-settings-open").addEventListener("click", () => dialog.showModal());
  dialog.addEventListener("close", async () => {
    const wanted = { redact: form.redact.checked, keep_originals: form.keep_originals.checked, refusal: form.refusal.value };
    const agreed = dialog.returnValue === "yes";
    dialog.returnValue = "";
    if (!agreed || (kept && !wanted.keep_originals && originals && !(await mayDrop(originals)))) {
      form.reset();
      return;
    }
    if (await attempt(() => call("PATCH", path(id), { settings: wanted }))) location.reload();
  });
}

const mayDrop = (count) => confirm({ title: t("library.drop_title"), text: t("library.drop_text", { count }), action: t("common.delete") });

async function reread(id) {
  const { queued, without_original: without } = await post(`${path(id)}/reread`);
  if (without.length) toast(t("library.reread_without", { names: without.join(", ") }), "bad");
  if (queued) toast(t("library.reread_queued", { count: queued }));
  if (!without.length) find("#reread").closest("p").hidden = true;
}
