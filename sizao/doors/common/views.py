"""What anybody may ask of every process: whether it breathes, its files, the language."""

from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.kit import static
from sizao.doors.kit.back import back
from sizao.doors.kit.middleware import LANGUAGE_COOKIE, LANGUAGES
from sizao.kernel.errors import Refused


def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, 503 when not. Says nothing else, to nobody."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:
        return HttpResponse("database away\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


def static_file(request: HttpRequest, digest: str, file: str) -> HttpResponse:
    """A style sheet, a script: the same for everybody, under an address that names its content."""
    found = static.serve(request)
    if found is None:
        raise Refused("page-not-found")
    return found


def icon(request: HttpRequest) -> HttpResponse:
    """The mark in a browser's tab, where browsers ask for it by themselves: beside a PDF, a file of JSON, the pages that go on without us."""
    found = HttpResponse((static.ROOT / "sizao/mark.svg").read_bytes(), content_type="image/svg+xml")
    found["Cache-Control"] = "public, max-age=604800"
    return found


def nothing(request: HttpRequest, rest: str) -> HttpResponse:
    """Every other address, said as such."""
    raise Refused("page-not-found")


def language(request: HttpRequest) -> HttpResponse:
    """Keeps the chosen language on this device for a year and goes back to the page."""
    chosen = request.POST.get("language", "")
    response = HttpResponseRedirect(back(request))
    if chosen in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=365 * 86400, samesite="Lax", httponly=True, secure=request.is_secure())
    return response
