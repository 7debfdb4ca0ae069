"""The verifier's page in a browser: the same reasons as the program gives, and it goes on when the server is gone."""

import shutil
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.test import Client

from sizao.kernel import clock
from sizao.passes import issuing, tokens

ADDRESSES = ("/verify", "/verify/keys.json", "/verify/verify.css", "/verify/verify.mjs", "/verify/token.mjs", "/verify/worker.js", "/favicon.ico")


def kept_answers():
    """What the server answers, to be given again by a server that can be switched off."""
    client = Client(HTTP_HOST="localhost")
    client.cookies["sizao-language"] = "en"
    found = {}
    for address in ADDRESSES:
        answer = client.get(address)
        assert answer.status_code == 200, address
        found[address] = (answer.content, {k: answer.headers[k] for k in ("Content-Type", "Content-Security-Policy", "Service-Worker-Allowed") if k in answer.headers})
    return found


def serving(answers):
    """A server of just these; `.missing` names what was asked for besides."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            content, headers = answers.get(self.path, (b"", {}))
            if not content:
                self.server.missing.append(self.path)
            self.send_response(200 if content else 404)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.missing = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.mark.browser
@pytest.mark.django_db
def test_the_page_gives_the_same_reasons_and_outlives_the_server(rights):
    from playwright.sync_api import sync_playwright

    before = issuing.make(rights.desk, rights.people[3])
    issuing.roll_over()  # passes of the key before go on, and the device knows both
    free, bound = issuing.make(rights.desk, rights.people[1]), None
    stale = issuing.make(rights.desk, rights.people[2])
    rights.issue(2)
    bound = issuing.make(rights.desk, rights.people[2])
    key = issuing.signing_key()
    now = clock.now().replace(microsecond=0)
    told = {"token": "ab" * 8, "issuer": "x", "made_at": now, "expires_at": now + timedelta(hours=1), "order": False, "until": None, "kinds": (), "name": "张*", "last": ""}
    shown = [
        (before.text, "valid"), (free.text, "valid"), (bound.text, "valid"), (stale.text, "revoked"), (free.text, "replayed"), ("https://example.org", "no_pass"), (free.text[:-7], "truncated"), (free.text[:-1] + "ü", "truncated"),
        (tokens.sign(tokens.Said(**told), bytes(32), key.id), "forged"), (tokens.sign(tokens.Said(**told), key.secret, "00" * 8), "unknown_key"),
        (tokens.sign(tokens.Said(**told | {"expires_at": now - timedelta(minutes=1)}), key.secret, key.id), "expired"),
        (tokens.sign(tokens.Said(**told | {"made_at": now + timedelta(hours=1), "expires_at": now + timedelta(hours=2)}), key.secret, key.id), "not_yet"),
    ]  # fmt: skip
    trusted, revoked = tokens.Keys(issuing.public_keys()), set(issuing.no_longer_so())
    for text, reason in shown:
        assert tokens.verify(text, trusted, at=clock.now(), revoked=revoked, seen={free.said.token: now} if reason == "replayed" else None).reason == reason
    server = serving(kept_answers())
    base = f"http://127.0.0.1:{server.server_port}"
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome"), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{base}/verify")
        page.wait_for_function("navigator.serviceWorker.ready.then(() => document.documentElement.dataset.ready === '1')")
        page.wait_for_timeout(300)  # a browser asks for the icon of a page after the page
        server.shutdown()
        assert server.missing == []
        server.server_close()
        page.reload()  # nobody answers any more
        page.wait_for_function("document.documentElement.dataset.ready === '1'")
        found = []
        for text, _ in shown:
            page.evaluate("delete document.getElementById('answer').dataset.reason")
            page.fill("#text", text)
            page.click("#ask button.main")
            page.wait_for_selector("#answer[data-reason]")
            found.append(page.get_attribute("#answer", "data-reason"))
        assert found == [reason for _, reason in shown]
        page.fill("#text", bound.text)
        page.click("#emergency")
        assert "Let in now" in page.inner_text("main")
        browser.close()
