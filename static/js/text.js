// What the page says: messages of the chosen language, numbers, sizes, times.

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

export const fullTime = (text) => times.format(new Date(text));

export function shortTime(text) {
  const date = new Date(text);
  return (date.toDateString() === new Date().toDateString() ? clock : days).format(date);
}

export const seconds = (value) => (value < 10 ? value.toFixed(1) : String(Math.round(value)));

export const baseName = (name) => (name === "default" ? t("common.default_base") : name);
