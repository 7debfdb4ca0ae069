"""No restriction without rule, evidence, legal basis, issuer, start, end and a way to object: asked by the verbs, and by the database of whoever writes."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.registers.isolation import actions, ordering, rules
from sizao.registers.isolation import orders as read
from sizao.registers.isolation.models import Evidence, Issue, Order

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def standing(rights, outcome, at=None):
    return rules.standing(read.told(read.access_order_by_id(rights.desk, outcome.record)), at or clock.now())


def code(outcome):
    return outcome.problems[0].code if outcome.problems else outcome.kind


def test_order_rests_on_rule_evidence_basis_issuer_and_ends_by_itself(rights):
    [made] = rights.issue(1)
    order = read.access_order_by_id(rights.desk, made.record)
    assert made.kind == "new" and standing(rights, made) == "in_force"
    assert order.rule.ref.startswith("contact-observation@") and order.basis == "law-39" and order.issuer == rights.cdc.post and order.number
    exposure_ends = clock.start_of_day(rights.known.date() + DAY, rights.grid.zone)
    assert order.ends_at == exposure_ends + 14 * DAY  # fourteen days after the last exposure, not after the order
    assert standing(rights, made, order.ends_at - timedelta(seconds=1)) == "in_force"
    assert standing(rights, made, order.ends_at) == "expired"  # computed when read: no job ran


def test_sent_twice_it_is_one_order(rights):
    [first], [again] = rights.issue(1), rights.issue(1)
    assert (again.kind, again.record) == ("identical", first.record) and Order.objects.count() == 1


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"evidence": []}, "restriction-without-evidence"),
        ({"evidence": [("close_contact", uuid4())]}, "restriction-evidence-unfit"),
        ({"evidence": [("symptoms", uuid4())]}, "restriction-evidence-unfit"),
        ({"rule": "stay-at-home-list"}, "restriction-rule-not-in-force"),
        ({"disease": "unspecified"}, "restriction-rule-not-in-force"),
        ({"kind": "hospital"}, "restriction-kind"),
        ({"basis": "because"}, "restriction-without-basis"),
        ({"ends_at": 20 * DAY}, "restriction-too-long"),
        ({"ends_at": -DAY}, "restriction-without-end"),
        ({"starts_at": -DAY}, "restriction-backdated"),
    ],
)
def test_what_an_order_lacks_is_said_and_nothing_is_written(rights, told, reason):
    told = {k: clock.now() + v if isinstance(v, timedelta) else v for k, v in told.items()}
    assert [code(o) for o in rights.issue(1, **told)] == [reason]
    assert Order.objects.count() == 0 and Issue.objects.count() == 0


def test_the_contact_of_somebody_else_is_no_evidence(rights):
    assert [code(o) for o in rights.issue(1, evidence=[("close_contact", rights.contacts[2])])] == ["restriction-evidence-unfit"]


def test_a_list_of_people_is_no_evidence(rights):
    """Contacts of no case, as a list of names brings them in, carry no order."""
    from sizao.registers.cases import actions as cases

    told = {"area_id": rights.grid.pk, "disease": "covid-19", "classification": "close", "named_at": rights.known, "last_exposure_on": rights.known.date()}
    [listed] = cases.add_contacts(rights.system, [cases.New(rights.people[1], "list", "L-1", rights.known, told)])
    assert [code(o) for o in rights.issue(1, evidence=[("close_contact", listed)])] == ["restriction-evidence-unfit"]


def test_the_machine_issues_nothing(rights):
    with pytest.raises(Refused, match="restriction-without-issuer"):
        rights.issue(1, scope=rights.system)
    with pytest.raises(Refused, match="not-allowed"):
        rights.issue(1, scope=rights.county.user("grid_worker"))


def test_the_same_evidence_holds_nobody_longer(rights):
    """Orders in a row on one piece of evidence would be longer than the rule's maximum; a new one needs something new."""
    from sizao.registers.laboratory.models import Specimen

    now = clock.now()
    tests = [Specimen.objects.create(person_id=rights.people[3], area=rights.grid, disease="covid-19", sampled_at=now - n * DAY, resulted_at=now - n * DAY / 2, result="positive", known_from=now, stands_from=now) for n in (2, 1)]
    told = {"rule": "case-isolation", "kind": "centre", "disease": "covid-19"}
    rights.issue(3, key="a", evidence=[("positive_result", tests[0].pk)], ends_at=now + 5 * DAY, **told)
    with pytest.raises(Refused, match="restriction-evidence-used"):
        rights.issue(3, key="b", evidence=[("positive_result", tests[0].pk)], ends_at=now + 10 * DAY, **told)
    assert [o.kind for o in rights.issue(3, key="c", evidence=[("positive_result", tests[1].pk)], ends_at=now + 10 * DAY, **told)] == ["new"]


def test_more_than_twenty_at_once_wait_for_a_second_unit(rights):
    made = rights.issue(*range(1, 22))
    assert {standing(rights, o) for o in made} == {"waiting"}
    issue = Issue.objects.get()
    assert (issue.count, issue.waits, issue.why) == (21, True, "many")
    same_unit = rights.county.user("cdc")
    with pytest.raises(Refused, match="restriction-same-unit"):
        ordering.second(same_unit, issue.pk)
    ordering.second(rights.health, issue.pk)
    assert {standing(rights, o) for o in made} == {"in_force"}


def test_orders_split_into_small_lots_wait_all_the_same(rights):
    first = rights.issue(*range(1, 12))
    rest = rights.issue(*range(12, 24))
    assert {standing(rights, o) for o in first} == {"in_force"} and {standing(rights, o) for o in rest} == {"waiting"}


def test_an_issuer_outside_the_epidemic_roles_waits_for_a_second_unit(rights):
    [made] = rights.issue(1, scope=rights.county.user("commander"))
    assert standing(rights, made) == "waiting" and Issue.objects.get().why == "role"
    ordering.second(rights.health, Issue.objects.get().pk, agree=False)
    assert standing(rights, made) == "refused"
    with pytest.raises(Refused, match="restriction-unchangeable"):
        ordering.second(rights.health, Issue.objects.get().pk)


def test_a_trial_of_a_rule_is_no_rule(rights):
    from sizao.kernel import content
    from sizao.kernel.models import Enactment

    Enactment.objects.all().delete()
    content.propose(rights.desk, content.newest("restriction", "contact-observation"), rights.county.root, "covid-19", rights.known, trial=True)
    assert [code(o) for o in rights.issue(1)] == ["restriction-rule-not-in-force"]


def test_an_order_cannot_be_made_longer_or_otherwise_it_can_only_end_earlier(rights):
    [made] = rights.issue(1)
    order = Order.objects.get(pk=made.record)
    for change in ("ends_at = ends_at + interval '1 day'", "person_id = (SELECT id FROM population_person WHERE id <> person_id LIMIT 1)", "kind = 'centre'"):
        with pytest.raises(IntegrityError, match="restriction refused"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE isolation_order SET {change} WHERE id = %s", [order.pk])
    with pytest.raises(IntegrityError), transaction.atomic():
        order.delete()
    ordering.shorten(rights.desk, order, order.ends_at - DAY)
    assert ordering.lift(rights.desk, [order.pk], "no_longer") == 1 and standing(rights, made) == "lifted"


def test_a_stay_that_happened_elsewhere_is_recorded_and_binds_nobody(rights):
    """Line lists tell of stays under another house's orders. They stay what they are: records of where somebody was."""
    [stay] = actions.add_stays(rights.system, [actions.NewStay(rights.people[5], rights.grid.pk, "covid-19", rights.known, "centre")], sender="list")
    assert stay and Order.objects.count() == 0 and read.orders_of(rights.desk, [rights.people[5]]) == {}


def test_a_stay_names_only_an_order_of_its_own_person(rights):
    [made] = rights.issue(1)
    with pytest.raises(IntegrityError, match="stay-order-unfit"), transaction.atomic():
        actions.add_stays(rights.system, [actions.NewStay(rights.people[2], rights.grid.pk, "covid-19", clock.now(), "home", order=made.record)], sender="x")


def raw(rights, n=1, evidence=True, count=1, **told):
    """What somebody would type who goes round every verb, as the application's own role."""
    now = clock.now()
    issue = Issue.objects.create(post=told.pop("post", rights.cdc.post), user=told.pop("user", rights.cdc.user), area=rights.grid, issued_at=now)
    values = {
        "person_id": rights.people[n], "area": rights.grid, "disease": "covid-19", "kind": "home", "rule_id": _rule(rights).pk, "basis": "law-39", "appeal_route": "x", "issue": issue,
        "issuer": issue.post, "issued_at": now, "starts_at": now, "ends_at": now + DAY, "known_from": now, "stands_from": now,
    } | told  # fmt: skip
    for _ in range(count):
        order = Order.objects.create(id=uuid7(), **values)
    if evidence:
        Evidence.objects.create(order=order, person_id=rights.people[n], area=rights.grid, kind="close_contact", record=rights.contacts[n], known_from=now, stands_from=now)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return order


def _rule(rights):
    from sizao.kernel import content

    return content.newest("restriction", "contact-observation")


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"evidence": False}, "restriction-without-evidence"),
        ({"basis": ""}, "restriction-without-basis"),
        ({"appeal_route": ""}, "restriction-without-appeal"),
        ({"ends_at": 15 * DAY}, "restriction-too-long"),
        ({"ends_at": 13 * DAY}, "restriction-too-long"),  # within the rule's length, and over it counted from the exposure
        ({"starts_at": -DAY}, "restriction-backdated"),
        ({"kind": "hospital"}, "restriction-kind"),
        ({"disease": "unspecified"}, "restriction-rule-not-in-force"),
    ],
)
def test_the_database_refuses_what_goes_round_the_verbs(rights, told, reason):
    told = {k: clock.now() + v if isinstance(v, timedelta) else v for k, v in told.items()}
    with pytest.raises(IntegrityError, match=reason), transaction.atomic():
        raw(rights, **told)
    assert Order.objects.count() == 0


def test_the_database_refuses_an_issuer_who_does_not_hold_the_post_or_answers_for_another_area(rights):
    with pytest.raises(IntegrityError, match="restriction-without-issuer"), transaction.atomic():
        raw(rights, user=rights.health.user)
    with pytest.raises(IntegrityError, match="restriction-out-of-area"), transaction.atomic():
        raw(rights, post=rights.second.post, user=rights.second.user)
    with pytest.raises(IntegrityError, match="restriction-without-rule"), transaction.atomic():
        raw(rights, rule_id=_plan(rights))


@pytest.mark.parametrize(("told", "reason"), [({"starts_at": None}, "restriction-without-end"), ({"ends_at": None}, "restriction-without-end"), ({"issuer": None}, "restriction-without-issuer")])
def test_the_database_refuses_a_restriction_without_a_start_an_end_or_an_issuer(rights, told, reason):
    with pytest.raises(IntegrityError, match=reason), transaction.atomic():
        raw(rights, **told)
    assert Order.objects.count() == 0


def _plan(rights):
    from sizao.kernel import content

    content.load(rights.desk, kinds=["feed"])
    return content.newest("feed", "hospitals").pk


def test_f8_a_thousand_orders_without_evidence_are_refused_by_pages_by_programs_and_by_the_database(rights):
    """Zhengzhou 2022: bank depositors were coded red on the word of two officials. Here a list of a thousand makes no order, by whatever way it comes."""
    from django.test import Client

    from sizao.doors.kit import tokens

    many = [rights.order(1 + n % 29, key=f"k{n}", evidence=[]) for n in range(1000)]
    assert {code(o) for o in ordering.issue_orders(rights.cdc, many)} == {"restriction-without-evidence"}
    token = tokens.make(rights.desk.user, rights.desk.post)
    told = {"rows": [{"person": str(p), "kind": "home"} for p in rights.people]}
    answer = Client(HTTP_HOST="localhost").post("/api/v1/isolation-orders", told, content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {token}")
    assert answer.status_code == 403
    with pytest.raises(IntegrityError, match="restriction-"), transaction.atomic():
        raw(rights, evidence=False, count=1000)
    assert Order.objects.count() == 0


def test_f8_evidence_made_by_who_uses_it_is_listed_and_another_unit_voids_it_at_once(rights):
    """Who records contacts of a case that never met it, and issues orders on them at once, is found by the watch; a second unit holds the whole issue back."""
    from sizao.registers.cases import actions as cases

    told = {"area_id": rights.grid.pk, "disease": "covid-19", "case_id": rights.case, "classification": "close", "named_at": clock.now(), "last_exposure_on": rights.known.date()}
    invented = cases.add_contacts(rights.cdc, [cases.New(rights.people[n], f"post:{rights.cdc.post_id}", f"X-{n}", clock.now(), told) for n in range(1, 13)])
    made = ordering.issue_orders(rights.cdc, [rights.order(n, evidence=[("close_contact", c)]) for n, c in enumerate(invented, 1)])
    assert {standing(rights, o) for o in made} == {"in_force"}
    found = {a.why: a for a in read.alike(rights.health)}
    assert found["own_evidence"].count == 12 and found["same_source"].count == 12
    [issue] = found["own_evidence"].issues
    with pytest.raises(Refused, match="restriction-same-unit"):
        ordering.hold(rights.county.user("cdc"), issue)
    ordering.hold(rights.health, issue)
    assert {standing(rights, o) for o in made} == {"waiting"}  # none binds anybody from this moment on
    ordering.second(rights.health, issue, agree=False)
    assert {standing(rights, o) for o in made} == {"refused"}


def test_the_watch_lists_no_person_and_is_silent_below_its_number(rights):
    rights.issue(*range(1, 9))
    assert read.alike(rights.health) == []
