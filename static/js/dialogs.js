// Questions to the reader in a <dialog>: yes or no, one line of text, or which file to save.

import { Problem } from "./api.js";
import { el, find } from "./dom.js";
import { t } from "./text.js";

export function confirm({ title, text, action, danger = true }) {
  return show({ title, text, action, danger, field: null });
}

// What is typed, at most `most` characters, is given to `save`. While that fails the dialog stays, tells why, and keeps
// what was typed. Resolves to whether it was saved.
export async function prompt({ title, text, action, label, value = "", type = "text", most, save }) {
  const field = el("input", { type, value, "aria-label": label, placeholder: label, required: true, maxlength: most, autocomplete: "off" });
  const problem = el("p", { class: "problem", role: "alert" });
  const saved = async ({ submitter, target }) => {
    submitter.disabled = true;
    problem.textContent = "";
    try {
      await save(field.value);
      target.closest("dialog").close("yes");
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problem.textContent = error.message;
      field.focus();
      return false;
    } finally {
      submitter.disabled = false;
    }
  };
  let saving = false;
  const onsubmit = (event) => {
    event.preventDefault();
    saving = saved(event);
  };
  await show({ title, text, action, field, below: problem, onsubmit });
  return saving; // also of a dialog that was closed meanwhile
}

// Resolves to the value of one of the options, { value, label }, or null when cancelled. `more` is an element below the text;
// `onPick(value)` is called with what is picked, at first and after each change. Only with
// `enterTakes` does Enter mean what it does in a field of text: a dialog that nobody called for is answered by a press alone.
export function pick({ title, text, more = null, action, label, options, value, onPick = () => {}, enterTakes = false }) {
  const onkeydown = (event) => {
    if (event.key !== "Enter" || !enterTakes) return;
    event.preventDefault();
    find('button[value="yes"]', field.form).click();
  };
  const field = el("select", { "aria-label": label, onchange: () => onPick(field.value), onkeydown }, ...options.map((each) => el("option", { value: each.value, selected: each.value === value }, each.label)));
  onPick(field.value);
  return show({ title, text, more, action, field });
}

// One link for each file, { label, href }. Resolves when one was taken, or none.
export function choose({ title, text, links }) {
  const close = () => dialog.close();
  const files = links.map(({ label, href }) => el("a", { class: "button primary", href, download: true, onclick: () => setTimeout(close) }, label));
  const cancel = el("button", { type: "button", class: "button", onclick: close }, t("common.cancel"));
  const dialog = el("dialog", { "aria-label": title }, el("h2", {}, title), el("p", {}, text), el("div", { class: "dialog-actions" }, cancel, ...files));
  return opened(dialog, files[0]);
}

function show({ title, text, more = null, action, danger = false, field, below = null, onsubmit }) {
  const dialog = el(
    "dialog",
    { "aria-label": title },
    el(
      "form",
      { method: "dialog", onsubmit },
      el("h2", {}, title),
      text ? el("p", {}, text) : null,
      more,
      field,
      below,
      el(
        "div",
        { class: "dialog-actions" },
        el("button", { type: "button", class: "button", onclick: () => dialog.close() }, t("common.cancel")),
        el("button", { class: `button ${danger ? "danger" : "primary"}`, value: "yes" }, action),
      ),
    ),
  );
  return opened(dialog, field ?? find(".dialog-actions .button", dialog)).then(() => {
    const agreed = dialog.returnValue === "yes";
    return field ? (agreed ? field.value : null) : agreed;
  });
}

// Resolves when the dialog was closed, and is gone.
export function opened(dialog, first) {
  document.body.append(dialog);
  dialog.showModal();
  first.focus();
  first.select?.();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve();
    });
  });
}
