// How many documents the bases hold; of the one that is shown, how many are still to be read, and how long that takes at
// the pace that this page saw.

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
export function watchCounts(base) {
  const look = () => {
    timer = null;
    attempt(async () => draw(await get("/bases"), base));
  };
  return () => {
    timer ??= setTimeout(look, 400);
  };
}

// All from one answer: nothing that is shown contradicts the rest.
function draw(bases, shown) {
  for (const { id, documents } of bases) {
    const count = find(`.tabs a[data-id="${CSS.escape(id)}"] small`);
    if (count) count.textContent = documents;
  }
  const { unread, documents } = bases.find(({ id }) => id === shown) ?? { unread: 0, documents: 0 };
  line.hidden = !unread;
  line.textContent = [t("library.unread", { count: number(unread), total: number(documents) }), leftOf(unread)].filter(Boolean).join(" · ");
}

function leftOf(unread) {
  const now = performance.now();
  if (!begun || unread > begun.unread || isPaused()) begun = { unread, now };
  const read = begun.unread - unread;
  return read < FEWEST ? "" : timeLeft(((now - begun.now) / 1000 / read) * unread);
}
