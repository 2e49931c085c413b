// What is told instead of an answer: why there is none, what came nearest, and what to ask or do instead.

import { el, icon } from "./dom.js";
import { asLine, place, t } from "./text.js";

// `absent`: the words of the question that stand nowhere in the documents that were searched.
export function refusal(turn, message, absent) {
  return el(
    "section",
    { class: "refusal" },
    el("h3", {}, icon("none"), t("chat.refused")),
    el("p", {}, message),
    absent.length && turn.sources.length ? el("p", { class: "absent" }, `${t("chat.absent")} `, ...absent.map((word) => el("b", {}, word))) : null,
    el("p", { class: "refusal-head" }, turn.sources.length ? t("chat.nearest") : t("chat.nearest_none")),
    el("ol", {}, ...turn.sources.map((source, index) => near(turn, source, index))),
    el("div", { class: "refusal-tips" }, el("p", { class: "refusal-head" }, t("chat.try")), el("ul", {}, ...tips(turn, absent))),
  );
}

function near(turn, source, index) {
  return el("li", {}, el("button", { type: "button", class: "link", onclick: () => turn.hooks.openPassage(turn, "source", index) }, place(source)), el("p", {}, asLine(source.text)));
}

function tips(turn, absent) {
  const { documents, bases } = turn.hooks.narrowed();
  const button = (label, run) => el("li", {}, el("button", { type: "button", class: "link", onclick: run }, label));
  const widen = () => {
    turn.hooks.widen();
    turn.hooks.again(turn.question);
  };
  return [
    documents ? button(t("chat.try_all_documents"), widen) : bases ? button(t("chat.try_all_bases"), widen) : null,
    button(absent.length ? t("chat.try_other_words") : t("chat.try_names"), () => turn.edit()),
    el("li", {}, el("a", { href: "/library" }, t("chat.try_adding"))),
  ].filter(Boolean);
}
