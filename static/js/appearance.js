// The colours of the pages, for this browser alone. The server writes them into each page, so that none waits for a script.

const YEAR = 31_536_000;
export const THEMES = ["auto", "light", "dark"];
const root = document.documentElement;

export const theme = () => root.dataset.theme ?? "auto";

export function setTheme(next) {
  if (next === "auto") delete root.dataset.theme;
  else root.dataset.theme = next;
  const age = next === "auto" ? 0 : YEAR;
  document.cookie = `zhiwen_theme=${next}; path=/; max-age=${age}; samesite=lax`;
  document.dispatchEvent(new Event("theme-changed"));
}
