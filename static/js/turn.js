// One question and its answer, from sending to the last mark.

import { el, icon, iconButton, toast } from "./dom.js";
import { legend, renderSentences } from "./sentences.js";
import { seconds, t } from "./text.js";

export class Turn {
  // `hooks`: showSources(turn), openPassage(turn, kind, index), again(question), follow(turn)
  constructor(question, hooks) {
    this.question = question;
    this.hooks = hooks;
    this.run = null;
    this.sources = [];
    this.citations = [];
    this.sentences = [];
    this.extract = null;
    this.answer = "";
    this.refused = false;
    this.running = false;
    this.stageText = el("span", {});
    this.clock = el("span", { class: "clock" });
    this.stage = el("p", { class: "stage", hidden: true }, el("span", { class: "spinner" }), el("span", { role: "status" }, this.stageText), this.clock);
    this.quoted = el("figure", { class: "extract", hidden: true });
    this.body = el("div", { class: "answer", "aria-live": "polite", hidden: true });
    this.partial = el("p", { class: "partial", role: "status", hidden: true });
    this.notes = el("div", { class: "notes" });
    this.foot = el("footer", { class: "turn-foot" });
    this.node = el("article", { class: "turn" }, el("h2", { class: "question" }, question), this.quoted, this.stage, this.body, this.partial, this.notes, this.foot);
  }

  // `since`: when the question was asked, for an answer that is joined in the middle.
  begin(since = Date.now()) {
    this.running = true;
    this.since = since;
    this.stage.hidden = false;
    this.showStage("sent");
    this.tick = setInterval(() => this.showClock(), 1000);
    this.showClock();
  }

  showStage(name, params) {
    this.stageText.textContent = t(`chat.stage_${name}`, params);
  }

  showClock() {
    this.clock.textContent = t("chat.seconds", { seconds: Math.max(0, Math.round((Date.now() - this.since) / 1000)) });
  }

  // Takes one event of a run; names as in docs/api.md.
  take({ name, data }) {
    if (name === "run") this.start(data);
    else if (name === "queued") this.queue(data.position);
    else if (name === "stage") this.showStage(data.stage);
    else if (name === "sources") this.takeSources(data.sources, data.partial);
    else if (name === "extract") this.showExtract(data.extract);
    else if (name === "token") this.write(data.text);
    else if (name === "sentence") this.mark(data.sentence);
    else if (name === "instead") this.replace(data.text);
    else if (name === "citations") this.cite(data.sentences);
    else if (name === "refused") this.refuse(data);
    else if (name === "done") this.finish(data);
    else if (name === "failed") this.fail(data.problem.detail);
    else if (name === "reconnecting") this.showStage("resume");
    this.hooks.follow(this);
  }

  start({ run, position }) {
    this.run = run;
    this.queue(position);
  }

  queue(position) {
    if (position > 0) this.showStage("queued", { position });
  }

  // `partial`: the problem that kept search by meaning from these sources.
  takeSources(sources, partial) {
    this.sources = sources;
    this.partial.hidden = !partial;
    if (partial) this.partial.replaceChildren(icon("warn"), `${t("chat.partial")} ${partial.detail}`);
    this.hooks.showSources(this);
  }

  // The best sentence of the documents: there before anything is written.
  showExtract(extract) {
    this.extract = extract;
    this.quoted.hidden = !extract;
    if (!extract) return;
    this.quoted.replaceChildren(
      el("figcaption", {}, t("chat.extract")),
      el("blockquote", {}, asLine(extract.quote)),
      el("button", { type: "button", class: "link", onclick: () => this.hooks.openPassage(this, "extract", 0) }, place(extract)),
    );
  }

  write(text) {
    if (!this.answer) this.showStage("write");
    this.body.hidden = false;
    this.body.setAttribute("aria-busy", "true");
    this.answer += text;
    this.body.append(text);
  }

  // A sentence that is complete, while the next is being written.
  mark(sentence) {
    this.sentences = [...this.sentences, sentence];
    this.drawAnswer();
    this.body.setAttribute("aria-busy", "true");
  }

  // What was written so far is taken back.
  replace(text) {
    this.answer = "";
    this.sentences = [];
    this.body.replaceChildren();
    this.write(text);
  }

  cite(sentences) {
    this.sentences = sentences;
    this.drawAnswer();
  }

  drawAnswer() {
    const { nodes, citations } = renderSentences(this.answer, this.sentences, (index) => this.hooks.openPassage(this, "citation", index));
    this.citations = citations;
    this.body.replaceChildren(...nodes);
    this.body.hidden = !this.answer;
    this.body.removeAttribute("aria-busy");
    const key = legend(this.sentences);
    if (key) this.notes.replaceChildren(key);
  }

  refuse({ message, nearest }) {
    this.answer = "";
    this.body.hidden = true;
    this.body.replaceChildren();
    this.showExtract(null);
    this.sources = nearest;
    const list = nearest.map((source, index) =>
      el("li", {}, el("button", { type: "button", class: "link", onclick: () => this.hooks.openPassage(this, "source", index) }, place(source)), el("p", {}, source.text)),
    );
    this.notes.replaceChildren(
      el(
        "section",
        { class: "refusal" },
        el("h3", {}, icon("none"), t("chat.refused")),
        el("p", {}, message),
        el("p", { class: "nearest" }, nearest.length ? t("chat.nearest") : t("chat.nearest_none")),
        el("ol", {}, ...list),
      ),
    );
    this.refused = true;
    this.hooks.showSources(this);
  }

  finish(data) {
    this.end();
    if (!this.refused) {
      this.answer = data.answer;
      this.drawAnswer();
      // Without a model the quote is the answer: it need not stand there twice.
      if (!data.model && data.finish === "stop") this.quoted.hidden = true;
    }
    if (data.finish === "cancelled") this.note("stopped");
    if (data.finish === "length") this.note("length");
    this.drawFoot(data);
  }

  note(key) {
    this.notes.append(el("p", { class: "note" }, icon("stop"), t(`chat.${key}`)));
  }

  fail(sentence) {
    this.end();
    this.notes.replaceChildren(el("section", { class: "failure", role: "alert" }, el("h3", {}, icon("warn"), t("chat.failed")), el("p", {}, sentence)));
    this.drawFoot({});
  }

  end() {
    this.running = false;
    clearInterval(this.tick);
    this.stage.hidden = true;
    this.body.removeAttribute("aria-busy");
  }

  drawFoot({ model, timings }) {
    const writer = model || (this.answer && !this.refused && this.extract ? t("chat.quoted") : "");
    const facts = [writer, timings && timing(timings, this.refused)].filter(Boolean).join(" · ");
    this.foot.replaceChildren(
      this.answer ? iconButton("copy", t("chat.copy"), () => this.copy(), "small") : "",
      iconButton("retry", t("chat.ask_again"), () => this.hooks.again(this.question), "small"),
      el("small", {}, facts),
    );
  }

  async copy() {
    await navigator.clipboard.writeText(this.answer);
    toast(t("chat.copied"));
  }

  // A turn as the server keeps it. A running one is drawn by its events instead.
  restore(stored) {
    this.run = stored.id;
    this.takeSources(stored.sources ?? [], stored.partial);
    if (stored.state === "failed") {
      this.fail(stored.error?.detail ?? "");
      return;
    }
    if (stored.state === "erased") {
      this.end();
      this.note("erased");
      this.drawFoot(stored);
      return;
    }
    this.showExtract(stored.extract ?? null);
    if (stored.state === "refused") this.refuse({ message: stored.answer, nearest: stored.sources ?? [] });
    this.sentences = stored.sentences ?? [];
    const finish = stored.state === "stopped" ? "cancelled" : "stop";
    this.finish({ answer: stored.answer ?? "", finish, model: stored.model, timings: stored.timings });
  }
}

export function place(source) {
  const where = source.page ? t("sources.page", { page: source.page }) : source.location;
  return [source.name, where].filter(Boolean).join(" · ");
}

// A table row as a line: its cells with a stroke between them.
function asLine(quote) {
  if (!quote.startsWith("|")) return quote;
  return quote.replace(/^\|\s*|\s*\|$/g, "").split(/\s*(?<!\\)\|\s*/).join(" ｜ ");
}

function timing({ total, first_token: first }, refused) {
  if (typeof total !== "number") return "";
  return typeof first === "number" && !refused ? t("chat.timings", { total: seconds(total), first: seconds(first) }) : t("chat.timing_total", { total: seconds(total) });
}
