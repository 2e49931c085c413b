// The colours of the pages, for this browser alone.

import { store } from "./dom.js";

export const THEMES = ["auto", "light", "dark"];
const root = document.documentElement;

export const theme = () => root.dataset.theme ?? "auto";

export function setTheme(next) {
  if (next === "auto") delete root.dataset.theme;
  else root.dataset.theme = next;
  store("theme", next);
  document.dispatchEvent(new Event("theme-changed"));
}
