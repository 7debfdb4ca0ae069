/* Follows the machine's light or dark setting, or the reader's own choice. Loaded before the first paint, so nothing flashes. */
(function () {
  var root = document.documentElement, query = window.matchMedia('(prefers-color-scheme: dark)');
  function stored() { try { return localStorage.getItem('sizao-theme'); } catch (e) { return null; } }
  function apply() { root.setAttribute('data-bs-theme', stored() || (query.matches ? 'dark' : 'light')); }
  apply();
  /* Large type and high contrast: the reader's own, on this machine. */
  var LOOKS = ['size', 'contrast'];
  function look(name) { try { return localStorage.getItem('sizao-' + name) || ''; } catch (e) { return ''; } }
  LOOKS.forEach(function (name) { if (look(name)) root.setAttribute('data-' + name, look(name)); });
  window.sizaoLook = function (name, value) {
    try { if (value) localStorage.setItem('sizao-' + name, value); else localStorage.removeItem('sizao-' + name); } catch (e) { /* this page only */ }
    if (value) root.setAttribute('data-' + name, value); else root.removeAttribute('data-' + name);
  };
  if (query.addEventListener) query.addEventListener('change', apply);
  window.sizaoTheme = function () {
    var next = root.getAttribute('data-bs-theme') === 'dark' ? 'light' : 'dark';
    try { localStorage.setItem('sizao-theme', next); } catch (e) { /* private window: this page only */ }
    root.setAttribute('data-bs-theme', next);
    document.dispatchEvent(new CustomEvent('sizao:theme'));
  };
})();
