"""A past view: what was on record at a moment, and sayings of then that are scored with what came."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from sizao.kernel.scope import Scope

pytestmark = pytest.mark.django_db
START, SYSTEM = date(2021, 1, 1), Scope.system("test")


@pytest.fixture
def clocked(db):
    """`clocked(moment)`: what is written from now on is on record from that moment; only an invented store lets its clock be set."""
    def put(moment: datetime | None) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('sizao.clock', %s, true)", [moment.isoformat() if moment else ""])

    yield put
    put(None)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def test_a_class_and_an_onset_that_were_corrected_since_stand_as_they_were_told_then(tell, clocked):
    from sizao.registers.cases.models import Case
    from sizao.situation.lines import gather

    ids = []
    for n in range(4):
        clocked(noon(START + timedelta(n + 1)))
        told = tell([{"onset": START + timedelta(n), "report": START + timedelta(n + 1), "class": "suspected"}])
        ids += told.cases
    clocked(noon(START + timedelta(20)))
    Case.objects.filter(pk=ids[0]).update(classification="confirmed", onset_on=START - timedelta(3))
    Case.objects.filter(pk=ids[1]).update(classification="ruled_out")
    moment = datetime(2021, 1, 3, 15, 59, tzinfo=UTC)  # the end of 3 January: two of four were known
    now, then = gather(SYSTEM, told.county.root, "covid-19", moment), gather(SYSTEM, told.county.root, "covid-19", moment, moment)
    assert (len(now), now.ruled_out, list(now.classes)) == (1, 1, ["confirmed"])
    assert (len(then), then.ruled_out, list(then.classes)) == (2, 0, ["suspected", "suspected"])
    assert min(then.days["onset"]) - min(now.days["onset"]) == 3
    assert len(gather(SYSTEM, told.county.root, "covid-19", moment, datetime(2021, 1, 1, tzinfo=UTC))) == 0


def test_an_earlier_saying_is_made_from_what_was_on_record_and_scored_with_what_came(tell, clocked):
    from sizao.situation.coming import coming
    from sizao.situation.curve import curve
    from sizao.situation.lines import gather

    lines = [{"onset": START + timedelta(n), "report": START + timedelta(n + 1 + k % 3), "class": "confirmed"} for n in range(40) for k in range(2 + n // 4)]
    last = START + timedelta(39)
    days = sorted({line["report"] for line in lines if line["report"] <= last})
    as_of = noon(last) + timedelta(hours=11, minutes=59, seconds=59)

    def bring(moment_of) -> None:
        for on in days:
            clocked(moment_of(on))
            bring.told = tell([line for line in lines if line["report"] == on])

    def drawn(moment, known_at=None):
        return curve(gather(SYSTEM, bring.told.county.root, "covid-19", moment, known_at), "onset")

    def earlier(back: int):
        moment = as_of - timedelta(days=back)
        return drawn(moment, moment)

    bring(noon)
    whole = drawn(as_of)
    found = coming(whole, "covid-19", earlier)
    assert found.past and all(p.then for p in found.past)
    for p in found.past:
        assert p.until < whole.complete_until and p.days == min(7, whole.complete_until - p.until)
    newest = earlier(7)
    assert found.past[0].until == newest.complete_until
    assert newest.daily.sum() < whole.daily[: newest.today - whole.base + 1].sum()  # onsets that were reported later were not known yet


def test_earlier_curves_are_those_that_would_have_been_drawn(tell, clocked):
    """Of each moment in one statement what would be drawn from the cases as they stood then: corrected classes and onsets, a case that was taken out, days that lie ahead."""
    from sizao.registers.cases.models import Case
    from sizao.situation.curve import curve, earlier
    from sizao.situation.lines import gather

    ids = []
    for n in range(30):
        clocked(noon(START + timedelta(n)))
        day = START + timedelta(n)
        told = tell([{"onset": day - timedelta(k % 4), "report": day, "known": day, "class": ("confirmed", "suspected")[k % 2]} | ({"confirmation": day + timedelta(k % 3)} if k % 2 else {}) for k in range(2 + n // 5)])
        ids += told.cases
    clocked(noon(START + timedelta(25)))
    Case.objects.filter(pk__in=ids[3:12]).update(classification="ruled_out")
    Case.objects.filter(pk__in=ids[20:24]).update(onset_on=START + timedelta(2), classification="confirmed")
    Case.objects.filter(pk=ids[40]).delete()
    root, moments = told.county.root, [noon(START + timedelta(n)) + timedelta(hours=h) for n, h in ((27, 0), (20, 11), (13, 3), (4, 0), (-3, 0))]
    lines = gather(SYSTEM, root, "covid-19", noon(START + timedelta(30)))
    for by in ("onset", "report", "confirmation"):
        for classes in ((), ("confirmed",), ("suspected", "confirmed")):
            found = earlier(lines, by, classes, moments)
            for moment, one in zip(moments, found, strict=True):
                drawn = curve(gather(SYSTEM, root, "covid-19", moment, moment), by, classes=classes)
                assert (one.base, one.daily.tolist(), one.complete_until) == (drawn.base, drawn.daily.tolist(), drawn.complete_until), (by, classes, moment)
    assert [int(one.daily.sum()) for one in earlier(lines, "report", (), moments)][-1] == 0


def test_of_a_list_that_was_brought_in_later_sayings_are_made_from_todays_records(wave):
    from sizao.situation.coming import coming
    from sizao.situation.curve import curve
    from sizao.situation.lines import gather

    whole = curve(gather(SYSTEM, wave.county.root, "covid-19", wave.as_of))

    def earlier(back: int):
        moment = wave.as_of - timedelta(days=back)
        return curve(gather(SYSTEM, wave.county.root, "covid-19", moment, moment))

    today = coming(whole, "covid-19", earlier)
    assert today.past and not any(p.then for p in today.past)
    assert [p.score for p in today.past] == [p.score for p in coming(whole, "covid-19").past]


def test_only_a_table_that_stands_once_is_asked_as_it_was():
    from sizao.kernel.versions import as_known
    from sizao.registers.cases.models import Case

    inside = Case.objects.filter(pk__in=Case.objects.values("pk")).values_list("pk")
    with pytest.raises(ValueError, match="not once"):
        as_known(inside, datetime(2021, 1, 1, tzinfo=UTC))
