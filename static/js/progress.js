// How far a document is, in words: its stage, and how fast that goes and how long it takes still, as far as this page saw.

import { isPaused } from "./reading.js";
import { number, t, timeLeft } from "./text.js";

// By document, where its stage was when this page heard of it first.
const begun = new Map();
// Less than this tells nothing yet.
const SECONDS = 1;

// Whether all that a document waits for are weights that can be fetched: nothing went wrong with it.
export const waitsForModels = ({ status, error }) => status === "queued" && error?.type === "/problems/weights-missing";

// Whether it went wrong and is tried again later: a person may want that now.
export const waitsForRetry = (document) => document.status === "queued" && Boolean(document.next_try) && !waitsForModels(document);

export const isUnread = ({ status }) => status === "queued" || status === "processing";

export function progressOf(document) {
  if (document.status === "queued") return isPaused() ? t("status.paused") : "";
  if (document.status !== "processing") {
    begun.delete(document.id);
    return "";
  }
  const { done, total } = document;
  const stage = t(`status.stage_${document.stage}`);
  if (!total) return stage;
  return [t("status.progress", { stage, done: number(done), total: number(total) }), paceOf(document)].filter(Boolean).join(" · ");
}

function paceOf({ id, stage, done, total }) {
  const now = performance.now();
  const first = begun.get(id);
  if (first?.stage !== stage || done < first.done) {
    begun.set(id, { stage, done, now });
    return "";
  }
  const seconds = (now - first.now) / 1000;
  const speed = (done - first.done) / seconds;
  if (seconds < SECONDS || !(speed > 0) || done >= total || !["parse", "embed"].includes(stage)) return "";
  return t(`status.pace_${stage}`, { speed: rounded(speed), left: timeLeft((total - done) / speed) });
}

const rounded = (speed) => number(speed < 10 ? Number(speed.toFixed(1)) || 0.1 : Math.round(speed));
