"""A household becomes contacts in one call; pasted lines are read as people write them; who cannot be a contact is refused or asked about."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from sizao.flows.contacts_told import Line, Told, name_household, name_lines, read_lines
from sizao.kernel import clock, registry, saving
from sizao.kernel.models import Act
from sizao.kernel.outcome import Command
from sizao.registers.cases import actions, exposing, sources
from sizao.registers.cases.models import Case, Contact, ExposedPlace, SourceHypothesis
from sizao.registers.ledgers.models import ReportingUnit
from sizao.registers.population import actions as population
from sizao.registers.population.models import Person

NOW = datetime(2021, 6, 10, 4, tzinfo=UTC)


@pytest.fixture
def home(system, county):
    """A case with onset on 8 June 2021, and a household of four that he is of."""
    area, known = county.areas["990001101201-1"], NOW - timedelta(days=1)
    house = population.add_households(system, [population.HouseholdData("h1", area.pk, 4)], known=known, sender="t")["h1"]
    data = [population.PersonData(area_id=area.pk, name=name, household_id=house) for name in ("周大", "周二", "周三", "周四")]
    who = population.add_persons(system, data, known=[known] * 4, sender="t")
    told = {"area_id": area.pk, "disease": "covid-19", "classification": "confirmed", "onset_on": date(2021, 6, 8), "reported_at": known}
    [case] = actions.add_cases(system, [actions.New(who[0], "t", "c1", known, told)])
    with clock.frozen(NOW):
        yield case, who, county.user("cdc"), area


def test_a_household_becomes_contacts_in_one_call_with_degree_reason_and_who_decided(home):
    case, who, scope, _ = home
    told = Told(last_exposure_on=date(2021, 6, 9), reason="household", certainty="high", called_at=NOW - timedelta(minutes=5))
    assert [o.kind for o in name_household(scope, case, who, told)] == ["new"] * 3
    rows = Contact.objects.all()
    assert {c.person_id for c in rows} == set(who[1:])
    assert {(c.degree, c.reason, c.certainty, c.last_exposure_on, c.located_at, c.decided_by_id) for c in rows} == {(1, "household", "high", told.last_exposure_on, told.called_at, scope.user.pk)}
    assert (Act.objects.filter(kind="contact.named").count(), Act.objects.filter(kind="contact.located").count()) == (3, 3)
    assert [o.kind for o in name_household(scope, case, who, told)] == ["identical"] * 3
    assert Contact.objects.count() == 3


def test_fifty_pasted_lines_are_fifty_contacts_once_and_a_line_without_a_name_says_so(home):
    case, _, scope, _ = home
    lines = read_lines("\n".join(f"访客{n:02d}，{'男女'[n % 2]}，{20 + n}，1390000{n:04d}，6-9" for n in range(50)) + "\n13811112222\n", NOW.date())
    done = name_lines(scope, case, lines, Told(reason="place"))
    assert [o.kind for o in done] == ["new"] * 50 + ["rejected"]
    assert done[50].problems[0].code == "line-without-name"
    again = name_lines(scope, case, lines[:50], Told(reason="place"))
    assert {o.kind for o in again} == {"identical"}
    assert (Contact.objects.count(), Person.objects.count()) == (50, 54)
    assert set(Contact.objects.values_list("last_exposure_on", flat=True)) == {date(2021, 6, 9)}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("李丽\t女\t35\t139 0000 0002\t2021-06-03\t同桌", Line("李丽", "female", 35, "13900000002", date(2021, 6, 3), "同桌")),
        ("Jane Doe, f, 35", Line("Jane Doe", "female", 35)),
        ("王强 男 52岁 12月30日", Line("王强", "male", 52, "", date(2020, 12, 30))),
        ("2021-13-45，赵敏", Line("2021-13-45", note="赵敏")),
    ],
)
def test_a_line_is_read_as_people_write_it(text, line):
    assert read_lines(text, NOW.date()) == [line]


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"last_exposure_on": date(2021, 6, 5)}, "exposure-before-infectious"),  # onset 8 June, infectious from the 6th
        ({"last_exposure_on": date(2021, 7, 1)}, "done-in-the-future"),
        ({"degree": 12}, "contradicts-itself"),
        ({"observation_from": date(2021, 6, 9), "observation_until": date(2021, 6, 8)}, "observation-reversed"),
    ],
)
def test_a_contact_older_than_the_case_and_other_nonsense_is_not_taken(home, told, code):
    case, who, scope, area = home
    base = {"person": who[1], "area": area.pk, "case": case, "disease": "covid-19", "classification": "close"}
    [done] = saving.write(scope, registry.find("contacts"), [Command(told=base | told)], sender="desk")
    assert (done.kind, done.problems[0].code) == ("rejected", code)
    if code == "exposure-before-infectious":  # asked, and answered
        [done] = saving.write(scope, registry.find("contacts"), [Command(told=base | told | {"exception": "病例自述5日已有咽痛"})], sender="desk")
        assert done.kind == "new"
    [himself] = saving.write(scope, registry.find("contacts"), [Command(told=base | {"person": who[0]})], sender="desk")
    assert himself.problems[0].code == "contact-of-himself"


# -- stays of the trajectory


def stay(home, start, end, **told):
    case, _, _scope, area = home
    unit, _ = ReportingUnit.objects.get_or_create(name=told.pop("at", "东门市场"), area=area, kind="market", defaults={"known_from": NOW, "stands_from": NOW})
    base = {"place": unit.pk, "area": area.pk, "disease": "covid-19", "case": case, "opens_at": start, "closes_at": end}
    return Command(told=base | told)


def test_stays_that_overlap_are_refused_with_the_other_named_unless_somebody_says_why(home):
    scope, at = home[2], NOW - timedelta(days=1)
    hour = timedelta(hours=1)
    one, two, three, four = exposing.save_places(
        scope,
        [
            stay(home, at, at + 2 * hour),
            stay(home, at + hour, at + 3 * hour, at="小吃店"),
            stay(home, at + 2 * hour, at + 3 * hour, at="小吃店", vehicle="G101", carriage="7", seat="03F", purpose="travel", mask="partly"),
            stay(home, at + hour, at + 2 * hour, at="店中店", exception="市场内的餐馆"),
        ],
        sender="desk",
    )
    assert [one.kind, two.kind, three.kind, four.kind] == ["new", "rejected", "new", "new"]
    assert two.problems[0].code == "stay-overlaps"
    assert two.problems[0].value == "东门市场 06-09 12:00 – 06-09 14:00"
    for told in ({"opens_at": at + hour}, {"withdrawn_at": None, "exception": "", "opens_at": at}):
        with pytest.raises(IntegrityError), transaction.atomic():  # the database keeps it too
            ExposedPlace.objects.filter(pk=three.record if "exception" not in told else four.record).update(**told)


@pytest.mark.parametrize(
    ("start", "hours", "code"), [(NOW - timedelta(days=1), -1, "window-reversed"), (NOW - timedelta(days=40), 1, "stay-far-from-onset"), (NOW + timedelta(days=1), 1, "done-in-the-future")]
)
def test_a_stay_that_cannot_be_is_refused(home, start, hours, code):
    [done] = exposing.save_places(home[2], [stay(home, start, start + timedelta(hours=hours))], sender="desk")
    assert (done.kind, done.problems[0].code) == ("rejected", code)


# -- the source


def think(scope, **told):
    [done] = sources.save_hypotheses(scope, [Command(told=told)], sender="desk")
    return done


def test_hypotheses_stand_beside_each_other_and_one_at_most_is_accepted(home, system):
    case, who, scope, area = home
    [other] = actions.add_cases(system, [actions.New(who[1], "t", "c0", NOW, {"area_id": area.pk, "disease": "covid-19"})])
    first = think(scope, case=case, kind="case", infector=other, likelihood="likely", evidence_for="同桌就餐")
    second = think(scope, case=case, kind="import", origin="境外货物", likelihood="possible")
    unknown = think(scope, case=case, kind="unknown")
    assert [think(scope, case=case, kind="case").problems[0].code, think(scope, case=case, kind="case", infector=case).problems[0].code] == ["source-without-case", "source-of-itself"]
    accept = lambda h: sources.save_hypotheses(scope, [Command(told={"accepted_at": NOW}, record=h.record)], sender="desk")[0]  # noqa: E731
    assert accept(unknown).problems[0].code == "source-unknown-accepted"
    assert (accept(first).kind, accept(second).kind) == ("updated", "updated")
    found = sources.of_case(scope, case)
    assert [(h.kind, h.accepted_at is not None) for h in found] == [("import", True), ("case", False), ("unknown", False)]
    assert {h.thought_by_id for h in found} == {scope.user.pk}
    assert Act.objects.filter(kind="source.judged", subject=case).count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        SourceHypothesis.objects.filter(pk=first.record).update(accepted_at=NOW)
    assert Case.objects.count() == 2


def test_chains_use_the_accepted_source_and_keep_the_others_apart(home, system):
    from sizao.registers.cases.chains import alone, diseases, linked

    case, who, scope, area = home
    told = {"area_id": area.pk, "disease": "covid-19"}
    one, two = actions.add_cases(system, [actions.New(p, "t", key, NOW, told) for p, key in ((who[1], "c1a"), (who[2], "c1b"))])
    first, second = (think(scope, case=case, kind="case", infector=other, likelihood="likely") for other in (one, two))
    graph = linked(scope, area, "covid-19")
    place = graph.ids.index
    assert (diseases(scope, area), alone(scope, area, "covid-19")) == ([("covid-19", 2)], 0)
    assert (graph.links, set(graph.maybe)) == ([], {(place(one), place(case)), (place(two), place(case))})
    sources.save_hypotheses(scope, [Command(told={"accepted_at": NOW}, record=first.record)], sender="desk")
    graph = linked(scope, area, "covid-19")
    place = graph.ids.index
    assert (graph.links, graph.certainty, graph.maybe) == ([(place(one), place(case))], ["medium"], [(place(two), place(case))])
    sources.save_hypotheses(scope, [Command(told={"likelihood": "excluded"}, record=second.record)], sender="desk")
    assert linked(scope, area, "covid-19").maybe == []
