"""What happened to others, played again: the laboratories of 2022 (F11), a laboratory that missed one positive in ten (F5), a feed that stopped (F6). Facts are public; everything here is invented."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from laboratory.conftest import at, code

from sizao.doors.kit import signin
from sizao.flows import tubes_sent
from sizao.kernel import clock
from sizao.kernel.ids import uuid7s
from sizao.registers.laboratory import actions, board, quality
from sizao.registers.laboratory.custody import HandOver, Line
from sizao.registers.laboratory.models import Hold, Laboratory, Recall, Specimen, Tube

pytestmark = pytest.mark.django_db


def kinds():
    return sorted(Hold.objects.filter(resolved_at=None).values_list("kind", flat=True))


# -- F11: five stories of 2021 and 2022


def test_f11_pools_that_were_mixed_again_and_diluted_give_no_result(lab):
    """Beijing: tubes of five and ten were poured together, several to a well."""
    for n in range(4):
        lab.tube(f"T{n}", first=n * 3)
    lab.run([Line(f"T{n}", "A1", "negative") for n in range(3)] + [Line("T3", "A2", "negative")])
    assert [code(lab.tell(f"T{n}", "negative")) for n in range(4)] == ["tube-repooled"] * 3 + [None]
    assert Specimen.objects.filter(result="negative").count() == 3 and kinds() == ["repooled"] * 3


def test_f11_what_is_beyond_capacity_is_said_before_it_leaves(lab):
    """Hefei: a laboratory was sent more than it could do."""
    lab.capacity(3, day=14)
    for n in range(4):
        lab.tube(f"T{n}", n=1, first=n)
    with clock.frozen(at(15, 10)):
        told = HandOver(step="handed", tubes=dict.fromkeys(f"T{n}" for n in range(4)), counted=4, at=at(15, 10), laboratory=lab.made.pk)
        assert {code(o) for o in tubes_sent.send(lab.system, told).values()} == {"lab-over-capacity"}
    assert not Tube.objects.exclude(laboratory=None).exists()


def test_f11_a_positive_tube_that_nobody_reports_is_an_alarm_and_its_members_are_called(lab):
    """Shijiazhuang: a twenty-to-one tube of the 14th was positive and was not told; a week later the disease had spread."""
    lab.tube("T20", n=10, size=20, sealed=at(14, 9))
    lab.run([Line("T20", "A1", "positive")], starts=at(14, 14), ends=at(14, 17))
    with clock.frozen(at(15, 10)):
        late = board.waiting(lab.system, clock.now(), "Asia/Shanghai")
        assert (late.late, [t.code for t in late.rows]) == (1, ["T20"])
    assert lab.tell("T20", "positive", at(15, 11)).kind == "new"
    with clock.frozen(at(16, 12)):
        called = board.recalls(lab.system, clock.now())
        assert (called.count, called.found, called.late) == (10, 0, 10)


def test_f11_positives_in_the_negative_batch_are_stopped(lab):
    """Lanzhou: some positives were uploaded among the negatives."""
    for n in range(4):
        lab.tube(f"T{n}", first=n * 3)
    lab.run([Line(f"T{n}", f"A{n}", "positive" if n == 2 else "negative") for n in range(4)])
    said = [code(lab.tell(f"T{n}", "negative", batch_sign="negative")) for n in range(4)]
    assert said == [None, None, "positive-in-negative-batch", None]
    assert (Tube.objects.get(code="T2").result, kinds()) == (None, ["positive_in_negative_batch"])
    assert not Specimen.objects.filter(tube__code="T2", result__isnull=False).exists()


def test_f11_results_told_before_the_test_was_finished_are_none(lab):
    """Longyao: a laboratory reported three hundred thousand results before it had finished testing."""
    for n in range(4):
        lab.tube(f"T{n}", first=n * 3)
    lab.run(["T0", "T1"], ends=None)
    assert {code(lab.tell(f"T{n}", "negative", at(15, 15))) for n in range(4)} == {"tube-result-without-run"}
    assert kinds() == ["no_run"] * 4 and not Specimen.objects.filter(result__isnull=False).exists()
    lab.run(["T0", "T1"], ends=at(15, 17))
    assert sorted(Tube.objects.filter(result="negative").values_list("code", flat=True)) == ["T0", "T1"]
    assert kinds() == ["no_run"] * 2 and not Recall.objects.exists()


# -- F5: a laboratory that misses one positive in ten


def told_pairs(lab, laboratory, day, n, negative):
    """`n` people positive by a rapid test and then tested here by PCR that day, so many of them found negative."""
    people, antigen, acid = uuid7s(n), uuid7s(n), uuid7s(n)
    when, stamp = at(1) + timedelta(days=day, hours=12), "now(), now()"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO population_person (id, sender, source_id, known_from, stands_from, name, name_keys, occupation, age_text, area_id) SELECT unnest(%s::uuid[]), 'f5', '', {stamp}, '', ARRAY[]::text[], '', '', %s",
            [people, lab.grid.pk],
        )
        for ids, hours, method, results, where in (
            (antigen, 10, "antigen", ["positive"] * n, None),
            (acid, 4, "pcr", ["negative"] * negative + ["positive"] * (n - negative), laboratory),
        ):
            cursor.execute(
                "INSERT INTO laboratory_specimen (id, sender, source_id, known_from, stands_from, person_id, area_id, disease, sampled_at, sample_of, site, laboratory_id, result, resulted_at) "
                f"SELECT s, 'f5', '', {stamp}, p, %s, 'covid-19', %s, 'person', '', %s, r, %s FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) u (s, p, r)",
                [lab.grid.pk, when - timedelta(hours=hours), where, when, ids, people, results],
            )
            cursor.execute(
                "INSERT INTO laboratory_result (id, sender, source_id, known_from, stands_from, specimen_id, area_id, laboratory_id, method, result, resulted_at, correction_reason) "
                f"SELECT gen_random_uuid(), 'f5', '', {stamp}, s, %s, %s, %s, r, %s, '' FROM unnest(%s::uuid[], %s::text[]) u (s, r)",
                [lab.grid.pk, where, method, when, ids, results],
            )


def test_f5_one_positive_in_ten_missed_alarms_within_three_days_and_has_an_owner_and_a_deadline(lab):
    """England: for a month those whose rapid test was positive came back negative; the pattern was seen, and nobody had to answer it."""
    other = Laboratory.objects.create(area=lab.county.root, name="第二实验室", in_use=True, known_from=at(1), stands_from=at(1)).pk
    owner = lab.county.user("cdc").post
    for day in range(35):  # one in twenty, as usual
        told_pairs(lab, lab.made.pk, day, 80, 4)
        told_pairs(lab, other, day, 60, 3)
    first = (at(1) + timedelta(days=35)).date()
    alarmed = []
    for n in range(3):
        told_pairs(lab, lab.made.pk, 35 + n, 80, 4 + 8)
        told_pairs(lab, other, 35 + n, 60, 3)
        alarmed += [(n + 1, h) for h in quality.watch(lab.system, first + timedelta(days=n), "Asia/Shanghai")]
    [(days, hold)] = alarmed  # once, not again while it is undecided, and not of the other laboratory
    assert days <= 3
    assert (hold.kind, hold.laboratory_id, hold.owner, hold.due_at - hold.opened_at) == ("quality", lab.made.pk, owner, timedelta(hours=4))
    assert hold.told["chart"] == "discordant"


# -- F6: a feed that stops


def test_f6_a_laboratory_s_feed_that_stops_alarms_within_two_hours_and_the_days_since_are_said_to_be_incomplete(lab):
    """California: the link of the largest laboratory broke, and a fall of the figures was announced."""
    from sizao.interop.feeds import watch

    now = at(15, 12)
    watch.heard("lab:county", rows=50, digest="a", at=now)
    assert watch.watch(now + timedelta(minutes=61)) == {}
    silent = now + timedelta(minutes=106)
    assert watch.watch(silent) == {"lab:county": ["silence"]}
    assert watch.silent_since(silent) == {"lab:county": now}
    with clock.frozen(silent):
        [made] = actions.add_specimens(lab.system, [actions.NewSpecimen("s", lab.people[0], lab.grid.pk, "covid-19", at(15, 8))], sender="t").values()
        actions.tell_results(lab.system, {made: ("negative", at(15, 11))})
        client = Client(HTTP_HOST="localhost")
        client.cookies["sizao-language"] = "en"
        client.post(signin.make_link(lab.county.user("cdc").user))
        assert client.get("/lab").content.decode().count("not complete") == 2  # said at the head, and beside the day
    watch.heard("lab:county", rows=90, digest="b", at=silent + timedelta(hours=1))
    watch.watch(silent + timedelta(hours=1))
    assert watch.silent_since(silent + timedelta(hours=1)) == {}
