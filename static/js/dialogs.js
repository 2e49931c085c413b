// Questions to the reader in a <dialog>: yes or no, or one line of text.

import { el, find } from "./dom.js";
import { t } from "./text.js";

export function confirm({ title, text, action, danger = true }) {
  return show({ title, text, action, danger, field: null });
}

// Resolves to the text, or null when cancelled.
export function prompt({ title, text, action, label, value = "", type = "text" }) {
  const field = el("input", { type, value, "aria-label": label, placeholder: label, required: true, maxlength: 200, autocomplete: "off" });
  return show({ title, text, action, field });
}

function show({ title, text, action, danger = false, field }) {
  const dialog = el(
    "dialog",
    { "aria-label": title },
    el(
      "form",
      { method: "dialog" },
      el("h2", {}, title),
      text ? el("p", {}, text) : null,
      field,
      el(
        "div",
        { class: "dialog-actions" },
        el("button", { type: "button", class: "button", onclick: () => dialog.close() }, t("common.cancel")),
        el("button", { class: `button ${danger ? "danger" : "primary"}`, value: "yes" }, action),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  (field ?? find(".dialog-actions .button", dialog)).focus();
  field?.select();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      const agreed = dialog.returnValue === "yes";
      resolve(field ? (agreed ? field.value : null) : agreed);
    });
  });
}
