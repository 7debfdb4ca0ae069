"""The verifier's page and what it keeps on a device. Nobody signs in here, and nothing that is shown to it comes back to the server."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse, JsonResponse

from sizao.doors.kit.pages import page
from sizao.kernel.errors import Refused
from sizao.passes import issuing, limits

PLACE = Path(__file__).resolve().parent.parent / "verify"
TYPES = {"verify.css": "text/css", "verify.mjs": "text/javascript", "token.mjs": "text/javascript", "worker.js": "text/javascript"}


def verify(request: HttpRequest) -> HttpResponse:
    """The page itself."""
    return page(request, "public/verify.html", {"user": None, "scope": None, "post": None})


def file(request: HttpRequest, name: str) -> HttpResponse:
    """Its program, its looks and its worker, under addresses that stay: a device that has them goes on without us."""
    if name not in TYPES:
        raise Refused("page-not-found")
    response = HttpResponse((PLACE / name).read_bytes(), content_type=f"{TYPES[name]}; charset=utf-8")
    if name == "worker.js":
        response.headers["Service-Worker-Allowed"] = "/verify"
    return response


def keys(request: HttpRequest) -> HttpResponse:
    """Public keys, and the ids of passes that are no longer so. No person can be told from it. Refused: too-many-tries."""
    limits.check_fetch(request.META.get("REMOTE_ADDR", ""))
    return JsonResponse(issuing.for_verifiers())
