"""The same registers under several editions: the numbers of a run, without a run; what is worded alike counted once; why they differ."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from plan.three_measures import changed, store

from sizao.kernel import clock, content
from sizao.kernel.errors import Refused
from sizao.kernel.models import Enactment
from sizao.plan import replay, run
from sizao.plan.acts import acts_of
from sizao.plan.evaluation import edition
from sizao.plan.facts import vocabulary
from sizao.plan.language import load_edition
from sizao.plan.models import Cell
from sizao.registers.cases.models import Contact
from sizao.registers.population.models import Person

pytestmark = pytest.mark.django_db
DAILY, NEITHER = "contact-daily-check", "case-investigated"
STARTS, NOW = datetime(2020, 6, 9, 16, tzinfo=UTC), datetime(2020, 6, 18, 13, tzinfo=UTC)


@pytest.fixture
def town(county, system):
    """Three contacts of one village, exposed on the first, the tenth and the seventeenth; one of them of no known class."""
    replay.forget()
    with clock.frozen(datetime(2020, 6, 17, 2, tzinfo=UTC)):
        for name, day, klass in (("a", 1, "close"), ("b", 10, "close"), ("c", 17, None)):
            grid, known = county.areas["990001101201-1"], datetime(2020, 6, day, 4, tzinfo=UTC)
            person = Person.objects.create(area=grid, name=name, known_from=known, stands_from=known)
            Contact.objects.create(
                person=person, area=grid, disease="covid-19", classification=klass, last_exposure_on=known.date(), known_from=known, stands_from=known
            )
    item = store()
    content.keep(acts_of(item.text), county.root, STARTS - timedelta(days=30), "test")
    county.item, county.desk = item, county.user("desk")
    county.texts = {
        "as it is": edition(item.pk),
        "shorter": dataclasses.replace(load_edition(changed(("value: 14d", "value: 3d")), vocabulary()), id="shorter"),
    }
    return county


def asked(town, **more):
    return replay.question(town.desk, starts=STARTS, as_of=NOW, known_at=clock.now(), disease="covid-19", **more)


def test_it_counts_what_a_run_would_with_the_text_in_force_from_that_day(town):
    q = asked(town)
    found = replay.replay(town.desk, q, town.texts)
    assert found.whole and not found.cut
    Enactment.objects.create(
        item=town.item, area=town.root, disease="covid-19", starts_at=STARTS, proposed_by=town.desk.user, trial=True, decided_at=STARTS
    )
    made = run.evaluate_all(NOW)
    cell = Cell.objects.at(made).get(measure=DAILY, area=town.root)
    told = found.named("three-measures").of(DAILY)
    assert (told["missing"], told["missed"], told["cannot_tell"]) == (cell.missing, cell.missed, cell.cannot_tell)
    assert told["missing"] + told["missed"] > 0 and told["cannot_tell"] > 0
    shorter = found.named("shorter").of(DAILY)
    assert shorter["all"] < told["all"]


def test_what_two_texts_word_alike_is_evaluated_once_and_nothing_twice(town, monkeypatch):
    asked_for = []
    answers = replay.answers
    monkeypatch.setattr(replay, "answers", lambda sql, seconds: asked_for.append(sql) or answers(sql, seconds))
    q = asked(town)
    first = replay.replay(town.desk, q, town.texts)
    assert (first.all, len(asked_for)) == (6, 4)  # three measures of two texts; one of them differs
    again = replay.replay(town.desk, q, town.texts)
    assert len(asked_for) == 4 and again.editions == first.editions
    assert again.oldest == first.oldest is not None


def test_it_goes_on_where_it_stopped_and_what_never_ends_is_cut_and_not_called_nought(town, monkeypatch):
    q = asked(town)
    nothing = replay.replay(town.desk, q, town.texts, seconds=0)
    assert nothing.done == 0 and not nothing.whole and nothing.oldest is None

    def never(sql, seconds):
        raise replay.OutOfTime

    with monkeypatch.context() as patched:
        patched.setattr(replay, "answers", never)
        assert replay.replay(town.desk, q, town.texts).done == 1, "the first had all the time there is"
    rest = replay.replay(town.desk, q, town.texts)
    assert rest.whole and rest.cut == 1
    [cut] = rest.editions[0].cut
    assert rest.editions[0].of(cut) is None


def test_the_measures_whose_rule_differs_stand_with_both_quotes_both_counts_and_the_figure(town):
    found = replay.replay(town.desk, asked(town), town.texts)
    old, new = found.editions
    [d] = replay.differing(old, new)
    assert (d.id, d.change, [p["name"] for p in d.params]) == (DAILY, "changed", ["term"])
    assert [s["quote"] for side in d.quotes for s in side] == ["对密切接触者应隔尽隔"] * 2
    assert d.counts == (old.of(DAILY), new.of(DAILY))
    said = replay.why(old, new, [d], what="missed")
    assert said.after - said.before == said.added + said.removed + said.changed + said.alike == said.changed < 0
    assert [title["en"] for title, _ in said.most["changed"]] == [d.title["en"]]
    more = dataclasses.replace(new, edition=dataclasses.replace(new.edition, measures={}), counts={})
    assert replay.why(old, more, [], what="missed").removed == -said.before
    assert replay.differing(old, old) == []


def test_a_rule_that_differs_in_the_day_of_its_figures_alone_stands_apart(town):
    later = load_edition(changed(("14d, from: 2020-01-20", "14d, from: 2020-02-01")), vocabulary())
    [d] = replay.differing(*(replay.Replayed(ref=e.id, edition=e) for e in (town.texts["as it is"], later)))
    assert (d.id, d.dates_only) == (DAILY, True)
    [shorter] = replay.differing(*(replay.Replayed(ref=e.id, edition=e) for e in town.texts.values()))
    assert not shorter.dates_only


def test_it_stops_at_the_scope_and_a_day_that_cannot_be_is_refused(town):
    with pytest.raises(Refused, match="not-found-or-out-of-area"):
        replay.question(town.user("community", "990001102"), town.root)
    with pytest.raises(Refused, match="bad-value"):
        replay.question(town.desk, starts=NOW + timedelta(days=1), as_of=NOW)


def test_the_six_are_there_whether_they_were_loaded_or_not(db):
    assert [e.id for e in replay.texts().values()] == replay.names()
    assert len(replay.names()) == 6
