// What is recorded at a gateway, until the server has answered for it. Records lie in IndexedDB under ids that are made here, sealed (`/device/vault.js`); what was shown
// goes with the record and is gone from the device as soon as it is answered.
const shelf = window.vault.shelf("sizao-gate", ["waiting", "refused"], true);

export const id = window.vault.id;
export const keep = (record) => shelf.put("waiting", record.id, record);
// Those that can be opened here: the signed-in user's own.
export const waiting = (most) => shelf.all("waiting", most);
export const lying = () => shelf.count("waiting");
// What an earlier version kept open is sealed.
export const mend = async () => { for (const row of await shelf.raw("waiting")) if (!row.box) await keep(row); };
export const refused = () => shelf.raw("refused");
// What is typed at a gateway and not recorded yet lies sealed too, each user's by itself.
const drafts = window.vault.field;
export const begun = async (where) => (await drafts.all("drafts")).find((r) => r.gate === where) || null;
export const remember = (where, values) => { const key = `${where}/${window.vault.kid()}`; return drafts.put("drafts", key, { gate: where, key, values }); };
export async function recorded(where) { for (const row of await drafts.all("drafts")) if (row.gate === where) await drafts.drop("drafts", row.key); }
export const drop = (key) => shelf.drop("refused", key);

// Every record that is answered leaves the queue in one transaction; what was not taken stays to be looked at, without what was shown.
export function settle(records, answers) {
  const by = new Map(answers.map((a) => [a.id, a])), ins = [], outs = [];
  for (const record of records) {
    const answer = by.get(record.id);
    if (!answer) continue;
    outs.push(["waiting", record.id]);
    if (answer.kind === "invalid" || answer.kind === "old") ins.push(["refused", { id: record.id, at: record.at, text: answer.text, code: answer.code, shown: "" }]);
  }
  return shelf.settle(ins, outs);
}
