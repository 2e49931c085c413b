// The page of settings: what is for this browser, what is for everybody, and what is for one base.

import { attempt, call, get } from "./api.js";
import { setTheme, theme } from "./appearance.js";
import { curlLine, startCopying } from "./curl.js";
import { confirm } from "./dialogs.js";
import { el, find, toast } from "./dom.js";
import { baseName, bytes, number, t } from "./text.js";

function startThemes() {
  const themes = find("#themes");
  const show = () => (find(`[value="${theme()}"]`, themes).checked = true);
  themes.addEventListener("change", (event) => setTheme(event.target.value));
  document.addEventListener("theme-changed", show);
  show();
}

// What the server does not take, or the reader thinks better of, stays as it was. `action` gives whether it was done.
async function keep(action, back) {
  let done = false;
  await attempt(async () => (done = await action()));
  if (done) toast(t("settings.kept"));
  else back();
}

function startLength() {
  const lengths = find("#answer-length");
  let kept = find(":checked", lengths);
  lengths.addEventListener("change", ({ target }) =>
    keep(
      async () => {
        await call("PATCH", "/settings", { answer_length: target.value });
        kept = target;
        return true;
      },
      () => (kept.checked = true),
    ),
  );
}

function startRefusals() {
  for (const select of document.querySelectorAll("#refusals select")) {
    let kept = select.value;
    select.addEventListener("change", () =>
      keep(
        async () => {
          await call("PATCH", `/bases/${encodeURIComponent(select.dataset.base)}`, { settings: { refusal: select.value } });
          kept = select.value;
        return true;
        },
        () => (select.value = kept),
      ),
    );
  }
}

// Nothing is deleted before one has seen how much it would be.
function startRetention() {
  const select = find("#conversation-days");
  let kept = select.value;
  select.addEventListener("change", () =>
    keep(
      async () => {
        const days = Number(select.value);
        if (days && !(await mayDelete(days))) return false;
        await call("PATCH", "/settings", { conversation_days: days });
        kept = select.value;
        return true;
      },
      () => (select.value = kept),
    ),
  );
}

async function mayDelete(days) {
  const { conversations } = await get(`/settings/older?days=${days}`);
  return confirm({ title: t("settings.older_title", { days }), text: t("settings.older_text", { count: conversations, days }), action: t("settings.older_action") });
}

// With accounts a program needs a key, and those are made elsewhere.
function startCurl() {
  const place = find("#curl");
  if (place) find("#curl-line code").textContent = curlLine(place.dataset);
  startCopying();
}

const DISK = ["originals", "catalog", "indexes", "pictures", "rest", "models", "free"];

async function showStorage() {
  const place = find("#storage");
  await attempt(async () => {
    const { bases, disk } = await get("/settings/storage");
    const figure = (text) => el("td", { class: "number" }, text);
    const row = (base) => el("tr", {}, el("th", { scope: "row" }, baseName(base.name)), figure(number(base.documents)), figure(number(base.chunks)), figure(bytes(base.originals)));
    find("tbody", place).replaceChildren(...bases.map(row));
    if (!disk) return;
    const pair = (label, value) => el("div", {}, el("dt", {}, label), el("dd", {}, value));
    find("dl", place).replaceChildren(pair(t("settings.folder"), disk.folder), ...DISK.map((part) => pair(t(`settings.disk_${part}`), bytes(disk[part]))));
  });
  place.removeAttribute("aria-busy");
}

const POLL = 1000;

// The browser takes the file by the link itself; what the server says of it meanwhile is shown beside it.
function startBackup() {
  const state = find("#backup-state");
  let timer = null;
  const lookSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(look, POLL);
  };
  const look = async () => {
    const found = await attempt(async () => {
      const { busy, last } = await get("/settings/backup/last");
      if (last && last.made_at !== state.dataset.madeAt) showBackup(state, last);
      else if (busy) lookSoon();
      else state.textContent = "";
    });
    if (!found) state.textContent = "";
  };
  find("#backup")?.addEventListener("click", () => {
    state.textContent = t("settings.backup_making");
    lookSoon();
  });
}

function showBackup(state, { made_at: madeAt, documents, originals, size, lost }) {
  state.dataset.madeAt = madeAt;
  state.textContent = t("settings.backup_done", { documents, originals, size: bytes(size) });
  find("#backup-lost").textContent = lost.length ? t("settings.backup_lost", { names: lost.join(", ") }) : "";
}

startThemes();
startLength();
startRefusals();
startRetention();
startCurl();
startBackup();
showStorage();
