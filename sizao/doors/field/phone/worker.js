// Keeps the list's shell on the device, by version: a new one is fetched whole beside the old one, and takes its place only then. What the list holds never passes here.
const KEPT = "field-VERSION", FILES = SHELL;
self.addEventListener("install", (event) => event.waitUntil(caches.open(KEPT).then((c) => c.addAll(FILES.map((f) => new Request(f, { cache: "reload", redirect: "error" })))).then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(caches.keys().then((names) => Promise.all(names.filter((n) => n.startsWith("field-") && n !== KEPT).map((n) => caches.delete(n)))).then(() => self.clients.claim())));
self.addEventListener("fetch", (event) => {
  const at = new URL(event.request.url);
  if (event.request.method !== "GET" || at.origin !== location.origin || !FILES.includes(at.pathname) || at.search) return;
  event.respondWith(caches.match(at.pathname, { cacheName: KEPT }).then((held) => held || fetch(event.request)));
});
