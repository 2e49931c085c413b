// How much of a base is still to be read, and how long that takes at the pace that this page saw.

import { attempt, get } from "./api.js";
import { find } from "./dom.js";
import { isPaused } from "./reading.js";
import { number, t, timeLeft } from "./text.js";

// Fewer that were read tell nothing yet.
const FEWEST = 2;
const line = find("#unread");
let begun = null;
let timer = null;

// Gives what looks again, once for many calls.
export function watchUnread(base) {
  const look = () => {
    timer = null;
    attempt(async () => draw(await get(`/bases/${encodeURIComponent(base)}`)));
  };
  return () => {
    timer ??= setTimeout(look, 400);
  };
}

function draw({ unread, documents }) {
  line.hidden = !unread;
  const left = leftOf(unread);
  line.textContent = [t("library.unread", { count: number(unread), total: number(documents) }), left].filter(Boolean).join(" · ");
}

function leftOf(unread) {
  const now = performance.now();
  if (!begun || unread > begun.unread || isPaused()) begun = { unread, now };
  const read = begun.unread - unread;
  return read < FEWEST ? "" : timeLeft(((now - begun.now) / 1000 / read) * unread);
}
