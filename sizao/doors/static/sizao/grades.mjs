/* The map of grades by day. Each row of the table carries one letter a day; the slider reads them, so the map and the table cannot differ. */
const table = document.getElementById('by-day');
const slider = document.getElementById('day'), said = document.getElementById('day-said'), play = document.getElementById('play'), here = document.getElementById('day-here');
const rows = [...table.querySelectorAll('tr[data-code]')];
/* "llow|mmedium|…": a letter and its word, in the order of the legend. */
const words = Object.fromEntries(table.dataset.words.split('|').map(one => [one[0], one.slice(1)]));
const shade = { l: 'c5', m: 'c3', h: 'c1', n: 'cn', x: 'cx' };
const svg = document.getElementById('grade-map');
const layer = () => document.querySelector('input[name="layer"]:checked').value;

function dayOf(n) {
  const first = new Date(table.dataset.first + 'T00:00:00Z');
  first.setUTCDate(first.getUTCDate() + n);
  return first.toISOString().slice(0, 10);
}

function show() {
  const n = Number(slider.value), which = layer();
  said.textContent = here.textContent = dayOf(n);
  slider.setAttribute('aria-valuetext', dayOf(n));
  for (const row of rows) {
    for (const name of ['force', 'rules']) row.querySelector(`[data-cell="${name}"]`).textContent = words[row.dataset[name][n]];
    const mark = row.dataset[which][n], code = CSS.escape(row.dataset.code);
    const path = svg && svg.querySelector(`[data-shape="${code}"]`);
    if (!path) continue;
    path.setAttribute('class', 'f-' + shade[mark]);
    path.dataset.grade = mark;
    const name = svg.querySelector(`[data-name="${code}"]`), word = svg.querySelector(`[data-word="${code}"]`);
    if (name) { name.textContent = row.dataset.title; name.setAttribute('class', 'i-' + shade[mark]); }
    if (word) { word.textContent = words[mark]; word.setAttribute('class', 'sm i-' + shade[mark]); }
  }
  fit();
}

/* Names keep their size on a phone, and those that would not fit their shape are left to the table; so is the grade below a name where the shape is flat. */
function fit() {
  if (!svg || !svg.clientWidth) return;
  const k = Math.max(1, Math.min(2.4, svg.viewBox.baseVal.width / svg.clientWidth));
  svg.style.setProperty('--k', k);
  for (const word of svg.querySelectorAll('[data-word]')) {
    const name = svg.querySelector(`[data-name="${CSS.escape(word.dataset.word)}"]`), path = svg.querySelector(`[data-shape="${CSS.escape(word.dataset.word)}"]`);
    name.dataset.y = name.dataset.y || name.getAttribute('y');
    name.setAttribute('y', Number(name.dataset.y) - 8 * (k - 1));
    word.setAttribute('y', Number(name.getAttribute('y')) + 16 * k);
    const box = path.getBBox(), tight = name.getComputedTextLength() > box.width, flat = box.height < 48 * k;
    name.classList.toggle('hidden', tight);
    word.classList.toggle('hidden', tight || flat);
  }
}

slider.addEventListener('input', show);
window.addEventListener('resize', fit);
for (const one of document.querySelectorAll('input[name="layer"]')) one.addEventListener('change', show);

let timer = 0;
function stop() { clearInterval(timer); timer = 0; play.textContent = play.dataset.go; }
play.addEventListener('click', () => {
  if (timer) { stop(); return; }
  if (slider.value === slider.max) slider.value = slider.min;
  play.textContent = play.dataset.stop;
  show();
  timer = setInterval(() => {
    if (slider.value === slider.max) { stop(); return; }
    slider.value = Number(slider.value) + 1;
    show();
  }, 350);
});

function point(code) { if (svg) for (const path of svg.querySelectorAll('[data-shape]')) path.setAttribute('aria-selected', path.dataset.shape === code ? 'true' : 'false'); }
for (const event of ['mouseover', 'focusin']) table.addEventListener(event, e => { const row = e.target.closest('tr[data-code]'); if (row) point(row.dataset.code); });
table.addEventListener('mouseleave', () => point(''));
if (svg) {
  svg.addEventListener('click', e => { const path = e.target.closest('[data-shape]'); if (path) rows.find(r => r.dataset.code === path.dataset.shape)?.querySelector('a.go').click(); });
}

/* What is taken away carries its own colours, its day and its legend: it must be read without this page. */
function alone() {
  const copy = svg.cloneNode(true), style = getComputedStyle(document.documentElement), box = svg.viewBox.baseVal;
  const real = [...svg.querySelectorAll('path, text')], mine = [...copy.querySelectorAll('path, text')];
  const hatched = style.getPropertyValue('--cx').trim();
  real.forEach((node, i) => {
    if (node.classList.contains('hidden')) { mine[i].remove(); return; }
    const css = getComputedStyle(node), mark = node.dataset.grade;
    mine[i].removeAttribute('class');
    mine[i].setAttribute('fill', mark === 'x' ? hatched : css.fill);
    if (node.tagName === 'path') { mine[i].setAttribute('stroke', css.stroke); mine[i].setAttribute('stroke-width', '1.4'); }
    else { mine[i].setAttribute('font-family', 'sans-serif'); mine[i].setAttribute('font-size', css.fontSize); mine[i].setAttribute('font-weight', css.fontWeight); }
  });
  const ns = 'http://www.w3.org/2000/svg', high = box.height + 54;
  copy.setAttribute('xmlns', ns);
  copy.setAttribute('viewBox', `0 0 ${box.width} ${high}`);
  copy.setAttribute('width', box.width); copy.setAttribute('height', high);
  const add = (tag, given, text) => { const e = document.createElementNS(ns, tag); for (const [k, v] of Object.entries(given)) e.setAttribute(k, v); if (text) e.textContent = text; copy.append(e); return e; };
  copy.prepend(add('rect', { width: box.width, height: high, fill: style.getPropertyValue('--surface').trim() }));
  const ink = style.getPropertyValue('--ink').trim();
  add('text', { x: 10, y: box.height + 22, 'font-family': 'sans-serif', 'font-size': 14, 'font-weight': 600, fill: ink }, `${document.querySelector('h1').innerText.replace(/\s+/g, ' ')} · ${said.textContent} · ${document.querySelector('input[name="layer"]:checked').parentElement.innerText.trim()}`);
  let x = 10;
  for (const [mark, word] of Object.entries(words)) {
    const fill = style.getPropertyValue('--' + (mark === 'n' ? 'raised' : shade[mark])).trim();
    add('rect', { x, y: box.height + 32, width: 14, height: 12, fill, stroke: style.getPropertyValue('--line-strong').trim() });
    add('text', { x: x + 20, y: box.height + 43, 'font-family': 'sans-serif', 'font-size': 12.5, fill: ink }, word);
    x += 44 + [...word].reduce((w, c) => w + (c.charCodeAt(0) > 0x2e80 ? 13 : 7), 0);
  }
  return new XMLSerializer().serializeToString(copy);
}

function save(blob, kind) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `grades-${said.textContent}.${kind}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

for (const button of document.querySelectorAll('[data-save]')) button.addEventListener('click', () => {
  const text = alone(), picture = new Blob([text], { type: 'image/svg+xml' });
  if (button.dataset.save === 'svg') { save(picture, 'svg'); return; }
  const image = new Image(), address = URL.createObjectURL(picture);
  image.onload = () => {
    const canvas = document.createElement('canvas');
    canvas.width = image.width * 2; canvas.height = image.height * 2;
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(address);
    canvas.toBlob(made => save(made, 'png'), 'image/png');
  };
  image.src = address;
});

show();
fit();
