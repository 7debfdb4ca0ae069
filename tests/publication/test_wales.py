"""F7. Public Health Wales, 2020-08-30: 18,105 people's rows lay on a public server for twenty hours, because the step that publishes had no guard of its own.

Here: rows of persons are refused because they are no counts; the public's process may not even name the tables they lie in; small counts are hidden in every
form; one person alone lets nothing out; what is out is called back with one press, from all forms at once.
"""

import psycopg
import pytest
from django.db import connection
from django.test import Client

from sizao.kernel.errors import Refused
from sizao.registers.cases.models import Case
from sizao.registers.population.models import Person
from sizao.situation.models import Publication
from sizao.situation.publication.tables import cell
from sizao.wiring import database

pytestmark = pytest.mark.django_db
LIST = "姓名,出生日期,身份证号码,电话\n张小明,1949-12-31,11010519491231002X,13900000001\n李丽,1960-05-17,330106196005170021,13900000002\n"


def anyone(address):
    return Client(HTTP_HOST="localhost").get(address)


def test_a_list_of_people_is_refused_by_what_it_is_whoever_sends_it_and_by_whatever_door(office):
    desk = office.client(office.first)
    story = desk.post("/publish/prepare?area=990001", {"type": "story", "title": "新增病例", "text": LIST})
    assert story.status_code == 422 and "没有保存" in story.content.decode()
    table = desk.post("/publish/prepare?area=990001", {"type": "cases", "disease": "covid-19"})
    assert table.status_code == 422
    program = desk.post("/api/v1/publications", {"rows": [{"values": {"text": LIST}}]}, content_type="application/json", HTTP_IDEMPOTENCY_KEY="k")
    assert program.status_code == 404  # there is no register of publications: a program sends none
    rows = [({"area": "1.", "age": "60+"}, "张小明"), ({"area": "1.", "name": "zhangxiaoming"}, 1), ({"area": "1.", "phone": "13900000001"}, 1), ({"area": "1.", "age": "11010519491231002x"}, 1), ({"area": "1.", "age": "60+"}, 1.5)]
    for box, value in rows:  # however it is laid out as a table
        with pytest.raises(Refused, match="publication-not-a-count"):
            cell(box, value)
    assert Publication.objects.count() == 0


def test_the_process_of_the_public_may_not_name_the_tables_that_rows_lie_in(office):
    """Not a habit of its pages: whatever is run in it asks under a role that owns nothing and may read no table."""
    with database.server().connect("public", dbname=connection.settings_dict["NAME"]) as held:
        held.autocommit = True
        for table in (Person._meta.db_table, Case._meta.db_table, "kernel_act", "isolation_order", "laboratory_specimen", "interop_importrow", "kernel_event"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                held.execute(f'SELECT * FROM public."{table}" LIMIT 1')


def test_small_counts_are_hidden_in_every_form_and_one_person_lets_nothing_out(office):
    first, second = office.client(office.first), office.client(office.second)
    kept = set(Case.objects.filter(area=office.other, source_id__startswith="C-30-").order_by("pk").values_list("pk", flat=True)[:3])
    Case.objects.filter(area=office.other).exclude(pk__in=kept).update(area=office.grid)  # three are left in the second township
    from sizao.plan import run

    run.evaluate_all()
    draft = first.post("/publish/prepare?area=990001", {"type": "by-place", "disease": "covid-19"}).headers["Location"]
    code = draft.rsplit("/", 1)[1]
    forms = [f"/public/bulletins/{code}{end}" for end in ("", ".csv", ".json")]
    assert {anyone(address).status_code for address in forms} == {404}  # a draft is nothing
    assert first.post(f"{draft}/sign").status_code == 403  # nor by who prepared it
    assert {anyone(address).status_code for address in forms} == {404}
    assert second.post(f"{draft}/sign").status_code == 302
    told = anyone(forms[2]).json()
    small = [c for c in told["cells"] if c["value"] is not None and 0 < c["value"] < told["few"]]
    assert small == [] and any(c["value"] is None for c in told["cells"])
    assert ",3," not in anyone(forms[1]).content.decode() and ">3<" not in anyone(forms[0]).content.decode()


def test_one_press_takes_it_back_from_every_form_and_says_so(office):
    first, second = office.client(office.first), office.client(office.second)
    draft = first.post("/publish/prepare?area=990001", {"type": "official-totals", "disease": "covid-19"}).headers["Location"]
    code = draft.rsplit("/", 1)[1]
    second.post(f"{draft}/sign")
    forms = [f"/public/bulletins/{code}{end}" for end in ("", ".csv", ".json")]
    everywhere = [*forms, "/public/bulletins", "/public/feed.atom", "/public/data/publications.json", "/public/data/publications.csv"]
    assert all("51" in anyone(address).content.decode() for address in forms)
    assert first.post(f"{draft}/recall", {"notice": "误发"}).status_code == 302  # either of the two, alone: nobody waits for a second hand then
    for address in everywhere:
        body = anyone(address).content.decode()
        assert "误发" in body or address == "/public/bulletins", address
    assert not any(">51<" in anyone(a).content.decode() or ",51" in anyone(a).content.decode() or ": 51" in anyone(a).content.decode() for a in forms)
    assert {anyone(a).headers["Cache-Control"] for a in forms[1:]} == {"public, max-age=60"}  # nor does a proxy keep it longer than a minute
