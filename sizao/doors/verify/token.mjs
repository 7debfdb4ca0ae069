// The same answers as sizao/passes/tokens.py gives, in a browser without a server: base45, CBOR, COSE_Sign1 with ES256 by WebCrypto.
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const PREFIX = "SZ1:", OURS = -70001, SKEW = 300;

export function unbase45(text) {
  const values = [...text].map((c) => ALPHABET.indexOf(c));
  if (values.includes(-1) || values.length % 3 === 1) throw new Error("no base45");
  const out = [];
  for (let n = 0; n + 2 < values.length; n += 3) {
    const v = values[n] + 45 * values[n + 1] + 2025 * values[n + 2];
    if (v > 0xffff) throw new Error("no base45");
    out.push(v >> 8, v & 255);
  }
  if (values.length % 3 === 2) {
    const v = values.at(-2) + 45 * values.at(-1);
    if (v > 255) throw new Error("no base45");
    out.push(v);
  }
  return Uint8Array.from(out);
}

// What a token needs of CBOR (RFC 8949), definite lengths only; anything else is damage.
export function cbor(bytes) {
  let at = 0;
  const take = (n) => { if (at + n > bytes.length) throw new Error("cut short"); at += n; return bytes.subarray(at - n, at); };
  const number = (low) => {
    if (low < 24) return low;
    if (low > 27) throw new Error("not here");
    let v = 0;
    for (const b of take(1 << (low - 24))) v = v * 256 + b;
    return v;
  };
  const one = (deep) => {
    if (deep > 16) throw new Error("too deep");
    const head = take(1)[0], major = head >> 5, low = head & 31;
    if (major === 7) { if (low === 20 || low === 21) return low === 21; if (low === 22) return null; throw new Error("not here"); }
    const n = number(low);
    if (major === 0) return n;
    if (major === 1) return -1 - n;
    if (major === 2) return take(n).slice();
    if (major === 3) return new TextDecoder("utf-8", { fatal: true }).decode(take(n));
    if (major === 4) { const out = []; for (let i = 0; i < n; i++) out.push(one(deep + 1)); return out; }
    if (major === 5) { const out = new Map(); for (let i = 0; i < n; i++) { const k = one(deep + 1); out.set(k, one(deep + 1)); } return out; }
    return { tag: n, value: one(deep + 1) };
  };
  const found = one(0);
  if (at !== bytes.length) throw new Error("more than one");
  return found;
}

const hex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g).map((p) => parseInt(p, 16)));
const head = (major, n) => (n < 24 ? [major << 5 | n] : n < 256 ? [major << 5 | 24, n] : [major << 5 | 25, n >> 8, n & 255]);
const box = (bytes) => [...head(2, bytes.length), ...bytes];

export async function publicKeys(list) {
  const found = new Map();
  for (const k of list) {
    const raw = new Uint8Array([4, ...unhex(k.x), ...unhex(k.y)]);
    found.set(k.kid, await crypto.subtle.importKey("raw", raw, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]));
  }
  return found;
}

// {reason, said}; `at` in seconds since 1970, `seen`: token → seconds.
export async function verify(text, keys, { at, revoked = new Set(), seen = new Map(), again = 600 }) {
  text = text.trim();
  if (!text.startsWith(PREFIX)) return { reason: "no_pass" };
  let sign1, kid;
  try {
    sign1 = cbor(unbase45(text.slice(PREFIX.length)));
    if (sign1.tag === 61) sign1 = sign1.value;
    if (sign1.tag !== 18 || sign1.value.length !== 4 || sign1.value[3].length !== 64) throw new Error("no COSE_Sign1");
    sign1 = sign1.value;
    const header = cbor(sign1[0]);
    if (!(header.get(4) instanceof Uint8Array)) throw new Error("no key id");
    kid = hex(header.get(4));
  } catch (spoiled) { return { reason: "truncated" }; }
  const key = keys.get(kid);
  if (!key) return { reason: "unknown_key" };
  const signed = new Uint8Array([0x84, ...head(3, 10), ...new TextEncoder().encode("Signature1"), ...box(sign1[0]), 0x40, ...box(sign1[2])]);
  if (!(await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, sign1[3], signed))) return { reason: "forged" };
  let said;
  try {
    const c = cbor(sign1[2]), ours = c.get(OURS);
    said = { token: hex(c.get(7)), issuer: c.get(1), made: c.get(6), expires: c.get(4), order: Boolean(ours.get(1)), until: ours.has(2) ? ours.get(2) : null, kinds: ours.get(3), name: ours.get(4), last: ours.get(5) };
  } catch (spoiled) { return { reason: "truncated" }; }
  if (at < said.made - SKEW) return { reason: "not_yet", said };
  if (at >= said.expires) return { reason: "expired", said };
  if (revoked.has(said.token)) return { reason: "revoked", said };
  if (seen.has(said.token) && at - seen.get(said.token) < again) return { reason: "replayed", said };
  return { reason: "valid", said };
}

// What the gate does next; care in an emergency is answered before anything is looked at.
export const atGate = (purpose, verdict) =>
  purpose === "emergency" ? "let_in_look_inside" : !verdict || verdict.reason !== "valid" || !verdict.said ? "ask_document" : verdict.said.order ? "order_in_force" : "let_in";
