// Calls to the REST API. Every failure becomes a Problem whose message is a sentence for the reader.

import { answered, unanswered } from "./connection.js";
import { toast } from "./dom.js";
import { t } from "./text.js";

const PREFIX = "/api/v1";
const csrf = document.querySelector('meta[name="csrf"]')?.content;

// What a page of a session shows with every change, so that no other page can make one.
export const proof = csrf ? { "X-CSRF-Token": csrf } : {};

export class Problem extends Error {
  constructor(sentence, status = 0, type = "") {
    super(sentence);
    this.status = status;
    this.type = type;
  }
}

export const problemOf = (body, status) => new Problem(body.detail ?? String(status), status, body.type);

function request(method, path, { json, headers, signal, keepalive } = {}) {
  return fetch(PREFIX + path, {
    method,
    signal,
    keepalive,
    headers: { ...(json === undefined ? {} : { "Content-Type": "application/json" }), ...proof, ...headers },
    body: json === undefined ? undefined : JSON.stringify(json),
  });
}

// For what nobody asked for: if it fails, the page stays as it is.
export const tell = (path, json) => request("POST", path, { json }).catch(() => {});

export async function open(method, path, options) {
  let response;
  try {
    response = await request(method, path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    unanswered();
    throw new Problem(t("common.unreachable"));
  }
  answered();
  // The session is over: log in, and come back to where one was.
  if (response.status === 401) location.assign(`/login?to=${encodeURIComponent(location.pathname + location.search)}`);
  if (!response.ok) throw await failure(response);
  return response;
}

async function failure(response) {
  const text = await response.text();
  try {
    return problemOf(JSON.parse(text), response.status);
  } catch {
    return new Problem(`${response.status} ${response.statusText}`, response.status);
  }
}

export async function call(method, path, json) {
  const text = await (await open(method, path, { json })).text();
  return text ? JSON.parse(text) : null;
}

export const get = (path) => call("GET", path);
export const post = (path, json) => call("POST", path, json);

// For a click: tells what went wrong where nothing else on the page would.
export async function attempt(action) {
  try {
    await action();
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    toast(error.message, "bad");
    return false;
  }
}

// Likewise for several at once: gives those for which it worked; of the others every reason is told once.
export async function attemptEach(items, action) {
  const results = await Promise.allSettled(items.map(action));
  const reasons = results.filter((result) => result.status === "rejected").map((result) => result.reason);
  const unforeseen = reasons.find((reason) => !(reason instanceof Problem));
  if (unforeseen) throw unforeseen;
  if (reasons.length) toast([...new Set(reasons.map((reason) => reason.message))].join(" "), "bad");
  return items.filter((_, index) => results[index].status === "fulfilled");
}

export const pageImage = (documentId, page, boxes, scale = 1.5) => {
  const list = boxes.map((box) => [box.x0, box.y0, box.x1, box.y1].map((edge) => edge.toFixed(1)).join(",")).join(";");
  const query = new URLSearchParams({ scale, ...(list ? { boxes: list } : {}) });
  return `${PREFIX}/documents/${encodeURIComponent(documentId)}/pages/${page}.png?${query}`;
};
