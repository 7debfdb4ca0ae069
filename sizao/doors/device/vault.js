// What a phone keeps without a network (what was shown at a gateway, who is in a tube, lists, what waits to be sent) lies sealed with AES-GCM. The key is the signed-in
// user's own: the server gives it again to the same user, the browser holds it so that no program can read it out, and it is dropped with the sign-in, or after three
// days without the server. Without it what waits stays on the phone, sealed, until the same user signs in and it is sent. Syntax no newer than ES2018.
"use strict";
(function () {
  const BASE = "sizao-device", PAGES = ["gate", "sample", "field"], FIELD = "sizao-field", COPY = "sizao-copy", OF = "sizao-copy-of", HOLDER = "sizao-key-of";
  let held = null, whose = [], csrf = "";
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
  // The ids of the user's keys, the one that seals first; the others are of earlier turns of the server's ring, and open what was sealed before.
  const kids = () => held ? [held.kid].concat((held.earlier || []).map((k) => k.kid)) : [];
  // A page works for whom it was opened: where somebody else signed in on another tab, nothing is opened or sealed here until the page asks anew (`refresh`).
  const ours = () => Boolean(held) && (!whose.length || kids().some((k) => whose.includes(k)));
  const moved = () => Boolean(held) && !ours();
  function settled() { if (ours()) whose = kids(); return ours(); }
  async function load() {
    held = (await within("readonly", (s) => s.get("key"))) || null;
    if (held && Date.now() > held.until) await lock(); else if (held && !localStorage.getItem(HOLDER)) localStorage.setItem(HOLDER, held.kid);
    return settled();
  }
  async function lock() { held = null; localStorage.removeItem(HOLDER); await within("readwrite", (s) => s.delete("key")); }
  // Which copy of the list this phone is; made here once, gone with a wipe.
  function copy(fresh) {
    let known = localStorage.getItem(COPY);
    if (!known && fresh) localStorage.setItem(COPY, known = id());
    return known || "";
  }
  // Asks the server whose phone this is now. No answer: the key of the last time serves. Refused: it is dropped.
  async function ask() {
    let told;
    try {
      const mine = copy(), answer = await fetch("/device/key.json" + (mine ? "?copy=" + mine : ""), { headers: { Accept: "application/json" }, cache: "no-store", redirect: "error" });
      if (answer.status === 410) { await forget(); return false; }
      if (answer.status === 401 || answer.status === 403) { await lock(); return false; }
      if (!answer.ok) return load();
      told = await answer.json();
    } catch (gone) { return load(); }
    const all = [told].concat(told.earlier || []), before = localStorage.getItem(OF);
    if (before && !all.some((k) => k.kid === before)) await another();
    localStorage.setItem(OF, told.kid);
    const made = await Promise.all(all.map(async (k) => {
      const raw = Uint8Array.from(atob(k.key), (c) => c.charCodeAt(0)), key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
      raw.fill(0);
      return { kid: k.kid, key };
    }));
    held = { name: "key", kid: told.kid, key: made[0].key, earlier: made.slice(1), until: Date.now() + told.hours * 3600000 };
    csrf = told.csrf || csrf;
    await within("readwrite", (s) => s.put(held));
    localStorage.setItem(HOLDER, told.kid);
    return settled();
  }
  // The page asks for itself: from here it works for whoever is signed in. What lies here under an earlier key of his is sealed with the newest.
  async function refresh() {
    const before = whose;
    whose = [];
    const known = await ask();
    if (!known) whose = before; else for (const s of shelves) await s.move().catch(() => null);
    return known;
  }
  // What another tab did stands beside the key: signed out, somebody else in, a newer key.
  async function open() {
    if (held !== null && localStorage.getItem(HOLDER) === held.kid) return ours();
    return await load() || !moved() && ask();
  }
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
    if (!await open()) return null;
    const own = [held].concat(held.earlier || []).find((k) => k.kid === row.kid);
    if (!own) return null;
    try {
      return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv, additionalData: bound(row.kid, name) }, own.key, row.box)));
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
  const shelves = [];
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
    // The rows that the user's keys open, still sealed, in the order of their ids; what an earlier version kept open is among them.
    async function own(store, most) {
      if (plain) return (await asking(store, (s) => s.getAll())).filter((r) => !r.box || kids().includes(r.kid));
      const some = await Promise.all(kids().map((kid) => asking(store, (s) => s.index("kid").getAll(kid, most))));
      return [].concat(...some).sort((a, b) => a.id < b.id ? -1 : 1);
    }
    const self = {
      sealed: (store, key, row, shown) => seal(name(store, key), row, Object.assign({ id: key }, shown)),
      async put(store, key, row, shown) { const box = await self.sealed(store, key, row, shown); await self.settle([[store, box]]); },
      get: async (store, key) => unseal(name(store, key), await asking(store, (s) => s.get(key))),
      // Those that can be opened here, the signed-in user's own, in the order of their ids.
      async all(store, most) {
        if (!await open()) return [];
        return opened(store, (await own(store, most)).slice(0, most || undefined));
      },
      raw: (store) => asking(store, (s) => s.getAll()),
      keys: (store) => asking(store, (s) => s.getAllKeys()),
      count: (store) => asking(store, (s) => s.count()),
      mine: async (store) => await open() ? (await own(store)).length : 0,
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
      // Rows under an earlier key are sealed with the newest; one that was sent or changed meanwhile stays as it is.
      async move() {
        for (const store of stores) {
          const made = new Map();
          for (const row of await own(store)) {
            const found = row.box && row.kid !== held.kid ? await unseal(name(store, row.id), row) : null;
            if (found) made.set(row.id, [row.kid, await seal(name(store, row.id), found, row)]);
          }
          if (!made.size) continue;
          const change = (await base_()).transaction(store, "readwrite"), done = whole(change), there = change.objectStore(store);
          made.forEach((pair, key) => { const asked = there.get(key); asked.onsuccess = () => { if (asked.result && asked.result.kid === pair[0]) there.put(pair[1]); }; });
          await done;
        }
      },
      async gone() { if (db) { db.close(); db = null; } await new Promise((good) => { const a = indexedDB.deleteDatabase(base); a.onsuccess = a.onerror = a.onblocked = () => good(); }); },
    };
    shelves.push(self);
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
  // Another tab signed out, or somebody in: `changed` is the page's.
  window.addEventListener("storage", (e) => { if (e.key === HOLDER && window.vault.changed && !(held && held.kid === e.newValue)) window.vault.changed(); });
  window.vault = { changed: null, kid: () => whose[0] || null, owns: (kid) => whose.includes(kid), csrf: () => csrf, moved, refresh, open, seal, unseal, lock, wipe, another, forget, asked, copy, id, shelf, field, camera };
  if (document.currentScript && document.currentScript.dataset.wipe === "1") wipe().then(asked).catch(() => {});
})();
