/* The map of one area's parts. Shapes come from our own server; the colours are those of the table beside it, so the two cannot differ.
   Nothing else is fetched: no tiles, no fonts, no base map. */
const box = document.getElementById('map');
const { Map: MapLibre, Marker, NavigationControl, LngLatBounds, setWorkerUrl } = await import(box.dataset.maplibre);
setWorkerUrl(box.dataset.worker);

const colour = name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
const rows = () => [...document.querySelectorAll('#areas tr[data-code]')];

function paint() {
  const fills = { cn: colour('raised') };
  for (const s of ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'cx']) fills[s] = colour(s);
  return fills;
}

function hatch() {
  const size = 12, canvas = document.createElement('canvas'), pen = canvas.getContext('2d');
  canvas.width = canvas.height = size;
  pen.fillStyle = colour('cx'); pen.fillRect(0, 0, size, size);
  pen.strokeStyle = colour('surface'); pen.lineWidth = 3;
  for (const d of [-size, 0, size]) { pen.beginPath(); pen.moveTo(d, size); pen.lineTo(d + size, 0); pen.stroke(); }
  return pen.getImageData(0, 0, size, size);
}

/* Every shape takes its step and words from its row; a shape without a row owes nothing. */
function coloured(shapes) {
  const by = new globalThis.Map(rows().map(r => [r.dataset.code, r.dataset]));
  return { ...shapes, features: shapes.features.map(f => {
    const row = by.get(f.properties.code);
    return { ...f, properties: { ...f.properties, shade: row ? row.shade : 'cn', name: row ? row.name : f.properties.name, tip: row ? row.tip : '' } };
  }) };
}

function around(shapes) {
  const bounds = new LngLatBounds();
  const walk = c => (typeof c[0] === 'number' ? bounds.extend(c) : c.forEach(walk));
  shapes.features.forEach(f => walk(f.geometry.coordinates));
  return bounds;
}

const answer = await fetch(box.dataset.shapes, { headers: { Accept: 'application/geo+json' } });
if (!answer.ok) throw new Error('shapes ' + answer.status);
const shapes = await answer.json();

const map = new MapLibre({
  container: box, locale: { 'NavigationControl.ZoomIn': box.dataset.in, 'NavigationControl.ZoomOut': box.dataset.out }, attributionControl: false, dragRotate: false, pitchWithRotate: false, bounds: around(shapes), fitBoundsOptions: { padding: 22 },
  style: { version: 8, sources: {}, layers: [{ id: 'ground', type: 'background', paint: { 'background-color': colour('ground') } }] },
});
map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
map.touchZoomRotate.disableRotation();

function draw() {
  const fills = paint();
  if (map.hasImage('hatch')) map.removeImage('hatch');
  map.addImage('hatch', hatch());
  map.addSource('areas', { type: 'geojson', data: coloured(shapes) });
  map.addLayer({ id: 'fill', type: 'fill', source: 'areas', filter: ['!=', ['get', 'shade'], 'cx'], paint: { 'fill-color': ['match', ['get', 'shade'], ...Object.entries(fills).flat(), fills.cn] } });
  map.addLayer({ id: 'untold', type: 'fill', source: 'areas', filter: ['==', ['get', 'shade'], 'cx'], paint: { 'fill-pattern': 'hatch' } });
  map.addLayer({ id: 'edge', type: 'line', source: 'areas', paint: { 'line-color': colour('surface'), 'line-width': 1.2 } });
  map.addLayer({ id: 'over', type: 'line', source: 'areas', filter: ['==', ['get', 'code'], ''], paint: { 'line-color': colour('ink'), 'line-width': 3 } });
}

/* Name, coverage and what is missing stand on the shape itself: colour alone tells nobody anything. */
let marks = [];
function middle(geometry) {
  const rings = geometry.type === 'Polygon' ? [geometry.coordinates[0]] : geometry.coordinates.map(p => p[0]);
  let best = null, most = -1;
  for (const ring of rings) {
    let area = 0, x = 0, y = 0;
    for (let i = 0; i + 1 < ring.length; i++) { const c = ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1]; area += c; x += (ring[i][0] + ring[i + 1][0]) * c; y += (ring[i][1] + ring[i + 1][1]) * c; }
    if (Math.abs(area) > most) { most = Math.abs(area); best = area ? [x / (3 * area), y / (3 * area)] : ring[0]; }
  }
  return best;
}
function label() {
  marks.forEach(m => m.remove());
  marks = shapes.features.length > 60 ? [] : coloured(shapes).features.map(f => {
    const box = document.createElement('div'), share = document.createElement('b');
    const [percent, missing] = f.properties.tip.split(' · ');
    box.className = 'spot m-' + f.properties.shade;
    share.textContent = percent || '';
    box.append(f.properties.name, share, missing || '');
    return new Marker({ element: box }).setLngLat(middle(f.geometry)).addTo(map);
  });
  crowd();
}
/* Labels that would not fit their neighbours are left to the table. */
function crowd() {
  const taken = [];
  for (const m of marks) {
    const e = m.getElement(); e.classList.remove('hidden');
    const r = e.getBoundingClientRect();
    const hit = taken.some(t => r.left < t.right && t.left < r.right && r.top < t.bottom && t.top < r.bottom);
    e.classList.toggle('hidden', hit);
    if (!hit) taken.push(r);
  }
}
map.on('moveend', crowd);

map.on('load', () => {
  draw();
  label();
  map.once('idle', () => { box.dataset.ready = '1'; });
});
map.on('error', e => { box.dataset.error = String(e.error || e); });

const tip = document.createElement('div');
tip.className = 'tip hidden';
box.parentElement.append(tip);

function point(code) {
  if (map.getLayer('over')) map.setFilter('over', ['==', ['get', 'code'], code || '']);
  for (const r of rows()) r.setAttribute('aria-selected', r.dataset.code === code ? 'true' : 'false');
}

for (const layer of ['fill', 'untold']) {
  map.on('mousemove', layer, e => {
    const f = e.features[0];
    map.getCanvas().style.cursor = 'pointer';
    point(f.properties.code);
    tip.textContent = '';
    const name = document.createElement('b'); name.textContent = f.properties.name;
    tip.append(name, document.createElement('br'), f.properties.tip);
    tip.classList.remove('hidden');
    tip.style.left = Math.min(e.point.x + 14, box.clientWidth - 180) + 'px';
    tip.style.top = e.point.y + 14 + 'px';
  });
  map.on('mouseleave', layer, () => { map.getCanvas().style.cursor = ''; point(''); tip.classList.add('hidden'); });
  map.on('click', layer, e => {
    const row = rows().find(r => r.dataset.code === e.features[0].properties.code);
    if (row) row.querySelector('a.go').click();
  });
}
document.addEventListener('mouseover', e => { const row = e.target.closest && e.target.closest('#areas tr[data-code]'); if (row) point(row.dataset.code); });
document.addEventListener('focusin', e => { const row = e.target.closest && e.target.closest('#areas tr[data-code]'); if (row) point(row.dataset.code); });
document.addEventListener('htmx:after:swap', () => { const s = map.getSource('areas'); if (s) { s.setData(coloured(shapes)); label(); } });
document.addEventListener('sizao:theme', () => {
  for (const id of ['over', 'edge', 'untold', 'fill']) if (map.getLayer(id)) map.removeLayer(id);
  if (map.getSource('areas')) map.removeSource('areas');
  map.setPaintProperty('ground', 'background-color', colour('ground'));
  draw();
});
