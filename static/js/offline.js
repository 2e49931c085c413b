// The page that a browser shows while the server cannot be reached: it asks again, and becomes the page that was wanted.

const PAUSES = [1, 2, 4, 8, 15]; // seconds; the last one from then on
const CHOSEN = /(?:^|; )zhiwen_theme=(light|dark)(?:;|$)/;
const root = document.documentElement;
let tries = 0;
let timer = null;

function later() {
  timer = setTimeout(look, PAUSES[Math.min(tries, PAUSES.length - 1)] * 1000);
  tries += 1;
}

async function look() {
  clearTimeout(timer);
  try {
    if ((await fetch("/healthz", { cache: "no-store" })).ok) return goOn();
  } catch {
    // Not yet.
  }
  later();
}

// It stands at the address that was wanted, unless somebody came here on purpose.
function goOn() {
  if (location.pathname === "/offline") location.replace("/");
  else location.reload();
}

// It was kept while another theme may have been chosen.
const theme = CHOSEN.exec(document.cookie)?.[1];
if (theme) root.dataset.theme = theme;
else delete root.dataset.theme;
document.getElementById("again").addEventListener("click", look);
addEventListener("online", look);
later();
