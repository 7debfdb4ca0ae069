// The gateway's screen. It answers by itself (the rules are those of sizao/registers/movement/rules.py), keeps each record on the device, and sends when it can.
import { atGate, publicKeys, verify } from "/verify/token.mjs";
import * as queue from "/gate/queue.mjs";

const $ = (id) => document.getElementById(id), place = $("gate");

export function gateAnswer(purpose, { temperature = null, fever = 37.3, ill = false, order = false, exposed = false } = {}) {
  if (purpose === "emergency") return "let_in_look_inside";
  if (ill || (temperature !== null && temperature >= fever)) return "to_clinic";
  if (order) return "hand_over";
  return exposed ? "let_in_look_inside" : "let_in";
}

// A clock that is off by more than a day makes every record invalid for the server: they stay here until it is set.
const FAR = "clock-too-far", AT_ONCE = 200;

function start() {
  const settings = JSON.parse(place.dataset.settings), words = settings.words, unit = place.dataset.unit;
  const vault = window.vault, form = $("pass"), hand = $("hand"), MOVED = "sizao-gate-moved";
  let lists = null, keys = new Map(), declared = null, busy = false, whose = "";

  async function refreshKeys() {
    try { const answer = await fetch("/verify/keys.json"); if (answer.ok) { lists = await answer.json(); keys = await publicKeys(lists.keys); } } catch (gone) { /* kept ones go on */ }
  }

  const post = (address, body) => fetch(address, { method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json", "X-CSRFToken": vault.csrf() || place.dataset.csrf, "X-Key-Of": vault.kid() || "", Accept: "application/json" }, body: JSON.stringify(body) });

  // Asks whose phone this is now. Where it is another's, the screen begins again with what is his; what was typed here before waits, sealed, for whoever typed it.
  async function renew() {
    const known = await vault.refresh(), now = vault.kid();
    if (whose && now && !vault.owns(whose)) { location.reload(); return false; }
    whose = now || whose;
    return known;
  }

  // What is typed and not yet recorded is kept as it is typed.
  const written = (of) => Object.fromEntries([...of.elements].filter((f) => f.name && f.type !== "hidden" && (f.type !== "radio" || f.checked)).map((f) => [f.name, f.type === "checkbox" ? f.checked : f.value]));
  function fill(of, values) {
    for (const f of of.elements) {
      if (!f.name || values[f.name] === undefined) continue;
      if (f.type === "checkbox") f.checked = values[f.name]; else if (f.type === "radio") f.checked = f.value === values[f.name]; else f.value = values[f.name];
      if (values[f.name] && f.type !== "radio" && f.closest("details")) f.closest("details").open = true;
    }
  }
  async function drafted(of, where) {
    if (!of) return;
    const begun = await queue.begun(where);
    if (begun) fill(of, begun.values);
    of.addEventListener("input", () => queue.remember(where, written(of)).catch(() => null));
  }

  function say(answer, why = "") {
    $("answer").hidden = false;
    $("answer").dataset.answer = answer;
    $("what").textContent = settings.answers[answer];
    $("why").textContent = why;
    $("answer").scrollIntoView({ block: "start" });
  }

  async function count(problem = "") {
    const left = (await queue.waiting()).length;
    const others = await queue.lying() - left;
    $("queue").textContent = problem || [left ? `${left} ${words.waiting}` : others ? "" : words.none_waiting, others ? `${others} ${words.sealed}` : ""].filter(Boolean).join(" · ");
    $("queue").dataset.left = left; $("queue").dataset.others = others;
    const lost = await queue.refused();
    $("refused").hidden = !lost.length;
    $("refusals").replaceChildren(...lost.map((r) => {
      const row = document.createElement("div"), text = document.createElement("span"), button = document.createElement("button");
      row.className = "task done bad"; text.textContent = `${new Date(r.at).toLocaleString(document.documentElement.lang, { dateStyle: "short", timeStyle: "short", hour12: false })} · ${r.text}`;
      button.className = "link"; button.type = "button"; button.textContent = words.drop; button.onclick = async () => { await queue.drop(r.id); count(); };
      row.append(text, button);
      return row;
    }));
  }

  // One batch after the other, until nothing is left or nobody answers. What is sent twice is stored once.
  async function flush() {
    if (busy) return;
    busy = true;
    let problem = "", renewed = false;
    try {
      for (;;) {
        if (vault.moved() && !await renew()) break;
        const records = await queue.waiting(AT_ONCE);
        if (!records.length) break;
        const answer = await post("/api/v1/passages", { sent_at: new Date().toISOString(), records });
        if (answer.status === 403 && !renewed) { renewed = true; if (await renew()) continue; } // signed in again since: the form token is a new one
        if (answer.status === 401 || answer.status === 403) { problem = words.sign_in; break; }
        if (!answer.ok) { problem = words.no_network; break; }
        const told = await answer.json();
        if (told.off_by === null && told.answers.every((a) => a.code === FAR)) { problem = told.answers[0].text; break; }
        await queue.settle(records, told.answers);
        if (told.off_by) problem = `${words.skew}: ${Math.round(told.off_by / 60)}`;
        const last = records[records.length - 1], mine = told.answers.find((a) => a.id === last.id);
        if (mine && mine.kind === "new" && $("answer").dataset.record === last.id && mine.answer !== $("answer").dataset.answer) say(mine.answer, words.changed);
      }
    } catch (gone) { problem = words.no_network; } finally { busy = false; }
    await count(problem && (await queue.waiting(1)).length ? `${(await queue.waiting()).length} ${words.waiting} · ${problem}` : problem);
  }

  async function known(text) {
    if (!text.startsWith("SZ1:")) return {};
    const verdict = await verify(text, keys, { at: Math.floor(Date.now() / 1000), revoked: new Set(lists ? lists.revoked : []) }), next = atGate("pass", verdict);
    return { order: next === "order_in_force", why: next === "order_in_force" ? words.pass_order : next === "let_in" ? words.pass_good : words.pass_bad };
  }

  async function look() {
    const text = $("shown").value.trim();
    declared = null; $("found").hidden = true;
    if (!text) return;
    if (text.startsWith("SZ1:")) { say((await known(text)).order ? "hand_over" : "let_in", (await known(text)).why); return; }
    try {
      const answer = await post("/api/v1/declarations", { find: text });
      if (!answer.ok) return;
      declared = (await answer.json()).found;
    } catch (gone) { return; }
    $("found").hidden = false;
    $("said").replaceChildren(...(declared ? declared.lines : [[words.not_found, text]]).flatMap(([name, value]) => {
      const dt = document.createElement("dt"), dd = document.createElement("dd");
      dt.textContent = name; dd.textContent = value;
      return [dt, dd];
    }));
    $("confirm").hidden = !declared;
    $("confirm").disabled = false;
    $("confirm").textContent = declared && declared.confirmed ? words.known : words.confirm;
  }

  async function record(purpose) {
    const text = $("shown").value.trim(), typed = $("temperature").value.trim().replace(/[,，]/, ".");
    const temperature = typed === "" ? null : Number(typed), ill = form.elements.ill.checked, shown = await known(text);
    if (temperature !== null && !(temperature >= 30 && temperature <= 45)) { $("temperature").setAttribute("aria-invalid", "true"); $("temperature").focus(); return; }
    $("temperature").removeAttribute("aria-invalid");
    const answer = gateAnswer(purpose, { temperature, fever: settings.fever, ill, order: Boolean(shown.order), exposed: Boolean(declared && declared.said && declared.said.met_a_case) });
    const made = { id: queue.id(), unit, post: vault.owns(place.dataset.of) ? Number(place.dataset.post) : undefined, at: new Date().toISOString(), purpose, shown: text, temperature, ill, plate: $("plate").value.trim(), load: $("load").value || null, disinfected: form.elements.disinfected.checked ? true : null, answer };
    say(answer, shown.why);
    try { await queue.keep(made); } catch (locked) {
      if (vault.moved()) { // somebody else signed in on another tab: it is not recorded under either name until he has looked at it
        const values = written(form);
        await vault.refresh();
        await queue.remember(`gate/${unit}`, values).catch(() => null);
        sessionStorage.setItem(MOVED, answer);
        location.reload();
        return;
      }
      say(answer, words.not_kept); $("answer").dataset.kept = "0";
      return;
    }
    $("answer").dataset.record = made.id; $("answer").dataset.kept = "1";
    form.reset(); $("found").hidden = true; declared = null;
    await queue.recorded(`gate/${unit}`);
    await count();
    flush();
  }

  $("pass").addEventListener("submit", (event) => { event.preventDefault(); record($("pass").elements.purpose.value || "passing"); });
  $("emergency").addEventListener("click", () => record("emergency"));
  $("look").addEventListener("click", look);
  $("shown").addEventListener("change", look);
  $("confirm").addEventListener("click", async () => {
    if (!declared) return;
    $("confirm").disabled = true;
    const answer = await post("/api/v1/declarations", { confirm: declared.id, version: declared.version }).catch(() => null);
    $("confirm").textContent = (answer && answer.ok) ? words.confirmed : words.no_network;
    if (!(answer && answer.ok)) $("confirm").disabled = false;
  });
  if (window.vault.camera) {
    $("camera").hidden = false;
    $("camera").addEventListener("click", () => window.vault.camera($("video"), (code) => { $("shown").value = code; look(); }));
  }
  addEventListener("online", flush);
  setInterval(flush, 15000);
  setInterval(refreshKeys, 60000);
  setInterval(() => renew().catch(() => null), 600000);
  vault.changed = () => renew().then(flush).catch(() => null);
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/gate/worker.js", { scope: "/gate" });
  async function begin() {
    await vault.open();
    whose = vault.kid();
    if (await renew()) await queue.mend();
    if (place.dataset.said === "hand-over") await queue.recorded(`gate-hand/${unit}`);
    await drafted(form, `gate/${unit}`);
    await drafted(hand, `gate-hand/${unit}`);
    const moved = sessionStorage.getItem(MOVED);
    sessionStorage.removeItem(MOVED);
    if (moved) say(moved, words.moved);
  }
  begin().then(refreshKeys).then(flush).finally(() => { document.documentElement.dataset.ready = "1"; });
}

if (place) start();
