// The base to try Zhiwen with: made by a press, and asked about as soon as it was read.

import { attempt, get, post, Problem } from "./api.js";
import { find } from "./dom.js";
import { watchDocuments } from "./live.js";
import { isUnread } from "./progress.js";

const make = find("#guide-make");
const section = find(".guide[data-base]");

make?.addEventListener("click", async () => {
  make.disabled = true;
  if (await attempt(() => post("/bases/guide"))) location.assign("/");
  else make.disabled = false;
});

function wait() {
  const { base } = section.dataset;
  const changed = (document) => document.base === base && !isUnread(document) && look();
  const stop = watchDocuments({ changed, missed: look, known: true });
  async function look() {
    const list = await get(`/bases/${encodeURIComponent(base)}/documents`).catch(unanswered);
    if (!list || list.items.some(isUnread)) return;
    stop();
    find("#guide-reading").hidden = true;
    find("#guide-questions").hidden = false;
  }
}

// The page says so in any case, and there will be news.
function unanswered(error) {
  if (!(error instanceof Problem)) throw error;
  return null;
}

// A question is asked of the guide, too, where another choice of bases was kept.
function ask(question) {
  const box = [...document.querySelectorAll('#scope input[name="base"]')].find((each) => each.value === section.dataset.base);
  if (box && !box.checked) box.click();
  find("#question").value = question;
  find("#composer").requestSubmit();
}

if (section) {
  for (const button of section.querySelectorAll("button")) button.addEventListener("click", () => ask(button.textContent));
  if (find("#guide-questions").hidden) wait();
}
