// What a phone keeps without a network (what was shown at a gateway, who is in a tube, the list of names) lies sealed with AES-GCM. The key is the signed-in user's
// own: the server gives it again to the same user, the browser holds it so that no program can read it out, and it is dropped with the sign-in, or after a day
// without the server. Without it what waits stays on the phone, sealed, until the same user signs in and it is sent.
"use strict";
(function () {
  const BASE = "sizao-device", PAGES = ["gate", "sample"];
  let held = null;
  const wish = (asked) => new Promise((good, bad) => { asked.onsuccess = () => good(asked.result); asked.onerror = () => bad(asked.error); });
  async function within(mode, what) {
    const asked = indexedDB.open(BASE, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("keys", { keyPath: "name" });
    const db = await wish(asked);
    try {
      const change = db.transaction("keys", mode), found = await wish(what(change.objectStore("keys")));
      if (mode === "readwrite") await new Promise((good, bad) => { change.oncomplete = good; change.onerror = change.onabort = () => bad(change.error); });
      return found;
    } finally { db.close(); }
  }
  async function load() {
    held = (await within("readonly", (s) => s.get("key"))) || null;
    if (held && Date.now() > held.until) await lock();
    return Boolean(held);
  }
  async function lock() { held = null; await within("readwrite", (s) => s.delete("key")); }
  // Asks the server whose phone this is now. No answer: the key of the last time serves. Refused: it is dropped.
  async function refresh() {
    let told;
    try {
      const answer = await fetch("/device/key.json", { headers: { Accept: "application/json" }, cache: "no-store", redirect: "error" });
      if (answer.status === 401 || answer.status === 403) { await lock(); return false; }
      if (!answer.ok) return load();
      told = await answer.json();
    } catch (gone) { return load(); }
    const raw = Uint8Array.from(atob(told.key), (c) => c.charCodeAt(0));
    const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
    raw.fill(0);
    held = { name: "key", kid: told.kid, key, until: Date.now() + told.hours * 3600000 };
    await within("readwrite", (s) => s.put(held));
    return true;
  }
  const open = async () => held !== null || await load() || refresh();
  const bound = (kid, id) => new TextEncoder().encode(kid + "|" + id);
  // `shown`: what lies beside the box unsealed. The id is bound to the box: a box under another id does not open.
  async function seal(id, row, shown) {
    if (!await open()) throw new Error("locked");
    const iv = crypto.getRandomValues(new Uint8Array(12)), kid = held.kid;
    const box = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bound(kid, id) }, held.key, new TextEncoder().encode(JSON.stringify(row)));
    return Object.assign({}, shown, { kid, iv, box });
  }
  // The row, or null where it is another user's, or nobody is signed in. What an earlier version kept open is given as it is.
  async function unseal(id, row) {
    if (!row || !row.box) return row || null;
    if (!await open() || row.kid !== held.kid) return null;
    try {
      return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv, additionalData: bound(row.kid, id) }, held.key, row.box)));
    } catch (spoiled) { return null; }
  }
  // Signed out: the key, the pages and the list of names go. What waits stays, sealed.
  async function wipe() {
    await lock();
    for (const name of await caches.keys()) if (PAGES.some((p) => name.startsWith(p + "-"))) await caches.delete(name);
    document.documentElement.dataset.wiped = "1";
  }
  window.vault = { kid: () => held && held.kid, refresh, open, seal, unseal, lock, wipe };
  if (document.currentScript && document.currentScript.dataset.wipe === "1") wipe().catch(() => {});
})();
