// The service worker: a page for when the server cannot be reached, and files that other applications share.
// It keeps no page and no document of the server, and touches nothing that streams.

const OFFLINE = "offline";
const SHARED = "shared";
const LEFT_OUT = "shared-left-out";
// What may wait to be sent, all shares together: whoever can make a browser send here could fill its disk.
const MOST_FILES = 50;
const MOST_BYTES = 200_000_000;
// What the page for that case is made of; everything else goes past the worker.
const ITS_FILES = /^\/static\/.*\/(app\.css|library\.css|offline\.js)$/;

self.addEventListener("install", (event) => event.waitUntil(prepare()));
self.addEventListener("activate", (event) => event.waitUntil(begin()));
self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (origin !== location.origin) return;
  if (method === "POST" && pathname === "/share") event.respondWith(share(event.request));
  else if (method === "GET" && mode === "navigate") event.respondWith(visit(event));
  else if (method === "GET" && ITS_FILES.test(pathname)) event.respondWith(fetch(event.request).catch(() => kept(event.request)));
});

// The page is in the reader's language: another language registers another worker, which fetches it anew.
async function prepare() {
  const page = await fetch("/offline", { cache: "no-store" });
  if (!page.ok) throw new Error(`/offline: ${page.status}`);
  const names = [...(await page.clone().text()).matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map(([, name]) => name);
  await caches.delete(OFFLINE);
  const cache = await caches.open(OFFLINE);
  await Promise.all([cache.put("/offline", page), cache.addAll(names)]);
  await self.skipWaiting();
}

async function begin() {
  await self.registration.navigationPreload?.enable(); // a page does not wait for the worker to start
  await self.clients.claim();
}

async function visit(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return kept("/offline");
  }
}

const kept = async (what) => (await caches.match(what, { cacheName: OFFLINE, ignoreVary: true })) ?? Response.error();

// The library takes them from here: it knows who is logged in, and asks whether they are wanted, and where. The question is
// what keeps other web sites out: one that hides its name sends `null`, as the system does.
async function share(request) {
  const from = request.headers.get("Origin") ?? "null";
  if (from !== "null" && from !== location.origin) return new Response(null, { status: 403 });
  const form = await request.formData();
  const files = form.getAll("files").filter((each) => each instanceof File && each.size);
  const [title, ...words] = ["title", "text", "url"].map((name) => form.get(name) ?? "");
  const text = words.filter(Boolean).join("\n\n");
  if (text) files.push(new File([text], `${nameOf(title || text)}.txt`, { type: "text/plain" }));
  await keep(files);
  return Response.redirect("/library", 303);
}

// Beside what waits already. Of what is too much, or finds no room, the number is kept for the page to say.
async function keep(files) {
  const cache = await caches.open(SHARED);
  const sizes = (await cache.matchAll()).map((each) => Number(each.headers.get("X-Size") ?? 0));
  let room = MOST_BYTES - sizes.reduce((sum, size) => sum + size, 0);
  let places = MOST_FILES - sizes.length;
  let leftOut = 0;
  for (const file of files) {
    const headers = { "Content-Type": file.type || "application/octet-stream", "X-Name": encodeURIComponent(file.name), "X-Size": file.size };
    const fits = places > 0 && file.size <= room;
    if (fits && (await put(cache, `/shared/${crypto.randomUUID()}`, new Response(file, { headers })))) {
      room -= file.size;
      places -= 1;
    } else leftOut += 1;
  }
  if (leftOut) await put(await caches.open(LEFT_OUT), "/shared", new Response(String(leftOut)));
}

const put = (cache, name, response) => cache.put(name, response).then(() => true, () => false);

const nameOf = (text) => text.trim().split("\n")[0].replace(/[\\/:*?"<>|]/g, " ").slice(0, 60).trim();
