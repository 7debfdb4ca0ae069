"""Chains of transmission: the desk's page and its drawing's data for `size` linked cases, asked through the whole web stack in process."""

import os
import shutil
import tempfile
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.measure import measured

PEOPLE = """
INSERT INTO population_person (id, known_from, stands_from, recorded_at, change_no, change_xid, sender, source_id, name, name_keys, age_text, occupation, area_id)
SELECT gen_random_uuid(), '2020-03-01', '2020-03-01', '2020-03-01', g, pg_current_xact_id(), 'bench', g::text, '', '{}', '', '', %(area)s FROM generate_series(1, %(size)s) g
"""
CASES = """
INSERT INTO cases_case (id, known_from, stands_from, recorded_at, change_no, change_xid, sender, source_id, disease, classification, source, onset_on, area_id, person_id)
SELECT gen_random_uuid(), '2020-03-01', '2020-03-01', '2020-03-01', source_id::int, pg_current_xact_id(), 'bench', source_id, 'covid-19', 'confirmed', '',
  DATE '2020-03-01' + (3 * ln(source_id::int + 1))::int, area_id, id FROM population_person
"""
LINKS = """
INSERT INTO cases_link (id, known_from, stands_from, recorded_at, change_no, change_xid, sender, source_id, disease, certainty, infector_id, infectee_id)
SELECT gen_random_uuid(), '2020-03-01', '2020-03-01', '2020-03-01', 0, pg_current_xact_id(), 'bench', '', 'covid-19', 'stated', a.id, b.id
FROM unnest(%(infectors)s::text[], %(infectees)s::text[]) AS l (infector, infectee)
JOIN cases_case a ON a.source_id = l.infector JOIN cases_case b ON b.source_id = l.infectee
"""


def run(size: int = 2000) -> dict[str, Any]:
    """Seconds, each the middle of five: `seconds` of page and data together, `page_seconds`, `data_seconds`; and how large the data are before they are packed.
    `equal`: as many links came back as were put in."""
    place = Path(tempfile.mkdtemp(prefix="sizao-bench-"))
    place.chmod(0o755)
    os.environ |= {"SIZAO_STORE": str(place / "store"), "SIZAO_KEYS": str(place / "keys")}
    from sizao.wiring.database import boot, server

    try:
        boot(place / "store", kind="demo")
        return _measure(place, size)
    finally:
        from django.db import connections

        connections.close_all()
        server().stop()
        shutil.rmtree(place, ignore_errors=True)


def _measure(place: Path, size: int) -> dict[str, Any]:
    from sizao.kernel import keys
    from sizao.wiring.database import server
    from sizao.wiring.migrate import migrate

    migrate("demo")
    keys.KeyRing.new(place / "keys")
    from django.test import Client

    from sizao.doors.kit import signin
    from sizao.kernel import areas
    from sizao.kernel.models import User
    from sizao.kernel.organisation import grant_post
    from sizao.kernel.scope import Scope

    grid = areas.grow([areas.NewArea("990001", "青禾县", "county")])["990001"]
    user = User.objects.create_user("bench")
    grant_post(Scope.system("bench"), user, "cdc", areas.root())
    random = Random(7)
    pairs = [(str(random.randrange(max(1, x // 3), x)), str(x)) for x in range(2, size + 1)]
    with server().connect("owner") as owner:
        for table in ("population_person", "cases_case", "cases_link"):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER version")
        owner.execute(PEOPLE, {"area": grid.pk, "size": size})
        owner.execute(CASES)
        owner.execute(LINKS, {"infectors": [a for a, _ in pairs], "infectees": [b for _, b in pairs]})
        owner.execute("VACUUM ANALYZE population_person, cases_case, cases_link")
    browser = Client(HTTP_HOST="localhost")
    browser.post(signin.make_link(user))
    figures: dict[str, Any] = {"cases": size}
    for name, address in (("page", "/chains"), ("data", "/chains/data.json")):
        took = []
        for _ in range(5):
            with measured() as one:
                answer = browser.get(address)
            took.append(one["seconds"])
        figures[f"{name}_seconds"] = sorted(took)[2]
    figures |= {"seconds": figures["page_seconds"] + figures["data_seconds"], "data_mb": len(answer.content) / 1e6}
    figures["equal"] = answer.status_code == 200 and len(answer.json()["from"]) == size - 1
    return figures


