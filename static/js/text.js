// What the page says: messages of the chosen language, numbers, sizes, times, places in documents.

export const language = document.documentElement.lang;
const messages = JSON.parse(document.getElementById("messages").textContent);

export function t(key, params = {}) {
  const message = messages[key];
  if (message === undefined) throw new Error(`No message ${key}`);
  return message.replace(/\{(\w+)\}/g, (whole, name) => (name in params ? String(params[name]) : whole));
}

const numbers = new Intl.NumberFormat(language);
const times = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const days = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
const clock = new Intl.DateTimeFormat(language, { timeStyle: "short" });

export const number = (value) => numbers.format(value);

export function bytes(size) {
  if (size < 1000) return `${size} B`;
  const [scale, unit] = size >= 1e9 ? [1e9, "GB"] : size >= 1e6 ? [1e6, "MB"] : [1e3, "KB"];
  const amount = size / scale;
  return `${amount.toFixed(amount < 100 ? 1 : 0)} ${unit}`;
}

// How far a download is, how fast it comes, and how long it will take.
export function downloading({ done, total, speed, seconds_left }) {
  const parts = [t("common.bytes_of", { done: bytes(done), total: bytes(total) })];
  if (speed) parts.push(t("common.per_second", { speed: bytes(Math.round(speed)) }));
  if (seconds_left !== null && seconds_left !== undefined) parts.push(timeLeft(seconds_left));
  return parts.join(" · ");
}

export function timeLeft(left) {
  if (left < 60) return t("common.seconds_left", { count: Math.max(1, Math.ceil(left)) });
  return left < 5400 ? t("common.minutes_left", { count: Math.round(left / 60) }) : t("common.hours_left", { count: number(Number((left / 3600).toFixed(1))) });
}

export const fullTime = (text) => times.format(new Date(text));

export function shortTime(text) {
  const date = new Date(text);
  return (date.toDateString() === new Date().toDateString() ? clock : days).format(date);
}

export const seconds = (value) => (value < 10 ? value.toFixed(1) : String(Math.round(value)));

export const baseName = (name) => (name === "default" ? t("common.default_base") : name);

export function place(source) {
  return [source.name, where(source)].filter(Boolean).join(" · ");
}

const BELOW = " > ";
const TO = " – ";

// The page, or the headings that lead there. A heading that is the name of the document is not told once more.
export function where({ name, page, location }) {
  if (page) return t("common.page", { page });
  const title = name.replace(/\.[^.]+$/, "");
  if (location === title) return "";
  if (location.startsWith(title + BELOW)) return located(location.slice(title.length + BELOW.length));
  return located(location.startsWith(title + TO) ? `…${location.slice(title.length)}` : location);
}

const COUNTED = [
  [/^slides? [0-9, -]+$/, "common.slide"],
  [/^pp?\. [0-9, -]+$/, "common.page"],
];

// A place without a page in the reader's language: the server writes slides and pages of attachments alike for all.
export function located(location) {
  return location.split(/( > | – )/).map((part) => {
    const [, key] = COUNTED.find(([pattern]) => pattern.test(part)) ?? [];
    return key ? t(key, { page: part.slice(part.indexOf(" ") + 1) }) : part;
  }).join("");
}

// What names the columns of a table ends with this line.
export const RULE = /^\s*\|(?:\s*:?-{3,}:?\s*\|)+\s*$/;

// Rows of a table as lines: their cells with a stroke between them; no empty lines.
export function asLine(text) {
  return text.split("\n").filter((line) => line.trim() && !RULE.test(line)).map(rowAsLine).join("\n");
}

function rowAsLine(line) {
  if (!line.startsWith("|")) return line;
  return line.replace(/^\|\s*|\s*\|$/g, "").split(/\s*(?<!\\)\|\s*/).join(" ｜ ");
}
