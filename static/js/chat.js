// The chat page: ask, follow the answer, open conversations, join an answer that is being written.

import { attempt, get, post, Problem } from "./api.js";
import { markCurrent, refresh, startConversations } from "./conversations.js";
import { find, toast } from "./dom.js";
import { ask, resume } from "./events.js";
import { choose, onlyDocument, readDocument, scope, startScope } from "./scope.js";
import { openPassage, showSources } from "./sources.js";
import { t } from "./text.js";
import { Turn } from "./turn.js";

const turns = find("#turns");
const welcome = find("#welcome");
const input = find("#question");
const composer = find("#composer");
const page = find("#chat");
let conversation = null;
let current = null; // the turn whose answer is being written in the conversation on screen
let pinned = true;

const hooks = {
  showSources: (turn) => turn.node.isConnected && showSources(turn),
  openPassage,
  again: (question) => send(question),
  follow,
};

// Keeps the last words in sight while the reader has not scrolled up; a refusal is read from its top.
function follow(turn) {
  if (!turn.node.isConnected || !pinned) return;
  if (turn.refused) turn.node.scrollIntoView({ block: "start" });
  else scrollDown();
}

function scrollDown() {
  turns.scrollTop = turns.scrollHeight;
}

turns.addEventListener("scroll", () => {
  pinned = turns.scrollHeight - turns.scrollTop - turns.clientHeight < 80;
});

function add(question) {
  const turn = new Turn(question, hooks);
  welcome.remove();
  turns.append(turn.node);
  return turn;
}

function setCurrent(turn) {
  current = turn;
  find("#send").hidden = Boolean(turn);
  find("#stop").hidden = !turn;
  find("#stop").disabled = !turn?.run;
}

async function send(question) {
  const where = scope();
  if (!where.bases.length) {
    toast(t("chat.choose_base"), "bad");
    return;
  }
  if (!question.trim() || current) return;
  const turn = add(question.trim());
  input.value = "";
  grow();
  pinned = true;
  turn.begin();
  showSources(turn);
  scrollDown();
  turn.node.scrollIntoView({ block: "nearest" }); // on a phone the page scrolls, not the turns
  await listen(turn, ask({ question: question.trim(), ...where, ...(conversation ? { conversation } : {}) }));
}

// Reads a run to its end. The reader may look at another conversation meanwhile: the answer goes on.
async function listen(turn, events) {
  setCurrent(turn);
  try {
    for await (const event of events) {
      turn.take(event);
      if (event.name === "run") named(turn, event.data.conversation);
      if (current === turn) find("#stop").disabled = !turn.run;
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    turn.fail(error.message);
  } finally {
    if (current === turn) setCurrent(null);
  }
  await refresh();
}

function named(turn, id) {
  if (conversation || !id || current !== turn) return;
  conversation = id;
  history.replaceState(null, "", `/?conversation=${encodeURIComponent(id)}`);
  refresh().then(() => markCurrent(conversation));
}

function clear() {
  conversation = null;
  setCurrent(null);
  turns.replaceChildren();
  showSources(null);
  page.classList.remove("listing");
}

async function show(id) {
  clear();
  conversation = id;
  markCurrent(id);
  const found = await attempt(async () => {
    const stored = await get(`/conversations/${encodeURIComponent(id)}`);
    if (conversation !== id) return;
    onlyDocument(null);
    choose(stored.bases);
    stored.turns.forEach(restore);
    scrollDown();
  });
  if (!found) fresh();
}

function restore(stored) {
  const turn = add(stored.question);
  if (stored.state !== "running") {
    turn.restore(stored);
    return;
  }
  turn.begin(Date.parse(stored.created_at));
  listen(turn, resume(stored.id));
}

function fresh() {
  clear();
  turns.append(welcome);
  markCurrent(null);
  history.replaceState(null, "", "/");
  input.focus();
}

function openConversation(id) {
  history.pushState(null, "", `/?conversation=${encodeURIComponent(id)}`);
  show(id);
}

function grow() {
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight}px`;
}

input.addEventListener("input", grow);
input.addEventListener("keydown", (event) => {
  // Enter that confirms a word of an input method is not a message (Safari says so by 229 only).
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  send(input.value);
});
composer.addEventListener("submit", (event) => {
  event.preventDefault();
  send(input.value);
});
find("#stop").addEventListener("click", () => {
  if (current?.run) attempt(() => post(`/runs/${encodeURIComponent(current.run)}/stop`));
});
find("#new-conversation").addEventListener("click", (event) => {
  event.preventDefault();
  fresh();
});
find("#conversations-open").addEventListener("click", () => page.classList.add("listing"));
find("#conversations-close").addEventListener("click", () => page.classList.remove("listing"));
addEventListener("popstate", fromAddress);

function fromAddress() {
  const query = new URLSearchParams(location.search);
  if (query.get("conversation")) show(query.get("conversation"));
  else if (turns.firstElementChild !== welcome) fresh();
  if (query.get("document")) readDocument(query.get("document"));
}

startScope();
startConversations(openConversation, fresh);
fromAddress();
