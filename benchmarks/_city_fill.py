"""A store for `bench watch` and `bench situation`: the invented county with as many villages, persons, reporting units, ledger lines and cases as a city has, put in by the database itself."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: One unit of each of these for so many persons, with so many lines a day.
UNITS = {"fever_clinic": (2_000, 4), "pharmacy": (2_000, 3)}
ENTRIES = """
INSERT INTO ledgers_entry (id, known_from, stands_from, recorded_at, change_no, change_xid, sender, source_id, ledger, item_ref, unit_id, area_id, happened_at, period, slot, "values")
SELECT gen_random_uuid(), at, at, now(), nextval('kernel_change_seq'), pg_current_xact_id(), 'bench', u.source_id || '/' || d || '/' || n, %(ledger)s, '', u.id, u.area_id, at, at::date, 0, %(told)s
FROM ledgers_reportingunit u, generate_series(1, %(days)s) d, generate_series(1, %(many)s) n, LATERAL (SELECT now() - d * interval '1 day' - n * interval '7 minutes' AS at) t
WHERE u.sender = 'bench' AND u.kind = %(kind)s AND ('x' || substr(md5(u.source_id || d || '/' || n), 1, 2))::bit(8)::int < 200
"""
CASES = """
INSERT INTO cases_case (id, known_from, stands_from, recorded_at, change_no, change_xid, sender, source_id, source, disease, classification, onset_on, first_care_at, reported_at, confirmed_at, outcome, outcome_at, area_id, person_id)
SELECT gen_random_uuid(), told, told, now(), nextval('kernel_change_seq'), pg_current_xact_id(), 'bench', 'K' || p.source_id, '', %(disease)s, (ARRAY['confirmed', 'confirmed', 'suspected', 'asymptomatic'])[1 + rank %% 4],
  (told - interval '1 day' * (2 + rank %% 5))::date, told - interval '1 day' * (1 + rank %% 3), told, told + interval '8 hours' * (rank %% 4),
  CASE WHEN told < now() - interval '20 days' THEN (ARRAY['recovered', 'recovered', 'recovered', 'died'])[1 + rank %% 4] END, CASE WHEN told < now() - interval '20 days' THEN told + interval '1 day' * (9 + rank %% 9) END, area_id, id
FROM (SELECT *, row_number() OVER (ORDER BY md5(source_id)) AS rank FROM population_person WHERE sender = 'bench') p, LATERAL (SELECT now() - interval '1 minute' * (60 + (rank * 7919) %% 86400) AS told) t
WHERE rank <= %(cases)s
"""


@contextmanager
def city(size: int, days: int, cases: int) -> Iterator[dict[str, Any]]:
    """Opens a fresh store with `size` persons, units in proportion with lines of `days` days, and `cases` cases of the last sixty days; stops and drops it afterwards. Gives the figures of what is in it."""
    place = Path(tempfile.mkdtemp(prefix="sizao-bench-"))
    place.chmod(0o755)
    os.environ |= {"SIZAO_STORE": str(place / "store"), "SIZAO_KEYS": str(place / "keys"), "SIZAO_LANG": "en"}
    from sizao.wiring.database import boot, server

    boot(place / "store", kind="demo")
    try:
        from sizao.kernel import keys
        from sizao.rehearsal import county
        from sizao.wiring.migrate import migrate

        migrate("demo")
        keys.KeyRing.new(keys.folder())
        county.ensure(seed=1)
        with server().connect("owner") as owner:
            yield _filled(owner, size, days, cases, county.DISEASE)
    finally:
        from django.db import connections

        connections.close_all()
        server().stop()
        shutil.rmtree(place, ignore_errors=True)


def _filled(owner: Any, size: int, days: int, cases: int, disease: str) -> dict[str, Any]:
    from benchmarks._web_fill import NAMES, PERSONS, _villages
    from sizao.kernel import clock
    from sizao.kernel.models import Area
    from sizao.kernel.scope import Scope
    from sizao.registers.ledgers import actions as ledgers

    _villages(size)
    areas = list(Area.objects.filter(level="grid").order_by("pk").values_list("pk", flat=True))
    owner.execute("CREATE TEMP TABLE bench_name (nth int, name text, keys text[], sex text, born date)")
    owner.execute("INSERT INTO bench_name SELECT n, '某' || n, ARRAY['某' || n], 'male', date '1980-01-01' + (n %% 9000) FROM generate_series(0, %s) n", [NAMES])
    for table in ("population_person", "cases_case", "ledgers_entry"):
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER version")
    owner.execute(PERSONS, {"size": size, "names": NAMES, "areas": areas, "many": len(areas)})
    villages = list(Area.objects.filter(level="village").order_by("pk").values_list("pk", flat=True))
    since = clock.now()
    new = [ledgers.NewUnit(f"{kind}-{n}", villages[n % len(villages)], f"{kind} {n}", since, kind) for kind, (of, _) in UNITS.items() for n in range(max(2, size // of))]
    ledgers.add_units(Scope.system("bench"), new, sender="bench")
    for ledger, kind, told in (("fever_visit", "fever_clinic", '{"fever_handling": "treated"}'), ("medicine_sale", "pharmacy", '{"medicine_class": "fever", "packs_sold": 2}')):
        owner.execute(ENTRIES, {"ledger": ledger, "kind": kind, "told": told, "days": days, "many": UNITS[kind][1]})
    owner.execute(CASES, {"disease": disease, "cases": cases})
    for table in ("population_person", "cases_case", "ledgers_entry"):
        owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER version")
    owner.execute("VACUUM ANALYZE")
    lines = owner.execute("SELECT count(*) FROM ledgers_entry").fetchone()[0]
    return {"persons": size, "areas": Area.objects.count(), "units": len(new), "lines": lines, "cases": cases}
