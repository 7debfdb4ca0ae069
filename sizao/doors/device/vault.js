// What a phone keeps without a network (what was shown at a gateway, who is in a tube, lists, what waits to be sent) lies sealed with AES-GCM. The key is the signed-in
// user's own: the server gives it again to the same user, the browser holds it so that no program can read it out, and it is dropped with the sign-in, or after three
// days without the server. Without it what waits stays on the phone, sealed, until the same user signs in and it is sent. Syntax no newer than ES2018.
"use strict";
(function () {
  const BASE = "sizao-device", PAGES = ["gate", "sample", "field"], FIELD = "sizao-field", COPY = "sizao-copy", OF = "sizao-copy-of";
  let held = null;
  const wish = (asked) => new Promise((good, bad) => { asked.onsuccess = () => good(asked.result); asked.onerror = () => bad(asked.error); });
  const whole = (change) => new Promise((good, bad) => { change.oncomplete = () => good(); change.onerror = change.onabort = () => bad(change.error); });
  async function within(mode, what) {
    const asked = indexedDB.open(BASE, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("keys", { keyPath: "name" });
    const db = await wish(asked);
    try {
      const change = db.transaction("keys", mode), done = mode === "readwrite" ? whole(change) : null, found = await wish(what(change.objectStore("keys")));
      await done;
      return found;
    } finally { db.close(); }
  }
  async function load() {
    held = (await within("readonly", (s) => s.get("key"))) || null;
    if (held && Date.now() > held.until) await lock();
    return Boolean(held);
  }
  async function lock() { held = null; await within("readwrite", (s) => s.delete("key")); }
  // Which copy of the list this phone is; made here once, gone with a wipe.
  function copy(fresh) {
    let known = localStorage.getItem(COPY);
    if (!known && fresh) localStorage.setItem(COPY, known = id());
    return known || "";
  }
  // Asks the server whose phone this is now. No answer: the key of the last time serves. Refused: it is dropped.
  async function refresh() {
    let told;
    try {
      const mine = copy(), answer = await fetch("/device/key.json" + (mine ? "?copy=" + mine : ""), { headers: { Accept: "application/json" }, cache: "no-store", redirect: "error" });
      if (answer.status === 410) { await forget(); return false; }
      if (answer.status === 401 || answer.status === 403) { await lock(); return false; }
      if (!answer.ok) return load();
      told = await answer.json();
    } catch (gone) { return load(); }
    if (localStorage.getItem(OF) !== told.kid) { if (localStorage.getItem(OF)) await another(); localStorage.setItem(OF, told.kid); }
    const raw = Uint8Array.from(atob(told.key), (c) => c.charCodeAt(0));
    const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
    raw.fill(0);
    held = { name: "key", kid: told.kid, key, until: Date.now() + told.hours * 3600000 };
    await within("readwrite", (s) => s.put(held));
    return true;
  }
  const open = async () => held !== null || await load() || refresh();
  const bound = (kid, name) => new TextEncoder().encode(kid + "|" + name);
  // `shown`: what lies beside the box unsealed. The id is bound to the box: a box under another id does not open.
  async function seal(name, row, shown) {
    if (!await open()) throw new Error("locked");
    const iv = crypto.getRandomValues(new Uint8Array(12)), kid = held.kid;
    const box = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bound(kid, name) }, held.key, new TextEncoder().encode(JSON.stringify(row)));
    return Object.assign({}, shown, { kid, iv, box });
  }
  // The row, or null where it is another user's, or nobody is signed in. What an earlier version kept open is given as it is.
  async function unseal(name, row) {
    if (!row || !row.box) return row || null;
    if (!await open() || row.kid !== held.kid) return null;
    try {
      return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv, additionalData: bound(row.kid, name) }, held.key, row.box)));
    } catch (spoiled) { return null; }
  }
  // An id made here: UUID version 7, so that what is made one after the other lies in that order.
  function id() {
    const b = crypto.getRandomValues(new Uint8Array(16)), t = Date.now();
    for (let i = 0; i < 6; i++) b[i] = Math.floor(t / Math.pow(256, 5 - i)) % 256;
    b[6] = 0x70 | b[6] & 15; b[8] = 0x80 | b[8] & 63;
    const h = Array.from(b, (x) => (x + 256).toString(16).slice(1)).join("");
    return [h.slice(0, 8), h.slice(8, 12), h.slice(12, 16), h.slice(16, 20), h.slice(20)].join("-");
  }
  // A database of sealed rows: `stores` are kept under their `id`, each row bound to its store and id (the gateway's older rows, to the id alone). A row is put whole or
  // not at all, and `settle` moves several stores in one transaction, so that a phone that dies in between has one state or the other.
  function shelf(base, stores, plain) {
    let db = null;
    const name = (store, key) => plain ? key : store + "/" + key;
    async function base_() {
      if (db) return db;
      const asked = indexedDB.open(base, plain ? 1 : 2);
      asked.onupgradeneeded = () => stores.forEach((s) => {
        if (asked.result.objectStoreNames.contains(s)) return;
        const made = asked.result.createObjectStore(s, { keyPath: "id" });
        if (!plain) made.createIndex("kid", "kid");
      });
      db = await wish(asked);
      db.onversionchange = () => { db.close(); db = null; };
      db.onclose = () => { db = null; };
      return db;
    }
    const asking = async (store, what) => wish(what((await base_()).transaction(store).objectStore(store)));
    const opened = async (store, rows) => {
      const found = await Promise.all(rows.map((r) => unseal(name(store, r.id), r)));
      return found.filter(Boolean);
    };
    const self = {
      sealed: (store, key, row, shown) => seal(name(store, key), row, Object.assign({ id: key }, shown)),
      async put(store, key, row, shown) { const box = await self.sealed(store, key, row, shown); await self.settle([[store, box]]); },
      get: async (store, key) => unseal(name(store, key), await asking(store, (s) => s.get(key))),
      // Those that can be opened here, the signed-in user's own, in the order of their ids.
      async all(store, most) {
        if (!await open()) return [];
        const rows = await asking(store, (s) => plain ? s.getAll() : s.index("kid").getAll(held.kid, most));
        return opened(store, plain && most ? rows.slice(0, most) : rows);
      },
      raw: (store) => asking(store, (s) => s.getAll()),
      keys: (store) => asking(store, (s) => s.getAllKeys()),
      count: (store) => asking(store, (s) => s.count()),
      mine: async (store) => await open() ? asking(store, (s) => plain ? s.count() : s.index("kid").count(held.kid)) : 0,
      drop: (store, key) => self.settle([], [[store, key]]),
      // One transaction: sealed rows in, others out.
      async settle(ins, outs, clears) {
        const names = [...ins, ...outs || []].map((p) => p[0]).concat(clears || []).filter((s, i, all) => all.indexOf(s) === i);
        if (!names.length) return;
        const change = (await base_()).transaction(names, "readwrite"), done = whole(change);
        (clears || []).forEach((s) => change.objectStore(s).clear());
        ins.forEach((p) => change.objectStore(p[0]).put(p[1]));
        (outs || []).forEach((p) => change.objectStore(p[0]).delete(p[1]));
        await done;
      },
      async gone() { if (db) { db.close(); db = null; } await new Promise((good) => { const a = indexedDB.deleteDatabase(base); a.onsuccess = a.onerror = a.onblocked = () => good(); }); },
    };
    return self;
  }
  const field = shelf(FIELD, ["kept", "waiting", "refused", "drafts", "done"]);
  async function pages() {
    for (const name of await caches.keys()) if (PAGES.some((p) => name.startsWith(p + "-"))) await caches.delete(name);
  }
  // Signed out: the key, the pages and the lists go. What waits stays, sealed.
  async function wipe() {
    await lock();
    await pages();
    await field.settle([], [], ["kept", "done"]);
    document.documentElement.dataset.wiped = "1";
  }
  // Somebody else is signed in now: his list is another copy, under another id. The list of who was here before goes; what waits stays, sealed.
  async function another() {
    localStorage.removeItem(COPY);
    await field.settle([], [], ["kept", "done"]);
  }
  // Told to by the server: everything goes, what waits too, and the phone says so.
  async function forget() {
    const mine = copy();
    await lock();
    await pages();
    await field.gone();
    for (const base of ["sizao-gate", "sampling"]) indexedDB.deleteDatabase(base);
    [COPY, OF].forEach((name) => localStorage.removeItem(name));
    document.documentElement.dataset.wiped = "2";
    if (mine) await fetch("/field/wiped?copy=" + mine, { cache: "no-store" }).catch(() => null);
  }
  // A copy that is to be dropped is dropped also where nobody is signed in any more.
  async function asked() {
    const mine = copy();
    if (!mine) return false;
    const answer = await fetch("/field/wipe.json?copy=" + mine, { cache: "no-store" }).catch(() => null);
    if (!answer || !answer.ok || !(await answer.json()).wipe) return false;
    await forget();
    return true;
  }
  // One camera for every page that scans; null where the browser reads no codes.
  const camera = "BarcodeDetector" in window && navigator.mediaDevices ? async function (video, got) {
    const reader = new window.BarcodeDetector();
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.hidden = false;
    await video.play();
    const next = async () => {
      const found = await reader.detect(video);
      if (!found.length) return requestAnimationFrame(next);
      video.srcObject.getTracks().forEach((t) => t.stop());
      video.hidden = true;
      return got(found[0].rawValue);
    };
    next();
  } : null;
  window.vault = { kid: () => held && held.kid, refresh, open, seal, unseal, lock, wipe, another, forget, asked, copy, id, shelf, field, camera };
  if (document.currentScript && document.currentScript.dataset.wipe === "1") wipe().then(asked).catch(() => {});
})();
