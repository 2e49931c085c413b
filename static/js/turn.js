// One question and its answer, from sending to the last mark.

import { editQuestion } from "./edit.js";
import { copyText, el, find, icon, iconButton, toast } from "./dom.js";
import { ratingButtons } from "./rating.js";
import { refusal } from "./refusal.js";
import { citedText, legend, renderSentences, show } from "./sentences.js";
import { asLine, place, seconds, t } from "./text.js";

export class Turn {
  // `hooks`: showSources(turn), openPassage(turn, kind, index), follow(turn), again(question): whether it was sent,
  // widen(): looks everywhere from now on, narrowed(): whether it does not do so already
  constructor(question, hooks) {
    this.question = question;
    this.hooks = hooks;
    this.run = null;
    this.sources = [];
    this.citations = [];
    this.sentences = [];
    this.drawn = null;
    this.extract = null;
    this.answer = "";
    this.refused = false;
    this.failed = false;
    this.running = false;
    this.rateable = false; // there is something that somebody may think well of
    this.rating = null;
    this.stageText = el("span", {});
    this.clock = el("span", { class: "clock" });
    this.stage = el("p", { class: "stage", hidden: true }, el("span", { class: "pulse" }), el("span", { role: "status" }, this.stageText), this.clock);
    this.quoted = el("figure", { class: "extract", hidden: true });
    this.body = el("div", { class: "answer", "aria-live": "polite", hidden: true });
    this.partial = el("p", { class: "partial", role: "status", hidden: true });
    this.notes = el("div", { class: "notes" });
    this.foot = el("footer", { class: "turn-foot" });
    this.next = el("section", { class: "suggestions", "aria-label": t("chat.next_questions"), hidden: true });
    this.asked = el("div", { class: "asked" }, iconButton("pen", t("chat.edit"), () => this.edit(), "small"), el("h2", { class: "question" }, question));
    this.node = el("article", { class: "turn" }, this.asked, this.quoted, this.stage, this.body, this.partial, this.notes, this.foot, this.next);
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

  // Seconds are told where it is long enough to wait for.
  showWork({ stage, seconds = 0 }) {
    if (stage === "read" && seconds >= 2) this.showStage("read_for", { seconds: Math.round(seconds) });
    else this.showStage(stage);
  }

  showClock() {
    this.clock.textContent = t("chat.seconds", { seconds: Math.max(0, Math.round((Date.now() - this.since) / 1000)) });
  }

  // Takes one event of a run; names as in docs/api.md.
  take({ name, data }) {
    if (name === "run") this.start(data);
    else if (name === "queued") this.queue(data.position);
    else if (name === "stage") this.showWork(data);
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
    this.answer += text;
    this.drawAnswer();
    this.body.setAttribute("aria-busy", "true");
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
    this.write(text);
  }

  cite(sentences) {
    this.sentences = sentences;
    this.drawAnswer();
  }

  drawAnswer() {
    this.drawn = renderSentences(this.answer, this.sentences, (index) => this.hooks.openPassage(this, "citation", index), this.drawn);
    this.citations = this.drawn.citations;
    show(this.body, this.drawn);
    this.body.hidden = !this.answer;
    this.body.removeAttribute("aria-busy");
    const key = legend(this.sentences);
    if (key) this.notes.replaceChildren(key);
  }

  refuse({ message, nearest, absent = [] }) {
    this.answer = "";
    this.body.hidden = true;
    this.body.replaceChildren();
    this.showExtract(null);
    this.sources = nearest;
    this.notes.replaceChildren(refusal(this, message, absent));
    this.refused = true;
    this.hooks.showSources(this);
  }

  // Its words went with a document.
  erase(data) {
    this.end();
    this.showExtract(null);
    this.answer = "";
    this.cite([]);
    this.notes.replaceChildren();
    this.note("erased");
    this.drawFoot(data);
  }

  finish(data) {
    // An answer that was written to its end has words.
    if (!this.refused && !data.answer && data.finish === "stop") {
      this.erase(data);
      return;
    }
    this.end();
    this.rateable = true;
    if (!this.refused) {
      this.answer = data.answer;
      this.drawAnswer();
      // Without a model the quote is the answer: it need not stand there twice.
      if (!data.model && data.finish === "stop") this.quoted.hidden = true;
    }
    if (data.finish === "cancelled") this.note(this.answer ? "stopped" : "stopped_unwritten");
    if (data.finish === "length") this.note("length");
    this.drawFoot(data);
  }

  note(key) {
    this.notes.append(el("p", { class: "note" }, icon("stop"), t(`chat.${key}`)));
  }

  fail(sentence) {
    this.end();
    const again = el("button", { type: "button", class: "button", onclick: () => this.hooks.again(this.question) }, icon("retry"), t("chat.ask_again"));
    this.notes.replaceChildren(el("section", { class: "failure", role: "alert" }, el("h3", {}, icon("warn"), t("chat.failed")), el("p", {}, sentence), again));
    this.failed = true;
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
      this.answer ? iconButton("copy", t("chat.copy"), () => this.copy(this.answer), "small") : "",
      this.citations.length ? iconButton("cite", t("chat.copy_cited"), () => this.copy(citedText(this.answer, this.sentences)), "small") : "",
      ...(this.rateable && this.run ? ratingButtons(this) : []),
      this.failed ? "" : iconButton("retry", t("chat.ask_again"), () => this.hooks.again(this.question), "small"),
      el("small", {}, facts),
    );
  }

  async copy(text) {
    if (!(await copyText(text, t("chat.copied")))) toast(t("chat.not_copied"), "bad");
  }

  // The question in a field of its own; it is asked again at the end of the conversation, and this turn stays.
  edit() {
    const close = () => {
      form.replaceWith(this.asked);
      find("button", this.asked).focus();
    };
    const form = editQuestion(this.question, (question) => this.hooks.again(question) && form.replaceWith(this.asked), close);
    this.asked.replaceWith(form);
    find("textarea", form).focus();
  }

  // A turn as the server keeps it. A running one is drawn by its events instead.
  restore(stored) {
    this.run = stored.id;
    this.rating = stored.rating ?? null;
    this.takeSources(stored.sources ?? [], stored.partial);
    if (stored.state === "failed") {
      this.showExtract(stored.extract ?? null);
      this.answer = stored.answer ?? "";
      this.drawAnswer();
      this.fail(stored.error?.detail ?? "");
      return;
    }
    if (stored.state === "erased") {
      this.erase(stored);
      return;
    }
    this.showExtract(stored.extract ?? null);
    if (stored.state === "refused") this.refuse({ message: stored.answer, nearest: stored.sources ?? [], absent: stored.absent });
    this.sentences = stored.sentences ?? [];
    const finish = stored.state === "stopped" ? "cancelled" : "stop";
    this.finish({ answer: stored.answer ?? "", finish, model: stored.model, timings: stored.timings });
  }
}

function timing({ total, first_token: first }, refused) {
  if (typeof total !== "number") return "";
  return typeof first === "number" && !refused ? t("chat.timings", { total: seconds(total), first: seconds(first) }) : t("chat.timing_total", { total: seconds(total) });
}
