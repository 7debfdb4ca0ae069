// Tubes are filled and closed here, kept sealed (`/device/vault.js`) in the device's own database, and sent until the server has answered for each of them. Nothing
// is dropped before that.
"use strict";
(function () {
  const $ = (id) => document.getElementById(id), words = $("words").dataset, KEEP_SENT = 86400000;
  const locked = $("locked").textContent;
  let db, list = [], csrf = $("app").dataset.csrf, tube = null, sending = false, post = null, skew = 0, whose = "";
  const uid = window.vault.id;
  const open = () => new Promise((good, bad) => {
    const asked = indexedDB.open("sampling", 1);
    asked.onupgradeneeded = () => { asked.result.createObjectStore("tubes", { keyPath: "id" }); asked.result.createObjectStore("kept", { keyPath: "name" }); };
    asked.onsuccess = () => good(asked.result); asked.onerror = () => bad(asked.error);
  });
  const run = (store, mode, what) => new Promise((good, bad) => {
    const t = db.transaction(store, mode), r = what(t.objectStore(store));
    t.oncomplete = () => good(r.result); t.onerror = t.onabort = () => bad(t.error);
  });
  const vault = window.vault, names = { tubes: "id", kept: "name" };
  const put = async (store, row) => {
    const at = names[store], sealed = await vault.seal(store + "/" + row[at], row, { [at]: row[at] }).catch((locked) => { if (vault.moved()) location.reload(); else $("login").hidden = false; throw locked; });
    return run(store, "readwrite", (s) => s.put(sealed));
  };
  const draftOf = () => "draft-" + vault.kid();  // each user's own
  let others = 0;  // tubes that only who closed them can open
  const all = async () => {
    const rows = await run("tubes", "readonly", (s) => s.getAll()), found = [];
    for (const r of rows) { const open = await vault.unseal("tubes/" + r.id, r); if (open) found.push(open); }
    others = rows.length - found.length;
    return found;
  };
  const kept = async (name) => vault.unseal("kept/" + name, await run("kept", "readonly", (s) => s.get(name)));
  const drop = (store, key) => run(store, "readwrite", (s) => s.delete(key));
  const el = (tag, text, cls) => { const e = document.createElement(tag); if (text !== undefined) e.textContent = text; if (cls) e.className = cls; return e; };
  const knob = (text, does) => { const b = el("button", text, "small"); b.type = "button"; b.addEventListener("click", does); return b; };
  const shown = (m) => m.name || (m.national_id ? "…" + m.national_id.slice(-4) : m.person.slice(-8));

  async function draw() {
    const rows = (await all()).sort((a, b) => a.touched < b.touched ? 1 : -1), waiting = rows.filter((r) => r.state === "waiting").length;
    $("queue").textContent = waiting ? words.waiting.replace("#", waiting) : words.sent;
    $("queue").className = waiting ? "alarm" : "quiet"; document.documentElement.dataset.waiting = waiting;
    $("locked").hidden = !others; $("locked").textContent = locked.replace("#", others); document.documentElement.dataset.others = others;
    $("clock").hidden = Math.abs(skew) <= 120;
    $("clock").textContent = (skew < 0 ? words.ahead : words.behind).replace("#", (Math.abs(skew) / 3600).toFixed(1));
    $("start").hidden = tube !== null; $("fill").hidden = tube === null; $("bar").hidden = tube === null;
    if (tube) {
      $("which").textContent = tube.code; $("count").textContent = tube.members.length + " / " + tube.size;
      $("inside").replaceChildren(...tube.members.map((m, i) => {
        const li = el("li"); li.append(el("span", shown(m)));
        if (!m.fixed) li.append(knob(words.remove, async () => { tube.members.splice(i, 1); await draft(); }));
        return li;
      }));
      $("close").disabled = !tube.members.length; $("close").textContent = words.close + " · " + tube.members.length;
      const full = tube.members.length >= tube.size; $("who").disabled = full; $("who").placeholder = full ? words.full : ""; find();
    }
    $("tubes").replaceChildren(...rows.slice(0, 60).map((r) => {
      const li = el("li"), said = el("span"); said.append(el("b", r.code), " · " + r.members.length + " · ", el("span", (r.state === "waiting" ? words.here : words[r.state]) + (r.said ? ": " + r.said : ""), r.state === "invalid" ? "alarm" : "quiet"));
      li.append(said); li.dataset.state = r.state; li.dataset.answer = r.answer || "";
      if (!tube) li.append(knob(words.reopen, () => reopen(r)));
      return li;
    }));
  }
  async function draft() { await put("kept", { name: draftOf(), tube }); await draw(); }
  async function reopen(r) {
    const stored = r.state === "done";
    tube = { id: r.id, code: r.code, size: r.size, disease: r.disease, unit: r.unit, version: r.version + (stored ? 1 : 0), post: r.post, members: r.members.map((m) => Object.assign({}, m, { fixed: stored })) };
    await draft(); $("who").focus();
  }
  async function begin() {
    const code = $("code").value.trim();
    if (!code) return $("code").focus();
    const there = (await all()).find((r) => r.code === code);
    if (there) return reopen(there);
    tube = { id: uid(), code, size: +$("sizes").querySelector("[aria-pressed=true]").value, disease: $("disease").value, unit: $("unit") ? $("unit").value || null : null, version: 1, members: [], post };
    $("code").value = ""; await draft(); $("who").focus();
  }
  async function add(m) {
    if (tube.members.length >= tube.size || tube.members.some((o) => m.person ? o.person === m.person : o.national_id === m.national_id)) return;
    tube.members.push(m); $("who").value = ""; $("unknown").hidden = true; await draft(); $("who").focus();
  }
  function find() {
    const text = $("who").value.trim().toLowerCase(), taken = new Set(tube ? tube.members.map((m) => m.person) : []);
    const hits = list.filter((p) => !taken.has(p.id) && (text ? p.name.toLowerCase().includes(text) || (p.no || "").toLowerCase() === text || p.id === text : p.again)).slice(0, 8);
    $("hits").replaceChildren(...hits.map((p) => {
      const li = el("li", undefined, "pick"); li.tabIndex = 0; li.append(el("span", p.name + (p.born ? " · " + p.born : "") + (p.no ? " · " + p.no : "")));
      if (p.again) li.append(el("b", words.again, "alarm"));
      const pick = () => add({ person: p.id, name: p.name });
      li.addEventListener("click", pick); li.addEventListener("keydown", (e) => { if (e.key === "Enter") pick(); });
      return li;
    }));
    return hits;
  }
  function enter() {
    const text = $("who").value.trim(), hits = find(), id = text.replace(/\s/g, "").toUpperCase();
    if (!hits.length && /^(?=.*\d)[0-9A-Z]{7,18}$/.test(id)) { $("unknown").hidden = false; $("unknown").dataset.id = id; $("name").focus(); }
    else if (hits.length === 1 && text) add({ person: hits[0].id, name: hits[0].name });
  }
  async function close() {
    if (!tube || !tube.members.length) return;
    const row = Object.assign({}, tube, { state: "waiting", sealed_at: new Date().toISOString(), touched: Date.now(), said: "", answer: "" });
    await put("tubes", row); await drop("kept", draftOf()); tube = null;  // kept before it is forgotten here
    await draw(); $("code").focus(); send();
  }
  async function send() {
    if (sending) return;
    sending = true;
    const stop = new AbortController(), late = setTimeout(() => stop.abort(), 20000);
    try {
      const kid = vault.kid(), rows = (await all()).filter((r) => r.state === "waiting").slice(0, 50);
      if (!rows.length) return;
      const body = { sent_at: new Date().toISOString(), tubes: rows.map((r) => ({ id: r.id, code: r.code, size: r.size, disease: r.disease, unit: r.unit, sealed_at: r.sealed_at, version: r.version, post: r.post, members: r.members.map((m) => m.person ? { person: m.person } : { national_id: m.national_id, name: m.name }) })) };
      const answer = await fetch("/api/v1/sampled-tubes", { method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": csrf, "X-Key-Of": kid || "" }, body: JSON.stringify(body), signal: stop.signal, redirect: "error" });
      $("login").hidden = answer.status !== 401;
      if (answer.status === 401) await vault.lock();
      if (answer.status === 403) await people();
      if (!answer.ok) return;
      const told = await answer.json(), now = new Map((await all()).map((r) => [r.id, r]));
      skew = told.skew_seconds;
      for (const a of told.tubes) {
        const row = now.get(a.id), sent = rows.find((r) => r.id === a.id);
        if (!row || row.version !== sent.version || row.sealed_at !== sent.sealed_at) continue;  // closed again meanwhile: that one is still to be sent
        row.state = a.answer === "invalid" ? "invalid" : "done"; row.answer = a.answer; row.said = a.answer === "invalid" ? [a.title, a.cure].filter(Boolean).join(" ") : a.answer === "identical" ? words.identical : "";
        await put("tubes", row);
      }
      if ((await all()).some((r) => r.state === "waiting")) setTimeout(send, 50);
    } catch (gone) { /* no network, or no answer: everything is still here */ } finally { clearTimeout(late); sending = false; await draw(); }
  }
  // Where somebody else is signed in since, the page begins again with what is his; what was begun here waits, sealed.
  async function renew() {
    const known = await vault.refresh(), now = vault.kid();
    if (whose && now && !vault.owns(whose)) location.reload(); else if (whose && now && whose !== now) await mend();
    whose = now || whose;
    return known;
  }
  async function people() {
    try {
      const answer = await fetch("/sample/people.json", { headers: { Accept: "application/json", "X-Key-Of": vault.kid() || "" }, redirect: "error" });
      $("login").hidden = answer.status !== 401;
      if (answer.status === 403) await renew();
      if (!answer.ok) return;
      const told = await answer.json();
      csrf = told.csrf; post = told.post; list = told.people; skew = (Date.parse(told.server_at) - Date.now()) / 1000;
      await put("kept", { name: "people", people: list, post, until: Date.now() + told.hours * 3600000 });
      await draw();
    } catch (gone) { /* the list of the last time serves */ }
  }
  async function tidy() {
    for (const r of await all()) if (r.state === "done" && Date.now() - r.touched > KEEP_SENT) await drop("tubes", r.id);
    const had = await kept("people");
    if (had && Date.now() > had.until) await drop("kept", "people"); else if (had) { list = had.people; post = had.post; }
  }
  // What an earlier version kept open, or an earlier key sealed, is sealed with the newest; another user's list goes.
  async function mend() {
    for (const r of await run("tubes", "readonly", (s) => s.getAll())) if (!r.box) await put("tubes", r); else if (r.kid !== vault.kid()) await again("tubes", r);
    for (const r of await run("kept", "readonly", (s) => s.getAll())) if (!r.box) await put("kept", r); else if (r.kid !== vault.kid() && !await again("kept", r) && r.name === "people") await drop("kept", r.name);
  }
  async function again(store, r) {
    const found = await vault.unseal(store + "/" + r[names[store]], r), begun = found && /^draft-/.test(found.name);
    if (found) await put(store, begun ? Object.assign(found, { name: draftOf() }) : found);
    if (begun && r.name !== draftOf()) await drop(store, r.name);
    return found;
  }
  async function start() {
    vault.changed = () => renew().catch(() => null);
    db = await open(); const known = await renew(); if (known) await mend(); await tidy();
    const had = await kept(draftOf()); if (had) tube = had.tube;
    $("sizes").addEventListener("click", (e) => { if (e.target.value) for (const b of $("sizes").children) b.setAttribute("aria-pressed", b === e.target); });
    $("begin").addEventListener("submit", (e) => { e.preventDefault(); begin(); });
    $("ask").addEventListener("submit", (e) => { e.preventDefault(); enter(); });
    $("who").addEventListener("input", find);
    $("unknown").addEventListener("submit", (e) => { e.preventDefault(); add({ national_id: $("unknown").dataset.id, name: $("name").value.trim() }); $("name").value = ""; });
    $("close").addEventListener("click", close);
    $("later").addEventListener("click", async () => { if (!tube.members.length) { tube = null; await drop("kept", draftOf()); await draw(); } else if (confirm(words.sure)) { tube = null; await drop("kept", draftOf()); await draw(); } });
    window.addEventListener("online", send); setInterval(send, 15000); setInterval(people, 600000); setInterval(renew, 600000);
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
    if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sample/worker.js", { scope: "/sample" });
    await draw(); document.documentElement.dataset.ready = "1";
    await people(); await send();
  }
  window.sampling = { send, people };
  start();
})();
