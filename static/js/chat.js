// The chat page: ask, follow the answer, open conversations, join an answer that is being written.

import { startReadingAhead } from "./ahead.js";
import { attempt, post, Problem } from "./api.js";
import { askNoMore, askWhenRead, lookAgain, startAttaching } from "./attach.js";
import { onBack } from "./connection.js";
import { clearSearch, markCurrent, refresh, search, startConversations } from "./conversations.js";
import { isDiscarded } from "./discard.js";
import { find, isSending, toast } from "./dom.js";
import { earlierTurns, latestTurns } from "./earlier.js";
import { ask, resume } from "./events.js";
import { markFound, startFinding } from "./find-documents.js";
import { onChord, onEscape, tellKey } from "./keys.js";
import { closeMentions, startMentions, takesKey } from "./mention.js";
import { closeTip } from "./quote-tip.js";
import { choose, lookEverywhere, narrowed, readDocument, restoreDocuments, scope, settled, startScope } from "./scope.js";
import { closePassage, leavePassage, openPassage, showSources } from "./sources.js";
import { offer } from "./suggestions.js";
import { t } from "./text.js";
import { Turn } from "./turn.js";

const turns = find("#turns");
const welcome = find("#welcome");
const input = find("#question");
const composer = find("#composer");
const page = find("#chat");
let conversation = null;
let last = null; // the latest turn of the conversation on screen
let current = null; // the turn whose answer is being written in the conversation on screen
let pinned = true;
let visit = 0; // counts what is opened: what comes late, for something that was left, is not shown
let opening = Promise.resolve(); // until the turns of the conversation on screen are there

const hooks = {
  showSources: (turn) => turn.node.isConnected && showSources(turn),
  openPassage,
  again: submit,
  follow,
  narrowed,
  widen: lookEverywhere,
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

function showTurn(turn) {
  scrollDown();
  turn?.node.scrollIntoView({ block: "nearest" }); // on a phone the page scrolls, not the turns
}

turns.addEventListener("scroll", () => {
  pinned = turns.scrollHeight - turns.scrollTop - turns.clientHeight < 80;
});

function add(question) {
  const turn = new Turn(question, hooks);
  last = turn;
  welcome.remove();
  for (const box of turns.querySelectorAll(".turn .suggestions")) box.hidden = true;
  turns.append(turn.node);
  return turn;
}

function setCurrent(turn) {
  current = turn;
  find("#send").hidden = Boolean(turn);
  find("#stop").hidden = !turn;
  find("#stop").disabled = !turn?.run;
}

// Whether the question could be sent; the page says why not.
function submit(question) {
  if (!question.trim()) return false;
  if (current) toast(t("chat.unfinished"), "bad");
  else if (!scope().bases.length) toast(t("chat.choose_base"), "bad");
  else {
    send(question.trim());
    return true;
  }
  return false;
}

async function send(question) {
  const turn = add(question);
  pinned = true;
  turn.begin();
  showSources(turn);
  showTurn(turn);
  await listen(turn, asking(question));
}

// A question that is quicker than the documents that it is about waits for them.
async function* asking(question) {
  await settled();
  yield* ask(asked(question));
}

const asked = (question) => ({ question, ...scope(), ...(conversation ? { conversation } : {}) });

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
  readAhead();
  await Promise.all([refresh(), offerNext(turn)]);
}

// What the last answer of the conversation leads to.
async function offerNext(turn) {
  if (!turn.run || !turn.answer || turn.node !== turns.lastElementChild) return;
  await offer(turn.next, `/runs/${encodeURIComponent(turn.run)}/suggestions`, t("chat.next_questions"), submit);
  if (turn.node !== turns.lastElementChild) turn.next.hidden = true;
  follow(turn);
}

function offerFirst() {
  const box = find(".suggestions", welcome); // not without documents
  if (!box || !welcome.isConnected) return;
  const { bases, documents = [] } = scope();
  const query = new URLSearchParams([...bases.map((id) => ["bases", id]), ...documents.map((id) => ["documents", id])]);
  offer(box, bases.length ? `/suggestions?${query}` : null, t("chat.first_questions"), submit);
}

function named(turn, id) {
  if (conversation || !id || current !== turn) return;
  conversation = id;
  history.replaceState(null, "", `/?conversation=${encodeURIComponent(id)}`);
  refresh().then(() => markCurrent(conversation));
}

function clear() {
  askNoMore();
  conversation = null;
  visit += 1;
  opening = Promise.resolve();
  last = null;
  setCurrent(null);
  turns.replaceChildren();
  showSources(null);
  page.classList.remove("listing");
}

function show(id) {
  if (isDiscarded(id)) return fresh();
  clear();
  conversation = id;
  markCurrent(id);
  opening = read(id);
  opening.then((turn) => turn && !turn.running && offerNext(turn));
}

// Puts the turns of a conversation on screen, and gives the last of them.
async function read(id) {
  const at = visit;
  let latest = null;
  let found = false;
  try {
    found = await attempt(async () => {
      const stored = await latestTurns(id);
      if (visit !== at) return;
      markCurrent(id, stored.title || t("chat.untitled"));
      choose(stored.bases);
      await restoreDocuments(stored.turns.at(-1)?.documents ?? []);
      if (visit !== at) return;
      const earlier = earlierTurns(stored, (each) => restore(each, new Turn(each.question, hooks)).node);
      if (earlier) turns.append(earlier);
      latest = stored.turns.map((each) => restore(each)).at(-1);
      showTurn(latest);
    });
  } finally {
    if (!found && visit === at) fresh();
  }
  return latest;
}

// Turns that were asked on another page of this conversation are shown when one comes back to this one.
async function lookForNews() {
  const [id, run] = [conversation, last?.run];
  if (!id || !run || current) return;
  const found = await latestTurns(id).catch(() => null);
  if (!found || conversation !== id || last?.run !== run || current) return;
  const at = found.turns.findIndex((each) => each.id === run);
  const news = at < 0 ? [] : found.turns.slice(at + 1).map((each) => restore(each));
  if (news.length && !last.running) await offerNext(last);
}

function restore(stored, turn = add(stored.question)) {
  if (stored.state !== "running") turn.restore(stored);
  else {
    turn.begin(Date.parse(stored.created_at));
    listen(turn, resume(stored.id));
  }
  return turn;
}

function fresh() {
  clear();
  turns.append(welcome);
  offerFirst();
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

startMentions(input);
input.addEventListener("input", grow);
input.addEventListener("keydown", (event) => {
  if (takesKey(event)) return;
  if (isSending(event)) sendWritten(event);
  else if (event.key === "ArrowUp" && !input.value && last) {
    event.preventDefault();
    last.edit();
  }
});
composer.addEventListener("submit", sendWritten);
const readAhead = startReadingAhead(input, (question) => (current || !scope().bases.length ? null : asked(question)));

// A question that is quicker than the conversation it is asked in waits for its turns, which come before it. It stays
// written where they do not come, or more is written meanwhile.
async function sendWritten(event) {
  event.preventDefault();
  const at = visit;
  const written = input.value;
  await opening.catch(() => {}); // told where it was opened
  if (visit !== at || input.value !== written) return;
  if (!input.value.trim() || !askWhenRead(askWritten)) askWritten();
}

function askWritten() {
  if (!submit(input.value)) return;
  input.value = "";
  closeMentions();
  grow();
}

find("#stop").addEventListener("click", stop);

// Whether there is an answer to stop.
function stop() {
  if (!current?.run) return false;
  attempt(() => post(`/runs/${encodeURIComponent(current.run)}/stop`));
  return true;
}

function startKeys() {
  onChord("K", t("chat.find"), () => {
    page.classList.add("listing");
    search.focus();
    search.select();
  });
  tellKey("Enter", t("chat.send"));
  tellKey("Shift+Enter", t("chat.key_line"));
  tellKey("↑", t("chat.key_edit"));
  tellKey("@", t("chat.mention"));
  tellKey("Esc", t("chat.key_stop"));
  onEscape(closeTip);
  onEscape((event) => event.target === search && clearSearch());
  onEscape(closeList);
  onEscape(closePassage);
  onEscape(stop);
}

// The list of conversations, where it lies over the page; gives whether it did.
function closeList() {
  const over = page.classList.contains("listing") && find("#conversations-close").checkVisibility();
  page.classList.remove("listing");
  if (over) find("#conversations-open").focus();
  return over;
}

find("#new-conversation").addEventListener("click", (event) => {
  event.preventDefault();
  fresh();
});
find("#conversations-open").addEventListener("click", () => page.classList.add("listing"));
find("#conversations-close").addEventListener("click", closeList);
addEventListener("popstate", () => {
  leavePassage();
  fromAddress();
});

function fromAddress() {
  const query = new URLSearchParams(location.search);
  const document = query.get("document");
  const id = query.get("conversation");
  if (id && id === conversation) return; // it is on the page
  if (id) show(id);
  else if (turns.firstElementChild !== welcome) fresh();
  else if (!document) offerFirst();
  if (document) readDocument(document).then((found) => found || offerFirst());
}

startKeys();
startScope(() => {
  markFound();
  lookAgain();
  offerFirst();
});
startFinding();
startAttaching();
startConversations(openConversation, fresh);
onBack(refresh);
addEventListener("focus", lookForNews);
fromAddress();
