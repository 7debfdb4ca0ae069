"""Finding a person: by name, pinyin initials, identity number or telephone, and nothing that was not asked for."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.kit.pages import page
from sizao.kernel.typed import storable
from sizao.registers.cases import read as cases
from sizao.registers.population import read as population

LIMIT = 50


def find(request: HttpRequest) -> HttpResponse:
    """The persons that were probably meant; a single hit opens at once. A sender's own case number finds its case."""
    scope, text = request.scope.open(), storable(request.GET.get("q", "")).strip()[:80]
    people = list(population.search(scope, text, LIMIT)) if text else []
    numbered = list(cases.cases(scope).filter(source_id=text)[:LIMIT]) if text and scope.can("case.read") else []
    numbered += list(cases.contacts(scope).filter(source_id=text)[:LIMIT]) if text and scope.can("case.read") else []
    if len({p.pk for p in people} | {c.person_id for c in numbered}) == 1:
        return HttpResponseRedirect(f"/person/{next(iter({p.pk for p in people} | {c.person_id for c in numbered}))}")
    rows = [(p.pk, population.shown_name(scope, p), p) for p in people]
    names = population.names_of(scope, [c.person_id for c in numbered], "population.search") if numbered else {}
    return page(request, "desk/find.html", {"q": text, "rows": rows, "numbered": numbered, "names": names, "limit": LIMIT})
