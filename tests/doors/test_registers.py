"""Every register's list, record, form and export, made from its declaration."""

import csv
import hashlib
import io
import re
from datetime import date, timedelta

import pytest
from doors import register_rows

from sizao.doors.kit.export import neutral
from sizao.kernel import clock, registry
from sizao.kernel.outcome import Command
from sizao.kernel.saving import write
from sizao.kernel.scope import Scope


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_list_record_and_form_opens_in_both_languages(outbreak, language, request):
    client = outbreak.client(outbreak.desk, language)
    assert client.get("/registers").status_code == 200
    for r in register_rows.shapes(request.config.getoption("--full")):
        pages = [f"/registers/{r.name}", f"/registers/{r.name}/export", *(f"/registers/{r.name}/{row.pk}" for row in r.rows(outbreak.desk)[:1])]
        if r.declaration.write:
            pages += [f"/registers/{r.name}/new", f"/registers/{r.name}/import", *(f"/registers/{r.name}/{row.pk}/edit" for row in r.rows(outbreak.desk)[:1])]
        for address in pages:
            answer = client.get(address)
            assert answer.status_code == 200, address
            assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=", answer.content.decode()), address


def test_every_view_that_ships_with_a_register_opens(outbreak, request):
    client = outbreak.client(outbreak.desk)
    shut = [f"{r.name}?view={f.name}" for r in register_rows.shapes(request.config.getoption("--full")) for f in r.declaration.filters if client.get(f"/registers/{r.name}", {"view": f.name}).status_code != 200]
    assert shut == []


def crowd(outbreak, count):
    """`count` contacts more, of one person, each a day apart."""
    contacts, today = registry.find("contacts"), date(2026, 1, 1)
    told = {"person": outbreak.people[1], "area": outbreak.grid.pk, "disease": "covid-19"}
    days = [today - timedelta(days=n) if n % 7 else None for n in range(count)]
    made = write(outbreak.desk, contacts, [Command(told=told | {"last_exposure_on": d}, source_id=f"S-{n}") for n, d in enumerate(days)], sender="crowd")
    assert {o.kind for o in made} == {"new"}


def walked(client, address) -> list[str]:
    """The ids of every page of a list, in order."""
    seen: list[str] = []
    while address:
        body = client.get(address).content.decode()
        seen += re.findall(r'name="row" value="([0-9a-f-]{36})"', body)
        following = re.search(r'rel="next" href="([^"]+)"', body)
        address = following[1].replace("&amp;", "&") if following else ""
    return seen


@pytest.mark.parametrize("sort", ["", "last_exposure_on", "-last_exposure_on"])
def test_paging_shows_every_row_once_in_order(outbreak, sort):
    """Also by a column in which many have the same value and some have none."""
    crowd(outbreak, 120)
    seen = walked(outbreak.client(outbreak.desk), f"/registers/contacts?sort={sort}")
    rows = {str(r.pk): r for r in registry.find("contacts").rows(outbreak.desk)}
    assert len(seen) == len(set(seen)) == len(rows)
    if sort:
        days = [rows[s].last_exposure_on for s in seen]
        told = [d for d in days if d is not None]
        assert told == sorted(told, reverse=sort.startswith("-")) and days[: len(told)] == told
    else:
        assert seen == sorted(seen, reverse=True)


def test_a_townships_list_is_everybodys_narrowed_in_the_same_order(county, outbreak):
    """The newest of each village, and the newest of those: whichever villages they fell into, over all pages."""
    here = [a for code, a in county.areas.items() if code.startswith("990001101")]
    places = [here[0]] * 70 + [*here, county.areas["990001102201-1"]] * 12  # a long run in one, then by turns, one of them elsewhere
    told = {"person": outbreak.people[1], "disease": "covid-19", "last_exposure_on": date(2026, 1, 1)}
    made = write(outbreak.desk, registry.find("contacts"), [Command(told=told | {"area": a.pk}, source_id=f"T-{n}") for n, a in enumerate(places)], sender="crowd")
    assert {o.kind for o in made} == {"new"}
    of = {str(r.pk): r.area.code for r in registry.find("contacts").rows(outbreak.desk)}
    seen = walked(outbreak.client(outbreak.desk), "/registers/contacts?area=990001101")
    assert len(seen) > 100 and seen == sorted((pk for pk, code in of.items() if code.startswith("990001101")), reverse=True)


@pytest.mark.parametrize("question", ["sort=status", "f.phone=1", "f.nothing=1", "f.last_exposure_on.like=1", "view=nothing", "after=zzz", "f.last_exposure_on=soon"])
def test_a_question_that_the_list_does_not_know_is_refused(outbreak, question):
    assert outbreak.client(outbreak.desk).get(f"/registers/contacts?{question}").status_code == 422


@pytest.mark.parametrize(
    "text, hits",
    [("李丽", 1), ("ll", 1), ("李", 1), ("丽", 1), ("J-1", 1), ("J", 0), ("l3", 0), ("13900000002", 1), ("1390000", 0), ("赵敏", 1), ("nobody", 0), ("'; --", 0), ("a\0b", 0)],
)
def test_search_by_name_initials_number(outbreak, text, hits):
    body = outbreak.client(outbreak.desk).get("/registers/contacts", {"q": text}).content.decode()
    assert len(re.findall(r'name="row"', body)) == hits


def test_filters_and_views(outbreak):
    client, contacts = outbreak.client(outbreak.desk), registry.find("contacts")
    first = contacts.rows(outbreak.desk).order_by("pk")[0]
    write(outbreak.desk, contacts, [Command(told={"released_at": clock.now(), "observation_from": date(2026, 1, 1), "observation_until": date(2026, 1, 5)}, record=first.pk)], sender="s")

    def listed(question):
        return set(re.findall(r'name="row" value="([0-9a-f-]{36})"', client.get(f"/registers/contacts?{question}").content.decode()))

    everyone = {str(r.pk) for r in contacts.rows(outbreak.desk)}
    assert listed("f.released_at.empty=1") == everyone - {str(first.pk)}
    assert listed("f.observation_until.gte=2026-01-05&f.observation_until.lte=2026-01-05") == {str(first.pk)}
    assert listed("view=no-case") == set()
    assert listed(f"f.case={outbreak.case}") == everyone
    assert listed("f.classification=close&f.classification=secondary") == everyone
    assert listed(f"area={outbreak.other.code}") < everyone


def test_a_kept_list_comes_back_without_the_name_that_was_searched(outbreak):
    client = outbreak.client(outbreak.desk)
    client.post("/registers/contacts/views", {"name": "在管", "query": "q=李丽&f.released_at.empty=1&cols=person,status"})
    body = client.get("/registers/contacts").content.decode()
    assert "★ 在管" in body and "q=%E6" not in body
    from sizao.doors.models import SavedView

    assert SavedView.objects.get().query == "f.released_at.empty=1&cols=person%2Cstatus"
    assert "★ 在管" not in outbreak.client(outbreak.team).get("/registers/contacts").content.decode()
    client.post("/registers/contacts/views", {"drop": SavedView.objects.get().pk})
    assert not SavedView.objects.exists()


def test_the_statements_of_a_list_do_not_grow_with_its_rows(outbreak, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = outbreak.client(outbreak.desk)

    def counted():
        client.get("/registers/contacts")
        with CaptureQueriesContext(connection) as queries:
            client.get("/registers/contacts")
        return len(queries)

    before = counted()
    crowd(outbreak, 49)
    assert counted() <= before + 1  # and one more to count what is on further pages


FORM = {"disease": "covid-19", "classification": "close", "last_exposure_on": "2026-01-02"}


def test_a_form_writes_once_however_often_it_is_sent(outbreak):
    client, contacts = outbreak.client(outbreak.desk), registry.find("contacts")
    page = client.get("/registers/contacts/new").content.decode()
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    told = FORM | {"key": key, "person": f"{outbreak.people[0]} · 张小明", "area": f"{outbreak.grid.code} · 网格"}
    before = contacts.rows(outbreak.desk).count()
    first, again = client.post("/registers/contacts/new", told), client.post("/registers/contacts/new", told)
    assert first.status_code == again.status_code == 302
    assert first["Location"].split("?")[0] == again["Location"].split("?")[0]
    assert contacts.rows(outbreak.desk).count() == before + 1


def test_what_cannot_be_saved_comes_back_as_it_was_typed_with_the_reason_at_its_field(outbreak):
    client = outbreak.client(outbreak.desk)
    answer = client.post("/registers/contacts/new", FORM | {"person": "", "status": "在家 <b>", "observation_from": "2026-02-30", "area": "nowhere"})
    body = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="2026-02-30"' in body and "在家 &lt;b&gt;" in body and 'value="nowhere"' in body
    assert set(re.findall(r'id="v-(\w+)-why"', body)) == {"area", "observation_from"}
    answer = client.post("/registers/contacts/new", FORM | {"person": "", "area": outbreak.grid.code})
    assert 'id="v-person-why"' in answer.content.decode()


def test_a_bare_name_is_taken_where_it_can_mean_only_one(outbreak):
    client = outbreak.client(outbreak.desk)
    answer = client.post("/registers/contacts/new", FORM | {"person": "赵敏", "area": outbreak.grid.code})
    assert answer.status_code == 302
    assert client.post("/registers/contacts/new", FORM | {"person": "无此人", "area": outbreak.grid.code}).status_code == 422


def test_two_people_at_one_record(outbreak):
    """Both opened it; the second sees the first one's value beside his own, loses nothing, and saves what he chooses."""
    contacts, row = registry.find("contacts"), None
    one, two = outbreak.client(outbreak.desk), outbreak.client(outbreak.county.user("cdc"))
    row = contacts.rows(outbreak.desk).order_by("pk")[0]
    address = f"/registers/contacts/{row.pk}/edit"

    def opened(client):
        return dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', client.get(address).content.decode()))

    first, second = opened(one), opened(two)
    assert one.post(address, first | FORM | {"status": "居家", "observation_from": "2026-01-03"}).status_code == 302
    clash = two.post(address, second | FORM | {"status": "集中", "observation_until": "2026-01-20"})
    body = clash.content.decode()
    assert clash.status_code == 409
    assert 'value="集中"' in body and "居家" in body and 'value="2026-01-20"' in body
    assert 'value="2026-01-03"' in body  # what the other wrote and this one left alone
    again = dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', body))
    assert two.post(address, again | FORM).status_code == 302
    row.refresh_from_db()
    assert (row.status, row.observation_from, row.observation_until) == ("集中", date(2026, 1, 3), date(2026, 1, 20))


def test_emptying_a_field_empties_it_and_a_sealed_one_stays_unless_removed(outbreak):
    client, persons = outbreak.client(outbreak.desk), registry.find("persons")
    address = f"/registers/persons/{outbreak.people[0]}/edit"
    page = client.get(address).content.decode()
    assert "13900000001" not in page
    seen = re.search(r'name="seen" value="(\d+)"', page)[1]
    told = {"seen": seen, "name": "张小明", "sex": "", "area": outbreak.grid.code, "phone": "", "address": ""}
    assert client.post(address, told).status_code == 302
    row = persons.rows(outbreak.desk).get(pk=outbreak.people[0])
    assert row.sex is None and row.phone is not None
    client.post(address, told | {"seen": row.change_no, "phone.remove": "1"})
    assert persons.rows(outbreak.desk).get(pk=outbreak.people[0]).phone is None


def test_a_record_tells_its_acts_and_its_versions(outbreak):
    contacts = registry.find("contacts")
    row = contacts.rows(outbreak.desk).order_by("pk")[0]
    write(outbreak.desk, contacts, [Command(told={"status": "居家"}, record=row.pk)], sender="s")
    body = re.sub(r"<[^>]+>", " ", outbreak.client(outbreak.desk).get(f"/registers/contacts/{row.pk}").content.decode())
    assert "判定为密接" in body and "居家" in body and outbreak.desk.user.name in body


def test_one_thing_done_to_the_ticked_rows(outbreak):
    client, contacts = outbreak.client(outbreak.desk), registry.find("contacts")
    ids = [str(r.pk) for r in contacts.rows(outbreak.desk)]
    told = {"row": ids, "release.released_at": "2026-01-09T10:00"}
    body = client.post("/registers/contacts/bulk/release", told).content.decode()
    assert body.count("<td>已改</td>") == len(ids)
    assert "<td>未办</td>" in client.post("/registers/contacts/bulk/release", {"row": ids, "release.released_at": ""}).content.decode()
    assert client.post("/registers/contacts/bulk/release", {"row": ids * 1, "release.released_at": "x"}).content.decode().count("<td>未办</td>") == len(ids)


def exported(client, register, **told):
    answer = client.post(f"/registers/{register}/export", {"format": "csv"} | told)
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def test_a_csv_says_how_many_rows_it_holds_and_its_hash(outbreak, monkeypatch):
    monkeypatch.setattr("sizao.doors.kit.export.CHUNK", 7)
    crowd(outbreak, 40)
    data = exported(outbreak.client(outbreak.desk), "contacts")
    whole, _, last = data.rstrip(b"\r\n").rpartition(b"\n")
    assert last == f"#sizao,rows=43,sha256={hashlib.sha256(whole + chr(10).encode()).hexdigest()}".encode()
    lines = list(csv.reader(io.StringIO(whole.decode("utf-8-sig"))))
    assert len(lines) == 44 and len({line[0] for line in lines}) == 44
    assert "李丽" not in data.decode()


def test_names_leave_only_for_a_purpose_and_on_record(outbreak):
    from django.db import connection

    client = outbreak.client(outbreak.desk)
    refused = client.post("/registers/persons/export", {"format": "csv", "names": "1"})
    assert refused.status_code == 403 and "names-need-purpose" in refused.content.decode()
    data = exported(client, "persons", names="1", purpose="tracing").decode()
    assert "李丽" in data and "13900000002" in data
    with connection.cursor() as cursor:
        cursor.execute("SELECT purpose, subjects FROM kernel_event WHERE kind = 'persons.exported_with_names'")
        [(purpose, subjects)] = cursor.fetchall()
    assert purpose == "tracing" and set(outbreak.people) <= set(subjects)


def test_no_cell_of_an_export_is_a_formula(outbreak):
    from python_calamine import CalamineWorkbook

    contacts = registry.find("contacts")
    row = contacts.rows(outbreak.desk)[0]
    write(Scope.system("test"), contacts, [Command(told={"status": '=HYPERLINK("http://x")'}, record=row.pk)], sender="s")
    client = outbreak.client(outbreak.desk)
    assert "'=HYPERLINK" in exported(client, "contacts").decode()
    answer = client.post("/registers/contacts/export", {"format": "xlsx"})
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content)))
    rows = book.get_sheet_by_index(0).to_python()
    assert len(rows) == 4 and any("'=HYPERLINK" in str(c) for line in rows for c in line)
    about = dict(line[:2] for line in book.get_sheet_by_index(1).to_python())
    assert about["行数 rows"] == "3" and len(about["sha256"]) == 64


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "＝1"])
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert neutral(text) == f"'{text}"


def test_a_pasted_table_is_tried_then_brought_in_and_what_was_refused_comes_back(outbreak):
    client, contacts = outbreak.client(outbreak.desk), registry.find("contacts")
    table = f"来源编号\t人员\t观察地点所在地\t病种\t备注\nX1\t{outbreak.people[0]}\t{outbreak.grid.code}\t新型冠状病毒感染\t\nX2\tnobody\t{outbreak.grid.code}\t新型冠状病毒感染\tx"
    before = contacts.rows(outbreak.desk).count()
    tried = client.post("/registers/contacts/import", {"table": table}).content.decode()
    assert "Import these rows" not in tried and "导入这些行" in tried
    assert contacts.rows(outbreak.desk).count() == before
    done = client.post("/registers/contacts/import", {"table": table, "write": "1", "c.4": "status"}).content.decode()
    assert contacts.rows(outbreak.desk).count() == before + 1
    left = re.search(r"<textarea[^>]*>(.*?)</textarea>", done, re.DOTALL)[1]
    assert "X2" in left and "X1" not in left
    assert client.post("/registers/contacts/import", {"table": "人员\nx", "write": "1"}).content.decode().count("必填而未对应") == 1
    assert client.post("/registers/contacts/import", {"table": " "}).status_code == 422
