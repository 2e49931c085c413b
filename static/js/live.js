// Changes of documents as the server tells them, while the page can be seen. Gives what ends it. `missed` is called
// when some may have been missed: after a pause, and at the beginning if something was `known` before it.

import { answered, onBack, unanswered } from "./connection.js";
import { lookWhetherPaused, showPaused } from "./reading.js";

// A browser keeps six connections to a server; pages in the background give theirs back.
export function watchDocuments({ changed, missed, known = false }) {
  let source = null;
  let opened = known;
  const ending = new AbortController();
  const { signal } = ending;
  const start = () => {
    source = new EventSource("/api/v1/events");
    source.addEventListener("document", (event) => changed(JSON.parse(event.data)));
    source.addEventListener("reading", (event) => showPaused(JSON.parse(event.data).paused));
    source.addEventListener("error", unanswered);
    source.addEventListener("open", () => {
      answered();
      if (opened) {
        missed();
        lookWhetherPaused();
      }
      opened = true;
    });
  };
  const close = () => {
    source?.close();
    source = null;
  };
  const update = () => {
    if (document.hidden) close();
    else if (!source) start();
  };
  document.addEventListener("visibilitychange", update, { signal });
  // A browser tries again by itself, unless what answered was something else in the server's place.
  const renew = () => {
    if (source?.readyState !== EventSource.CLOSED) return;
    close();
    update();
  };
  onBack(renew, { signal });
  addEventListener("pagehide", close, { signal });
  update();
  return () => {
    ending.abort();
    close();
  };
}
