// Two buttons below an answer: good or bad, or neither again.

import { attempt, call } from "./api.js";
import { iconButton } from "./dom.js";
import { t } from "./text.js";

// Shows and sets `turn.rating`, which the server keeps: "up", "down" or null.
export function ratingButtons(turn) {
  const names = ["up", "down"];
  const show = () => names.forEach((name, at) => buttons[at].setAttribute("aria-pressed", String(turn.rating === name)));
  const rate = async (name) => {
    const rating = turn.rating === name ? null : name;
    const kept = await attempt(() => call("PUT", `/runs/${encodeURIComponent(turn.run)}/rating`, { rating }));
    if (kept) turn.rating = rating;
    show();
  };
  const buttons = names.map((name) => iconButton(`thumb-${name}`, t(`chat.rate_${name}`), () => rate(name), "small rate"));
  show();
  return buttons;
}
