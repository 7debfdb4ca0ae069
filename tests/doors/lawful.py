"""Orders, evidence and objections for tests that need a row of every register: the database takes none that is not lawful."""

from datetime import UTC, datetime, timedelta

from sizao.kernel import clock, content
from sizao.kernel.ids import uuid7
from sizao.kernel.models import Area, Grant, Holding, Post, User
from sizao.kernel.scope import Scope
from sizao.registers.isolation import ordering
from sizao.registers.isolation.models import Absence, Appeal, Evidence, Order, Stay

SINCE = datetime(2019, 1, 1, tzinfo=UTC)


def holder(role: str, area: Area) -> Scope:
    """Somebody new who holds a post of that role there."""
    user = User.objects.create_user(f"{role}-{uuid7()}")
    post = Post.objects.create(role=role, area=area, title_zh=role, title_en=role, valid_from=SINCE)
    Holding.objects.create(post=post, user=user, valid_from=SINCE)
    Grant.objects.create(post=post, role=role, area=area, valid_from=SINCE)
    return Scope.open(user, post)


def rules_in_force(area: Area) -> None:
    """The shipped restriction rules, enacted by two people for covid-19 there."""
    first, second = holder("desk", area), holder("desk", area)
    assert content.load(first, kinds=["restriction"]).faults == []
    for name in ("contact-observation", "suspect-observation", "case-isolation"):
        content.second(second, content.propose(first, content.newest("restriction", name), area, "covid-19", SINCE))


def order(area: Area, person, key: str) -> Order:
    """An order about this person, who has symptoms on record."""
    from sizao.registers.surveillance.models import SymptomLine

    rules_in_force(area)
    known = clock.now() - timedelta(days=2)
    line = SymptomLine.objects.create(person=person, area=area, disease="covid-19", channel="monitoring", found_at=known, symptoms=["fever"], known_from=known, stands_from=known)
    new = ordering.NewOrder(key=key, person=person.pk, area_id=area.pk, disease="covid-19", rule="suspect-observation", kind="held", evidence=[("symptoms", line.pk)])
    [made] = ordering.issue_orders(holder("cdc", area), [new])
    assert made.kind == "new", made
    return Order.objects.get(pk=made.record)


def evidence(of: Order) -> Evidence:
    return Evidence.objects.get(order=of)


def appeal(of: Order) -> Appeal:
    return ordering.file_appeal(Scope.system("test"), of.pk, "没有见过此人")


def absence(of: Order) -> Absence:
    now = clock.now()
    return Absence.objects.create(order=of, person_id=of.person_id, area=of.area, disease=of.disease, found_at=now, found_by="visit", reach_by=now, known_from=now, stands_from=now)


def stay(of: Order) -> Stay:
    now = clock.now()
    return Stay.objects.create(order=of, person_id=of.person_id, area=of.area, disease=of.disease, kind=of.kind, started_at=now, known_from=now, stands_from=now)


def care(of: Order, unit) -> dict[str, object]:
    """A referral, an admission and a need of the order's person at a unit there."""
    from sizao.registers.care.models import Admission, Need, Referral

    now = clock.now()
    about = {"person_id": of.person_id, "area": of.area, "known_from": now, "stands_from": now}
    there = about | {"disease": of.disease, "unit_id": unit, "bed_class": "general"}
    return {
        "referral": Referral.objects.create(**there, from_area=of.area, asked_at=now, reply_by=now).pk,
        "admission": Admission.objects.create(**there, admitted_at=now).pk,
        "need": Need.objects.create(**about, kind="food", asked_at=now, take_by=now, meet_by=now).pk,
    }


def signal(area: Area, name: str) -> dict[str, object]:
    """A signal of a stream there, and a change of its threshold."""
    from sizao.registers.surveillance.actions import NewSignal, raise_signals
    from sizao.registers.surveillance.models import StreamSetting

    now = clock.now()
    day = now.date() - timedelta(days=1)
    [made] = raise_signals(Scope.system("test"), [NewSignal(name, area.pk, "count", now, observed=9, expected=2, window=(day, day), stream="fever-visits")], sender="streams")
    setting = StreamSetting.objects.create(stream="fever-visits", area=area, starts_on=day, until=day, least=9, reason="r", issued_at=now, known_from=now, stands_from=now)
    return {"signal": made.record, "setting": setting.pk}


def accounts(area: Area) -> dict:
    """A user with a post there, a grant that waits for a second person, glass that was broken by that post, and a token."""
    from sizao.doors.kit import tokens
    from sizao.doors.models import ApiToken
    from sizao.interop.hooks.models import Hook
    from sizao.kernel.models import BrokenGlass, GrantAsk

    now = clock.now()
    scope, asker = holder("doctor", area), holder("accounts", area)
    asked = GrantAsk.objects.create(user=scope.user, role="issuer", area=area, valid_from=now, asked_by=asker.user, asked_at=now)
    broken = BrokenGlass.objects.create(id=uuid7(), user=scope.user, post=scope.post, area=area, reason="emergency", words="x" * 10, opened_at=now, ends_at=now + timedelta(hours=1))
    tokens.make(scope.user, scope.post)
    hook = Hook.objects.create(user=asker.user, post=asker.post, name="x", address="https://93.184.215.14/", kinds=["case.reported"], area=area, secret=b"", key_id=str(uuid7()), made_at=now)
    return {"hook": hook.pk, "user": scope.user.pk, "holding": Holding.objects.get(user=scope.user).pk, "ask": asked.pk, "glass": broken.pk, "number": ApiToken.objects.get(user=scope.user).pk}


def tickets(area: Area, name: str) -> dict[str, object]:
    """A finding there with a proof, an employer, what keeps it from working, and a school."""
    from sizao.kernel import keys, sealed
    from sizao.registers.command.models import ProofContent, Ticket, TicketProof
    from sizao.registers.ledgers.actions import NewUnit, add_units

    now = clock.now() - timedelta(hours=1)
    stands = {"area": area, "known_from": now, "stands_from": now}
    [works] = add_units(Scope.system("test"), [NewUnit(f"{name}-works", area.pk, f"{name}厂", now - timedelta(days=9), "employer")], sender="m").values()
    [school] = add_units(Scope.system("test"), [NewUnit(f"{name}-school", area.pk, f"{name}学校", now - timedelta(days=9), "school")], sender="m").values()
    finding = Ticket.objects.create(kind="finding", raised_at=now, answered_at=now, **stands)
    blocker = Ticket.objects.create(kind="blocker", unit_id=works, raised_at=now, **stands)
    proof = TicketProof.objects.create(ticket=finding, kind="application/pdf", size=5, told_at=now, source_id=name, sender="m", **stands)
    ProofContent.objects.create(proof=proof, sealed=sealed.seal(b"%PDF-", f"command_proofcontent|sealed|{proof.pk}", keys.ring().newest("seal")))
    return {"ticket": finding.pk, "proof": proof.pk, "works": works, "school": school, "blocker": blocker.pk}


def command(area: Area, unit: object, name: str) -> dict[str, object]:
    """What a command has there: a seat, a ticket, an order and one proposed, a round with a unit drawn, a kept review."""
    from sizao.registers.command.models import DrawnUnit, GuardPost, InspectionRound, Order, OrderProposal, SituationReview

    now = clock.now()
    at = {"area": area, "known_from": now, "stands_from": now, "sender": "matrix"}
    said = {"kind": "clean_up", "title": name, "strictness": 1, "basis": "b", "reach": "r", "appeal_route": "a", "starts_at": now, "ends_at": now + timedelta(days=3)}
    drawn = InspectionRound.objects.create(title=name, practice="masks", drawn_at=now, due_at=now + timedelta(days=2), seed="1", frame=1, frame_digest="x", strata="other=1", **at)
    return {
        "seat": GuardPost.objects.create(kind="duty", title=name, told_at=now, **at).pk,
        "area_order": Order.objects.create(issued_at=now, **said, **at).pk,
        "proposal": OrderProposal.objects.create(proposed_at=now, review_by=now + timedelta(days=2), **said, **at).pk,
        "round": drawn.pk,
        "drawn": DrawnUnit.objects.create(round=drawn, unit_id=unit, stratum="other", place=1, drawn_of=1, **at).pk,
        "review": SituationReview.objects.create(version=1, made_at=now, run=1, as_of=now, known_at=now, body=REVIEW, **at).pk,
    }


REVIEW = {
    "area": {"zh": "村", "en": "Village"}, "code": "x", "run": 1, "as_of": "2026-01-01T00:00:00+00:00", "known_at": "2026-01-01T00:00:00+00:00", "plans": ["p"], "rates": [], "groups": [],
    "total": {"owed": 0, "done": 0, "missing": 0, "cannot_tell": 0, "ownerless": 0, "untrue": 0, "risen": 0},
}  # fmt: skip


def published(area):
    """The draft of a story there, and a question; each by somebody who stays nameless."""
    from sizao.situation.models import Publication, Question

    author = User.objects.filter(username=f"author-{area.code}").first() or User.objects.create_user(f"author-{area.code}", name="author")
    now = clock.now()
    body = {"title": {"zh": "通报", "en": "Bulletin"}, "text": "乘车到市场。", "sex": "", "age": "", "note": {"zh": "", "en": ""}, "source": ""}
    Publication.objects.create(code=f"story-{area.code}", type="story", area=area, body=body, prepared_by=author, prepared_at=now)
    asked = Question.objects.create(code=f"q-{area.code}", receipt_sha256=area.code, kind="question", topic="travel", area=area, asked="?", asked_at=now, due_at=now)
    return {"code": f"story-{area.code}", "question": asked.pk}
