// A question that was asked, in a field to be asked again in other words.

import { el, isSending } from "./dom.js";
import { t } from "./text.js";

// `send` gets what was written, `cancel` nothing. Escape cancels, and nothing else on the page hears of it.
export function editQuestion(question, send, cancel) {
  const field = el("textarea", { rows: 1, "aria-label": t("chat.edit") });
  field.value = question;
  const submit = (event) => {
    event.preventDefault();
    send(field.value);
  };
  field.addEventListener("keydown", (event) => {
    if (isSending(event)) submit(event);
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    cancel();
  });
  return el(
    "form",
    { class: "edit", onsubmit: submit },
    field,
    el(
      "div",
      { class: "edit-actions" },
      el("button", { type: "button", class: "button", onclick: cancel }, t("common.cancel")),
      el("button", { class: "button primary" }, t("chat.ask_again")),
    ),
  );
}
