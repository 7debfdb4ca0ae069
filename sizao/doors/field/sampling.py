"""The sampler's page: tubes are filled and closed on the phone with or without a network, and sent when there is one."""

from pathlib import Path
from typing import Any

from django.db.models import Case, When
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token

from sizao.doors.kit.pages import page
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.codes import diseases
from sizao.kernel.errors import Refused
from sizao.kernel.models import Enactment
from sizao.kernel.scope import Scope
from sizao.registers.laboratory import board
from sizao.registers.ledgers import read as ledgers
from sizao.registers.population import read as population

PLACE = Path(__file__).resolve().parent.parent / "sampling"
TYPES = {"sample.css": "text/css", "sample.js": "text/javascript", "worker.js": "text/javascript"}
#: So many people of a point's area are kept on a phone, those who are called again first. The list is dropped from it after so many hours.
MOST, HOURS = 5000, 24


def sample(request: HttpRequest) -> HttpResponse:
    """The page itself: it holds no name, so that it may be kept on the device."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    words = Words(request.LANGUAGE_CODE, scope.post.area.zone)  # type: ignore[attr-defined]
    units = ledgers.units(scope, "specimen.write").filter(kind__in=("test_site", "fever_clinic", "clinic")).exclude(in_use=False).order_by("name", "pk")[:100]
    own = [u.pk for u in units if u.post_id == scope.post_id]
    return page(request, "field/sample.html", {"w": words, "units": units, "own": own[0] if own else units[0].pk if len(units) == 1 else None, "diseases": _diseases(scope)})


def _diseases(scope: Scope) -> list[str]:
    """Those with a plan in force first: mostly there is one."""
    now = clock.now()
    found = [d for d in Enactment.objects.filter(item__kind="plan", decided_at__isnull=False, starts_at__lte=now).order_by("disease").values_list("disease", flat=True).distinct() if d in diseases()]
    return found or [next(iter(diseases()))]


def people(request: HttpRequest) -> HttpResponse:
    """Who belongs to the point: ids and names as this post may see them, who is called again, and what is needed to send. The read is on record."""
    scope: Scope = request.scope.open()  # type: ignore[attr-defined]
    called = {r.person_id for r in board.recalls_of(scope).filter(closed_at=None, resampled_at=None)[:MOST]}
    here = population.persons(scope).filter(area__path__startswith=scope.post.area.path).values_list("pk", "name", "birth_year", "birth_date", "source_id")  # type: ignore[union-attr]
    rows = list(here.order_by(Case(When(pk__in=called, then=0), default=1), "name", "pk")[:MOST])
    names = population.names_of(scope, (r[0] for r in rows), "laboratory.sampling")
    listed: list[dict[str, Any]] = [
        {"id": str(pk), "name": names.get(pk, ""), "born": born.year if born else year, "no": number, "again": pk in called} for pk, _, year, born, number in rows
    ]
    answer = {"csrf": get_token(request), "post": scope.post_id, "server_at": clock.now().isoformat(), "hours": HOURS, "more": len(rows) == MOST, "people": listed}
    return JsonResponse(answer, json_dumps_params={"ensure_ascii": False})


def file(request: HttpRequest, name: str) -> HttpResponse:
    """Its program, its looks and its worker, under addresses that stay: a device that has them goes on without us."""
    if name not in TYPES:
        raise Refused("page-not-found")
    response = HttpResponse((PLACE / name).read_bytes(), content_type=f"{TYPES[name]}; charset=utf-8")
    if name == "worker.js":
        response.headers["Service-Worker-Allowed"] = "/sample"
    return response
