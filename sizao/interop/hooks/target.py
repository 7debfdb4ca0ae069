"""Where a message may go: an address outside is reached as it was resolved and checked; inside our own networks only where the operator named them.

Whoever may name an address would else let this server ask what only this server can reach: its database, its neighbours, a cloud's own
metadata (OWASP, Server-Side Request Forgery Prevention, case 2). So the name is resolved once, every address that it leads to is looked at, the
connection goes to the very address that was looked at, no redirection is followed, and little of the answer is read.
"""

import http.client
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from sizao.kernel.access import rules
from sizao.kernel.errors import Refused

SECONDS = 10
READ = 1024
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Target:
    """An address, taken apart and looked at, with the number that its name led to."""

    scheme: str
    host: str
    port: int
    path: str
    number: str


def networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Networks inside which a subscriber may stand (`access/rules.yaml`, `webhooks`), as the operator named them; none ships."""
    return [ipaddress.ip_network(n) for n in rules().get("webhooks", {}).get("networks", ())]


def look(address: str) -> Target:
    """Refused hook-address-unfit: no https, a name that does not resolve, or one that leads inside."""
    try:
        told = urlsplit(address)
        host, port = told.hostname or "", told.port or (443 if told.scheme == "https" else 80)
    except ValueError:
        raise Refused("hook-address-unfit") from None
    unfit = told.scheme not in ("https", "http") or not host or told.username or told.password or told.fragment or len(address) > LONGEST
    if unfit or any(c.isspace() or ord(c) < 33 or ord(c) > 126 for c in address) or (port < 1024 and port not in (80, 443)):
        raise Refused("hook-address-unfit")
    try:
        found = {str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise Refused("hook-address-unfit") from None
    if not found or not all(may_reach(number, told.scheme) for number in found):
        raise Refused("hook-address-unfit")
    return Target(told.scheme, host, port, (told.path or "/") + (f"?{told.query}" if told.query else ""), sorted(found)[0])


def may_reach(number: str, scheme: str) -> bool:
    """Whether a message may go to this number: anywhere outside by https; inside, and without https, only to the operator's named networks."""
    found = ipaddress.ip_address(number.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if any(found.version == n.version and found in n for n in networks()):
        return True
    return scheme == "https" and found.is_global and not found.is_multicast


def send(target: Target, body: bytes, headers: dict[str, str]) -> int:
    """POSTs to the number that was looked at; the status that came back. OSError or HTTPException where nobody answered well in time."""
    plain = socket.create_connection((target.number, target.port), timeout=SECONDS)
    try:
        link = ssl.create_default_context().wrap_socket(plain, server_hostname=target.host) if target.scheme == "https" else plain
        ask = http.client.HTTPConnection(target.host, target.port, timeout=SECONDS)
        ask.sock = link
        try:
            ask.request("POST", target.path, body, headers)
            answer = ask.getresponse()
            answer.read(READ)
            return answer.status
        finally:
            ask.close()
    finally:
        plain.close()
