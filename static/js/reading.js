// Whether the reading of documents is paused: said on every page, changed by whoever runs the installation.

import { attempt, call, get } from "./api.js";
import { find } from "./dom.js";

const banner = find("#paused");
const button = () => find("#pause");

export const isPaused = () => Boolean(banner) && !banner.hidden;

// The page is told by a `reading-changed` event of the document.
export function showPaused(paused) {
  if (!banner || paused === isPaused()) return;
  // The focus may stand on the button that goes.
  const focused = [find("#resume"), button()].includes(document.activeElement);
  banner.hidden = !paused;
  if (button()) button().hidden = paused;
  if (focused) (paused ? find("#resume") : button())?.focus();
  document.dispatchEvent(new Event("reading-changed"));
}

export const lookWhetherPaused = () => attempt(async () => showPaused((await get("/reading")).paused));

export function startReading() {
  const set = (paused) => attempt(async () => showPaused((await call("PUT", "/reading", { paused })).paused));
  find("#resume")?.addEventListener("click", () => set(false));
  button()?.addEventListener("click", () => set(true));
}
