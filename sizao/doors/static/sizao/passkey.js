/* Passkeys: what the server asks goes to the browser's authenticator, what that answers goes back. Bytes travel as base64url. */
(function () {
  'use strict';
  function bytes(text) {
    var plain = atob(text.replace(/-/g, '+').replace(/_/g, '/')), made = new Uint8Array(plain.length);
    for (var i = 0; i < plain.length; i++) made[i] = plain.charCodeAt(i);
    return made.buffer;
  }
  function text(buffer) {
    return btoa(String.fromCharCode.apply(null, new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  }
  function ask(address, body) {
    var token = document.querySelector('[name="csrfmiddlewaretoken"]');
    return fetch(address, {
      method: 'POST', credentials: 'same-origin', body: JSON.stringify(body || {}),
      headers: { 'Content-Type': 'application/json', 'Accept': 'application/json', 'X-CSRFToken': token ? token.value : '' },
    }).then(function (answer) {
      return answer.json().then(function (told) { if (!answer.ok) throw new Error(told.title + ' ' + told.detail); return told; });
    });
  }
  function known(list) { return (list || []).map(function (one) { return Object.assign({}, one, { id: bytes(one.id) }); }); }
  function made(options) {
    var key = options.publicKey;
    return navigator.credentials.create({ publicKey: Object.assign({}, key, {
      challenge: bytes(key.challenge), user: Object.assign({}, key.user, { id: bytes(key.user.id) }), excludeCredentials: known(key.excludeCredentials),
    }) }).then(function (c) {
      return { id: c.id, rawId: text(c.rawId), type: c.type, clientExtensionResults: c.getClientExtensionResults(), response: {
        clientDataJSON: text(c.response.clientDataJSON), attestationObject: text(c.response.attestationObject),
      } };
    });
  }
  function used(options) {
    var key = options.publicKey;
    return navigator.credentials.get({ publicKey: Object.assign({}, key, { challenge: bytes(key.challenge), allowCredentials: known(key.allowCredentials) }) }).then(function (c) {
      var r = c.response;
      return { id: c.id, rawId: text(c.rawId), type: c.type, clientExtensionResults: c.getClientExtensionResults(), response: {
        clientDataJSON: text(r.clientDataJSON), authenticatorData: text(r.authenticatorData), signature: text(r.signature), userHandle: r.userHandle ? text(r.userHandle) : null,
      } };
    });
  }
  function show(codes, next) {
    var box = document.getElementById('new-codes'), list = box.querySelector('ol');
    codes.forEach(function (code) { var li = document.createElement('li'); li.textContent = code; list.appendChild(li); });
    box.querySelector('a').href = next;
    box.hidden = false;
    box.scrollIntoView();
    box.querySelector('h2').focus();
  }
  document.addEventListener('click', function (e) {
    var button = e.target.closest('[data-passkey]');
    if (!button) return;
    var note = document.getElementById('notes'), way = button.dataset.passkey, begin = button.dataset.begin, end = button.dataset.end, next = button.dataset.next;
    if (!window.PublicKeyCredential) { note.textContent = button.dataset.without; return; }
    button.disabled = true;
    note.textContent = '';
    ask(begin).then(function (options) {
      if (way !== 'make') return used(options).then(function (answer) { return ask(end, answer); });
      var name = document.getElementById('passkey-name');
      return made(options).then(function (answer) { return ask(end, { answer: answer, name: name ? name.value : '' }); });
    }).then(function (told) {
      if (told.codes && told.codes.length) { show(told.codes, next || told.next); return; }
      location.assign(next && next !== '/' ? next : told.next);
    }).catch(function (fault) {
      button.disabled = false;
      var p = document.createElement('p');
      p.className = 'note warn';
      p.textContent = fault.name === 'NotAllowedError' || fault.name === 'AbortError' || fault.name === 'InvalidStateError' ? button.dataset.not : fault.message;
      note.replaceChildren(p);
    });
  });
})();
