/* The keyboard of the desk: / finds, j and k walk the rows, Enter opens, ? says so. Nothing here is needed to do the work; it makes it quick. */
(function () {
  'use strict';
  function typing(e) { return e.target.closest('input, textarea, select, [contenteditable]') || e.ctrlKey || e.metaKey || e.altKey; }
  function rows() { return Array.prototype.filter.call(document.querySelectorAll('a.go'), function (a) { return a.offsetParent !== null; }); }
  function walk(step) {
    var all = rows(), at = all.indexOf(document.activeElement);
    if (at < 0) at = all.findIndex(function (a) { return a.dataset.open !== undefined && a.getAttribute('aria-current'); });
    var next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))];
    if (next) { next.focus(); next.scrollIntoView({ block: 'nearest' }); if (next.dataset.open !== undefined && !next.getAttribute('aria-current')) next.click(); }
  }
  /* Single keys may be switched off by who speaks to the computer, or whose hands press two at a time. */
  function off() { try { return localStorage.getItem('sizao-keys') === 'off'; } catch (e) { return false; } }
  var single = document.getElementById('keys-on');
  if (single) {
    single.checked = !off();
    single.addEventListener('change', function () { try { localStorage.setItem('sizao-keys', single.checked ? 'on' : 'off'); } catch (e) { /* then for this page only */ } });
  }
  document.addEventListener('keydown', function (e) {
    if (typing(e)) { if (e.key === 'Escape') e.target.blur(); return; }
    if (single && !single.checked) return;
    if (e.key === '/') { var box = document.getElementById('find'); if (box) { e.preventDefault(); box.focus(); box.select(); } }
    else if (e.key === 'j' || e.key === 'k') { e.preventDefault(); walk(e.key === 'j' ? 1 : -1); }
    else if (document.querySelector('button[data-key="' + CSS.escape(e.key) + '"]')) { e.preventDefault(); document.querySelector('button[data-key="' + CSS.escape(e.key) + '"]').click(); }
    else if (document.querySelector('a[data-key-link="' + CSS.escape(e.key) + '"]')) {
      e.preventDefault();
      var way = document.querySelector('a[data-key-link="' + CSS.escape(e.key) + '"]'), part = way.hash && way.pathname === location.pathname && document.querySelector(way.hash);
      if (part) { part.setAttribute('tabindex', '-1'); part.scrollIntoView({ block: 'start' }); part.focus({ preventScroll: true }); } else way.click();
    }
    else if (e.key === 'u') { var up = document.querySelector('.crumbs a:last-of-type'); if (up) up.click(); }
    else if (e.key === '?') { var help = document.getElementById('keys'); if (help && help.showModal) help.showModal(); }
  });
  Array.prototype.forEach.call(document.querySelectorAll('[data-look]'), function (box) { box.checked = document.documentElement.getAttribute('data-' + box.dataset.look) === box.dataset.on; });
  document.addEventListener('change', function (e) { if (e.target.dataset.look) window.sizaoLook(e.target.dataset.look, e.target.checked ? e.target.dataset.on : ''); });
  document.addEventListener('click', function (e) {
    var act = e.target.closest('[data-do]');
    if (!act) return;
    if (act.dataset.do === 'theme') window.sizaoTheme();
    if (act.dataset.do === 'print') window.print();
    if (act.dataset.do === 'keys') document.getElementById('keys').showModal();
    if (act.dataset.do === 'close') act.closest('dialog').close();
  });
  /* What an address or a print-out is about is unfolded. */
  function unfold() { var at = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1))); if (at && at.tagName === 'DETAILS') { at.open = true; requestAnimationFrame(function () { at.scrollIntoView(); }); } }
  window.addEventListener('hashchange', unfold);
  unfold();
  window.addEventListener('beforeprint', function () { Array.prototype.forEach.call(document.querySelectorAll('details.measure'), function (d) { d.open = true; }); });
  document.addEventListener('change', function (e) { if (e.target.matches('[data-submit]')) e.target.form.requestSubmit(); });
  /* A slider picks an entry of the list beside it. */
  document.addEventListener('change', function (e) {
    if (!e.target.matches('[data-picks]')) return;
    var list = document.getElementById(e.target.dataset.picks);
    list.selectedIndex = Number(e.target.value);
    e.target.form.requestSubmit();
  });
  /* What cannot be taken back is asked about once more. */
  document.addEventListener('submit', function (e) { var ask = e.submitter && e.submitter.dataset.confirm; if (ask && !window.confirm(ask)) { e.preventDefault(); e.stopImmediatePropagation(); } }, true);
  document.addEventListener('submit', function (e) {
    if (e.target.hasAttribute('hx-post')) return;
    Array.prototype.forEach.call(e.target.querySelectorAll('button[data-once]'), function (b) { setTimeout(function () { b.disabled = true; b.textContent = b.dataset.once; }, 0); });
  });
  /* A heading of the bar folds up when one looks elsewhere, and at Escape, which gives the keyboard back to it. */
  function unfolded() { return document.querySelector('.bar nav details[open]'); }
  document.addEventListener('click', function (e) { var open = unfolded(); if (open && !open.contains(e.target)) open.open = false; });
  document.addEventListener('focusout', function (e) { var open = e.target.closest('.bar nav details[open]'); if (open && e.relatedTarget && !open.contains(e.relatedTarget)) open.open = false; });
  document.addEventListener('keydown', function (e) { var open = e.key === 'Escape' && unfolded(); if (open) { open.open = false; open.firstElementChild.focus(); } });
  /* What was folded out on a page folds up again too: nothing typed in it is lost. A picker's list closes first. */
  document.addEventListener('keydown', function (e) {
    var fold = e.key === 'Escape' && !e.defaultPrevented && !e.target.closest('.bar, dialog, [popover], .picker') && !document.querySelector('[popover]:popover-open') && e.target.closest('details[open]');
    if (fold) { fold.open = false; fold.querySelector('summary').focus(); }
  });
  /* The tab one is on, and the rows of today, stand in sight in a box that is shorter than what is in it. */
  Array.prototype.forEach.call(document.querySelectorAll('.tabs, .tall'), function (box) {
    var at = box.querySelector(box.matches('.tabs') ? 'a[aria-current]' : 'tr.here'), head = box.querySelector('thead');
    if (!at) return;
    var one = at.getBoundingClientRect(), all = box.getBoundingClientRect();
    if (one.right > all.right) box.scrollLeft += one.right - all.right + 14;
    if (one.bottom > all.bottom) box.scrollTop += one.top - all.top - (head ? head.getBoundingClientRect().height : 0);
  });
  /* What is wider than the screen can be moved by the keyboard too. */
  Array.prototype.forEach.call(document.querySelectorAll('.scroll, .tall'), function (e) { if (!e.hasAttribute('tabindex') && (e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight)) { e.tabIndex = 0; } });
  /* Pickers: what is typed is asked after a pause; Down goes into what was found, Enter takes it, Escape closes. */
  var pause;
  function found(input) { return document.getElementById(input.getAttribute('aria-controls')); }
  function close(input) { found(input).replaceChildren(); input.setAttribute('aria-expanded', 'false'); }
  document.addEventListener('input', function (e) {
    var input = e.target.closest('[data-pick-from]');
    if (!input) return;
    clearTimeout(pause);
    if (!input.value.trim()) { close(input); return; }
    pause = setTimeout(function () {
      fetch(input.dataset.pickFrom + (input.dataset.pickFrom.indexOf('?') < 0 ? '?q=' : '&q=') + encodeURIComponent(input.value.trim()), { headers: { 'HX-Request': 'true' }, credentials: 'same-origin' })
        .then(function (r) { return r.ok ? r.text() : ''; })
        .then(function (html) { if (document.activeElement === input) { found(input).innerHTML = html; input.setAttribute('aria-expanded', html ? 'true' : 'false'); } });
    }, 180);
  });
  document.addEventListener('keydown', function (e) {
    var picker = e.target.closest('.picker');
    if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) { var sheet = e.target.closest('form.sheet'); if (sheet) { e.preventDefault(); sheet.requestSubmit(); } return; }
    if (!picker) return;
    var input = picker.querySelector('input'), all = Array.prototype.slice.call(picker.querySelectorAll('[data-picked]')), at = all.indexOf(document.activeElement);
    if (e.key === 'ArrowDown' && all.length) { e.preventDefault(); all[Math.min(at + 1, all.length - 1)].focus(); }
    else if (e.key === 'ArrowUp' && at >= 0) { e.preventDefault(); (at ? all[at - 1] : input).focus(); }
    else if (e.key === 'Escape') { close(input); input.focus(); }
    else if (e.key === 'Enter' && e.target === input && all.length) { e.preventDefault(); all[0].click(); }
  });
  document.addEventListener('focusout', function (e) {
    var picker = e.target.closest('.picker');
    if (picker && !picker.contains(e.relatedTarget)) close(picker.querySelector('input'));
  });
  document.addEventListener('click', function (e) {
    var picked = e.target.closest('[data-picked]'), take = e.target.closest('[data-take]');
    if (picked) { var input = picked.closest('.picker').querySelector('input'); input.value = picked.dataset.picked + ' · ' + picked.querySelector('b').textContent; close(input); input.focus(); input.dispatchEvent(new Event('change', { bubbles: true })); }
    if (take) { var field = document.getElementById(take.dataset.for); field.value = take.dataset.take; field.focus(); }
  });
  document.addEventListener('change', function (e) {
    if (e.target.dataset.all) Array.prototype.forEach.call(document.querySelectorAll('input[name="' + e.target.dataset.all + '"]'), function (b) { b.checked = e.target.checked; });
  });
  /* What is known already of whom a line is about: asked again when another is chosen. */
  document.addEventListener('change', function (e) {
    var known = document.getElementById('known');
    if (!known || !known.dataset.by || !e.target.form || known.dataset.by.split(' ').indexOf(e.target.name) < 0) return;
    var asked = known.dataset.by.split(' ').map(function (name) {
      var input = e.target.form.elements[name], id = input ? input.value.split(' · ')[0].trim() : '';
      return id && (name === 'area' || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) ? name + '=' + encodeURIComponent(id) : '';
    }).filter(Boolean);
    fetch(known.dataset.from + '?' + asked.join('&'), { credentials: 'same-origin' })
      .then(function (r) { return r.ok ? r.text() : ''; })
      .then(function (html) { var now = new DOMParser().parseFromString(html, 'text/html').getElementById('known'); if (now) known.replaceWith(now); });
  });
  /* A class: what is left empty follows from the roll and from who is absent. */
  document.addEventListener('input', function (e) {
    var row = e.target.closest('tr[data-enrolled]'), boxes = row && row.querySelectorAll('input[inputmode]');
    if (!row || boxes[0] !== e.target) return;
    var present = String(Math.max(0, Number(row.dataset.enrolled) - (parseInt(e.target.value, 10) || 0)));
    boxes[1].placeholder = boxes[2].placeholder = present;
    row.querySelector('input[name="in"]').checked = true;
  });
  /* What was typed and not sent is asked about before it is left. */
  var touched = false;
  document.addEventListener('input', function (e) { if (e.target.closest('form[data-keep]')) touched = true; });
  document.addEventListener('submit', function () { touched = false; });
  window.addEventListener('beforeunload', function (e) { if (touched) e.preventDefault(); });
  /* An import that is being read or written says for how long, and, once it is written, how far it is. */
  var clockwork;
  function spoken(seconds) { var m = Math.floor(seconds / 60), s = Math.floor(seconds % 60); return m + ':' + (s < 10 ? '0' : '') + s; }
  function going(e, on) {
    var box = document.getElementById('going'), source = e.detail && e.detail.ctx && e.detail.ctx.sourceElement;
    if (!box || !source || !(source.id === 'import-form' || source.dataset.rows)) return;
    clearInterval(clockwork);
    box.hidden = !on;
    if (!on) return;
    var since = Date.now(), rows = Number(source.dataset.rows || 0), words = rows ? box.dataset.writing : box.dataset.reading, bar = box.querySelector('progress'), beats = 0;
    bar.hidden = true; box.lastElementChild.textContent = '';
    function tick() {
      var seconds = (Date.now() - since) / 1000;
      box.firstElementChild.textContent = words.replace('{time}', spoken(seconds));
      if (!rows || beats++ % 3) return;
      fetch(box.dataset.from, { headers: { 'HX-Request': 'true' }, credentials: 'same-origin' }).then(function (r) { return r.ok ? r.text() : ''; }).then(function (html) {
        var all = new DOMParser().parseFromString(html, 'text/html').querySelectorAll('[data-done]'), done = 0;
        Array.prototype.forEach.call(all, function (one) { done += Number(one.dataset.done); });
        if (!done || box.hidden) return;
        bar.hidden = false; bar.max = rows; bar.value = Math.min(done, rows);
        box.lastElementChild.textContent = Array.prototype.map.call(all, function (one) { return one.textContent; }).join(' · ') + (done < rows && seconds > 5 ? ' · ' + box.dataset.left.replace('{time}', spoken(seconds * (rows - done) / done)) : '');
      });
    }
    tick();
    clockwork = setInterval(tick, 1000);
  }
  document.addEventListener('htmx:before:request', function (e) { going(e, true); });
  /* Told before the answer replaces the part of the page where the button stands: of a button that is gone no event comes here. */
  ['htmx:after:request', 'htmx:finally:request'].forEach(function (name) { document.addEventListener(name, function (e) { going(e, false); }); });
  /* What was tried and chosen belongs to the files that were tried. */
  document.addEventListener('change', function (e) { var shown = document.getElementById('result'); if (shown && e.target.id === 'files') shown.replaceChildren(); });
  /* Files may be dropped on the box that asks for them. */
  Array.prototype.forEach.call(document.querySelectorAll('.drop'), function (drop) {
    var input = drop.querySelector('input[type=file]');
    drop.addEventListener('dragover', function (e) { e.preventDefault(); drop.classList.add('over'); });
    drop.addEventListener('dragleave', function () { drop.classList.remove('over'); });
    drop.addEventListener('drop', function (e) { e.preventDefault(); drop.classList.remove('over'); input.files = e.dataTransfer.files; input.dispatchEvent(new Event('change')); });
  });
})();
