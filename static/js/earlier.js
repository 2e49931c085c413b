// The turns before those that a conversation is opened with: they come when they are asked for, above the others.

import { attempt, get } from "./api.js";
import { el, find } from "./dom.js";
import { t } from "./text.js";

const PER_PAGE = 20; // as many as the server draws

// A conversation with its latest turns, of those before the turn `before`, if that is given.
export function latestTurns(id, before) {
  const query = new URLSearchParams({ limit: PER_PAGE, ...(before ? { before } : {}) });
  return get(`/conversations/${encodeURIComponent(id)}?${query}`);
}

// A button for the earlier turns of a conversation, to stand above its turns; null if there are none. `draw(turn)` gives
// the node of each.
export function earlierTurns({ id, turns, earlier }, draw) {
  if (!earlier) return null;
  const button = el("button", { type: "button", class: "button", onclick: add }, t("chat.earlier_turns", { count: earlier }));
  const place = el("p", { class: "earlier" }, button);
  async function add() {
    button.disabled = true;
    await attempt(async () => {
      const found = await latestTurns(id, turns[0].id);
      if (place.isConnected) show(found);
    });
    button.disabled = false;
  }
  // What was read stays where it is, whether the turns scroll or, on a phone, the page.
  function show(found) {
    const below = place.nextElementSibling;
    const { top } = below.getBoundingClientRect();
    const above = [earlierTurns(found, draw), ...found.turns.map(draw)].filter(Boolean);
    const scrollers = [place.parentElement, document.scrollingElement];
    place.replaceWith(...above);
    for (const scroller of scrollers) scroller.scrollTop += below.getBoundingClientRect().top - top;
    find("button", above[0]).focus({ preventScroll: true });
  }
  return place;
}
