// A line for a shell that asks this server at the address where the browser sees it, and lines that can be copied.

import { copyText, find } from "./dom.js";
import { t } from "./text.js";

const API = `${location.origin}/api/v1`;
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// `scopes` are what the key may do; without a key that is everything. `base` is one that it may see, if there is any.
export function curlLine({ key = "", scopes = ["ask"], base = "", certificate = "" }) {
  const trust = certificate && location.protocol === "https:" ? ["--cacert", quoted(certificate)] : [];
  const shown = key ? ["-H", quoted(`Authorization: Bearer ${key}`)] : [];
  return ["curl", ...trust, ...shown, ...request(scopes, base)].join(" ");
}

function request(scopes, base) {
  if (scopes.includes("ask") && base) {
    const question = JSON.stringify({ question: t("curl.question"), bases: [base] });
    return ["-H", quoted("Content-Type: application/json"), "-d", quoted(question), quoted(`${API}/ask`)];
  }
  if (scopes.includes("read")) return [quoted(`${API}/bases`)];
  if (scopes.includes("write") && base) return ["-F", quoted("files=@report.pdf"), quoted(`${API}/bases/${base}/documents`)];
  return [quoted(`${API}/${scopes.includes("admin") ? "users" : "conversations"}`)];
}

// Every line of a page that has a button beside it.
export function startCopying() {
  for (const line of document.querySelectorAll(".copy-line")) {
    const code = find("code", line);
    find("button", line).addEventListener("click", async () => {
      if (!(await copyText(code.textContent, t("curl.copied")))) getSelection().selectAllChildren(code);
    });
  }
}
