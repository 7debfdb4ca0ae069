// What do I owe today? The list of one post, its forms and its queue, with or without a network. What is kept lies sealed in the vault (`/device/vault.js`): the list as one
// box, each person as a box of her own that is opened with her task. What is recorded waits until the server has answered for it. Syntax no newer than ES2018.
"use strict";
(function () {
  const $ = (id) => document.getElementById(id), vault = window.vault, shelf = vault.field, W = JSON.parse($("app").dataset.words), LANG = document.documentElement.lang;
  const AT_ONCE = 100, EVERY = 15000, PACK_EVERY = 300000, PEOPLE_EVERY = 6 * 3600000;
  const say = (text, values) => text.replace(/#(\w+)/g, (whole, name) => values[name] === undefined ? whole : values[name]);
  let pack = null, packAt = 0, peopleAt = 0, busy = false, problem = "", waiting = 0, others = 0, lost = [], done = [], mine = new Map(), opened = new Set(), filter = "", skew = 0, stale = false, dead = false, whose = "", denied = null;

  // -- small things

  function el(tag, given, ...inside) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(given || {})) {
      if (value === undefined || value === null || value === false) continue;
      if (name === "class") node.className = value;
      else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...inside.filter((i) => i !== null && i !== undefined && i !== false && i !== ""));
    return node;
  }
  const button = (text, press, kind, more) => el("button", Object.assign({ type: "button", class: kind, onclick: press }, more), text);
  const clock = (at) => new Date(at).toLocaleTimeString(LANG, { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: pack.zone });
  const moment = (at) => new Date(at).toLocaleString(LANG, { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false, timeZone: pack.zone });
  const sameDay = (a, b) => new Date(a).toLocaleDateString("sv", { timeZone: pack.zone }) === new Date(b).toLocaleDateString("sv", { timeZone: pack.zone });
  const span = (ms) => ms < 5400000 ? say(W.min, { n: Math.max(1, Math.round(ms / 60000)) }) : ms < 172800000 ? say(W.hours, { n: Math.round(ms / 3600000) }) : say(W.days, { n: Math.round(ms / 86400000) });
  const now = () => Date.now() + skew;
  const overdue = (t) => Boolean(t.due && Date.parse(t.due) < now());
  const may = (right) => pack.can.includes(right);
  const view = () => location.hash.slice(1);

  // -- what is kept

  async function load() {
    const kept = await shelf.get("kept", "list");
    if (kept && Date.now() > kept.until) { await shelf.settle([], [], ["kept"]); pack = null; } else if (kept) { pack = kept.pack; packAt = kept.at; skew = kept.skew || 0; }
    await recount();
  }
  async function recount() {
    if (dead) return;
    const rows = await shelf.all("waiting");
    waiting = rows.length;
    others = await shelf.count("waiting") - waiting;
    lost = await shelf.all("refused");
    done = (await shelf.all("done")).sort((a, b) => a.at < b.at ? 1 : -1);
    mine = new Map();
    done.slice().reverse().concat(rows).forEach((r) => { if (r.k) if (r.act.kind === "undo") mine.delete(r.k); else mine.set(r.k, r); });
    await tidy();
  }
  // What was answered is shown for a day.
  async function tidy() {
    const old = done.filter((r) => Date.now() - Date.parse(r.at) > 86400000);
    if (old.length) { await shelf.settle([], old.map((r) => ["done", r.id])); done = done.filter((r) => !old.includes(r)); }
  }
  // By whose key this tab works goes with every question: the session may be somebody else's since, and then the server answers 403.
  const asker = (kid, more) => Object.assign({ Accept: "application/json", "X-Key-Of": kid || "" }, more);
  async function fetchPack(again) {
    const answer = await fetch("/field/pack.json?copy=" + vault.copy(true) + "&waiting=" + waiting, { headers: asker(vault.kid()), cache: "no-store", redirect: "error" });
    if (answer.status === 410) { await vault.forget(); gone(); return; }
    if (answer.status === 404 && !again) { await vault.another(); await fetchPack(true); return; } // a copy of before phones knew whose it was
    if (answer.status === 401) { await vault.lock(); denied = null; problem = W.sign_in; pack = null; return; }
    if (answer.status === 403) {
      const why = await answer.json();
      if (why.code !== "form-stale" || again) return refused(why);
      await renew();
      return fetchPack(true);
    }
    if (!answer.ok) throw new Error(String(answer.status));
    const told = await answer.json();
    denied = null;
    skew = Date.parse(told.server_at) - Date.now();
    await shelf.put("kept", "list", { pack: told, at: Date.now(), until: Date.now() + told.hours * 3600000, skew: Math.abs(skew) < 120000 ? 0 : skew });
    if (Math.abs(skew) < 120000) skew = 0;
    const before = pack;
    pack = told; packAt = Date.now();
    forgetDone(before);
    if (Date.now() - peopleAt > PEOPLE_EVERY || !before || before.tasks.length !== told.tasks.length) fetchPeople().catch(() => null);
  }
  // The sign-in is not enough yet: whoever holds the phone is led to what is missing. Any other refusal is said as the server said it.
  async function refused(told) {
    const way = { "second-factor-needed": "/account/second", "no-post": "/post" }[told.code];
    denied = told;
    problem = "";
    pack = null;
    if (way) location.assign(way + "?next=/field");
  }
  // Asks whose phone this is now. Where it is another's, nothing of the one before stays on the screen.
  async function renew() {
    const known = await vault.refresh(), now = vault.kid();
    if (whose && now && !vault.owns(whose)) { pack = null; peopleAt = 0; opened = new Set(); delete $("main-part").dataset.view; await load(); }
    whose = now || whose;
    return known;
  }
  // What the server's list no longer holds, needs no mark here.
  function forgetDone(before) {
    if (!before) return;
    const still = new Set(pack.tasks.map((t) => t.k));
    for (const k of Array.from(mine.keys())) if (!still.has(k) && !before.tasks.some((t) => t.k === k)) mine.delete(k);
  }
  async function fetchPeople() {
    const answer = await fetch("/field/pack.json?part=people&copy=" + vault.copy(true) + "&waiting=" + waiting, { headers: asker(vault.kid()), cache: "no-store", redirect: "error" });
    if (!answer.ok) return;
    const rows = [];
    for (const p of (await answer.json()).people) rows.push(["kept", await shelf.sealed("kept", "p/" + p.id, p)]);
    const wanted = new Set(rows.map((r) => r[1].id)), old = (await shelf.keys("kept")).filter((k) => k.startsWith("p/") && !wanted.has(k));
    await shelf.settle(rows, old.map((k) => ["kept", k]));
    peopleAt = Date.now();
    document.documentElement.dataset.people = rows.length;
  }

  // -- recording: kept first, then sent

  async function record(act, label, k, id) {
    const row = { id: id || vault.id(), at: new Date().toISOString(), post: pack ? pack.who.post : undefined, act, label, k };
    try { await shelf.put("waiting", row.id, row); } catch (locked) { return notKept(); }
    if (act.kind !== "opened") waiting++;
    if (k) { if (act.kind === "undo") mine.delete(k); else mine.set(k, row); }
    draw();
    flush();
    return row;
  }
  // Nobody is signed in, or somebody else since, on another tab: his list is shown, and what was pressed on this one is said to be not recorded.
  async function notKept() {
    const moved = vault.moved();
    if (moved) { await renew(); await fetchPack().catch(() => null); await recount(); }
    problem = moved ? W.moved : W.not_kept;
    draw();
    return null;
  }
  async function undo(row) {
    const still = await shelf.get("waiting", row.id);
    if (still && !busy) { await shelf.drop("waiting", row.id); mine.delete(row.k); await recount(); draw(); return; }
    const sent = done.find((r) => r.id === row.id);
    if (sent && sent.record) { mine.delete(row.k); await record({ kind: "undo", check: sent.record }, row.label, row.k); }
  }
  const post = (kid, body) => fetch("/field/acts?copy=" + vault.copy(true) + "&waiting=" + waiting, { method: "POST", credentials: "same-origin", redirect: "error", headers: asker(kid, { "Content-Type": "application/json", "X-CSRFToken": pack ? pack.csrf : "" }), body: JSON.stringify(body) });

  // One batch after the other until nothing is left or nobody answers. What is sent twice is written once.
  async function flush() {
    if (busy || dead) return;
    if (!navigator.onLine) { problem = W.no_network; bar(); return; }
    busy = true;
    let sent = 0;
    try {
      if (navigator.locks) await navigator.locks.request("sizao-field", { ifAvailable: true }, async (held) => { if (held) sent = await send(); }); else sent = await send();
    } catch (away) { problem = W.no_network; sent = 1; } finally { busy = false; }
    if (sent) await recount(); // a record made meanwhile is counted where it is made
    draw();
    if (stale && pack && !problem) { stale = false; await refresh(); }
  }
  async function send() {
    let renewed = false, sent = 0;
    problem = "";
    for (;;) {
      if (!await vault.open() && vault.moved() && !renewed) { renewed = true; await renew(); await fetchPack(); } // somebody else signed in on another tab
      const kid = vault.kid(), rows = await shelf.all("waiting", AT_ONCE); // the key first: rows of another's are never sent under its name
      if (!rows.length) return sent;
      const answer = await post(kid, { sent_at: new Date().toISOString(), acts: rows.map((r) => Object.assign({}, r.act, { id: r.id, at: r.at, post: r.post })) });
      if (answer.status === 401) { await vault.lock(); pack = null; problem = W.sign_in; return sent; }
      if ((answer.status === 403 || answer.status === 404) && !renewed) { renewed = true; await renew(); await fetchPack(); if (!pack) return sent; continue; } // an old tab: whoever is signed in now sends his own rows alone
      if (!answer.ok) { problem = answer.status === 403 ? W.sign_in : W.no_network; return sent; }
      const told = await answer.json(), by = new Map(told.answers.map((a) => [a.id, a]));
      if (told.off_by === null) { problem = told.answers[0].text; if (!told.wipe) return sent; }
      const ins = [], outs = [];
      for (const r of rows) {
        const a = by.get(r.id);
        if (!a) continue;
        outs.push(["waiting", r.id]);
        if (["line", "report"].includes(r.act.kind)) stale = true; // what stands on the server now is shown, and counted
        if (a.kind === "invalid" || a.kind === "old") ins.push(["refused", await shelf.sealed("refused", r.id, Object.assign(r, { said: a }))]);
        else if (r.act.kind !== "opened") ins.push(["done", await shelf.sealed("done", r.id, Object.assign(r, { answer: a.kind, record: a.record }))]);
      }
      if (!told.wipe) await shelf.settle(ins, outs);
      if (told.wipe) { await vault.forget(); gone(); return sent; }
      sent += outs.length;
      if (!outs.length) return sent;
    }
  }
  function gone() { dead = true; pack = null; waiting = 0; problem = W.wiped; lost = []; done = []; mine = new Map(); draw(); }

  // -- drafts: what is typed is kept as it is typed, sealed

  async function remember(form, name) {
    const values = {};
    for (const f of form.elements) if (f.name) if (f.type === "checkbox") { values[f.name] = (values[f.name] || []).concat(f.checked ? [f.value] : []); } else if (f.type !== "radio" || f.checked) values[f.name] = f.value;
    const key = name + "/" + vault.kid(); // each user's by itself: two who share a phone may have begun the same thing
    await shelf.put("drafts", key, { of: name, key, values }).catch(() => { problem = W.not_kept; bar(); });
  }
  const begun = async (name) => (await shelf.all("drafts")).filter((d) => d.of === name);
  async function recorded(name) { for (const d of await begun(name)) await shelf.drop("drafts", d.key); }
  function refill(form, values) {
    for (const f of form.elements) {
      if (!f.name || values[f.name] === undefined || values[f.name] === null) continue;
      const v = values[f.name];
      if (f.type === "checkbox") f.checked = [].concat(v).map(String).includes(f.value);
      else if (f.type === "radio") f.checked = String(v) === f.value || (v === true && f.value === "1") || (v === false && f.value === "0");
      else f.value = v;
    }
  }
  async function drafted(form, name) {
    const held = (await begun(name))[0];
    if (held) refill(form, held.values);
    form.addEventListener("input", () => remember(form, name));
  }

  // -- the list

  function dueOf(t) {
    if (!t.due) return "";
    return overdue(t) ? say(W.overdue_by, { span: span(now() - Date.parse(t.due)) }) : say(W.by, { at: sameDay(t.due, now()) ? clock(t.due) : moment(t.due) });
  }
  function card(t) {
    const made = mine.get(t.k), late = overdue(t), alarm = t.alarm || (t.frail && late);
    const who = el("h3", { class: "nm" }, t.d ? el("b", { class: "door" }, t.d) : null, t.d ? " " : "", t.n);
    if (made && (made.act.kind !== "check" || ["ok", "symptoms"].includes(made.act.outcome))) {
      const bad = made.act.outcome === "symptoms";
      return el("div", { class: "task done" + (bad ? " bad" : ""), "data-k": t.k }, el("span", null, bad ? el("b", null, say(W.has_symptoms, { name: t.n })) : say(W.recorded, { name: t.n, at: clock(made.at) }), bad ? " " + W.call_now : ""), made.act.kind === "check" ? button(W.undo, () => undo(made), "link") : null);
    }
    const tried = made ? { why: pack.codes["attempt-reason"][made.act.outcome], at: made.at } : t.tried;
    const box = el("article", { class: "task" + (late ? " overdue" : "") + (alarm ? " alarmed" : ""), "data-k": t.k },
      el("div", { class: "top2" }, who, el("span", { class: "due" }, dueOf(t))),
      t.frail ? el("div", { class: "frail" }, "▲ " + t.frail.join(W.comma)) : t.alarm ? el("div", { class: "frail" }, "▲ " + W.alarm) : null,
      el("div", { class: "what" }, t.t),
      tried ? el("div", { class: "tried" }, say(W.tried, { why: tried.why }) + (tried.at ? " · " + moment(tried.at) : "")) : null);
    const acts = el("div", { class: "acts" });
    if (t.do === "check") acts.append(button(W.seen_ok, (e) => tap(e, () => check(t, { outcome: "ok" })), "main"), el("a", { class: "btn", href: "#task=" + encodeURIComponent(t.k) }, W.other));
    else if (t.do === "line") acts.append(el("a", { class: "btn main", href: "#task=" + encodeURIComponent(t.k) }, W.record));
    else if (t.do === "go") acts.append(el("a", { class: "btn", href: t.go }, W.open));
    else if (t.p) acts.append(el("a", { class: "btn", href: "#task=" + encodeURIComponent(t.k) }, W.open));
    if (acts.children.length) box.append(acts);
    return box;
  }
  // A button is pressed once; it comes back with the next drawing.
  function tap(event, does) { const b = event.currentTarget; if (b.disabled) return; b.disabled = true; does(); }
  const ids = new Map();
  const idOf = (k) => { if (!ids.has(k)) ids.set(k, vault.id()); return ids.get(k); };
  async function check(t, given) {
    const id = idOf(t.k + JSON.stringify(given.outcome)); // one id a row and answer: a second tap is the same record
    ids.delete(t.k + JSON.stringify(given.outcome));
    await recorded(t.k);
    return record(Object.assign({ kind: "check", contact: t.s }, given), (t.d ? t.d + " " : "") + t.n + " · " + t.t, t.k, id);
  }
  function matches(t) {
    const text = filter.trim().toLowerCase();
    return !text || [t.n, t.d, t.t, t.p, t.h, t.s].some((s) => s && s.toLowerCase().includes(text));
  }
  function list() {
    const shown = pack.tasks.filter(matches), rank = (t) => (overdue(t) ? (t.frail || t.alarm ? 0 : 1) : t.frail || t.alarm ? 2 : 3), groups = new Map();
    shown.slice().sort((a, b) => rank(a) - rank(b) || ((a.due || "9") < (b.due || "9") ? -1 : 1)).forEach((t) => { if (!groups.has(t.a)) groups.set(t.a, new Map()); const g = groups.get(t.a), h = t.h || t.k; if (!g.has(h)) g.set(h, []); g.get(h).push(t); });
    const out = [];
    if (pack.note && !mine.has("note/" + pack.note.id)) out.push(el("div", { class: "note bad" }, el("b", null, W.left_before), " ", el("span", { class: "quiet small" }, pack.note.by + " · " + moment(pack.note.at)), el("p", { class: "matters" }, pack.note.matters || W.nothing_open), el("div", { class: "acts" }, button(W.take_over, (e) => tap(e, () => record({ kind: "line", ledger: "shift_note", about: { area: pack.who.code }, values: { shift_step: "taken" } }, W.take_over, "note/" + pack.note.id)), "main"))));
    if (pack.tasks.length > 8) out.push(el("div", { class: "ask find" }, el("input", { type: "search", id: "find", value: filter, placeholder: W.find, "aria-label": W.find, autocomplete: "off", oninput: (e) => { filter = e.target.value; const at = e.target.selectionStart; draw(); const again = $("find"); if (again) { again.focus(); again.setSelectionRange(at, at); } } }), vault.camera ? button(W.scan, () => vault.camera($("video"), (code) => { filter = code; draw(); })) : null));
    for (const [area, homes] of groups) {
      out.push(el("h2", { class: "place" }, el("span", null, pack.areas[area] || "—"), el("span", { class: "quiet" }, String(Array.from(homes.values()).reduce((n, h) => n + h.length, 0)))));
      for (const some of homes.values()) {
        const open = some.filter((t) => t.do === "check" && !mine.has(t.k));
        if (open.length > 1) out.push(el("section", { class: "home" }, ...some.map(card), el("div", { class: "acts" }, button(say(W.all_ok, { n: open.length }), (e) => tap(e, async () => { for (const t of open) await check(t, { outcome: "ok" }); }), "main household"))));
        else out.push(...some.map(card));
      }
    }
    const toFile = may("ledger.write") ? pack.reports.filter((r) => ["open", "silent"].includes(r.state) && !mine.has(keyOf(r))).length : 0;
    if (!pack.tasks.length && toFile) out.push(el("p", { class: "acts" }, el("a", { class: "btn main", href: "#reports" }, say(W.to_file, { n: toFile }))));
    if (!shown.length) out.push(el("div", { class: "empty" }, el("b", null, W.nothing_owed), el("span", { class: "quiet" }, say(W.read_at, { at: clock(packAt) }))));
    if (pack.sum.more) out.push(el("p", { class: "quiet" }, say(W.more, { n: pack.sum.more })));
    out.push(el("p", { class: "quiet small" }, say(W.kept_until, { at: moment(packAt), until: moment(packAt + pack.hours * 3600000) })));
    return out;
  }

  // -- one task, opened

  async function task(k) {
    const t = pack.tasks.find((x) => x.k === k);
    if (!t) return [el("div", { class: "empty" }, W.nothing_owed)];
    const out = [el("div", { class: "top2" }, el("h2", { class: "nm" }, t.d ? t.d + " " : "", t.n), el("span", { class: "due" }, dueOf(t))), el("p", { class: "what" }, t.t)];
    const person = t.p ? await shelf.get("kept", "p/" + t.p) : null;
    if (person) {
      const told = el("dl", { class: "told" });
      const add = (name, value) => { if (value) told.append(el("dt", null, name), el("dd", null, value)); };
      add(W.name, person.name); add(W.born, person.born && String(person.born)); add(W.phone, person.phone && el("a", { href: "tel:" + person.phone }, person.phone)); add(W.address, person.address); add(W.look_after, t.frail && t.frail.join(W.comma));
      out.push(el("section", { class: "task" }, told));
      if (!opened.has(t.p)) { opened.add(t.p); const id = vault.id(); shelf.put("waiting", id, { id, at: new Date().toISOString(), act: { kind: "opened", people: [t.p] }, label: "", k: "" }).then(recount).catch(() => null); }
    }
    out.push(t.do === "check" ? checkForm(t) : t.do === "line" ? lineForm(t.k, t.ledger, { kind: "line", ledger: t.ledger, about: t.about }, (t.d ? t.d + " " : "") + t.n) : "");
    if (t.p && may("check.write")) out.push(needForm(t));
    return out;
  }
  function checkForm(t) {
    const form = el("form", { class: "task", autocomplete: "off" });
    const send = (given) => { location.hash = ""; return check(t, given); };
    const ticked = () => Array.from(form.querySelectorAll("[name=symptoms]:checked")).map((i) => i.value);
    const degrees = () => form.elements.temperature.value.trim().replace(/[,，]/, ".").replace(/[℃度]$/, "");
    function answer(outcome) {
      const symptoms = ticked(), typed = degrees(), warm = typed === "" ? null : Number(typed), field = form.elements.temperature;
      if (warm !== null && !(warm >= 30 && warm <= 45)) { field.setAttribute("aria-invalid", "true"); field.focus(); return wrong.replaceChildren(W.temperature_wrong); }
      if (outcome === "ok" && (symptoms.length || (warm !== null && warm >= pack.fever))) return wrong.replaceChildren(W.contradicts);
      return send({ outcome, symptoms: outcome === "symptoms" ? symptoms : [], temperature: typed || null });
    }
    const wrong = el("p", { class: "alarm", role: "alert" });
    const why = el("fieldset", { class: "apart" }, el("legend", null, W.not_seen), el("div", { class: "pick" }, ...["not_found", "refused", "could_not"].map((code) => el("label", null, el("input", { type: "radio", name: "why", value: code }), el("span", null, pack.codes["attempt-reason"][code])))),
      el("div", { class: "ask" }, el("label", { for: "help" }, W.help), el("select", { id: "help", name: "help" }, el("option", { value: "" }, W.no_help), ...Object.entries(pack.codes["help-called"]).map(([code, word]) => el("option", { value: code }, word)))),
      el("div", { class: "acts" }, button(W.not_seen_record, () => { const code = form.elements.why.value; if (!code) return wrong.replaceChildren(W.choose_why); return send({ outcome: code, help: form.elements.help.value || undefined }); }, "", { id: "not-seen" })));
    form.append(
      el("fieldset", null, el("legend", null, W.symptoms), el("div", { class: "pick" }, ...Object.entries(pack.codes.symptom).map(([code, word]) => el("label", null, el("input", { type: "checkbox", name: "symptoms", value: code }), el("span", null, word))))),
      el("div", { class: "fieldrow" }, el("label", { for: "temperature" }, W.temperature), el("input", { id: "temperature", type: "text", name: "temperature", inputmode: "decimal", maxlength: 6, placeholder: "36.5" })),
      wrong, el("div", { class: "acts" }, button(W.ok, () => answer("ok"), "", { id: "ok" }), button(W.symptomatic, () => answer("symptoms"), "main", { id: "ill" })), why);
    form.addEventListener("submit", (e) => { e.preventDefault(); answer("ok"); });
    drafted(form, t.k);
    return form;
  }
  function needForm(t) {
    const box = el("details", { class: "note" }, el("summary", null, W.asks_for));
    box.append(el("div", { class: "pick" }, ...Object.entries(pack.codes["care-need"]).map(([code, word]) => button(word, (e) => tap(e, () => record({ kind: "need", person: t.p, need: code }, t.n + " · " + word)), "", { "data-need": code }))));
    return box;
  }

  // -- lines and reports

  function input(f) {
    const id = "f-" + f.id, label = f.n + (f.u ? " (" + f.u + ")" : "") + (f.r ? " *" : "");
    if (f.t === "codes" || f.t === "bool" || (f.t === "code" && f.c.length <= 6)) {
      const some = f.t === "bool" ? [["1", W.yes], ["0", W.no]] : f.c;
      return el("fieldset", null, el("legend", null, label), el("div", { class: "pick" }, ...some.map(([code, word]) => el("label", null, el("input", { type: f.t === "codes" ? "checkbox" : "radio", name: f.id, value: code }), el("span", null, word)))));
    }
    const given = { id, name: f.id, autocomplete: "off" };
    const field = f.t === "code" ? el("select", given, el("option", { value: "" }), ...f.c.map(([code, word]) => el("option", { value: code }, word)))
      : f.t === "text" ? el("textarea", Object.assign(given, { rows: 2, maxlength: f.most || 500 }))
      : el("input", Object.assign(given, { type: f.t === "date" ? "date" : f.t === "instant" ? "datetime-local" : "text", inputmode: f.t === "int" ? "numeric" : f.t === "decimal" ? "decimal" : null }));
    return el("div", { class: f.t === "text" ? "ask" : "fieldrow" }, el("label", { for: id }, label), field);
  }
  function valuesOf(form, fields) {
    const values = {};
    for (const f of fields) {
      if (f.t === "codes") { const some = Array.from(form.querySelectorAll("[name='" + f.id + "']:checked")).map((i) => i.value); if (some.length) values[f.id] = some; continue; }
      const typed = form.elements[f.id] ? form.elements[f.id].value.trim() : "";
      if (typed === "") continue;
      values[f.id] = f.t === "int" ? (/^\d+$/.test(typed) ? Number(typed) : typed) : f.t === "decimal" ? typed.replace(/[,，]/, ".") : f.t === "bool" ? typed === "1" : typed;
    }
    return values;
  }
  function lineForm(name, ledger, act, label, standing) {
    const fields = pack.forms[ledger].fields, form = el("form", { class: "task", autocomplete: "off" }), wrong = el("p", { class: "alarm", role: "alert" }), id = vault.id();
    form.append(...fields.map(input), wrong, el("div", { class: "acts" }, el("button", { class: "main" }, W.save)));
    if (standing) refill(form, standing);
    drafted(form, name);
    form.addEventListener("submit", async (e) => {
      e.preventDefault();
      const values = valuesOf(form, fields), lacks = fields.find((f) => f.r && values[f.id] === undefined);
      if (lacks) return wrong.replaceChildren(say(W.lacks, { field: lacks.n }));
      const bad = fields.find((f) => ["int", "decimal"].includes(f.t) && values[f.id] !== undefined && (Number.isNaN(Number(values[f.id])) || Number(values[f.id]) < (f.least === undefined ? -Infinity : f.least) || Number(values[f.id]) > (f.most === undefined ? Infinity : f.most)));
      if (bad) return wrong.replaceChildren(say(W.not_that, { field: bad.n }));
      form.querySelector("button.main").disabled = true;
      const row = await record(Object.assign({}, act, { values }), label + " · " + pack.forms[ledger].t, name, id);
      if (row) { await recorded(name); location.hash = act.unit || act.about.unit ? "reports" : ""; }
      return null;
    });
    return form;
  }
  const keyOf = (r) => ["r", r.unit, r.ledger, r.period, r.slot].join("/");
  // Lines that wait on this phone count too: they reach the server before the report does.
  const hereOf = (r) => Array.from(mine.values()).filter((row) => row.act.kind === "line" && row.act.ledger === r.ledger && row.act.about && row.act.about.unit === r.unit && row.answer === undefined).length;
  function reports() {
    if (!pack.reports.length) return [el("div", { class: "empty" }, el("b", null, W.nothing_to_file))];
    let unit = "";
    const out = [];
    for (const r of pack.reports) {
      if (r.unit !== unit) out.push(el("h2", { class: "place" }, el("span", null, r.name)));
      unit = r.unit;
      const k = keyOf(r), told = mine.get(k), n = (r.behind || 0) + hereOf(r), filed = told || ["received", "zero"].includes(r.state);
      const box = el("article", { class: "task" + (told ? " done" : r.state === "silent" ? " overdue" : ""), "data-r": r.ledger }, el("div", { class: "top2" }, el("h3", { class: "nm" }, r.t), el("span", { class: "due" }, told ? "✓ " + clock(told.at) : filed ? "✓" : Date.parse(r.due) < now() ? say(W.silent_since, { at: moment(r.due) }) : say(W.by, { at: clock(r.due) }))));
      const acts = el("div", { class: "acts" });
      const file = (zero, words) => acts.append(button(words, (e) => tap(e, () => record({ kind: "report", unit: r.unit, ledger: r.ledger, period: r.period, slot: r.slot, zero }, r.name + " · " + r.t, k, idOf(k + zero))), "main"));
      if (!filed && n) file(false, say(W.report_n, { n }));
      else if (!filed && r.zero) { box.append(el("div", { class: "what" }, say(W.counted, { what: r.zero.map((w) => w + " 0").join(W.comma) }))); file(true, r.confirm ? W.nothing_changed : W.zero); }
      if (r.lines !== "none" && pack.forms[r.ledger] && pack.forms[r.ledger].about === "unit") acts.append(el("a", { class: "btn", href: "#report=" + encodeURIComponent(k) }, r.record ? W.correct : W.fill));
      if (acts.children.length) box.append(acts);
      out.push(box);
    }
    return out;
  }
  function report(k) {
    const r = pack.reports.find((x) => keyOf(x) === k);
    if (!r) return reports();
    const act = r.record ? { kind: "line", ledger: r.ledger, record: r.record, seen: r.seen, about: { unit: r.unit } } : { kind: "line", ledger: r.ledger, about: { unit: r.unit }, period: r.period, slot: r.slot };
    return [el("h2", { class: "place" }, el("span", null, r.t), el("span", { class: "quiet" }, r.name + " · " + r.period)), lineForm(r.lines === "one" ? k : "n" + k, r.ledger, act, r.name, r.values)];
  }

  // -- needs, the shift, what waits

  function needs() {
    const out = pack.needs.filter((n) => !mine.has("n/" + n.id) || mine.get("n/" + n.id).act.do === "take").map((n) => {
      const late = Date.parse(n.by) < now(), taken = n.taken || mine.has("n/" + n.id), step = (what) => (e) => tap(e, () => record({ kind: "need-step", need: n.id, do: what }, n.kind, "n/" + n.id));
      return el("article", { class: "task" + (late ? " overdue" : "") }, el("div", { class: "top2" }, el("h3", { class: "nm" }, n.d ? el("b", { class: "door" }, n.d) : null, n.d ? " " : "", n.n), el("span", { class: "due" }, late ? say(W.overdue_by, { span: span(now() - Date.parse(n.by)) }) : say(W.by, { at: moment(n.by) }))), el("div", { class: "what" }, n.kind + " · " + (pack.areas[n.a] || "") + (n.taken ? " · " + say(W.taken_by, { who: n.taken }) : "")),
        el("div", { class: "acts" }, taken ? null : button(W.take, step("take"), "main"), button(pack.codes["care-need-outcome"].met, step("met"), taken ? "main" : "")),
        el("details", null, el("summary", { class: "btn small" }, W.other), el("div", { class: "acts" }, ...Object.entries(pack.codes["care-need-outcome"]).filter((c) => c[0] !== "met").map(([code, word]) => button(word, step(code))))));
    });
    return out.length ? out : [el("div", { class: "empty" }, el("b", null, W.no_needs))];
  }
  function shift() {
    const left = pack.tasks.filter((t) => !mine.has(t.k)), late = left.filter(overdue).length, note = el("textarea", { name: "note", rows: 5, maxlength: 500, id: "matters" });
    const form = el("form", { class: "task" }, el("p", null, say(W.shift_sum, { left: left.length, late, waiting })), el("div", { class: "ask" }, el("label", { for: "matters" }, W.matters), note), el("p", { class: "quiet small" }, W.next_sees), el("div", { class: "acts" }, el("button", { class: "main" }, W.hand_over)));
    drafted(form, "shift");
    form.addEventListener("submit", async (e) => {
      e.preventDefault();
      form.querySelector("button").disabled = true;
      const counted = say(W.shift_sum, { left: left.length, late, waiting });
      const row = await record({ kind: "line", ledger: "shift_note", about: { area: pack.who.code }, values: { shift_step: "handed", note: (counted + (note.value.trim() ? "\n" + note.value.trim() : "")).slice(0, 500) } }, W.hand_over, "shift");
      if (row) { await recorded("shift"); location.hash = "queue"; }
    });
    return [el("h2", { class: "place" }, el("span", null, W.shift)), form];
  }
  async function queue() {
    const rows = await shelf.all("waiting"), out = [];
    out.push(el("h2", { class: "place" }, el("span", null, W.here), el("span", { class: "quiet" }, String(rows.length))));
    if (others) out.push(el("p", { class: "note" }, say(W.sealed, { n: others })));
    out.push(...rows.filter((r) => r.label).slice(-100).reverse().map((r) => el("div", { class: "task slim" }, r.label, " ", el("span", { class: "quiet small" }, moment(r.at)))));
    if (rows.length) out.push(el("div", { class: "acts" }, button(W.send_now, () => { problem = ""; flush(); }, "main")));
    if (lost.length) out.push(el("h2", { class: "place" }, el("span", null, W.not_taken), el("span", { class: "quiet" }, String(lost.length))), ...lost.map(refusal));
    out.push(el("h2", { class: "place" }, el("span", null, W.sent), el("span", { class: "quiet" }, String(done.length))), ...done.slice(0, 60).map((r) => el("div", { class: "task slim", "data-answer": r.answer }, r.label, " ", el("span", { class: "quiet small" }, clock(r.at) + " · " + W.answers[r.answer]))));
    return out;
  }
  // What was not taken: the reason, and what a person may do about it. Of a conflict both versions are shown; a person decides, never the phone.
  function refusal(r) {
    const a = r.said, drop = button(W.drop, async () => { await shelf.drop("refused", r.id); mine.delete(r.k); await recount(); draw(); });
    const box = el("article", { class: "task overdue", "data-code": a.code || a.kind }, el("h3", { class: "nm" }, r.label), el("div", { class: "quiet small" }, moment(r.at) + " · " + W.answers[a.kind]), el("p", { class: "alarm" }, a.text || W.old), a.cure ? el("p", { class: "small" }, a.cure) : null);
    if (a.here) {
      const form = pack.forms[r.act.ledger], fields = form ? form.fields : Object.keys(r.act.values).map((id) => ({ id, n: id, t: "text" })), names = fields.filter((f) => String(a.here.values[f.id]) !== String(r.act.values[f.id]));
      const word = (f, v) => v === undefined || v === null || v === "" ? "—" : f.t === "bool" ? (v === true ? W.yes : W.no) : f.c ? [].concat(v).map((one) => (f.c.find((c) => c[0] === one) || [0, one])[1]).join(W.comma) : String(v);
      box.append(el("table", { class: "both" }, el("thead", null, el("tr", null, el("th"), el("th", null, W.theirs), el("th", null, W.yours))), el("tbody", null, ...names.map((f) => el("tr", null, el("th", { scope: "row" }, f.n), el("td", null, word(f, a.here.values[f.id])), el("td", null, word(f, r.act.values[f.id])))))));
      const put = async () => { const act = Object.assign({}, r.act, { record: a.here.record, seen: a.here.seen }); const next = { id: vault.id(), at: new Date().toISOString(), post: r.post, act, label: r.label, k: r.k }; await shelf.settle([["waiting", await shelf.sealed("waiting", next.id, next)]], [["refused", r.id]]); await recount(); draw(); flush(); };
      box.append(el("div", { class: "acts" }, button(W.keep_theirs, () => drop.click(), "", { "data-do": "theirs" }), button(W.put_yours, put, "main", { "data-do": "yours" })));
    } else box.append(el("div", { class: "acts" }, a.kind === "invalid" ? button(W.try_again, async () => { const next = { id: vault.id(), at: r.at, post: r.post, act: r.act, label: r.label, k: r.k }; await shelf.settle([["waiting", await shelf.sealed("waiting", next.id, next)]], [["refused", r.id]]); await recount(); draw(); flush(); }) : null, drop));
    return box;
  }

  // -- drawing

  function bar() {
    $("title").textContent = pack ? W.my_list : W.app;
    $("who").textContent = pack ? pack.who.title : "";
    const left = pack ? pack.tasks.filter((t) => !mine.has(t.k)) : [], late = left.filter(overdue).length;
    $("left").replaceChildren(...(pack ? [late ? el("span", { class: "alarm" }, W.overdue + " ", el("b", null, String(late)), " · ") : "", el("span", null, W.today + " ", el("b", null, String(left.length - late)))] : []));
    $("state").replaceChildren(...[problem ? el("span", { class: "alarm" }, problem) : "", problem && waiting ? " · " : "", waiting ? say(W.waiting, { n: waiting }) : problem ? "" : pack ? say(W.as_of, { at: clock(packAt) }) : "", lost.length ? el("a", { href: "#queue", class: "alarm" }, " · " + say(W.refused_n, { n: lost.length })) : ""]);
    document.documentElement.dataset.waiting = waiting; document.documentElement.dataset.others = others; document.documentElement.dataset.lost = lost.length;
    for (const a of document.querySelectorAll("#foot a")) { const at = a.getAttribute("href").slice(1), here = view().split("=")[0]; if ((at || "task") === (here === "" ? "task" : here.replace(/^report$/, "reports"))) a.setAttribute("aria-current", "page"); else a.removeAttribute("aria-current"); }
    $("to-reports").hidden = !pack || !may("ledger.write"); $("to-needs").hidden = !pack || !may("check.write");
    for (const a of document.querySelectorAll("[data-right]")) a.hidden = !pack || !may(a.dataset.right);
    $("signin").hidden = Boolean(pack || denied);
  }
  let drawing = 0;
  async function draw() {
    const turn = ++drawing;
    bar();
    if (!pack) { $("main-part").replaceChildren(...denied ? [el("div", { class: "empty" }, el("b", null, denied.title), el("span", { class: "quiet" }, denied.detail)), el("p", { class: "acts" }, el("a", { class: "btn", href: "/" }, W.elsewhere))] : []); delete $("main-part").dataset.view; return; }
    const [name, ...rest] = view().split("="), arg = decodeURIComponent(rest.join("="));
    if (["task", "report", "shift"].includes(name) && $("main-part").dataset.view === view() && $("main-part").querySelector("form")) return; // nobody's form is drawn away under his hands
    const parts = name === "task" ? await task(arg) : name === "reports" ? reports() : name === "report" ? report(arg) : name === "needs" ? needs() : name === "shift" ? shift() : name === "queue" ? await queue() : list();
    if (turn !== drawing) return;
    const same = $("main-part").dataset.view === view(), at = window.scrollY;
    $("main-part").replaceChildren(...parts);
    $("main-part").dataset.view = view();
    window.scrollTo(0, same ? at : 0);
  }
  async function refresh() {
    if (dead) return;
    try { await fetchPack(); if (pack) problem = ""; } catch (away) { problem = W.no_network; }
    await recount();
    draw();
  }
  // The browser's own is of whoever is signed in now, also where there is no list, or an old one.
  const formToken = () => (/(?:^|; )csrftoken=([^;]+)/.exec(document.cookie) || ["", pack ? pack.csrf : ""])[1];
  async function start() {
    addEventListener("hashchange", draw);
    addEventListener("online", () => { flush().then(refresh); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) { recount().then(draw); if (Date.now() - packAt > PACK_EVERY) refresh(); } });
    $("theme").addEventListener("click", () => { const root = document.documentElement, sun = root.dataset.sun !== "1"; root.dataset.sun = sun ? "1" : "0"; try { localStorage.setItem("sizao-sun", sun ? "1" : "0"); } catch (e) { /* this page only */ } });
    $("out").addEventListener("submit", (e) => { $("out").elements.csrfmiddlewaretoken.value = formToken(); if (waiting && !confirm(say(W.out_waits, { n: waiting }))) e.preventDefault(); });
    $("tongue").addEventListener("submit", () => { $("tongue").elements.csrfmiddlewaretoken.value = formToken(); });
    document.addEventListener("keydown", (e) => { const fold = e.key === "Escape" && e.target.closest("details[open]"); if (fold) { fold.open = false; fold.querySelector("summary").focus(); } });
    $("dark").addEventListener("click", () => window.sizaoTheme());
    vault.changed = () => { if (!busy) renew().then(refresh).catch(() => null); };
    await vault.open();
    whose = vault.kid();
    await load();
    draw();
    document.documentElement.dataset.ready = "1";
    if ("serviceWorker" in navigator) navigator.serviceWorker.register("/field/worker.js", { scope: "/field" }).catch(() => null);
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist().catch(() => null);
    if (!await renew() && navigator.onLine) await vault.asked();
    if (document.documentElement.dataset.wiped === "2") return gone();
    await refresh();
    await flush();
    document.documentElement.dataset.fresh = "1";
    setInterval(() => { if (waiting) flush(); }, EVERY);
    setInterval(() => { if (!document.hidden) refresh(); }, PACK_EVERY);
    setInterval(renew, 600000);
    return null;
  }
  try { document.documentElement.dataset.sun = localStorage.getItem("sizao-sun") || "0"; } catch (e) { /* private window */ }
  window.sizaoField = { flush, refresh, record, shelf, busy: () => busy, queue: () => shelf.all("waiting") };
  start();
})();
