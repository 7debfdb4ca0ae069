/* A chain of transmission over time, to a hundred thousand links. A picture is drawn in slices of a few milliseconds beside the one that is seen, and shown when
   it is whole; meanwhile the old one is moved and stretched under the hand, so that nothing stands still. */
const canvas = document.getElementById('chain');
const words = canvas ? canvas.dataset : {};
const SLICE = 7, AXIS = 26, PAD = 18;
const colour = name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
const SHADES = { confirmed: 'c0', clinical: 'c1', suspected: 'c2', asymptomatic: 'c5', ruled_out: 'cx', '': 'cx' };

if (canvas) await start();

async function start() {
  const wait = document.getElementById('chain-wait');
  const answer = await fetch(words.src, { headers: { Accept: 'application/json' } });
  if (!answer.ok) { wait.textContent = String(answer.status); throw new Error('chain ' + answer.status); }
  draw(await answer.json());
  wait.remove();
}

function draw(told) {
  const n = told.id.length, m = told.from.length;
  const lastDay = told.day.reduce((a, d) => (d !== null && d > a ? d : a), 0);
  /* Who has no day stands a little to the right of all who have. */
  const x = Float32Array.from(told.day, d => (d === null ? lastDay + 2 : d)), y = Float32Array.from(told.lane);
  const from = Int32Array.from(told.from), to = Int32Array.from(told.to), above = Int32Array.from(told.drawn), kind = Uint8Array.from(told.class);
  const below = Array.from({ length: n }, () => []);
  for (let e = 0; e < m; e++) below[from[e]].push(to[e]);
  const infectors = new Uint16Array(n);
  for (let e = 0; e < m; e++) infectors[to[e]]++;

  let scale = { x: 1, y: 1 }, shift = { x: 0, y: 0 }, width = 0, height = 0, ratio = 1;
  let seen = null, making = null, picked = -1, lit = null, over = -1, longest = 0;
  const sx = v => v * scale.x + shift.x, sy = v => v * scale.y + shift.y;

  function size() {
    ratio = Math.min(devicePixelRatio || 1, 2);
    width = canvas.clientWidth; height = canvas.clientHeight;
    canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
  }
  function fit() {
    const days = Math.max(1, Math.max(...[lastDay, told.day.includes(null) ? lastDay + 2 : 0])), rows = Math.max(1, told.lanes - 1);
    scale = { x: Math.min(60, (width - 2 * PAD - 40) / days), y: Math.min(34, (height - AXIS - 2 * PAD) / rows) };
    shift = { x: PAD + 6, y: AXIS + PAD + (told.lanes === 1 ? 20 : 0) };
  }

  /* One picture: lines, then rivals' lines, then cases, then numbers. A generator, so that it can rest between slices. */
  function* picture(pen) {
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = colour('surface'); pen.fillRect(0, 0, width, height);
    axis(pen);
    pen.save(); pen.beginPath(); pen.rect(0, AXIS, width, height - AXIS); pen.clip();
    for (const rival of [false, true]) {
      pen.strokeStyle = colour(rival ? 'alarm' : 'line-strong'); pen.lineWidth = rival ? 1 : scale.y > 8 ? 1.4 : 0.7;
      pen.setLineDash(rival ? [4, 3] : []);
      pen.beginPath();
      for (let e = 0; e < m; e++) {
        if ((above[to[e]] !== from[e]) !== rival) continue;
        line(pen, from[e], to[e]);
        if (e % 400 === 399) { pen.stroke(); pen.beginPath(); yield; }
      }
      pen.stroke();
    }
    /* What is only thought of: dotted, beside everything that counts. */
    pen.strokeStyle = colour('muted'); pen.lineWidth = 1; pen.setLineDash([1, 4]); pen.beginPath();
    for (let e = 0; e < told.maybe_from.length; e++) { line(pen, told.maybe_from[e], told.maybe_to[e]); if (e % 400 === 399) { pen.stroke(); pen.beginPath(); yield; } }
    pen.stroke();
    pen.setLineDash([]);
    if (lit) {
      pen.strokeStyle = colour('accent'); pen.lineWidth = 2.4; pen.beginPath();
      for (let e = 0, k = 0; e < m; e++) if (lit.has(from[e]) && lit.has(to[e])) { line(pen, from[e], to[e]); if (++k % 400 === 0) { pen.stroke(); pen.beginPath(); yield; } }
      pen.stroke();
    }
    const r = Math.max(1.2, Math.min(6, scale.y * 0.34 + 1));
    for (let k = 0; k < told.classes.length; k++) {
      pen.fillStyle = colour(SHADES[told.classes[k][0]] || 'cx');
      pen.beginPath();
      for (let i = 0, drawn = 0; i < n; i++) {
        if (kind[i] !== k) continue;
        const px = sx(x[i]), py = sy(y[i]);
        if (px < -9 || px > width + 9 || py < AXIS - 9 || py > height + 9) continue;
        if (r < 2) pen.rect(px - r, py - r, 2 * r, 2 * r); else { pen.moveTo(px + r, py); pen.arc(px, py, r, 0, 7); }
        if (++drawn % 600 === 0) { pen.fill(); pen.beginPath(); yield; }
      }
      pen.fill();
      yield;
    }
    pen.font = '12px ' + colour('font'); pen.textBaseline = 'middle'; pen.fillStyle = colour('ink');
    if (scale.y >= 13) {
      for (let i = 0, drawn = 0; i < n && drawn < 600; i++) {
        const px = sx(x[i]), py = sy(y[i]);
        if (px < 0 || px > width || py < AXIS || py > height) continue;
        pen.fillText(told.number[i], px + r + 4, below[i].length ? py - 9 : py); drawn++;
      }
    }
    for (const i of [over, picked]) if (i >= 0) { pen.strokeStyle = colour('ink'); pen.lineWidth = 2; pen.beginPath(); pen.arc(sx(x[i]), sy(y[i]), r + 3, 0, 7); pen.stroke(); }
    pen.restore();
  }
  function line(pen, a, b) {
    const ax = sx(x[a]), ay = sy(y[a]), bx = sx(x[b]), by = sy(y[b]);
    if ((ay < AXIS && by < AXIS) || (ay > height && by > height) || (ax < 0 && bx < 0) || (ax > width && bx > width)) return;
    pen.moveTo(ax, ay);
    if (scale.y > 6 && bx > ax + 8) { pen.bezierCurveTo(ax + (bx - ax) * 0.5, ay, ax + (bx - ax) * 0.5, by, bx, by); } else pen.lineTo(bx, by);
  }
  function axis(pen) {
    pen.fillStyle = colour('raised'); pen.fillRect(0, 0, width, AXIS);
    pen.strokeStyle = colour('line'); pen.fillStyle = colour('muted'); pen.font = '12px ' + colour('font'); pen.textBaseline = 'middle'; pen.lineWidth = 1;
    if (!told.first) return;
    const begin = new Date(told.first + 'T00:00:00Z'), zh = words.zh === '1', room = 64 / scale.x;
    const step = [1, 2, 7, 14, 28, 56, 91, 182, 365].find(s => s >= room) || Math.ceil(room / 365) * 365;
    let year = '';
    pen.beginPath();
    for (let d = Math.max(0, Math.floor(-shift.x / scale.x / step) * step); d <= lastDay && sx(d) < width; d += step) {
      const at = new Date(begin.getTime() + d * 864e5), px = Math.round(sx(d)) + 0.5;
      if (px < 0) continue;
      const told_year = String(at.getUTCFullYear()), with_year = told_year !== year;
      year = told_year;
      const day = zh ? `${at.getUTCMonth() + 1}月${at.getUTCDate()}日` : at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
      pen.fillText(with_year ? (zh ? `${year.slice(2)}年${day}` : `${day} ${year.slice(2)}`) : day, px + 3, AXIS / 2);
      pen.moveTo(px, 0); pen.lineTo(px, height);
    }
    pen.stroke();
    if (told.day.includes(null)) pen.fillText(words.unknown, Math.min(width - 74, sx(lastDay + 2) - 20), AXIS / 2);
  }

  function show() {
    const pen = canvas.getContext('2d');
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = colour('surface'); pen.fillRect(0, 0, canvas.width, canvas.height);
    if (!seen) return;
    const kx = scale.x / seen.scale.x, ky = scale.y / seen.scale.y;
    const same = kx === 1 && ky === 1 && shift.x === seen.shift.x && shift.y === seen.shift.y;
    if (same) { pen.drawImage(seen.canvas, 0, 0); return; }
    pen.setTransform(kx, 0, 0, ky, (shift.x - seen.shift.x * kx) * ratio, (shift.y - seen.shift.y * ky) * ratio);
    pen.drawImage(seen.canvas, 0, 0);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0); axis(pen);
  }
  function make() {
    const beside = document.createElement('canvas');
    beside.width = canvas.width; beside.height = canvas.height;
    const mine = making = { steps: picture(beside.getContext('2d')), canvas: beside, scale: { ...scale }, shift: { ...shift } };
    const go = () => {
      if (making !== mine) return;
      const began = performance.now();
      let step;
      do { step = mine.steps.next(); } while (!step.done && performance.now() - began < SLICE);
      longest = Math.max(longest, performance.now() - began);
      if (!step.done) { requestAnimationFrame(go); return; }
      seen = mine; making = null; show();
      canvas.dataset.longest = longest.toFixed(1);
      canvas.dataset.ready = String(Number(canvas.dataset.ready || 0) + 1);
    };
    go();
  }
  let later = 0;
  function changed(wait = 0) { show(); making = null; clearTimeout(later); if (wait) later = setTimeout(make, wait); else make(); }

  function nearest(px, py, reach = 14) {
    let best = -1, least = reach * reach;
    for (let i = 0; i < n; i++) { const dx = sx(x[i]) - px, dy = sy(y[i]) - py, d = dx * dx + dy * dy; if (d < least) { least = d; best = i; } }
    return best;
  }
  function around(i) {
    const found = new Set([i]);
    const stack = [i];
    while (stack.length) for (const j of below[stack.pop()]) if (!found.has(j)) { found.add(j); stack.push(j); }
    for (let up = above[i], k = 0; up >= 0 && k < n && !found.has(up); up = above[up], k++) found.add(up);
    return found;
  }
  function said(i) {
    const day = told.day[i] === null ? words.unknown : new Date(new Date(told.first + 'T00:00:00Z').getTime() + told.day[i] * 864e5).toISOString().slice(0, 10);
    const g = told.generation[i] === null ? words.circle : `${words.generation} ${told.generation[i]}`;
    return [told.classes[kind[i]][1], day, g, `${words.infected} ${below[i].length}`, infectors[i] > 1 ? `${words.rivals} ${infectors[i]}` : '', told.outside[i] ? `${words.elsewhere} ${told.outside[i]}` : ''].filter(Boolean).join(' · ');
  }
  function pick(i) {
    picked = i; lit = i < 0 ? null : around(i);
    const one = document.getElementById('chain-one'), text = one.querySelector('span');
    if (i >= 0) {
      text.textContent = `${told.number[i] || '—'} · ${said(i)}`;
      const open = document.getElementById('chain-case'), alone = document.getElementById('chain-around');
      open.href = words.case.replace('00000000-0000-0000-0000-000000000000', told.id[i]);
      alone.href = words.around + (words.around.includes('?') ? '&' : '?') + 'around=' + told.id[i];
      for (const link of [open, alone]) link.classList.remove('hidden');
    }
    canvas.dataset.picked = i < 0 ? '' : told.number[i];
    changed();
  }
  const tip = document.getElementById('chain-tip');
  function point(event) {
    const i = nearest(event.offsetX, event.offsetY);
    if (i === over) return;
    over = i;
    canvas.style.cursor = i < 0 ? 'grab' : 'pointer';
    tip.classList.toggle('hidden', i < 0);
    if (i < 0) return;
    tip.textContent = '';
    const name = document.createElement('b');
    name.textContent = told.number[i] || '—';
    tip.append(name, document.createElement('br'), said(i));
    tip.style.left = Math.max(4, Math.min(event.offsetX + 14, width - 240)) + 'px';
    tip.style.top = event.offsetY + 16 + 'px';
  }
  function zoom(factor, px = width / 2, py = height / 2, only = '') {
    const kx = only === 'y' ? 1 : Math.min(400 / scale.x, factor), ky = only === 'x' ? 1 : Math.min(60 / scale.y, factor);
    scale = { x: scale.x * kx, y: scale.y * ky };
    shift = { x: px - (px - shift.x) * kx, y: py - (py - shift.y) * ky };
    changed(60);
  }
  function into(i) {
    const px = sx(x[i]), py = sy(y[i]);
    if (px < 40) shift.x += 40 - px; else if (px > width - 110) shift.x += width - 110 - px;
    if (py < AXIS + 30) shift.y += AXIS + 30 - py; else if (py > height - 30) shift.y += height - 30 - py;
  }

  const fingers = new Map();
  let moved = 0;
  canvas.addEventListener('pointerdown', e => { canvas.setPointerCapture(e.pointerId); fingers.set(e.pointerId, { x: e.offsetX, y: e.offsetY }); moved = 0; });
  canvas.addEventListener('pointermove', e => {
    const was = fingers.get(e.pointerId);
    if (!was) { point(e); return; }
    const now = { x: e.offsetX, y: e.offsetY };
    if (fingers.size === 2) {
      const other = [...fingers].find(([id]) => id !== e.pointerId)[1];
      const before = Math.hypot(was.x - other.x, was.y - other.y), after = Math.hypot(now.x - other.x, now.y - other.y);
      if (before > 0) zoom(after / before, other.x, other.y);
      moved = 99;
    } else {
      moved += Math.abs(now.x - was.x) + Math.abs(now.y - was.y);
      if (moved > 4) { shift = { x: shift.x + now.x - was.x, y: shift.y + now.y - was.y }; tip.classList.add('hidden'); changed(60); }
    }
    fingers.set(e.pointerId, now);
  });
  for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, e => { const was = fingers.delete(e.pointerId); if (end === 'pointerup' && was && moved <= 4) { const i = nearest(e.offsetX, e.offsetY, 22); if (i >= 0) pick(i); } });
  canvas.addEventListener('pointerleave', () => { over = -1; tip.classList.add('hidden'); });
  canvas.addEventListener('dblclick', e => { const i = nearest(e.offsetX, e.offsetY, 22); if (i >= 0) location.href = words.case.replace('00000000-0000-0000-0000-000000000000', told.id[i]); });
  canvas.addEventListener('wheel', e => { if (!e.ctrlKey && !e.metaKey && document.activeElement !== canvas) return; e.preventDefault(); zoom(Math.exp(-e.deltaY * 0.0015), e.offsetX, e.offsetY, e.shiftKey ? 'x' : ''); }, { passive: false });
  canvas.addEventListener('keydown', e => {
    const parts = { '+': 1.4, '=': 1.4, '-': 1 / 1.4 };
    if (parts[e.key]) { zoom(parts[e.key]); e.preventDefault(); return; }
    if (e.key === '0') { fit(); changed(); e.preventDefault(); return; }
    if (e.key === 'Enter' && picked >= 0) { document.getElementById('chain-case').click(); return; }
    if (!e.key.startsWith('Arrow')) return;
    e.preventDefault();
    let next = picked;
    if (picked < 0) next = 0;
    else if (e.key === 'ArrowLeft') next = above[picked];
    else if (e.key === 'ArrowRight') next = below[picked].length ? below[picked][0] : picked;
    else {
      /* The next one up or down: among brothers, else the nearest row. */
      const down = e.key === 'ArrowDown' ? 1 : -1;
      let least = Infinity;
      for (let i = 0; i < n; i++) { const gap = (y[i] - y[picked]) * down; if (i !== picked && gap > 0 && gap + Math.abs(x[i] - x[picked]) * 0.001 < least) { least = gap + Math.abs(x[i] - x[picked]) * 0.001; next = i; } }
    }
    if (next >= 0 && next !== picked) { into(next); pick(next); }
  });
  for (const button of document.querySelectorAll('[data-chain]')) button.addEventListener('click', () => { if (button.dataset.chain === 'fit') { fit(); changed(); } else zoom(button.dataset.chain === 'in' ? 1.6 : 1 / 1.6); });
  document.addEventListener('sizao:theme', () => changed());
  new ResizeObserver(() => { const was = width; size(); if (!was) fit(); changed(); }).observe(canvas);

  /* Few rows need little room, many all there is. */
  canvas.style.height = Math.round(Math.max(160, Math.min(innerHeight * 0.62, told.lanes * 26 + AXIS + 2 * PAD))) + 'px';
  size(); fit();
  canvas.dataset.cases = String(n); canvas.dataset.links = String(m);
  make();
}
