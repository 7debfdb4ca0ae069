/* The phone, ES2018 and no library. A form sends itself once and its answer takes the place of the row; without this script the same forms work by page. */
(function () {
  'use strict';
  function say(html) { var box = document.getElementById('notes'); box.innerHTML = html; box.scrollIntoView({ block: 'nearest' }); }
  function put(holder, html) {
    var box = document.createElement('template');
    box.innerHTML = html;
    Array.prototype.forEach.call(box.content.querySelectorAll('[data-place]'), function (part) {
      var old = document.getElementById(part.getAttribute('data-place'));
      if (old) old.innerHTML = part.innerHTML;
      part.parentNode.removeChild(part);
    });
    holder.replaceWith(box.content);
  }
  var pressed = null;
  document.addEventListener('click', function (e) { var b = e.target.closest('button'); if (b) pressed = b; }, true);
  document.addEventListener('submit', function (e) {
    var form = e.target, holder = form.closest('[data-swap]');
    if (!holder || !window.fetch || !window.FormData) return;
    e.preventDefault();
    if (holder.getAttribute('data-busy')) return;
    holder.setAttribute('data-busy', '1');
    var body = new URLSearchParams(new FormData(form)), button = e.submitter || pressed;
    if (button && button.form === form && button.name) body.set(button.name, button.value);
    Array.prototype.forEach.call(holder.querySelectorAll('button'), function (b) { b.disabled = true; });
    function free() { holder.removeAttribute('data-busy'); Array.prototype.forEach.call(holder.querySelectorAll('button'), function (b) { b.disabled = false; }); }
    fetch(form.action, { method: 'POST', body: body, credentials: 'same-origin', headers: { 'HX-Request': 'true' } }).then(function (answer) {
      var go = answer.headers.get('HX-Redirect');
      if (go) { window.location = go; return; }
      return answer.text().then(function (html) { if (answer.ok) { document.getElementById('notes').textContent = ''; put(holder, html); } else { say(html); free(); } });
    }).catch(function () { say(document.getElementById('no-network').innerHTML); free(); });
  });
  document.addEventListener('click', function (e) {
    var act = e.target.closest('[data-do]');
    if (act && act.dataset.do === 'theme') window.sizaoTheme();
  });
  document.addEventListener('keydown', function (e) {
    var fold = e.key === 'Escape' && e.target.closest('details[open]');
    if (fold) { fold.open = false; fold.querySelector('summary').focus(); }
  });
  /* A list that lay in the pocket for ten minutes is asked for again when it is looked at. */
  var seen = Date.now();
  document.addEventListener('visibilitychange', function () { if (!document.hidden && Date.now() - seen > 600000 && !document.querySelector('details[open]')) window.location.reload(); });
})();
