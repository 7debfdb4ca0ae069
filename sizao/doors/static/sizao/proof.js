/* A picture is made smaller before it is sent: at most 2,000 dots wide or high, as JPEG. What a camera wrote into it stays behind. A file that cannot be read is said. */
(function () {
  'use strict';
  var LONGEST = 2000, QUALITY = 0.82;
  function mb(n) { return (n / 1048576).toFixed(1); }
  function shrink(file, most) {
    if (file.type.indexOf('image/') !== 0 || (file.size < 1048576 && /jpeg|png/.test(file.type))) return Promise.resolve(file);
    return createImageBitmap(file, { imageOrientation: 'from-image' }).then(function (map) {
      var by = Math.min(1, LONGEST / Math.max(map.width, map.height)), canvas = document.createElement('canvas');
      canvas.width = Math.round(map.width * by); canvas.height = Math.round(map.height * by);
      canvas.getContext('2d').drawImage(map, 0, 0, canvas.width, canvas.height);
      return new Promise(function (done) { canvas.toBlob(done, 'image/jpeg', QUALITY); });
    }).then(function (blob) { return new File([blob], file.name.replace(/\.\w+$/, '') + '.jpg', { type: 'image/jpeg' }); })
      .catch(function () { return file.size <= most ? file : null; });
  }
  document.addEventListener('change', function (e) {
    var input = e.target;
    if (!input.dataset || !input.dataset.shrink || !input.files.length) return;
    var said = document.getElementById(input.id + '-said'), most = Number(input.dataset.shrink) * 1048576, before = 0, after = 0, button = input.form.querySelector('button.main');
    button.disabled = true;
    Promise.all(Array.prototype.map.call(input.files, function (f) { before += f.size; return shrink(f, most); })).then(function (small) {
      var kept = new DataTransfer(), failed = false;
      small.forEach(function (f) { if (f && f.size <= most) { kept.items.add(f); after += f.size; } else failed = true; });
      input.files = kept.files;
      said.textContent = failed ? input.dataset.fails : after < before ? input.dataset.words.replace('{from}', mb(before)).replace('{to}', mb(after)) : '';
      button.disabled = false;
    });
  });
})();
