// The verifier's page. It needs the server once, to be put on the device; then keys and the list of what is no longer so come along when there is a network.
import { atGate, publicKeys, verify } from "./token.mjs";

const $ = (id) => document.getElementById(id), words = $("words").dataset;
const moment = (at, day = true) => new Date(at * 1000).toLocaleString(document.documentElement.lang, { ...(day ? { dateStyle: "short" } : {}), timeStyle: "short", hour12: false });
const now = () => Math.floor(Date.now() / 1000);
let lists = null, keys = new Map();
const seen = new Map(Object.entries(JSON.parse(localStorage.getItem("seen") || "{}")));

async function refresh() {
  try {
    const answer = await fetch("/verify/keys.json");
    if (answer.ok) { lists = await answer.json(); keys = await publicKeys(lists.keys); }
  } catch (gone) { /* no network and nothing kept yet */ }
  const said = $("list").dataset;
  $("list").textContent = !lists ? said.none : now() > lists.until ? `${said.stale} (${moment(lists.at)})` : `${said.fresh} ${moment(lists.at, false)}`;
}

function row(name, value) {
  const dt = document.createElement("dt"), dd = document.createElement("dd");
  dt.textContent = name; dd.textContent = value; $("who").append(dt, dd);
}

async function check(text) {
  const at = now();
  const verdict = await verify(text, keys, { at, revoked: new Set(lists ? lists.revoked : []), seen, again: (lists && lists.again) || 600 });
  const next = atGate("pass", verdict), said = verdict.said;
  if (verdict.reason === "valid") {
    seen.set(said.token, at);
    localStorage.setItem("seen", JSON.stringify(Object.fromEntries([...seen].filter(([, t]) => at - t < 3600))));
  }
  $("answer").hidden = false;
  $("answer").className = next;
  $("answer").dataset.reason = verdict.reason;
  $("what").textContent = words[next] + (next === "order_in_force" && said.until ? ` · ${words.until} ${moment(said.until)}` : "");
  $("more").textContent = words[verdict.reason];
  $("who").replaceChildren();
  if (said && verdict.reason !== "forged") { row(words.name, said.name); row(words.last, said.last || "—"); row(words.good, moment(said.expires)); }
  $("text").value = "";
}

$("ask").addEventListener("submit", (event) => { event.preventDefault(); check($("text").value); });
$("emergency").addEventListener("click", () => { $("emergency-said").hidden = false; $("answer").hidden = true; });
if ("BarcodeDetector" in window && navigator.mediaDevices) {
  $("camera").hidden = false;
  $("camera").addEventListener("click", async () => {
    const video = $("video"), reader = new BarcodeDetector({ formats: ["qr_code"] });
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.hidden = false;
    await video.play();
    const look = async () => {
      const [code] = await reader.detect(video);
      if (!code) return requestAnimationFrame(look);
      video.srcObject.getTracks().forEach((t) => t.stop());
      video.hidden = true;
      check(code.rawValue);
    };
    look();
  });
}
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/verify/worker.js", { scope: "/verify" });
setInterval(refresh, 60000);
refresh().then(() => { document.documentElement.dataset.ready = "1"; });
