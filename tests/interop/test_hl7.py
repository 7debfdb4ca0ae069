"""HL7 v2: every message answered, stored once, and nothing of a message with a fault."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizao.interop.exchange.problems import Fault
from sizao.interop.exchange.told import pick
from sizao.interop.hl7 import er7, inbox, oru
from sizao.interop.models import ImportFile, ImportRow
from sizao.kernel.models import Act
from sizao.registers.cases.models import Case
from sizao.registers.laboratory.models import Result, Specimen
from sizao.registers.population.models import Person

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def oru_r01(control="1", *, number="P1", name="张^三", sample="S1", result="260373001^Detected^SCT", state="F", at="202611210800", taken="202611200800", test="94500-6^SARS-CoV-2^LN", msh18="UNICODE UTF-8", **more):
    """A laboratory report of one test."""
    pid3 = more.get("pid3", f"{number}^^^H")
    lines = [
        rf"MSH|^~\&|LIS|LAB|SZ|CDC|{at}||{more.get('kind', 'ORU^R01^ORU_R01')}|{control}|{more.get('processing', 'P')}|{more.get('version', '2.5.1')}||||||{msh18}",
        f"PID|1||{pid3}||{name}||{more.get('born', '19800102')}|M|||{more.get('address', '')}||13800000001",
        f"OBR|1||{sample}-o|{test}|||{taken}",
        f"OBX|1|CWE|{test}||{result}||||||{state}|||{taken}|||||{at}",
        f"SPM|1|^{sample}||258529004^Throat swab^SCT|||||||||||||{taken}|{taken}",
    ]
    return "\r".join(lines) + "\r"


def read(text, *, production=False):
    data = text if isinstance(text, bytes) else text.encode()
    reading = oru.Reading("Asia/Shanghai", NOW, production=production)
    return [reading.item(m) for m in er7.messages(data)]


def codes(item):
    return {f.code for f in item.faults}


# -- writing -------------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("frame", [lambda b: b, lambda b: b"\xef\xbb\xbf" + b, lambda b: b"\x0b" + b + b"\x1c\r"])
def test_a_message_is_read_with_every_line_end_mark_and_frame(end, frame):
    [item] = read(frame(oru_r01().replace("\r", end).encode()))
    assert (item.faults, item.id, item.person.name, item.results[0].result) == ([], "1", "张三", "positive")
    assert item.results[0].resulted_at == datetime(2026, 11, 21, 0, tzinfo=UTC)  # local to the area


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (oru_r01().encode("gb18030"), {"hl7-charset-lies"}),
        (oru_r01(msh18="ASCII").encode(), set()),
        (oru_r01(msh18="").encode(), set()),
        (oru_r01(msh18="8859/1").encode(), {"hl7-charset-lies"}),
        (oru_r01(msh18="GB 18030-2000").encode("gb18030"), set()),
        (oru_r01(msh18="EBCDIC").encode(), {"hl7-charset-unknown"}),
        (oru_r01(msh18="").encode("gbk"), {"hl7-charset-lies"}),
        (oru_r01().replace("^~\\&", "&&&&"), {"hl7-delimiters"}),
        (oru_r01().replace("^~\\&", "^~\\&#"), set()),
        (oru_r01(name="x" * 10_000_000), {"hl7-too-long"}),
        (oru_r01(name="x" * 100_000), {"hl7-field-too-long"}),
        (oru_r01() + "NTE|1||x\r" * 6000, {"hl7-too-long"}),
        (oru_r01(kind="ADT^A01"), {"hl7-type-other"}),
        (oru_r01(version=""), {"hl7-version-other"}),
        (oru_r01(control=""), {"hl7-value-missing"}),
        (oru_r01(at="20261321"), {"hl7-time-unreadable"}),
        (oru_r01(at="20261124000001"), {"hl7-time-ahead"}),
        (oru_r01(at="20261119"), {"hl7-result-before-sample"}),
        (oru_r01(result="1234^?^SCT"), {"hl7-result-unknown"}),
        (oru_r01(test="6690-2^Leukocytes^LN"), {"hl7-test-unknown"}),
        (oru_r01(number=""), {"hl7-value-missing"}),
        ("MSH|^~\\&|a|b|c|d|20260101||ORU^R01|1|P|2.5.1\r", {"hl7-segment-missing"}),
        ('MSH|^~\\&|a|b|c|d|20260101||ORU^R01|1|P|2.5.1\rPID|1||<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;\r', {"hl7-segment-missing"}),
    ],
)
def test_what_is_wrong_with_a_message_has_a_name_and_a_place(text, found):
    [item] = read(text)
    assert codes(item) == found


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "hl7-no-message"), (b"PK\x03\x04" + b"\0" * 300, "hl7-encoding-unknown"), (oru_r01().encode("utf-16"), "hl7-encoding-unknown"), (b"hello MSH", "hl7-no-message"),
        (f"BHS|^~\\&\r{oru_r01()}BTS|2\r".encode(), "hl7-batch-cut-off"), (f"BHS|^~\\&\r{oru_r01()}".encode(), "hl7-batch-cut-off"),
    ],
)  # fmt: skip
def test_what_is_no_message_or_half_a_batch_is_refused_whole(data, code):
    with pytest.raises(Fault, match=code):
        list(er7.messages(data))


def test_values_come_out_unescaped_and_a_batch_with_its_count_is_taken():
    first = oru_r01("a", name=r"O\T\Neil^A\S\B")
    [a, b] = read(f"FHS|^~\\&\rBHS|^~\\&\r{first}{oru_r01('b')}BTS|2\rFTS|1\r")
    assert (a.person.name, b.id) == ("A^B O&Neil", "b")


def test_a_control_of_the_machine_makes_nobody_positive_and_antibodies_are_no_result():
    text = oru_r01(result="260415000^Not detected^SCT") + "OBX|2|CWE|68993-5^RNase P^LN||260373001^Detected^SCT||||||F\r"
    assert [(r.result, r.method) for r in read(text)[0].results] == [("negative", "pcr")]
    [item] = read(oru_r01(test="94563-4^IgG^LN", result="260373001^Detected^SCT"))
    assert ([r.result for r in item.results], [n.code for n in item.notes]) == ([None], ["result-of-antibodies"])
    assert [(m, found) for m, found, _ in item.results[0].antibodies] == [("antibody_igg", "positive")]  # kept beside, for the definition of a case


@pytest.mark.parametrize(
    ("answers", "result"),
    [
        ([("negative", "final"), ("positive", "final")], "positive"), ([("positive", "preliminary")], None), ([("positive", "preliminary"), ("negative", "corrected")], "negative"),
        ([(None, "withdrawn")], "invalid"), ([("invalid", "final"), ("negative", "final")], "negative"), ([], None),
    ],
)  # fmt: skip
def test_one_result_of_several_answers(answers, result):
    assert pick([(r, s, None) for r, s in answers])[0] == result


@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda t: ("MSH|^~\\&|" + t).encode("utf-8", "replace")), st.integers(0, 400), st.binary(max_size=4))
@settings(max_examples=150, deadline=None)
def test_no_bytes_break_the_reader(data, at, change):
    """Anything, and a good message with something changed in it: read, or refused by name."""
    good = oru_r01().encode()
    for one in (data, good[:at] + change + good[at + 1 :], good[:at]):
        said: list = []
        try:
            said = [item.faults or item.results or item.case for item in read(one)]
        except Fault as wrong:
            said = [wrong.refused().text("zh")]
        assert all(said)


# -- storing -------------------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def lab(county):
    return county.user("sender")


def send(scope, *texts, sender="lab:county"):
    return inbox.receive(scope, "".join(texts).encode(), sender=sender)


def answers(answered):
    return re.findall(r"MSA\|(\w\w)\|([^\r|]*)", answered.text)


@pytest.mark.django_db
def test_a_report_is_a_person_a_sample_a_result_and_a_case_and_twice_is_once(lab):
    text = oru_r01(address="1号^^2号镇")
    assert answers(send(lab, text)) == [("AA", "1")]
    assert answers(send(lab, text)) == [("AA", "1")]
    [s] = Specimen.objects.select_related("person", "area")
    assert (s.source_id, s.person.name, s.person.sex, s.result, s.kind, s.area.code, s.disease) == ("S1", "张三", "male", "positive", "throat_swab", "990001102", "covid-19")
    [case] = Case.objects.all()
    assert (case.person_id, case.classification, case.disease) == (s.person_id, None, "covid-19")
    assert sorted(Act.objects.values_list("kind", flat=True)) == ["case.reported", "lab.received", "lab.resulted", "lab.sampled"]
    files = list(ImportFile.objects.order_by("opened_at").values_list("rows", "accepted", "updated", "duplicate", "rejected", "kind"))
    assert files == [(1, 1, 0, 0, 0, "hl7"), (1, 0, 0, 1, 0, "hl7")]


@pytest.mark.django_db
def test_a_correction_corrects_and_a_second_sample_is_of_the_same_person(lab):
    answered = send(lab, oru_r01("1"), oru_r01("2", result="260415000^Not detected^SCT", state="C", at="202611220800"), oru_r01("3", sample="S2", name="~^^^^^^S"))
    assert [w for w, _ in answers(answered)] == ["AA"] * 3, [i.faults for i in answered.taken.items]
    assert list(Result.objects.order_by("recorded_at").filter(specimen__source_id="S1").values_list("result", "corrects__result")) == [("positive", None), ("negative", "positive")]
    assert (Person.objects.count(), Specimen.objects.count(), Case.objects.count()) == (1, 2, 1)
    assert answered.as_json() | {"messages": 0, "files": 0} == {"sender": "lab:county", "sent": 3, "stored": 2, "updated": 1, "duplicate": 0, "rejected": 0, "files": 0, "messages": 0}


@pytest.mark.django_db
def test_what_is_rejected_leaves_the_others_and_nothing_of_itself(lab):
    answered = send(
        lab, oru_r01("1"), oru_r01("2", name="李^四", born="19700101", sample="S2"), oru_r01("3", number="P3", sample="S1"), oru_r01("4", number="P4", sample="S4"), oru_r01("5", result="x"), oru_r01("1"),
    )  # fmt: skip
    assert answers(answered) == [("AA", "1"), ("AE", "2"), ("AE", "3"), ("AA", "4"), ("AE", "5"), ("AA", "1")]
    assert [sorted(codes(i)) for i in answered.taken.items if i.faults] == [["number-names-another"], ["sample-of-another"], ["hl7-result-unknown"]]
    assert (set(Specimen.objects.values_list("source_id", flat=True)), Person.objects.count()) == ({"S1", "S4"}, 2)
    [file] = ImportFile.objects.all()
    assert (file.rows, file.accepted, file.updated, file.duplicate, file.rejected) == (6, 2, 0, 1, 3)
    assert list(ImportRow.objects.filter(outcome="rejected").order_by("line").values_list("problems__0__1", flat=True)) == ["number-names-another", "sample-of-another", "hl7-result-unknown"]


@pytest.mark.django_db
def test_a_person_is_found_by_the_office_s_number_and_by_the_national_id_never_by_a_name(county, lab):
    from sizao.kernel.scope import Scope
    from sizao.registers.cases import actions as cases
    from sizao.registers.population import actions as population

    system, at = Scope.system("test"), datetime(2026, 11, 1, tzinfo=UTC)
    people = [population.PersonData(area_id=county.root.pk, name=n, national_id=i) for n, i in (("王五", "110105194912310021"), ("赵六", ""))]
    ids = population.add_persons(system, people, known=[at] * 2, sender="office")
    cases.add_cases(system, [cases.New(ids[1], "office", "B7", at, {"area_id": county.root.pk, "disease": "covid-19", "classification": "confirmed"})])
    send(
        lab, oru_r01("1", pid3="x9^^^H~110105194912310021^^^^NI", name="王^五", sample="A"), oru_r01("2", number="B7", name="赵^六", sample="B"), oru_r01("3", number="N1", name="王^五", sample="C"),
    )  # fmt: skip
    found = dict(Specimen.objects.values_list("source_id", "person"))
    assert (found["A"], found["B"], found["C"] in ids) == (ids[0], ids[1], False)
    assert Case.objects.filter(person=ids[1]).count() == 1  # he was one already


@pytest.mark.django_db
def test_a_sender_that_loops_is_set_apart_and_let_in_again_loses_nothing(county, lab):
    from django.test import Client

    from sizao.doors.kit import signin
    from sizao.interop import read as imports
    from sizao.interop.feeds import quarantine

    for _ in range(3):
        send(lab, oru_r01("loop"))
    assert set(quarantine.standing()) == {"lab:county"}
    answered = send(lab, oru_r01("new", sample="S9"))
    assert (answers(answered), Specimen.objects.count()) == ([("AR", "new")], 1)
    assert answers(send(lab, oru_r01("loop"))) == [("AA", "loop")]  # what is known is answered as before
    assert answers(send(lab, oru_r01("other", sample="S8"), sender="lab:else")) == [("AA", "other")]
    desk = county.user("desk")
    [kept] = [f for f in imports.listed(desk) if f.rejected]
    assert [r["alone"] for r in imports.rows(desk, kept.pk, outcome="rejected")] == [False]  # nobody here writes a message anew
    page = Client(HTTP_HOST="localhost")
    page.post(signin.make_link(desk.user))
    assert page.post("/feeds/release", {"sender": "lab:county"}).status_code == 302
    assert (quarantine.standing(), set(Specimen.objects.values_list("source_id", flat=True))) == ({}, {"S1", "S8", "S9"})
    assert answers(send(lab, oru_r01("new", sample="S9"))) == [("AA", "new")]
    assert Specimen.objects.count() == 3


@pytest.mark.django_db
def test_by_http_every_message_is_acknowledged_and_what_is_no_message_is_refused(county):
    from django.test import Client

    from sizao.doors.kit import tokens

    def program(role="sender", sender="lab:county"):
        scope = county.user(role)
        return Client(HTTP_HOST="localhost", headers={"Authorization": f"Bearer {tokens.make(scope.user, scope.post, sender=sender)}"})

    def post(data, caller=program(), **headers):
        return caller.post("/api/v1/hl7", data=data, content_type="application/hl7-v2", headers=headers)

    answer = post((oru_r01("1") + oru_r01("2", result="x")).encode())
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/hl7-v2; charset=utf-8")
    text = answer.content.decode()
    assert re.findall(r"MSA\|(\w\w)\|(\d)", text) == [("AA", "1"), ("AE", "2")]
    assert re.findall(r"ERR\|\|([^|]*)\|(\d+)[^|]*\|(\w)\|([a-z0-9-]+)", text) == [("", "0", "I", "case-reported-by-result"), ("OBX^1^5", "103", "E", "hl7-result-unknown")]
    told = post(oru_r01("1").encode(), Accept="application/json").json()
    assert [told[k] for k in ("sent", "stored", "updated", "duplicate", "rejected")] == [1, 0, 0, 1, 0]
    assert [post(b"hello").json()["code"], post(b"\x1f\x8b", **{"Content-Encoding": "gzip"}).status_code, post(b"x" * (5 << 20)).status_code] == ["hl7-no-message", 415, 413]
    assert [program(sender="").post("/api/v1/hl7").json()["code"], program("commander").post("/api/v1/hl7").status_code] == ["feed-without-sender", 403]
