// While a question is typed the model reads what it would be answered from: the answer begins sooner.

import { tell } from "./api.js";

const PAUSE_MS = 600;
const LEAST = 4; // characters: less is no question yet

// `asked` gives what would be sent now, or null. Gives what looks once more: what kept it from being told may be over.
export function startReadingAhead(input, asked) {
  if (!("readAhead" in input.dataset)) return () => {};
  let timer;
  let told = "";

  function wait() {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  }

  function look() {
    const body = input.value.trim().length < LEAST ? null : asked(input.value.trim());
    const now = JSON.stringify(body);
    if (!body || now === told) return;
    told = now;
    tell("/read-ahead", body);
  }

  // What an input method shows is no text before it is chosen.
  input.addEventListener("input", (event) => event.isComposing || wait());
  input.addEventListener("compositionstart", () => clearTimeout(timer));
  input.addEventListener("compositionend", wait);
  return wait;
}
