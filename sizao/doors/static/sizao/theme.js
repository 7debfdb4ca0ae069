/* Follows the machine's light or dark setting, or the reader's own choice. Loaded before the first paint, so nothing flashes. */
(function () {
  var root = document.documentElement, query = window.matchMedia('(prefers-color-scheme: dark)');
  function stored() { try { return localStorage.getItem('sizao-theme'); } catch (e) { return null; } }
  function apply() { root.setAttribute('data-bs-theme', stored() || (query.matches ? 'dark' : 'light')); }
  apply();
  if (query.addEventListener) query.addEventListener('change', apply);
  window.sizaoTheme = function () {
    var next = root.getAttribute('data-bs-theme') === 'dark' ? 'light' : 'dark';
    try { localStorage.setItem('sizao-theme', next); } catch (e) { /* private window: this page only */ }
    root.setAttribute('data-bs-theme', next);
    document.dispatchEvent(new CustomEvent('sizao:theme'));
  };
})();
