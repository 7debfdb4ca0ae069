// Keeps the gateway's screen, its program, its looks and the verifier's keys on the device: it goes on working when the network is gone.
const KEPT = "gate-4", ALSO = ["/device/vault.js", "/gate/gate.mjs", "/gate/queue.mjs", "/verify/token.mjs", "/verify/keys.json"];
const ours = (path) => path === "/gate" || ALSO.includes(path) || path.startsWith("/static/");
self.addEventListener("install", (event) => event.waitUntil(caches.open(KEPT).then((c) => c.addAll(ALSO)).then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(Promise.all(["gate-1", "gate-2", "gate-3"].map((n) => caches.delete(n))).then(() => self.clients.claim())));
self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== location.origin || !ours(address.pathname)) return;
  event.respondWith((async () => {
    const kept = await caches.open(KEPT), before = await kept.match(event.request);
    if (before && address.pathname.startsWith("/static/")) return before; // its address names its content
    const stop = new AbortController(), late = setTimeout(() => stop.abort(), 3000);
    try {
      const answer = await fetch(event.request, { signal: stop.signal });
      if (answer.ok && !answer.redirected) { await kept.put(event.request, answer.clone()); return answer; }
      return answer;
    } catch (gone) { return before || Response.error(); } finally { clearTimeout(late); }
  })());
});
