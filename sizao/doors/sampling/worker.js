// Keeps the sampler's page and program on the device. What is sampled never passes here: the page keeps and sends it itself.
const KEPT = "sample-4", FILES = ["/device/vault.js", "/sample", "/sample/sample.css", "/sample/sample.js"];
self.addEventListener("install", (event) => event.waitUntil(caches.open(KEPT).then((c) => c.addAll(FILES)).then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(Promise.all(["sample-1", "sample-2", "sample-3"].map((n) => caches.delete(n))).then(() => self.clients.claim())));
self.addEventListener("fetch", (event) => {
  const path = new URL(event.request.url).pathname;
  if (event.request.method !== "GET" || !FILES.includes(path)) return;
  event.respondWith((async () => {
    const kept = await caches.open(KEPT);
    const stop = new AbortController(), late = setTimeout(() => stop.abort(), 3000);
    try {
      const answer = await fetch(event.request, { signal: stop.signal });
      if (answer.ok && !answer.redirected) await kept.put(path, answer.clone());
      if (answer.status < 500) return answer;
    } catch (gone) { /* no network, or a server too slow for a queue of people */ } finally { clearTimeout(late); }
    return (await kept.match(path)) || Response.error();
  })());
});
