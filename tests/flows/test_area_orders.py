"""Orders for an area: complete or refused, not further than the grade allows, agreed to by another from above, and weighed again every day."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sizao.flows import area_order, directive, orders_weighed
from sizao.flows.area_order import Draft
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.command import actions as command
from sizao.registers.command.actions import Grading, grade_areas
from sizao.registers.command.models import AreaGrade, Order, OrderProposal, Ticket

pytestmark = pytest.mark.django_db
ZONE = "Asia/Shanghai"


@pytest.fixture
def people(county):
    county.chief, county.secretary = county.user("commander"), county.user("secretary", "990001101")
    county.village = county.areas["990001101201"]
    county.today = clock.local_day(clock.now(), ZONE)
    return county


def graded(people, value, code="990001"):
    grade_areas(Scope.system("t"), [Grading(people.areas[code].pk, "risk", value, clock.now() - timedelta(hours=1), "t")], sender="t")


def shut(people, **more):
    """A village closed for a week, with everything that it must say."""
    day = timedelta(days=1)
    made = Draft(people.village, "closure", "封闭前进村", 3, "传染病防治法第四十二条", "全村各户，救治和生活物资除外", "向县指挥部申诉，电话公布", people.today, people.today + 3 * day, people.today + 7 * day, "新增应办 12")
    return replace(made, **more)


@pytest.mark.parametrize("gone", ["basis", "reach", "appeal_route", "title"])
def test_an_order_that_does_not_say_what_it_rests_on_is_refused(people, gone):
    graded(people, "high")
    with pytest.raises(Refused) as refused:
        area_order.propose(people.secretary, shut(people, **{gone: "  "}))
    assert refused.value.code == "area-order-incomplete"
    assert not OrderProposal.objects.exists() and not Order.objects.exists()


@pytest.mark.parametrize(
    ("grade", "more", "bounds"),
    [
        ("low", {}, {"stricter than the grade of the area", "closed where the risk is low"}),
        (None, {}, {"stricter than the grade of the area", "closed where the risk is low"}),
        ("high", {"ends": 40}, {"longer than one order may last"}),
        ("high", {"area": "990001"}, {"closed too widely"}),
        ("low", {"kind": "traffic", "strictness": 1}, {"travel limited where the risk is low"}),
    ],
)
def test_an_order_that_goes_too_far_is_refused_and_says_by_which_bounds(people, grade, more, bounds):
    if grade:
        graded(people, grade)
    told = dict(more)
    if "ends" in told:
        told["ends"] = people.today + timedelta(days=told["ends"])
    if "area" in told:
        told["area"] = people.areas[told["area"]]
    with pytest.raises(Refused) as refused:
        area_order.propose(people.chief, shut(people, **told))
    assert refused.value.code == "area-order-beyond"
    assert set(refused.value.values["bounds"]["en"].split("; ")) == bounds
    assert not OrderProposal.objects.exists()


def test_one_proposes_and_another_from_above_agrees(people):
    graded(people, "high")
    made, issued = area_order.propose(people.secretary, shut(people))
    assert not issued and not Order.objects.exists()

    with pytest.raises(Refused) as same:
        area_order.agree(people.secretary, made)
    assert same.value.code == "not-allowed"
    beside = people.user("commander", "990001101201")
    with pytest.raises(Refused) as below:
        area_order.agree(beside, made)
    assert below.value.code == "area-order-from-above"

    order = Order.objects.get(pk=area_order.agree(people.chief, made))
    assert (order.issued_by_id, order.seconded_by_id, order.restrictive) == (people.secretary.post_id, people.chief.post_id, True)
    assert AreaGrade.objects.get(scale="order").value == "closure"
    row = OrderProposal.objects.get()
    assert (row.decision, row.made_id, row.shown) == ("agreed", order.pk, "新增应办 12")
    with pytest.raises(Refused) as again:
        area_order.agree(people.chief, made)
    assert again.value.code == "area-order-decided" and Order.objects.count() == 1


def test_nobody_agrees_to_what_he_proposed_himself(people):
    graded(people, "high")
    made, _ = area_order.propose(people.chief, shut(people))
    with pytest.raises(Refused) as refused:
        area_order.agree(people.chief, made)
    assert refused.value.code == "area-order-same-person"
    area_order.decline(people.chief, made, "")
    assert OrderProposal.objects.get().decision == "withdrawn"


def test_a_grade_lowered_meanwhile_stops_the_agreement(people):
    graded(people, "high")
    made, _ = area_order.propose(people.secretary, shut(people))
    graded(people, "low", "990001101")
    with pytest.raises(Refused) as refused:
        area_order.agree(people.chief, made)
    assert refused.value.code == "area-order-beyond" and not Order.objects.exists()


def test_what_restricts_nobody_needs_no_second_person(people):
    day = timedelta(days=1)
    made, issued = area_order.propose(people.secretary, Draft(people.village, "clean_up", "清洁周", 1, "爱国卫生条例", "全村公共场所", "村委会", people.today, people.today + day, people.today + 5 * day))
    order = Order.objects.get(pk=made)
    assert issued and not order.restrictive and order.seconded_by_id is None


def test_an_order_ends_by_one_person_with_a_reason(people):
    graded(people, "high")
    made, _ = area_order.propose(people.secretary, shut(people))
    order = area_order.agree(people.chief, made)
    with pytest.raises(Refused) as refused:
        area_order.end(people.secretary, order, " ")
    assert refused.value.code == "area-order-without-reason"
    area_order.end(people.secretary, order, "连续五天没有新增")
    assert Order.objects.get().ended_at is not None and AreaGrade.objects.get(scale="order").ends_at is not None


# -- what others issue is weighed


def theirs(people, **more):
    now = clock.now()
    told = {
        "area": people.village.pk, "kind": "closure", "title": "封村", "restrictive": True, "strictness": 3, "issued_at": now - timedelta(days=1), "starts_at": now - timedelta(days=1), **more
    }  # fmt: skip
    [done] = command.save_orders(Scope.system("t"), [Command(told=told, source_id="their-1")], sender="neighbour")
    assert done.kind == "new", done
    return done.record


def test_each_bound_that_an_order_of_others_passes_is_one_ticket_to_the_issuer(people):
    graded(people, "low")
    order = theirs(people)
    assert orders_weighed.raise_tickets() == 6
    rows = Ticket.objects.filter(kind="excess")
    assert {t.rule for t in rows} == {"no-basis", "no-scope", "no-end", "no-appeal", "too-strict", "closed-at-low-risk"}
    assert {(t.area_id, t.about_order_id, t.raised_by_id) for t in rows} == {(people.village.pk, order, people.secretary.post_id)}
    assert all(t.due_at > clock.now() for t in rows)
    assert orders_weighed.raise_tickets() == 0, "weighed again, nothing is raised twice"


def test_an_excess_is_closed_when_it_is_seen_corrected_not_when_it_is_said(people):
    graded(people, "low")
    order = theirs(people, basis="b", reach="r", appeal_route="a", ends_at=clock.now() + timedelta(days=5), strictness=1)
    assert orders_weighed.raise_tickets() == 1
    ticket = Ticket.objects.get(kind="excess")
    issuer = people.user("issuer", "990001101201")
    directive.step(issuer, ticket.pk, "answer", "已放开")
    with pytest.raises(Refused) as refused:
        directive.step(people.secretary, ticket.pk, "verify")
    assert refused.value.code == "excess-still-there"
    with pytest.raises(Refused) as own:
        directive.step(issuer, ticket.pk, "verify")
    assert own.value.code == "not-the-one-who-raised-it"
    area_order.end(issuer, order, "放开")
    directive.step(people.secretary, ticket.pk, "verify")
    assert Ticket.objects.get().verified_at is not None and orders_weighed.raise_tickets() == 0


def test_a_thousand_orders_without_a_basis_are_all_found_in_a_bounded_number_of_statements(people, django_assert_max_num_queries):
    """What a data company wrote into the table on somebody's word (Zhengzhou, June 2022), here as closures of a village: none passes unseen."""
    graded(people, "low")
    now = clock.now()
    told = {"area": people.village.pk, "kind": "closure", "title": "x", "restrictive": True, "issued_at": now, "starts_at": now}
    done = command.save_orders(Scope.system("t"), [Command(told=told, source_id=f"o{n}") for n in range(1000)], sender="company")
    assert {o.kind for o in done} == {"new"}
    with django_assert_max_num_queries(40):
        raised = orders_weighed.raise_tickets()
    assert raised == 5000 and Ticket.objects.filter(kind="excess", rule="no-basis").values("about_order").distinct().count() == 1000
