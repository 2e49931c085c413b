// Changes of documents as the server tells them, while the page can be seen.

// A browser keeps six connections to a server; pages in the background give theirs back.
export function watchDocuments({ changed, missed }) {
  let source = null;
  let opened = false;
  const start = () => {
    source = new EventSource("/api/v1/events");
    source.addEventListener("document", (event) => changed(JSON.parse(event.data)));
    source.addEventListener("open", () => {
      if (opened) missed();
      opened = true;
    });
  };
  const update = () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else if (!source) start();
  };
  document.addEventListener("visibilitychange", update);
  addEventListener("pagehide", () => source?.close());
  update();
}
