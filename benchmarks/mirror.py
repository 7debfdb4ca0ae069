"""The mirror: the first copy of `size` persons and three acts each, a refresh of 100,000 changes, a check, and the engine on both sides."""

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measure import measured

PERSONS = """
INSERT INTO population_person (id, known_from, stands_from, recorded_at, change_no, change_xid, sender, source_id, name, name_keys, sex, age_text, occupation, area_id, age_years)
SELECT (lpad(to_hex(1577808000000 + g / 10), 12, '0') || '7' || substr(md5(g::text), 1, 3) || 'a' || substr(md5(g::text), 4, 15))::uuid,
  '2020-06-01', '2020-06-01', '2020-06-01', g, pg_current_xact_id(), '', '', '', '{}', (1 + g %% 2)::text, '', '', (%(areas)s::bigint[])[1 + g %% %(many)s], g %% 90
FROM generate_series(1, %(size)s) g
"""
CONTACTS = """
INSERT INTO cases_contact (id, known_from, stands_from, recorded_at, change_no, change_xid, sender, source_id, disease, classification, status, last_exposure_on, area_id, person_id)
SELECT gen_random_uuid(), '2020-06-01', '2020-06-01', '2020-06-01', nextval('kernel_change_seq'), pg_current_xact_id(), '', '', 'covid-19', 'close', '', DATE '2020-06-01' + (random() * 10)::int, area_id, id
FROM population_person LIMIT %(contacts)s
"""
ACTS = """
INSERT INTO kernel_act (id, kind, subject, person, area_id, disease, happened_at, outcome)
SELECT gen_random_uuid(), (ARRAY['isolation.daily_check', 'attempt', 'stay.admitted'])[1 + k], p.id, p.id, p.area_id, 'covid-19', timestamptz '2020-06-02' + random() * interval '14 days', 'ok'
FROM population_person p, generate_series(0, 2) k
"""
CHANGES = """
WITH changed AS (UPDATE population_person SET age_years = 1 + age_years, stands_from = '2020-06-05' WHERE id IN (SELECT id FROM population_person ORDER BY md5(id::text || %(turn)s) LIMIT %(updates)s) RETURNING id)
INSERT INTO kernel_act (id, kind, subject, person, happened_at, outcome)
SELECT gen_random_uuid(), 'isolation.daily_check', id, id, timestamptz '2020-06-12' + random() * interval '1 hour', 'ok' FROM (SELECT id FROM population_person LIMIT %(acts)s) p
"""


def run(size: int = 1_000_000, changes: int = 100_000) -> dict[str, Any]:
    """Seconds. `seconds` is of a refresh of `changes` rows, one in five an updated person (and its earlier version), the rest acts; `tidy_seconds` is what a run
    spends on the mirror's file afterwards, when its numbers are there."""
    place = Path(tempfile.mkdtemp(prefix="sizao-bench-"))
    place.chmod(0o755)
    os.environ |= {"SIZAO_STORE": str(place / "store"), "SIZAO_KEYS": str(place / "keys")}
    from sizao.wiring.database import boot, server

    try:
        boot(place / "store", kind="demo")
        return _measure(place, size, changes)
    finally:
        from django.db import connections

        connections.close_all()
        server().stop()
        shutil.rmtree(place, ignore_errors=True)


def _measure(place: Path, size: int, changes: int) -> dict[str, Any]:
    from sizao.kernel import areas as tree
    from sizao.plan.mirror.mirror import Mirror
    from sizao.wiring.database import server
    from sizao.wiring.migrate import migrate

    migrate("demo")
    new = [
        tree.NewArea("990001", "青禾县", "county"),
        *(tree.NewArea(f"990001{i:04}", f"{i}号网格", "grid", "990001") for i in range(1, 401)),
    ]
    areas = [area.pk for area in tree.grow(new).values() if area.level == "grid"]
    with server().connect("owner") as owner:
        values = {"size": size, "areas": areas, "many": len(areas), "contacts": size // 20}
        for table in ("population_person", "cases_contact"):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER version")
        owner.execute("SELECT kernel_ensure_act_month('2020-06-01')")
        owner.execute(PERSONS, values)
        owner.execute(CONTACTS, values)
        for table in ("population_person", "cases_contact"):
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER version")
        owner.execute("SELECT setval('kernel_change_seq', %s)", [size * 2])
        owner.execute(ACTS)
        owner.execute("VACUUM ANALYZE population_person, cases_contact, kernel_act")
        with Mirror.open(place / "store" / "mirror") as mirror:
            figures: dict[str, Any] = {"subjects": size + size // 20, "acts": 3 * size}
            with measured() as first:
                mirror.refresh()
            figures |= {"first_seconds": first["seconds"], "first_peak_gb": first["peak_gb"], "file_mb": _size(mirror.folder)}
            updates = changes // 5
            owner.execute(CHANGES, {"updates": updates, "acts": changes - updates, "turn": "1"})
            done = mirror.refresh()
            figures |= {"seconds": done.seconds, "refresh_rows": done.rows.get("fact_person", 0) + done.rows.get("act", 0)}
            began = time.perf_counter()
            mirror.tidy()
            figures["tidy_seconds"] = time.perf_counter() - began
            figures["idle_seconds"] = mirror.refresh().seconds
            began = time.perf_counter()
            differ = mirror.refresh(check=True).differ
            figures |= {"check_seconds": time.perf_counter() - began, "equal": not differ}
    return figures


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) >> 20
