"""A store for `bench web`: the invented county, and as many persons, contacts and cases more as are wanted, put in by the database itself."""

import base64
import json
import random
import time
import urllib.parse
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

NAMES = 50_000
#: Persons of a village, five grids a village, twenty villages a township: about what a county of the plain has.
OF_A_VILLAGE = 2500

PERSONS = """
INSERT INTO population_person (id, known_from, stands_from, recorded_at, change_no, change_xid, sender, source_id, name, name_keys, sex, birth_date, age_text, occupation, area_id, age_years, phone_index)
SELECT (lpad(to_hex(extract(epoch FROM now())::bigint * 1000 - 86400000 + g), 12, '0') || '7' || substr(md5(g::text), 1, 3) || 'a' || substr(md5(g::text), 4, 15))::uuid,
  now() - interval '20 days', now() - interval '20 days', now(), nextval('kernel_change_seq'), pg_current_xact_id(), 'bench', 'P' || lpad(g::text, 8, '0'), n.name, n.keys,
  n.sex, n.born, '', '', (%(areas)s::bigint[])[(1 + (g::bigint * 7919) %% %(many)s)::int], extract(year FROM age(n.born)), sha256(g::text::bytea)
FROM generate_series(1, %(size)s) g JOIN bench_name n ON n.nth = (g::bigint * 7907) %% %(names)s
"""
CASES = """
INSERT INTO cases_case (id, known_from, stands_from, recorded_at, change_no, change_xid, sender, source_id, source, disease, classification, onset_on, reported_at, confirmed_at, area_id, person_id)
SELECT gen_random_uuid(), now() - interval '10 days', now() - interval '10 days', now(), nextval('kernel_change_seq'), pg_current_xact_id(), 'bench', 'B' || source_id, '', %(disease)s, 'confirmed',
  current_date - (random() * 12)::int, now() - random() * interval '10 days', now() - random() * interval '9 days', area_id, id
FROM population_person WHERE sender = 'bench' AND right(source_id, 3)::int %% 200 = 7
"""
CONTACTS = """
INSERT INTO cases_contact (id, known_from, stands_from, recorded_at, change_no, change_xid, sender, source_id, disease, classification, status, named_at, last_exposure_on, observation_from,
  observation_until, area_id, person_id)
SELECT gen_random_uuid(), now() - back * interval '1 day', now() - back * interval '1 day', now(), nextval('kernel_change_seq'), pg_current_xact_id(), 'bench', 'C' || source_id, %(disease)s, 'close', '',
  now() - back * interval '1 day', current_date - back, current_date - back, current_date - back + 14, area_id, id
FROM (SELECT *, (random() * 12)::int AS back FROM population_person WHERE sender = 'bench' AND right(source_id, 3)::int %% 20 = 3) p
"""

#: Nine checks of ten were made, on every day of the observation until yesterday.
CHECKS = """
INSERT INTO kernel_act (id, kind, subject, person, area_id, disease, happened_at, outcome)
SELECT gen_random_uuid(), 'isolation.daily_check', c.id, c.person_id, c.area_id, c.disease, day + interval '10 hours', 'ok'
FROM cases_contact c, generate_series(c.observation_from::timestamp AT TIME ZONE %(zone)s, now() - interval '1 day', '1 day') day WHERE c.sender = 'bench' AND random() < 0.9
"""


@dataclass(slots=True)
class Filled:
    """A store that can be asked: links to come in by, who → one for each user; page → (who, addresses); figures of the filling."""

    links: dict[str, list[str]]
    addresses: dict[str, tuple[str, list[str]]]
    figures: dict[str, Any]


def fill(place: Path, size: int, users: int) -> Filled:
    """Fills the store at `place`, or finds it filled to that size."""
    from sizao.wiring.database import boot, server

    boot(place / "store", kind="demo")
    from django.db import connections

    from sizao.kernel import clock, keys
    from sizao.plan import run as plan
    from sizao.rehearsal import county
    from sizao.wiring.migrate import migrate

    figures: dict[str, Any] = {"persons": size, "users": users}
    migrate("demo")
    mark = place / "filled.json"
    if not mark.exists() or json.loads(mark.read_text()) != {"size": size}:
        keys.KeyRing.new(keys.folder())
        county.ensure(seed=1)
        began = time.perf_counter()
        with server().connect("owner") as owner:
            _rows(owner, size, county.DISEASE)
        figures["persons_per_second"] = round(size / (time.perf_counter() - began))
        began = time.perf_counter()
        plan.evaluate_all(clock.now())
        figures["plan_run_seconds"] = round(time.perf_counter() - began, 2)
        mark.write_text(json.dumps({"size": size}))
    try:
        return Filled(_links(users), _addresses(size), figures)
    finally:
        connections.close_all()


def _rows(owner: Any, size: int, disease: str) -> None:
    from sizao.kernel import clock
    from sizao.kernel.models import Area
    from sizao.registers.population.rules import name_keys
    from sizao.rehearsal import county, people

    r, today = random.Random(1), clock.local_day(clock.now(), county.ZONE)
    _villages(size)
    areas = list(Area.objects.filter(level="grid").order_by("pk").values_list("pk", flat=True))
    owner.execute("CREATE TEMP TABLE bench_name (nth int, name text, keys text[], sex text, born date)")
    with owner.cursor() as cursor, cursor.copy("COPY bench_name FROM STDIN") as copy:
        for nth in range(NAMES):
            p = people.invent(r, today)
            copy.write_row((nth, p.name, name_keys(p.name), p.sex, p.birth_date))
    owner.execute("ANALYZE bench_name")
    tables = ("population_person", "cases_case", "cases_contact")
    for table in tables:
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER version")
    values = {"size": size, "names": NAMES, "areas": areas, "many": len(areas), "disease": disease}
    for statement in (PERSONS, CASES, CONTACTS):
        owner.execute(statement, values)
    for back in (0, 31):
        owner.execute("SELECT kernel_ensure_act_month(%s)", [today - timedelta(days=back)])
    owner.execute(CHECKS, {"zone": county.ZONE})
    for table in tables:
        owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER version")
    owner.execute("VACUUM ANALYZE")


def _villages(size: int) -> None:
    """As many villages more as that many persons live in, each with a post that somebody holds."""
    from sizao.kernel import areas, organisation
    from sizao.kernel.areas import NewArea
    from sizao.kernel.models import Area
    from sizao.kernel.scope import Scope

    new: list[NewArea] = []
    for v in range(max(0, size // OF_A_VILLAGE - Area.objects.filter(level="village").count())):
        township, village = f"9900012{v // 20:02}", f"9900012{v // 20:02}{v % 20:03}"
        new += [NewArea(township, f"第{v // 20 + 1}镇", "township", "990001", f"Township {v // 20 + 1}")] if v % 20 == 0 else []
        new.append(NewArea(village, f"第{v + 1}村", "village", township, f"Village {v + 1}"))
        new += [NewArea(f"{village}{g}", f"第{v + 1}村{g}网格", "grid", village, f"Village {v + 1} grid {g}") for g in range(1, 6)]
    system = Scope.system("bench")
    user = organisation.add_user(system, "bench-villages", "bench")
    for area in areas.grow(new).values():
        if area.level == "village":
            organisation.grant_post(system, user, "community", area)


def _links(users: int) -> dict[str, list[str]]:
    from sizao.doors.kit.signin import make_link
    from sizao.kernel.models import User

    return {who: [make_link(User.objects.get(username=who), 60) for _ in range(users)] for who in ("commander", "cdc", "community")}


def _addresses(size: int) -> dict[str, tuple[str, list[str]]]:
    """page → (who asks, addresses). Names, numbers and places are different ones, common and rare."""
    from sizao.kernel.models import Area
    from sizao.registers.cases.models import Contact
    from sizao.registers.population.models import Person

    r = random.Random(2)
    numbers = [f"P{r.randrange(1, size + 1):08d}" for _ in range(40)]
    found = list(Person.objects.filter(source_id__in=numbers, sender="bench"))
    people = [str(p.pk) for p in found]
    names = ["张伟", "王芳", *(p.name for p in found)]
    initials = ["zw", "wm", "l", *("".join(k for k in max((k for k in p.name_keys if k.isascii()), key=len, default="z")) for p in found)]
    contacts = [str(pk) for pk in Contact.objects.filter(sender="bench")[:200].values_list("pk", flat=True)]
    places = [a.code for a in Area.objects.filter(level__in=("village", "township"))]
    asked = lambda way, texts: [f"{way}{urllib.parse.quote(t)}" for t in texts]  # noqa: E731
    deep = [base64.urlsafe_b64encode(json.dumps([None, pk]).encode()).decode().rstrip("=") for pk in people]
    return {
        "overview": ("commander", ["/"]),
        "measure": ("commander", ["/measure/contact-daily-check"]),
        "list_with_names": ("cdc", ["/measure/contact-daily-check"]),
        "today": ("community", ["/today"]),
        "today_of_a_county": ("cdc", ["/today"]),
        "desk": ("cdc", ["/desk"]),
        "must_be_tested": ("cdc", ["/lab/due"]),
        "chains": ("cdc", ["/chains"]),
        "duty": ("commander", ["/duty"]),
        "situation": ("commander", ["/situation"]),
        "affected": ("commander", ["/grades/affected"]),
        "find": ("cdc", asked("/find?q=", names)),
        "register": ("cdc", ["/registers/persons"]),
        "register_deep": ("cdc", [f"/registers/persons?after={c}" for c in deep]),
        "register_name": ("cdc", asked("/registers/persons?q=", names)),
        "register_initials": ("cdc", asked("/registers/persons?q=", initials)),
        "register_number": ("cdc", asked("/registers/persons?q=", numbers)),
        "register_id": ("cdc", asked("/registers/persons?q=", people)),
        "register_of_a_village": ("community", ["/registers/persons"]),
        "register_of_an_area": ("cdc", [f"/registers/persons?area={c}" for c in places]),
        "register_filtered": ("cdc", ["/registers/persons?f.sex=female&f.age_years.gte=60", "/registers/persons?f.sex=male&f.birth_year.empty=1"]),
        "register_contacts": ("cdc", ["/registers/contacts?view=under-observation", "/registers/contacts"]),
        "register_contacts_name": ("cdc", asked("/registers/contacts?q=", names)),
        "register_contacts_sorted": ("cdc", ["/registers/contacts?sort=-last_exposure_on", "/registers/contacts?sort=observation_until"]),
        "register_cases": ("cdc", ["/registers/cases?view=confirmed&sort=-onset_on", "/registers/cases"]),
        "record": ("cdc", [f"/registers/contacts/{pk}" for pk in contacts]),
        "api": ("cdc", ["/api/v1/persons", "/api/v1/contacts?limit=100"]),
    }
