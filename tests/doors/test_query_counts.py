"""How many statements each page makes, whatever is in the store: `query_counts.json`. `UPDATE_QUERY_COUNTS=1` writes it anew; say why in the commit."""

import json
import os
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from plan.three_measures import store

pytestmark = pytest.mark.usefixtures("morning")
GOLDEN = Path(__file__).with_name("query_counts.json")
PAGES = {
    "overview": "/",
    "overview, one measure": "/?measure=contact-daily-check",
    "measure": "/measure/contact-daily-check?state=open",
    "list": "/list?state=open",
    "duty": "/duty",
    "situation": "/situation?by=report",
    "situation, a file": "/situation/curve.csv?by=report",
    "person": "/person/{person}",
    "case": "/case/{case}",
    "chains": "/chains?disease=covid-19",
    "find": "/find?q=z",
    "today": "/today",
    "desk": "/desk",
    "import": "/import",
    "registers": "/registers",
    "register of persons": "/registers/persons",
    "register of contacts": "/registers/contacts",
    "register, searched": "/registers/contacts?q=z",
    "register, searched by number": "/registers/persons?q=P1",
    "register, sorted": "/registers/contacts?sort=-last_exposure_on",
    "register, filtered": "/registers/contacts?view=under-observation&f.classification=close",
    "register, of an area": "/registers/contacts?area=990001101201",
    "register of a ledger": "/registers/medicine-sale",
    "export": "/registers/contacts/export",
    "register's import": "/registers/contacts/import",
    "new": "/registers/contacts/new",
    "reports": "/reports",
    "feeds": "/feeds",
    "signals": "/signals",
    "streams": "/streams",
    "stream": "/streams/fever-visits",
    "files": "/import/files",
    "file": "/file",
    "contact": "/contact/{contact}",
    "record": "/registers/contacts/{contact}",
    "form": "/registers/contacts/{contact}/edit",
    "api": "/api/v1/contacts",
    "plans": "/plan",
    "edition": "/plan/contact-tracing-basic",
    "diff": "/plan/diff",
    "replay": "/plan/replay",
    "whom": "/plan/whom?new={plan}",
    "whom, a list": "/plan/whom?new={plan}&measure=contact-daily-check&change=obliged",
    "dry run": "/plan/{plan}/enact?disease=covid-19&starts={tomorrow}",
    "area orders": "/area-orders",
    "area order, written": "/area-orders/new?kind=closure",
    "tickets": "/tickets",
    "rounds": "/rounds",
    "review": "/review",
    "calendar": "/calendar",
    "grades": "/grades",
    "grade": "/grades/area?area=990001",
    "grade, whom it touches": "/grades/affected?area=990001&value=high",
    "rules for grades": "/grades/rules",
    "healthz": "/healthz",
    "map shapes": "/map/shapes.json",
}


def tomorrow() -> str:
    from datetime import timedelta

    from sizao.kernel import clock

    return clock.local_day(clock.now() + timedelta(days=1), "Asia/Shanghai").isoformat()


def rules_in_force(outbreak) -> None:
    """The widest set of rules for grades, by two people: the one that asks most figures."""
    from sizao.kernel import content
    from sizao.kernel.models import Enactment

    if not Enactment.objects.filter(item__kind="grading").exists():
        one, two = outbreak.county.user("operator"), outbreak.county.user("operator")
        content.second(two, content.propose(one, content.newest("grading", "risk-stricter-example"), outbreak.county.root, "covid-19", outbreak.run.as_of))


def counted(outbreak) -> dict[str, int]:
    """Each page's statements, asked a second time so that nothing read once a process is counted."""
    desk, team, found = outbreak.client(outbreak.desk), outbreak.client(outbreak.team), {}
    rules_in_force(outbreak)
    small = store().ref  # of three measures for ever, so that its pages cost what they cost
    for name, address in PAGES.items():
        client = team if name in ("today", "file") else desk
        address = address.format(person=outbreak.people[1], case=outbreak.case, contact=outbreak.contacts[0], tomorrow=tomorrow(), plan=small)
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(address, follow=name == "contact").status_code == 200
        found[name] = len(queries)
    return found


@pytest.mark.django_db
def test_each_page_makes_the_counted_statements(outbreak):
    found = counted(outbreak)
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        GOLDEN.write_text(json.dumps(found, indent=2) + "\n")
    assert found == json.loads(GOLDEN.read_text())


def test_the_count_does_not_grow_with_the_rows(outbreak):
    """Forty more contacts on the list, not one statement more."""
    from datetime import timedelta

    from sizao.kernel import clock
    from sizao.kernel.scope import Scope
    from sizao.plan import run
    from sizao.registers.cases import actions as cases
    from sizao.registers.population import actions as population

    before = counted(outbreak)
    system, known = Scope.system("test"), clock.now() - timedelta(days=2)
    data = [population.PersonData(area_id=outbreak.grid.pk, name=f"张{n}") for n in range(40)]
    people = population.add_persons(system, data, known=[known] * 40, sender="more")
    told = {
        "area_id": outbreak.grid.pk,
        "disease": "covid-19",
        "classification": "close",
        "named_at": known,
        "last_exposure_on": known.date(),
        "case_id": outbreak.case,
    }
    cases.add_contacts(system, [cases.New(p, "more", str(n), known, told) for n, p in enumerate(people)])
    run.evaluate_all()
    assert counted(outbreak) == before
