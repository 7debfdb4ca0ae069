// What is recorded at a gateway, until the server has answered for it. Records lie in IndexedDB under ids that are made here, sealed (`/device/vault.js`); what was shown
// goes with the record and is gone from the device as soon as it is answered.
const vault = window.vault;
const NAME = "sizao-gate", STORES = ["waiting", "refused"];

const wish = (request) => new Promise((good, bad) => { request.onsuccess = () => good(request.result); request.onerror = () => bad(request.error); });

async function base() {
  const asked = indexedDB.open(NAME, 1);
  asked.onupgradeneeded = () => STORES.forEach((s) => asked.result.createObjectStore(s, { keyPath: "id" }));
  return wish(asked);
}

async function within(store, mode, work) {
  const db = await base();
  try {
    const change = db.transaction(store, mode), found = await work(change);
    if (mode === "readwrite") await new Promise((good, bad) => { change.oncomplete = good; change.onerror = () => bad(change.error); change.onabort = () => bad(change.error); });
    return found;
  } finally { db.close(); }
}

export const id = () => crypto.randomUUID ? crypto.randomUUID() : [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
export const keep = async (record) => {
  const sealed = await vault.seal(record.id, record, { id: record.id });
  return within("waiting", "readwrite", (c) => wish(c.objectStore("waiting").put(sealed)));
};
// Those that can be opened here: the signed-in user's own.
export const waiting = async (most = Infinity) => {
  const found = [];
  for (const row of await within("waiting", "readonly", (c) => wish(c.objectStore("waiting").getAll()))) {
    if (found.length >= most) break;
    const record = await vault.unseal(row.id, row);
    if (record) found.push(record);
  }
  return found;
};
export const lying = () => within("waiting", "readonly", (c) => wish(c.objectStore("waiting").count()));
// What an earlier version kept open is sealed.
export const mend = async () => { for (const row of await within("waiting", "readonly", (c) => wish(c.objectStore("waiting").getAll()))) if (!row.box) await keep(row); };
export const refused = () => within("refused", "readonly", (c) => wish(c.objectStore("refused").getAll()));
export const drop = (key) => within("refused", "readwrite", (c) => wish(c.objectStore("refused").delete(key)));

// Every record that is answered leaves the queue in one transaction; what was not taken stays to be looked at, without what was shown.
export const settle = (records, answers) => within(STORES, "readwrite", async (c) => {
  const by = new Map(answers.map((a) => [a.id, a]));
  for (const record of records) {
    const answer = by.get(record.id);
    if (!answer) continue;
    await wish(c.objectStore("waiting").delete(record.id));
    if (answer.kind === "invalid" || answer.kind === "old") await wish(c.objectStore("refused").put({ id: record.id, at: record.at, text: answer.text, code: answer.code, shown: "" }));
  }
});
