"""The daily watch, told as a planner would: an invented county of two townships, what its units report day by day, and which signals that gives."""

from datetime import UTC, date, datetime, timedelta

import pytest

from sizao.flows.signals_raised import watch
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Post
from sizao.kernel.outcome import Command
from sizao.registers.ledgers import actions as ledgers
from sizao.registers.ledgers.receipts import Filing, file
from sizao.registers.population.actions import PersonData, add_persons
from sizao.registers.surveillance import actions as surveillance
from sizao.registers.surveillance import read
from sizao.registers.surveillance.models import Signal
from sizao.registers.surveillance.streams import streams

pytestmark = pytest.mark.django_db
FIRST = date(2026, 11, 2)
GRID, TOWN, OTHER = "990001101201-1", "990001101", "990001102"


@pytest.fixture(scope="module", autouse=True)
def compiled():
    """What `epi` compiles at its first call takes longer than a transaction may be idle; at home it is compiled before."""
    from sizao.epi.warning.ears import ears
    from sizao.epi.warning.farrington import farrington

    for y in ([[1.0] * 30], [[1.0] * 29 + [float("nan")]]):
        for method in ("C1", "C2", "C3"):
            ears(y, method, last=2)
    farrington([[1] * 400], last=1)


def evening(day: int) -> datetime:
    """23:00 in Shanghai on the n-th day (from 0) of the story."""
    return datetime(2026, 11, 2, 15, tzinfo=UTC) + timedelta(days=day)


@pytest.fixture
def units(county, system):
    """Two fever clinics in one township and one in the other, a ward, a class and three pharmacies."""
    told = [("clinic-1", "fever_clinic", TOWN), ("clinic-2", "fever_clinic", TOWN), ("clinic-3", "fever_clinic", OTHER), ("ward-1", "ward", TOWN), ("class-1", "class", OTHER)]
    told += [(f"pharmacy-{n}", "pharmacy", TOWN) for n in (1, 2, 3)]
    new = [ledgers.NewUnit(name, county.areas[area].pk, name, datetime(2026, 1, 1, tzinfo=UTC), kind) for name, kind, area in told]
    return ledgers.add_units(system, new, sender="t")


def visits(system, units, days: dict[int, dict[str, int]]) -> None:
    """So many fever patients at each clinic on each day of the story."""
    told = [
        Command(told={"unit": units[name], "fever_handling": "treated", "happened_at": evening(day) - timedelta(hours=9, minutes=n)}, source_id=f"{day}/{name}/{n}")
        for day, by in days.items() for name, number in by.items() for n in range(number)
    ]  # fmt: skip
    with clock.frozen(evening(max(days))):
        outcomes = ledgers.save(system, "fever_visit", told, sender="clinics")
    assert {o.kind for o in outcomes} == {"new"}


USUAL = {"clinic-1": 3, "clinic-2": 2, "clinic-3": 4}


def usual(days) -> dict[int, dict[str, int]]:
    """What comes on ordinary days: a little more, a little less."""
    return {d: {name: n + (d + i) % 3 for i, (name, n) in enumerate(USUAL.items())} for d in days}


def signals(**where):
    return list(Signal.objects.filter(sender="streams", **where).order_by("raised_at", "source_id"))


def at(day: int, system, **other):
    with clock.frozen(evening(day)):
        return watch(system, evening(day), **other)


def test_the_streams_that_ship_are_without_fault():
    assert {"fever-visits", "fever-medicine", "class-absences", "symptom-lines", "samples", "positives", "hotline", "cases-daily", "ward-pneumonia"} <= set(streams())


def test_a_rise_in_one_township_is_a_signal_of_that_day_with_an_owner_and_a_clock(county, system, units):
    cdc = county.user("cdc").post
    visits(system, units, usual(range(20)))
    assert at(19, system).new == 0  # ordinary days
    visits(system, units, {20: {"clinic-1": 15, "clinic-2": 2, "clinic-3": 4}})
    made = at(20, system, only=["fever-visits"])
    [at_county, at_town] = signals(stream="fever-visits")
    assert made.new == 2 and {at_county.area.level, at_town.area.level} == {"county", "township"}
    [town] = [s for s in (at_county, at_town) if s.area.level == "township"]
    assert (town.area.code, town.kind, town.observed, town.window_from, town.window_to) == (TOWN, "count", 17, FIRST + timedelta(days=20), FIRST + timedelta(days=20))
    assert town.expected < 8 < town.threshold < 17
    assert (town.owner_id, town.judge_by) == (cdc.pk, evening(20) + timedelta(hours=24))


def test_the_same_watch_again_adds_nothing(county, system, units):
    visits(system, units, usual(range(20)) | {20: {"clinic-1": 15, "clinic-2": 2, "clinic-3": 4}})
    first = at(20, system)
    again = at(20, system)
    assert first.new >= 2 and again.new == 0 and again.known >= first.new


def test_three_odd_pneumonias_in_one_ward_are_a_signal_the_same_day(county, system, units):
    people = add_persons(system, [PersonData(area_id=county.areas[GRID].pk, name=f"病人{n}") for n in range(4)], known=[evening(0)] * 4, sender="t")

    def found(day: int, who: int) -> None:
        told = {"person": people[who], "area": county.areas[GRID].pk, "channel": "clinic", "found_at": evening(day) - timedelta(hours=8), "found_unit": units["ward-1"]}
        with clock.frozen(evening(day)):
            [made] = surveillance.save_lines(system, [Command(told=told | {"cause": "pneumonia_unexplained", "cause_at": evening(day) - timedelta(hours=7)}, source_id=f"w{who}/{day}")], sender="t")
        assert made.kind == "new"

    found(20, 0)
    found(22, 1)
    found(23, 1)  # the same person again is one person
    assert at(23, system).new == 0
    found(24, 2)
    assert at(24, system).new == 1
    [signal] = signals(stream="ward-pneumonia")
    assert (signal.kind, signal.unit_id, signal.observed, signal.area.code) == ("cluster", units["ward-1"], 3, TOWN)
    assert (signal.window_from, signal.window_to) == (FIRST + timedelta(days=20), FIRST + timedelta(days=24))
    assert signal.judge_by == evening(24) + timedelta(hours=2)
    found(25, 3)  # a fourth belongs to the same signal
    after = at(25, system)
    assert (after.new, after.longer) == (0, 1) and signals(stream="ward-pneumonia")[0].window_to == FIRST + timedelta(days=25)


def test_a_stream_that_falls_silent_is_a_signal_and_silence_is_not_zero(county, system, units):
    told = usual(range(20))
    for day in (18, 19):
        told[day] = {"clinic-3": 4 + day % 3}  # the first township tells nothing any more
    visits(system, units, told)
    at(19, system)
    at(20, system)
    [silent] = signals(stream="fever-visits", kind="silence")
    assert silent.area.code == TOWN and silent.window_from == FIRST + timedelta(days=18)
    assert not signals(kind="count")  # a fall to nothing is no fall to zero, and no rise afterwards
    at(21, system)
    assert len(signals(stream="fever-visits", kind="silence", area=county.areas[TOWN])) == 1


def test_the_same_number_day_after_day_is_a_signal(county, system, units):
    told = usual(range(20))
    for day in range(12, 20):
        told[day] = {"clinic-1": 5, "clinic-2": 3, "clinic-3": 4 + day % 3}
    visits(system, units, told)
    at(19, system)
    at(20, system)
    [loop] = signals(stream="fever-visits", kind="loop")
    assert (loop.area.code, loop.observed, loop.window_from) == (TOWN, 8, FIRST + timedelta(days=12))


def test_in_the_influenza_season_more_is_usual(county, system, units):
    """The stream's season asks for eight patients from November to March, for five in the other months."""
    few = {d: {"clinic-1": 1 + d % 2, "clinic-3": n["clinic-3"]} for d, n in usual(range(20)).items()}
    visits(system, units, few | {20: {"clinic-1": 7, "clinic-3": 4}})
    at(20, system, only=["fever-visits"])
    assert not signals(stream="fever-visits", area=county.areas[TOWN])
    from dataclasses import replace

    from sizao.registers.surveillance import counting, judging

    plain = replace(streams()["fever-visits"], seasons=())
    panel = counting.panel(plain, counting.tree(), evening(20), 40)
    assert TOWN in [e.place.code for e in judging.episodes(panel, judging.judge(panel, (), 1))]


def test_what_a_person_has_judged_is_not_raised_again(county, system, units):
    visits(system, units, usual(range(20)) | {20: {"clinic-1": 15, "clinic-2": 2, "clinic-3": 4}})
    at(20, system, only=["fever-visits"])
    judge = county.user("cdc")
    with clock.frozen(evening(20) + timedelta(hours=1)):
        for s in signals(stream="fever-visits", kind="count"):
            assert surveillance.save_signals(judge, [Command(told={"judgement": "false"}, record=s.pk)], sender="t")[0].problems[0].code == "signal-without-reason"
            assert surveillance.save_signals(judge, [Command(told={"judgement": "false", "why": "体检日"}, record=s.pk)], sender="t")[0].kind == "updated"
    visits(system, units, {21: {"clinic-1": 16, "clinic-2": 2, "clinic-3": 4}})
    before = [(s.pk, s.window_to, s.judgement) for s in signals(stream="fever-visits", kind="count")]
    assert at(21, system, only=["fever-visits"]).new == 0
    assert [(s.pk, s.window_to, s.judgement) for s in signals(stream="fever-visits", kind="count")] == before


def test_what_is_told_late_still_gives_its_signal(county, system, units):
    visits(system, units, usual(range(22)))
    assert at(21, system, only=["fever-visits"]).new == 0
    late = [Command(told={"unit": units["clinic-1"], "fever_handling": "treated", "happened_at": evening(20) - timedelta(hours=4, minutes=n)}, source_id=f"late/{n}") for n in range(14)]
    with clock.frozen(evening(22)):
        ledgers.save(system, "fever_visit", late, sender="clinics")
    assert at(22, system, only=["fever-visits"]).new == 2
    assert {s.window_from for s in signals(stream="fever-visits", kind="count")} == {FIRST + timedelta(days=20)}


def test_packs_sold_are_counted_where_the_report_came_and_a_report_of_nothing_is_zero(county, system, units):
    from sizao.registers.surveillance import counting

    day, place = FIRST + timedelta(days=20), county.areas[TOWN].pk
    with clock.frozen(evening(20)):
        sold = [Command(told={"unit": units["pharmacy-1"], "medicine_class": "fever", "packs_sold": 3, "period": day}, source_id=f"s{n}") for n in range(2)]
        sold.append(Command(told={"unit": units["pharmacy-1"], "medicine_class": "cough", "packs_sold": 50, "period": day}, source_id="other"))
        assert {o.kind for o in ledgers.save(system, "medicine_sale", sold, sender="t")} == {"new"}
        one = streams()["fever-medicine"]
        panel = counting.panel(one, counting.tree(), evening(20), 3)
        row = [p.id for p in panel.places].index(place)
        assert str(panel.counts[row].tolist()) == "[nan, nan, nan]"  # lines without a report: nobody has said that they are all
        file(system, "medicine_sale", [Filing(units["pharmacy-1"], day, 2, evening(20)), Filing(units["pharmacy-2"], day - timedelta(days=1), 0, evening(19))])
        panel = counting.panel(one, counting.tree(), evening(20), 3)
        assert str(panel.counts[row].tolist()) == "[nan, 0.0, 6.0]"


@pytest.mark.parametrize("more", [0, 6])
def test_the_number_of_statements_does_not_grow_with_areas_or_signals(county, system, units, more, django_assert_max_num_queries):
    from sizao.kernel import areas

    new = [areas.NewArea(f"99000120{n}", f"另{n}镇", "township", "990001") for n in range(more)]
    grown = areas.grow(new)
    extra = ledgers.add_units(system, [ledgers.NewUnit(f"x{n}", grown[a.code].pk, a.name_zh, datetime(2026, 1, 1, tzinfo=UTC), "fever_clinic") for n, a in enumerate(new)], sender="t")
    units |= extra
    told = usual(range(20))
    for d in told:
        told[d] |= {name: 3 + (d + i) % 3 for i, name in enumerate(extra)}
    visits(system, units, told | {20: dict.fromkeys([*USUAL, *extra], 20)})
    with django_assert_max_num_queries(75):
        assert at(20, system).new >= 2 + more


def test_false_alarms_have_a_price(county, system, units):
    visits(system, units, usual(range(20)) | {20: {"clinic-1": 15, "clinic-2": 2, "clinic-3": 4}})
    at(20, system, only=["fever-visits"])
    one, two = signals(stream="fever-visits", kind="count")
    with clock.frozen(evening(21)):
        surveillance.save_signals(system, [Command(told={"judgement": "false", "why": "体检日"}, record=one.pk), Command(told={"judgement": "real", "why": "流感"}, record=two.pk)], sender="t")
    [cost] = read.cost(system, evening(0))
    assert (cost.stream, cost.given, cost.real, cost.false, cost.minutes, cost.wasted) == ("fever-visits", 2, 1, 1, 30, 15)
    assert sum(c.given for c in read.cost(system, evening(0), by_area=True)) == 2
    elsewhere = county.user("cdc", OTHER)
    assert read.cost(elsewhere, evening(0)) == []


def test_nobody_holds_the_post_so_the_signal_is_nobodys_and_says_so(county, system, units):
    visits(system, units, usual(range(20)) | {20: {"clinic-1": 15, "clinic-2": 2, "clinic-3": 4}})
    Post.objects.filter(role="cdc").delete()
    at(20, system, only=["fever-visits"])
    assert {s.owner_id for s in signals(stream="fever-visits")} == {None}


def test_a_signal_is_followed_up_with_a_ticket_for_whoever_has_to_act(county, system, units):
    from sizao.flows.signal_answered import follow_up, judge

    visits(system, units, usual(range(20)) | {20: {"clinic-1": 15, "clinic-2": 2, "clinic-3": 4}})
    at(20, system, only=["fever-visits"])
    cdc, [signal] = county.user("cdc"), signals(stream="fever-visits", kind="count", area=county.areas[TOWN])
    with clock.frozen(evening(20) + timedelta(hours=1)):
        judge(cdc, signal.pk, "real", "三家诊所同日上升")
        with pytest.raises(Refused, match="due_at"):
            follow_up(cdc, signal.pk, "investigated", ticket="到诊所核实")
        follow_up(cdc, signal.pk, "investigated", "已派两人", ticket="到诊所核实", due_at=evening(21))
        follow_up(cdc, signal.pk, "investigated", "已派两人", ticket="到诊所核实", due_at=evening(21))
    signal.refresh_from_db()
    assert (signal.judgement, signal.action, signal.done, signal.ticket.kind, signal.ticket.due_at) == ("real", "investigated", "已派两人", "directive", evening(21))
    with pytest.raises(Refused):
        judge(county.user("cdc", OTHER), signal.pk, "false", "外区")


@pytest.fixture
def market(county, system):
    """A market in the first township; `stay(case, day, hours)` puts a case there for an hour from noon of a day on, `hours` later."""
    from sizao.registers.cases import actions as cases
    from sizao.registers.cases.models import ExposedPlace

    grid = county.areas[GRID]
    units = ledgers.add_units(system, [ledgers.NewUnit(n, county.areas[TOWN].pk, n, datetime(2026, 1, 1, tzinfo=UTC), kind) for n, kind in (("market", "market"), ("centre", "isolation_site"))], sender="m")
    people = add_persons(system, [PersonData(area_id=grid.pk, name=f"病例{n}") for n in range(4)], known=[evening(0)] * 4, sender="m")

    class Market:
        unit, centre, persons = units["market"], units["centre"], people
        ids = cases.add_cases(system, [cases.New(p, "m", f"M-{n}", evening(0), {"area_id": grid.pk, "disease": "covid-19", "classification": "confirmed"}) for n, p in enumerate(people)])

        def stay(self, case: int, day: int, hours: float = 0, *, confirmed: bool = True, place=None, **told):
            opens = evening(day) - timedelta(hours=11) + timedelta(hours=hours)
            told = {"case_id": self.ids[case], "confirmed_at": evening(day) if confirmed else None} | told
            return ExposedPlace.objects.create(
                place_id=place or self.unit, area=county.areas[TOWN], disease="covid-19", opens_at=opens, closes_at=opens + timedelta(hours=1), known_from=opens, stands_from=opens, **told
            )

    return Market()


def test_cases_who_were_at_one_place_at_about_the_same_time_are_a_signal(county, system, market):
    cdc = county.user("cdc").post
    market.stay(0, 18)
    market.stay(1, 16)  # two days before: nobody met anybody
    market.stay(1, 18, 3, confirmed=False)  # nobody has confirmed it
    market.stay(0, 19, place=market.centre), market.stay(1, 19, place=market.centre)  # kept apart in one building, by order
    assert at(21, system, only=["shared-stays"]).new == 0
    market.stay(2, 18, 3)
    assert at(21, system, only=["shared-stays"]).new == 1
    [signal] = signals(stream="shared-stays")
    assert (signal.kind, signal.unit_id, signal.disease, signal.observed, signal.threshold) == ("cluster", market.unit, "covid-19", 2, 1)
    assert (signal.window_from, signal.window_to) == (FIRST + timedelta(days=18), FIRST + timedelta(days=18))
    assert (signal.owner_id, signal.judge_by) == (cdc.pk, evening(21) + timedelta(hours=12))
    again = at(21, system, only=["shared-stays"])
    assert (again.new, again.longer) == (0, 0)
    market.stay(3, 19, 2)  # within a day of the last
    after = at(21, system, only=["shared-stays"])
    assert (after.new, after.longer) == (0, 1) and signals(stream="shared-stays")[0].window_to == FIRST + timedelta(days=19)


def test_what_chance_would_bring_is_told_where_a_search_counted_the_visitors_and_the_people_are_known(county, system, market):
    """A search of the market counted 600 visitors in its two hours: 7,200 a day. Four of 20,000 people became cases: 1.44 a day by chance. From noon to four it is a sixth of that: two cases against 0.24."""
    from sizao.registers.cases.gathered import visitors_a_day
    from sizao.registers.cases.models import ExposureSearch
    from sizao.registers.command.models import AreaGrade

    first, second = market.stay(0, 10), market.stay(2, 10, 3)
    other = market.stay(1, 10, place=market.centre)
    told = {"area": county.areas[TOWN], "disease": "covid-19", "asked_at": evening(10), "known_from": evening(10), "stands_from": evening(10)}
    ExposureSearch.objects.create(places=[first.pk, second.pk, other.pk], visitors=9_000, **told)  # of two places: how many came to which is not known
    ExposureSearch.objects.create(places=[first.pk], **told)  # nobody has counted
    assert visitors_a_day([market.unit], evening(11)) == {}
    ExposureSearch.objects.create(places=[first.pk, second.pk], visitors=600, **told)
    assert visitors_a_day([market.unit, market.centre], evening(11)) == {market.unit: 7200}
    assert at(11, system, only=["shared-stays"]).new == 1
    assert signals(stream="shared-stays")[0].expected is None  # nobody has told how many live here
    type(signals(stream="shared-stays")[0]).objects.all().delete()
    AreaGrade.objects.create(area=county.root, scale="population", value="told", number=20_000, starts_at=evening(0), known_from=evening(0), stands_from=evening(0))
    assert at(11, system, only=["shared-stays"]).new == 1
    [signal] = signals(stream="shared-stays")
    assert (signal.observed, float(signal.expected)) == (2, 7200 * 4 / 20_000 * 4 / 24)


def test_a_visitor_who_was_named_and_became_a_case_counts_and_one_who_did_not_is_not_read(county, system, market):
    from sizao.registers.cases import actions as cases
    from sizao.registers.cases.models import Exposure, ExposureSearch

    place, first = market.stay(0, 18), evening(18)
    people = add_persons(system, [PersonData(area_id=county.areas[GRID].pk, name=f"顾客{n}") for n in range(3)], known=[evening(0)] * 3, sender="v")
    search = ExposureSearch.objects.create(area=county.areas[TOWN], disease="covid-19", places=[place.pk], asked_at=first, known_from=first, stands_from=first)
    contacts = cases.add_contacts(system, [cases.New(p, "v", f"c{n}", first, {"area_id": county.areas[GRID].pk, "disease": "covid-19", "classification": "close", "named_at": first}) for n, p in enumerate(people)])
    for person, contact in zip(people, contacts, strict=True):
        Exposure.objects.create(
            person_id=person, contact_id=contact, area=county.areas[GRID], search=search, exposed_place=place, together_from=place.opens_at, together_until=place.closes_at, seconds=3600,
            known_from=first, stands_from=first,
        )  # fmt: skip
    now = max(evening(22), datetime.now(UTC) + timedelta(minutes=1))
    from sizao.registers.cases.gathered import clusters

    assert clusters(now, days=400, hours=24) == []
    cases.add_cases(system, [cases.New(people[1], "v", "V-1", evening(20), {"area_id": county.areas[GRID].pk, "disease": "covid-19", "classification": "confirmed"})])
    [found] = clusters(now, days=400, hours=24)
    assert (found.place, found.cases, found.stays) == (market.unit, 2, 2)


def daily(method: str, **other):
    """A stream over fever visits that is judged by a daily method with holidays."""
    from sizao.registers.surveillance.streams import made

    return made("told-here", {
        "title": {"zh": "甲", "en": "A"}, "source": "s", "from": date(2020, 1, 1), "count": {"register": "fever-visit", "at": "happened_at"}, "heard": "always", "levels": ["county"],
        "calendar": "public-holidays", "method": {"method": method, "alpha": 0.01, "least": 3} | other, "judge": {"role": "cdc", "level": "county", "hours": 24}, "minutes": 5,
    })  # fmt: skip


def panel_of(stream, first: date, counts):
    import numpy as np

    from sizao.registers.surveillance.counting import Panel, Place

    place = Place(1, "990001", "county", "Asia/Shanghai", (1,), False)
    periods = [first + timedelta(days=n) for n in range(len(counts))]
    return Panel(stream, [place], periods, np.array([counts], float), np.ones((1, len(counts))), int(sum(counts)), periods[-1], len(counts))


def test_a_holiday_is_expected_to_be_quiet_and_a_worked_weekend_busy():
    """Three years of a clinic that is closed on days off: ten come on a working day, one otherwise. What the calendar says of a day is what is expected of it."""
    from sizao.registers.surveillance import judging
    from sizao.registers.surveillance.calendars import calendar

    days = calendar("public-holidays")
    first = date(2022, 1, 3)

    def busy(day: date) -> bool:
        return days.days.get(day) == 3 or (day.weekday() < 5 and day not in days.days)

    span = [first + timedelta(days=n) for n in range((date(2025, 10, 12) - first).days)]
    counts = [(11 + n % 3 if busy(day) else 1 + n % 2) for n, day in enumerate(span)]
    stream = daily("regression")
    judged = judging.judge(panel_of(stream, first, counts), [], 20)
    expected = dict(zip(span[-20:], judged.expected[0], strict=True))
    assert expected[date(2025, 10, 3)] < 4 < 8 < expected[date(2025, 9, 26)]  # a Friday off, a Friday worked
    assert expected[date(2025, 10, 11)] > 8 > 4 > expected[date(2025, 9, 27)]  # a Saturday worked, and one that is not
    from dataclasses import replace

    blind = judging.judge(panel_of(replace(stream, calendar=""), first, counts), [], 20)
    assert dict(zip(span[-20:], blind.expected[0], strict=True))[date(2025, 10, 11)] < 4
    assert blind.alarm[0, -1] and not judged.alarm[0, -1]  # without a calendar the worked Saturday is a false alarm


def test_the_limit_of_a_cusum_is_set_in_the_file_and_by_a_person(county):
    from sizao.registers.surveillance import judging, tuning
    from sizao.registers.surveillance.judging import Setting
    from sizao.registers.surveillance.streams import tunable

    counts = [5 + (n * 7) % 3 for n in range(120)] + [11] * 6  # a rise that lasts
    quick, slow = (judging.judge(panel_of(daily("cusum", **k), date(2025, 1, 6), counts), [], 6).alarm[0] for k in ({"h": 1.5}, {"h": 30}))
    assert quick.any() and not slow.any()
    tuned = judging.judge(panel_of(daily("cusum", h=30), date(2025, 1, 6), counts), [Setting(1, date.min, date.max, (("h", 1.5),))], 6).alarm[0]
    assert (tuned == quick).all()
    assert tunable(daily("cusum").rule) == ("least", "k", "h")
    with pytest.raises(Refused, match="stream-setting-empty"):  # C2 has no limit of a sum
        tuning.wanted(streams()["fever-visits"], county.root, date(2026, 11, 23), date(2026, 12, 1), {"h": 3})
    assert tuning.wanted(daily("cusum"), county.root, date(2026, 11, 23), date(2026, 12, 1), {"h": 3, "k": 0.5}).other == (("h", 3.0), ("k", 0.5))


def test_every_fault_of_a_calendar_is_told_with_its_line(tmp_path):
    from sizao.registers.surveillance.calendars import calendar, faults

    text = """title: {zh: 甲}
source: s
years: {from: 2026, until: 2025}
kinds: {1: {zh: 假, en: off}, 99: {zh: 假, en: off}}
days:
  - {kind: 1, zh: 假, en: off, dates: ["2026-02-30", "2026-01-01/2026-12-31"]}
  - {kind: 1, zh: 假, en: off, on: ["2026-01-01"]}
more: 1
"""
    path = tmp_path / "own.yaml"
    path.write_text(text)
    found = list(faults(path, text))
    assert {f.code for f in found} == {"calendar-part-wrong"} and len(found) == 7
    whole = calendar("public-holidays")
    assert (whole.first, whole.last, whole.days[date(2020, 2, 1)], whole.days[date(2020, 1, 19)]) == (2020, 2026, 2, 3)
    assert date(2020, 2, 3) not in whole.days and all(day.weekday() >= 5 for day, kind in whole.days.items() if kind == 3)


def test_one_clinic_that_falls_silent_or_copies_its_form_is_a_signal_of_that_clinic(county, system, units):
    told = usual(range(24))
    for day in range(24):
        if day % 7 in (5, 6):
            told[day].pop("clinic-3")  # closed at weekends
        told[day]["clinic-2"] = 6 if day >= 16 else 2 + day % 3  # the same form from the seventeenth day on
        if day >= 20:
            told[day].pop("clinic-1")  # its neighbour goes on, so the township is not silent
    visits(system, units, told)
    at(23, system, only=["fever-visits"])
    [silent] = signals(stream="fever-visits", kind="silence")
    assert (silent.unit_id, silent.area.code, silent.window_from) == (units["clinic-1"], TOWN, FIRST + timedelta(days=20))
    [loop] = signals(stream="fever-visits", kind="loop")
    assert (loop.unit_id, loop.observed, loop.window_from) == (units["clinic-2"], 6, FIRST + timedelta(days=16))
    assert at(23, system, only=["fever-visits"]).new == 0


def test_a_township_that_falls_silent_is_told_once_and_not_by_each_clinic(county, system, units):
    told = usual(range(20))
    for day in (17, 18, 19):
        told[day] = {"clinic-3": 4 + day % 3}
    visits(system, units, told)
    at(20, system, only=["fever-visits"])
    assert [(s.area.code, s.unit_id) for s in signals(stream="fever-visits", kind="silence")] == [(TOWN, None)]


def test_what_no_stream_raised_has_an_owner_and_a_clock_too(county, system):
    """A feed that fell silent, a hand-over that nobody answered, and what a person types: each has its post and its time, and a machine's is judged with a reason."""
    from sizao.registers.surveillance.actions import NewSignal, raise_signals
    from sizao.registers.surveillance.alarms import alarms

    cdc, now, town = county.user("cdc"), evening(3), county.areas[TOWN]
    with clock.frozen(now):
        raise_signals(system, [NewSignal("hospital:a/silence", county.root.pk, "feed", now - timedelta(days=3), what="hospital:a: silence")], sender="feeds")
        raise_signals(system, [NewSignal("h/overdue", town.pk, "handover", now - timedelta(hours=1), "covid-19")], sender="handovers")
        surveillance.save_signals(system, [Command(told={"area": town.pk, "kind": "rumour", "raised_at": now, "what": "市场有人议论"}, source_id="r1")], sender="desk")
        surveillance.save_signals(system, [Command(told={"area": town.pk, "kind": "death", "raised_at": now, "judgement": "real"}, source_id="d1")], sender="desk")
    hours = {kind: one.hours for kind, one in alarms().items()}
    found = {s.kind: s for s in Signal.objects.select_related("owner")}
    assert {k: (s.owner_id, s.judge_by) for k, s in found.items()} == {
        "feed": (cdc.post.pk, now + timedelta(hours=hours["feed"])), "handover": (cdc.post.pk, now + timedelta(hours=hours["handover"])),
        "rumour": (cdc.post.pk, now + timedelta(hours=hours["rumour"])), "death": (None, None),
    }  # fmt: skip
    [refused] = surveillance.save_signals(system, [Command(told={"judgement": "false"}, record=found["feed"].pk)], sender="desk")
    assert [p.code for p in refused.problems] == ["signal-without-reason"]
    [done] = surveillance.save_signals(system, [Command(told={"judgement": "false", "why": "对方停机维护"}, record=found["feed"].pk)], sender="desk")
    assert done.kind == "updated"
    cost = {(c.stream, c.kind): c for c in read.cost(system, now - timedelta(days=9))}
    assert (cost["", "feed"].false, cost["", "feed"].wasted, cost["", "rumour"].unjudged) == (1, alarms()["feed"].minutes, 1)


def test_every_kind_of_signal_has_somebody_who_judges_it_and_faults_are_told(tmp_path):
    from sizao.kernel.codes import code_list
    from sizao.registers.surveillance.alarms import alarms, faults

    assert set(alarms()) == set(code_list("signal-kind"))
    text = "title: {zh: 甲}\njudge: {role: king, level: county, hours: 0}\nminutes: -1\nmore: 1\n"
    (path := tmp_path / "feed.yaml").write_text(text)
    assert {f.code for f in faults(path, text)} == {"alarm-part-wrong"} and len(list(faults(path, text))) == 6
