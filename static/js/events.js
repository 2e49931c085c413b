// Server-sent events over fetch: the events of a question, resumed where the connection broke.

import { open, Problem } from "./api.js";
import { reachable } from "./connection.js";
import { t } from "./text.js";

const ENDS = new Set(["done", "failed"]);
// A restart of the server takes seconds; one of its machine, a minute.
const PAUSES = [300, 1000, 2000, 4000, 8000, 15000, 15000, 15000];

export async function* readEvents(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    buffer += value.replace(/\r/g, "");
    let end;
    while ((end = buffer.indexOf("\n\n")) >= 0) {
      const event = parse(buffer.slice(0, end));
      buffer = buffer.slice(end + 2);
      if (event) yield event;
    }
  }
}

function parse(block) {
  const event = { name: "message", id: null, data: [] };
  for (const line of block.split("\n")) {
    const at = line.indexOf(":");
    if (at < 1) continue;
    const [field, value] = [line.slice(0, at), line.slice(at + 1).replace(/^ /, "")];
    if (field === "event") event.name = value;
    else if (field === "id") event.id = value;
    else if (field === "data") event.data.push(value);
  }
  if (!event.data.length) return null;
  return { ...event, data: JSON.parse(event.data.join("\n")) };
}

export const ask = (question) => follow(() => open("POST", "/ask", { json: { ...question, stream: true } }));

export const resume = (run) => follow(() => reopen(run, null), run);

const reopen = (run, last) =>
  open("GET", `/runs/${encodeURIComponent(run)}/events`, { headers: last === null ? {} : { "Last-Event-ID": last } });

// Yields every event once, whatever the connection does, and then nothing.
async function* follow(begin, run = null) {
  let last = null;
  let failures = 0;
  let connect = begin;
  for (;;) {
    try {
      for await (const event of readEvents(await connect())) {
        failures = 0;
        last = event.id ?? last;
        run = event.data.run ?? run;
        yield event;
        if (ENDS.has(event.name)) return;
      }
    } catch (error) {
      // A status is an answer from the server; a TypeError is a connection that broke in mid stream.
      if (!(error instanceof TypeError) && !(error instanceof Problem && !error.status && run)) throw error;
    }
    if (!run || failures === PAUSES.length) throw new Problem(t("chat.lost"));
    yield { name: "reconnecting", data: {} };
    await new Promise((wake) => setTimeout(wake, PAUSES[failures]));
    failures += 1;
    // A server that is not there breaks nothing off: the answer is asked for when it is back.
    await reachable();
    connect = () => reopen(run, last);
  }
}
