/* Nothing typed is lost. Before a form is sent the page asks whether its writer is still signed in: if not, the form stays as it is, and is sent once somebody has signed in
   (in another tab). What is typed is also kept in this tab, and only there, until the form is sent or the writer signs out: it comes back after "back", a crash, a new sign-in. */
(function () {
  'use strict';
  var LONGEST = 12 * 3600 * 1000, whom = document.body.dataset.user || '', stored;
  try { stored = window.sessionStorage; } catch (e) { stored = null; }
  function key(form) { return 'sizao-draft ' + whom + ' ' + (form.dataset.draft || location.pathname + ' ' + Array.prototype.indexOf.call(document.forms, form)); }
  function kept(el) { return el.name && el.type !== 'file' && el.type !== 'hidden' && el.type !== 'password' && el.type !== 'submit' && el.tagName !== 'BUTTON'; }
  function read(form) {
    var told = [];
    Array.prototype.forEach.call(form.elements, function (el, n) { if (kept(el)) told.push([n, el.name, el.type === 'checkbox' || el.type === 'radio' ? (el.checked ? 1 : 0) : el.value]); });
    return told;
  }
  function write(form, told) {
    var changed = 0;
    told.forEach(function (t) {
      var el = form.elements[t[0]];
      if (!el || el.name !== t[1] || !kept(el)) return;
      if (el.type === 'checkbox' || el.type === 'radio') { if (el.checked !== !!t[2]) { el.checked = !!t[2]; changed++; } } else if (el.value !== t[2]) { el.value = t[2]; changed++; }
    });
    return changed;
  }
  function forget(form) { if (stored) stored.removeItem(key(form)); }
  function say(words, bad, extra) {
    var notes = document.getElementById('notes'), note = document.createElement('div'), p = document.createElement('p');
    note.className = 'note ' + (bad ? 'bad' : 'warn'); note.setAttribute('role', bad ? 'alert' : 'status'); p.textContent = words + ' ';
    if (extra) p.appendChild(extra);
    note.appendChild(p); notes.replaceChildren(note); note.scrollIntoView({ block: 'nearest' });
  }
  var words = document.getElementById('draft-words');
  if (!words) return;
  var forms = document.querySelectorAll('form[data-keep]');
  Array.prototype.forEach.call(forms, function (form) {
    var wait, refused = document.querySelector('.note.bad, .note.warn[role=alert]');
    if (stored && !refused) { /* a form that was refused comes back from the server as it was typed */
      try {
        var old = JSON.parse(stored.getItem(key(form)) || 'null');
        if (old && Date.now() - old.at < LONGEST && old.user === whom) {
          var before = read(form);
          if (write(form, old.told)) {
            var drop = document.createElement('button');
            drop.type = 'button'; drop.textContent = words.dataset.drop;
            drop.addEventListener('click', function () { write(form, before); forget(form); document.getElementById('notes').replaceChildren(); });
            say(words.dataset.back, false, drop);
          }
        } else if (old) forget(form);
      } catch (e) { forget(form); }
    }
    form.addEventListener('input', function () {
      clearTimeout(wait);
      wait = setTimeout(function () { if (stored) try { stored.setItem(key(form), JSON.stringify({ at: Date.now(), user: whom, told: read(form) })); } catch (e) { /* full: the page itself still has it */ } }, 250);
    });
    form.addEventListener('submit', function (e) {
      if (form.dataset.asked) { delete form.dataset.asked; clearTimeout(wait); forget(form); return; } /* what was typed a moment ago is not kept once it is sent */
      if ((form.method || '').toLowerCase() !== 'post' || form.hasAttribute('hx-post')) return;
      e.preventDefault(); e.stopImmediatePropagation();
      if (form.dataset.asking) return; /* pressed twice: asked once */
      form.dataset.asking = '1';
      var button = e.submitter;
      fetch(words.dataset.from, { headers: { 'HX-Request': 'true' }, credentials: 'same-origin', redirect: 'manual' }).then(function (r) {
        delete form.dataset.asking;
        if (r.status !== 200) {
          var way = document.createElement('a');
          way.href = words.dataset.signIn; way.target = '_blank'; way.rel = 'noopener'; way.textContent = words.dataset.signInWords;
          say(words.dataset.ended, true, way);
          return null;
        }
        return r.json();
      }).then(function (now) {
        if (!now) return;
        if (whom && now.user !== whom) { say(words.dataset.other, true); return; }
        Array.prototype.forEach.call(document.querySelectorAll('input[name=csrfmiddlewaretoken]'), function (t) { t.value = now.csrf; });
        form.dataset.asked = '1';
        if (button) form.requestSubmit(button); else form.requestSubmit();
      }).catch(function () { delete form.dataset.asking; say(words.dataset.away, true); });
    }, true);
  });
  /* Who signs out leaves nothing typed behind. */
  document.addEventListener('submit', function (e) { if (stored && /\/sign-out$/.test(e.target.action || '')) stored.clear(); }, true);
})();
