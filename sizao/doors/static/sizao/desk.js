/* The keyboard of the desk: / finds, j and k walk the rows, Enter opens, ? says so. Nothing here is needed to do the work; it makes it quick. */
(function () {
  'use strict';
  function typing(e) { return e.target.closest('input, textarea, select, [contenteditable]') || e.ctrlKey || e.metaKey || e.altKey; }
  function rows() { return Array.prototype.filter.call(document.querySelectorAll('a.go'), function (a) { return a.offsetParent !== null; }); }
  function walk(step) {
    var all = rows(), at = all.indexOf(document.activeElement), next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))];
    if (next) { next.focus(); next.scrollIntoView({ block: 'nearest' }); }
  }
  document.addEventListener('keydown', function (e) {
    if (typing(e)) { if (e.key === 'Escape') e.target.blur(); return; }
    if (e.key === '/') { var box = document.getElementById('find'); if (box) { e.preventDefault(); box.focus(); box.select(); } }
    else if (e.key === 'j' || e.key === 'k') { e.preventDefault(); walk(e.key === 'j' ? 1 : -1); }
    else if (e.key === 'u') { var up = document.querySelector('.crumbs a:last-of-type'); if (up) up.click(); }
    else if (e.key === '?') { var help = document.getElementById('keys'); if (help && help.showModal) help.showModal(); }
  });
  document.addEventListener('click', function (e) {
    var act = e.target.closest('[data-do]');
    if (!act) return;
    if (act.dataset.do === 'theme') window.sizaoTheme();
    if (act.dataset.do === 'print') window.print();
    if (act.dataset.do === 'keys') document.getElementById('keys').showModal();
    if (act.dataset.do === 'close') act.closest('dialog').close();
  });
  document.addEventListener('change', function (e) { if (e.target.matches('[data-submit]')) e.target.form.requestSubmit(); });
  document.addEventListener('submit', function (e) {
    if (e.target.hasAttribute('hx-post')) return;
    Array.prototype.forEach.call(e.target.querySelectorAll('button[data-once]'), function (b) { setTimeout(function () { b.disabled = true; b.textContent = b.dataset.once; }, 0); });
  });
  /* Files may be dropped on the box that asks for them. */
  Array.prototype.forEach.call(document.querySelectorAll('.drop'), function (drop) {
    var input = drop.querySelector('input[type=file]');
    drop.addEventListener('dragover', function (e) { e.preventDefault(); drop.classList.add('over'); });
    drop.addEventListener('dragleave', function () { drop.classList.remove('over'); });
    drop.addEventListener('drop', function (e) { e.preventDefault(); drop.classList.remove('over'); input.files = e.dataTransfer.files; input.dispatchEvent(new Event('change')); });
  });
})();
