"""mllp: a listener for laboratory systems that speak HL7 v2 over MLLP; each message goes on to the API with the sender's token."""

from __future__ import annotations

import asyncio
import http.client
import ipaddress
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from . import context
from .app import app

SECONDS = 60


@app.command("mllp")
def mllp(
    to: Annotated[str, typer.Option("--to", metavar="URL", help="本系统的地址，如 https://… · where Sizao answers")],
    token: Annotated[Path, typer.Option("--token", metavar="FILE", help="存放报送令牌的文件（sizao users token --sender） · a file with the sender's token")],
    listen: Annotated[str, typer.Option("--listen", metavar="HOST:PORT", help="监听地址 · where to listen")] = "127.0.0.1:2575",
    certificate: Annotated[Path | None, typer.Option("--certificate", metavar="PEM", help="TLS 证书与私钥 · certificate and key for TLS")] = None,
    clients: Annotated[Path | None, typer.Option("--clients", metavar="PEM", help="只接受由此签发的客户端证书 · takes only clients with a certificate of these")] = None,
) -> None:
    """以 MLLP 接收 HL7 v2，逐条转交并应答 · HL7 v2 over MLLP, each message passed on and answered"""
    from sizao.interop.hl7 import mllp as wire
    from sizao.kernel.errors import Refused

    host, _, port = listen.rpartition(":")
    parts = urlsplit(to)
    if parts.scheme not in ("http", "https") or not parts.hostname or (parts.scheme == "http" and not _loopback(parts.hostname)):
        raise Refused("bad-value", field="--to", value=to[:80], expected="https://…")
    if not host or not port.isdecimal() or (certificate is None and not _loopback(host)) or (clients is not None and certificate is None):
        raise Refused("bad-value", field="--listen", value=listen[:80], expected="127.0.0.1:2575 · HOST:PORT + --certificate")
    try:
        secret, tls = token.read_text(encoding="ascii").strip(), None
        if certificate is not None:
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(clients) if clients else None)
            tls.load_cert_chain(certificate)
            tls.verify_mode = ssl.CERT_REQUIRED if clients else ssl.CERT_NONE
    except (OSError, ValueError) as wrong:
        raise Refused("file-not-readable", file=str(token.name), reason=type(wrong).__name__) from None

    async def run() -> None:
        server = await wire.serve(host, int(port), lambda body: asyncio.to_thread(pass_on, to, secret, body), tls=tls)
        context.say(f"MLLP 监听 {listen}，转交 {to}", f"MLLP on {listen}, passed on to {to}")
        async with server:
            await server.serve_forever()

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        return


def pass_on(to: str, token: str, body: bytes) -> bytes | None:
    """The acknowledgement of one message, as the API gives it; None where it could not be stored now: nobody there, or a refusal of the request itself (its token)."""
    asked = urllib.request.Request(to.rstrip("/") + "/api/v1/hl7", body, {"Content-Type": "application/hl7-v2", "Authorization": f"Bearer {token}"}, method="POST")  # noqa: S310 - the scheme was looked at
    try:
        with urllib.request.urlopen(asked, timeout=SECONDS) as answer:  # noqa: S310
            return bytes(answer.read())
    except urllib.error.HTTPError as refused:
        context.err.print(f"HTTP {refused.code}", markup=False)
    except (OSError, http.client.HTTPException) as away:
        context.err.print(type(away).__name__, markup=False)
    return None


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
