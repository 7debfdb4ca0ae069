"""A table into any register: columns found by their labels, every row accounted for, the same table twice changes nothing."""

import pytest

from sizao.interop import kit, read, resend, sayings
from sizao.interop.models import ImportFile, ImportRow
from sizao.kernel import registry
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Command
from sizao.kernel.saving import write

GRID, BESIDE = "990001101201-1", "990001102201-1"
HEADER = ["来源编号", "人员", "观察地点所在地", "病种", "接触者分类", "末次接触日期", "备注"]


@pytest.fixture
def desk(county):
    from types import SimpleNamespace

    scope, persons, contacts = county.user("desk", "990001101"), registry.find("persons"), registry.find("contacts")
    told = {"name": "张小明", "area": county.areas[GRID].pk, "phone": "13800138000"}
    [person] = write(scope, persons, [Command(told=told, source_id="P1")], sender="s")

    def bring(rows, header=HEADER, dry=False, told=None):
        return kit.bring_in(scope, contacts, kit.map_header(contacts, header, told), rows, sender="s", zone="Asia/Shanghai", dry=dry)

    return SimpleNamespace(scope=scope, contacts=contacts, bring=bring, person=person.record, areas=county.areas, user=county.user)


def kinds(told):
    return [line.outcome.kind for line in told.lines]


def row(number="1", person="P1", area=GRID, disease="新型冠状病毒感染", kind="密切接触者", day="2026年1月2日", note=""):
    return [number, person, area, disease, kind, day, note]


def test_headers_are_found_by_label_and_what_is_unsure_is_not_brought_in(desk):
    columns = kit.map_header(desk.contacts, HEADER)
    assert columns.meant == ["source_id", "person", "area", "disease", "classification", "last_exposure_on", ""]
    assert (columns.unmapped, columns.missing) == (["备注"], [])
    assert kit.map_header(desk.contacts, ["PERSON", "Last Exposure", "last exposure"]).meant == ["person", "last_exposure_on", ""]
    assert kit.map_header(desk.contacts, ["人员"]).missing == ["area", "disease"]
    assert kit.map_header(desk.contacts, HEADER, {6: "status", 4: ""}).meant[4:] == ["", "last_exposure_on", "status"]


def test_every_row_is_accounted_for_and_the_same_table_changes_nothing(desk):
    rows = [row("1"), row("2", person="13800138000"), row("3", person="nobody"), row("4", day="soon"), row("5", area=BESIDE), row("6", kind="?"), row("1", kind="一般接触者")]
    first, again = desk.bring(rows), desk.bring(rows)
    assert kinds(first) == ["new", "new", "rejected", "rejected", "rejected", "rejected", "updated"]
    assert sum(first.count(k) for k in ("new", "updated", "identical", "rejected")) == len(rows)
    assert first.count("new") == 2 and desk.contacts.rows(desk.scope).count() == 2
    assert again.count("new") == 0 and kinds(again)[1] == "identical"
    assert {p.field for p, _n, _rows in first.reasons()} >= {"person", "last_exposure_on", "area", "classification"}


def test_a_trial_says_the_same_and_writes_nothing(desk):
    rows = [row("1"), row("2", person="nobody")]
    tried = desk.bring(rows, dry=True)
    assert desk.contacts.rows(desk.scope).count() == 0
    assert kinds(tried) == kinds(desk.bring(rows)) == ["new", "rejected"]


def test_an_exported_file_comes_back_as_it_went(desk):
    from sizao.doors.kit import lists
    from sizao.doors.kit.export import Export
    from sizao.doors.kit.words import Words

    desk.bring([row("1"), row("2")])
    made = b"".join(Export(desk.scope, lists.asked(desk.contacts, desk.scope, {}), Words("zh-hans")).csv()).decode("utf-8-sig")
    import csv
    import io

    header, *rows = csv.reader(io.StringIO(made))
    assert kinds(desk.bring(rows, header)) == ["identical", "identical"]
    with pytest.raises(Refused, match="file-cut-off"):
        desk.bring([rows[0], rows[-1]], header)


def test_a_number_that_two_rows_have_points_to_neither(desk):
    told = {"name": "李丽", "area": desk.areas[GRID].pk}
    write(desk.scope, registry.find("persons"), [Command(told=told, source_id="P1")], sender="other")
    assert kinds(desk.bring([row("1")])) == ["rejected"]


def test_who_may_not_import_imports_nothing(desk):
    team = desk.user("community", "990001101")
    with pytest.raises(Refused, match="not-allowed"):
        kit.bring_in(team, desk.contacts, kit.map_header(desk.contacts, HEADER), [row()], sender="s", zone="Asia/Shanghai")


def test_statements_do_not_grow_with_the_rows(desk, django_assert_max_num_queries):
    with django_assert_max_num_queries(30):
        assert desk.bring([row(str(n)) for n in range(500)]).count("new") == 500


def test_what_became_of_every_row_is_kept_and_shown_like_that_of_a_line_list(desk):
    rows = [row("1"), row("2", person="nobody", note="敲门无人"), ["", "", "", "", "", "", ""], row("", day="soon")]
    told = desk.bring(rows)
    head = ImportFile.objects.get(pk=told.file)
    assert (head.rows, head.accepted, head.updated, head.duplicate, head.rejected, head.kind) == (3, 1, 0, 0, 2, "register:contacts")
    first, second, third = read.rows(desk.scope, head.pk)
    assert [r["line"] for r in (first, second, third)] == [2, 3, 5]
    assert first["record"] == told.lines[0].outcome.record
    assert (second["problems"][0]["column"], second["problems"][0]["value"], second["cells"]["备注"]) == ("人员", "nobody", "敲门无人")
    assert "敲门无人".encode() not in bytes(ImportRow.objects.get(file=head, line=3).kept)
    assert "末次接触日期" in (third["problems"][0]["column"], third["problems"][0]["zh"])
    again = desk.bring(rows)
    assert [ImportFile.objects.get(pk=again.file).duplicate, ImportFile.objects.count()] == [1, 2]
    assert desk.bring(rows, dry=True).file is None and ImportFile.objects.count() == 2


def test_a_row_that_was_rejected_is_put_right_and_sent_again_alone(desk):
    head = desk.bring([row("1"), row("2", person="nobody")]).file
    assert list(read.mendable(desk.scope, head, 3).items()) == list(zip(HEADER, row("2", person="nobody"), strict=True))  # in the file's order
    report = resend.send_again(desk.scope, head, 3, {"人员": "P1"})
    assert report.totals == {"rows": 1, "accepted": 1, "updated": 0, "duplicate": 0, "rejected": 0}
    assert resend.send_again(desk.scope, head, 3, {"人员": "P1"}).totals["duplicate"] == 1
    still = resend.send_again(desk.scope, head, 3, {"人员": "P1", "末次接触日期": "soon"})
    assert (still.totals["rejected"], still.files[0].problems[0]["column"]) == (1, "末次接触日期")
    assert desk.contacts.rows(desk.scope).count() == 2


def test_what_somebody_says_of_the_columns_holds_for_the_posts_next_table_until_it_is_taken_back(desk):
    assert kit.standing(desk.contacts, "s", HEADER) == {}
    desk.bring([row("1", note="居家")], told=dict(enumerate(["source_id", "person", "area", "disease", "classification", "last_exposure_on", "status"])))
    assert kit.standing(desk.contacts, "s", HEADER) == {6: "status"}
    assert kit.standing(desk.contacts, "s", HEADER[::-1]) == {0: "status"}
    assert kit.standing(desk.contacts, "another", HEADER) == kit.standing(registry.find("cases"), "s", HEADER) == {}
    [said] = sayings.sayings(desk.scope)
    sayings.take_back(desk.scope, said.pk)
    assert kit.standing(desk.contacts, "s", HEADER) == {}
