/* Drawings of figures are whole without this. It says the row of the table that belongs to the place under the pointer, or under the cursor that arrow keys move; Enter opens that row's list. */
(function () {
  'use strict';
  function of(svg) {
    var plot = svg.dataset.plot.split(' ').map(Number), many = Number(svg.dataset.slots);
    return { plot: plot, many: many, table: document.getElementById('t-' + svg.dataset.chart), said: document.getElementById('at-' + svg.dataset.chart), wide: svg.viewBox.baseVal.width };
  }
  function row(o, slot) { return o.table && o.table.querySelector('tr[data-slot="' + slot + '"]'); }
  function show(svg, slot) {
    var o = of(svg), found = row(o, slot), mark = svg.querySelector('.x-at');
    if (!mark) { mark = document.createElementNS('http://www.w3.org/2000/svg', 'line'); mark.setAttribute('class', 'x-at'); svg.append(mark); }
    var x = o.plot[0] + (slot + 0.5) * (o.plot[2] - o.plot[0]) / o.many;
    mark.setAttribute('x1', x); mark.setAttribute('x2', x); mark.setAttribute('y1', o.plot[1]); mark.setAttribute('y2', o.plot[3]);
    svg.dataset.at = slot;
    if (!o.said || !found) return;
    var heads = o.table.querySelectorAll('thead th'), text = [];
    Array.prototype.forEach.call(found.children, function (cell, n) {
      var words = cell.textContent.trim();
      if (n && words && words !== '—' && words !== '0') text.push((heads[n] ? heads[n].textContent.trim() + ' ' : '') + words);
    });
    var name = document.createElement('b'); name.textContent = found.children[0].textContent.trim();
    o.said.replaceChildren(name, ' ' + text.join(' · '));
    Array.prototype.forEach.call(o.table.querySelectorAll('tr.at'), function (r) { r.classList.remove('at'); });
    found.classList.add('at');
  }
  function slotOf(svg, e) {
    var o = of(svg), box = svg.getBoundingClientRect(), x = (e.clientX - box.left) / box.width * o.wide, step = (o.plot[2] - o.plot[0]) / o.many, n = Math.floor((x - o.plot[0]) / step);
    return n >= 0 && n < o.many ? n : null;
  }
  function chart(e) { var svg = e.target.closest && e.target.closest('svg.chart'); return svg && Number(svg.dataset.slots) ? svg : null; }
  document.addEventListener('pointermove', function (e) { var svg = chart(e); if (!svg) return; var n = slotOf(svg, e); if (n !== null && String(n) !== svg.dataset.at) show(svg, n); });
  document.addEventListener('click', function (e) {
    var svg = chart(e); if (!svg) return;
    var n = slotOf(svg, e); if (n !== null) show(svg, n);
  });
  document.addEventListener('dblclick', function (e) { var svg = chart(e); if (svg) open(svg); });
  function open(svg) { var found = row(of(svg), svg.dataset.at), way = found && found.querySelector('a'); if (way) way.click(); }
  document.addEventListener('keydown', function (e) {
    var svg = chart(e); if (!svg || e.target !== svg || e.ctrlKey || e.metaKey || e.altKey) return;
    var many = Number(svg.dataset.slots), at = svg.dataset.at === undefined ? many : Number(svg.dataset.at), step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -7, PageDown: 7 }[e.key];
    if (step) at = Math.min(many - 1, Math.max(0, at + step));
    else if (e.key === 'Home') at = 0;
    else if (e.key === 'End') at = many - 1;
    else { if (e.key === 'Enter') open(svg); return; }
    e.preventDefault(); show(svg, at);
  });
})();
