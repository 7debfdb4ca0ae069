// Keeps the verifier's page, its program, the keys and the last list on the device: it goes on working when the server is gone.
const KEPT = "verify-2", FILES = ["/verify", "/verify/verify.css", "/verify/verify.mjs", "/verify/token.mjs", "/verify/keys.json"];
self.addEventListener("install", (event) => event.waitUntil(caches.open(KEPT).then((c) => c.addAll(FILES)).then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const path = new URL(event.request.url).pathname;
  if (event.request.method !== "GET" || !FILES.includes(path)) return;
  event.respondWith((async () => {
    const kept = await caches.open(KEPT);
    const stop = new AbortController(), late = setTimeout(() => stop.abort(), 3000);
    try {
      const answer = await fetch(event.request, { signal: stop.signal });
      if (answer.ok) { await kept.put(path, answer.clone()); return answer; }
    } catch (gone) { /* the server is gone, or too slow for a queue of people */ } finally { clearTimeout(late); }
    return (await kept.match(path)) || Response.error();
  })());
});
