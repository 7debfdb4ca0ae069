"""Rounds of inspection by lot: the riskiest first, the same seed the same draw, a finding only the finder closes, and "said done" beside "kept when seen"."""

from datetime import timedelta

import pytest

from sizao.flows import directive, inspection_drawn
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.command import actions as command
from sizao.registers.command.actions import Grading, grade_areas
from sizao.registers.command.models import DrawnUnit, Inspection, InspectionRound, Ticket
from sizao.registers.ledgers import actions as ledgers

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops(county):
    """Forty shops in two villages; the second village is a high-risk area; one shop was seen not to keep its duty last week."""
    system, now = Scope.system("t"), clock.now()
    told = [{"name": f"店{n}", "kind": "shop", "area": county.areas["990001101201" if n < 20 else "990001102201"].pk, "in_use": True} for n in range(40)]
    county.shops = [o.record for o in ledgers.save_units(system, [Command(told=t, source_id=f"s{n}") for n, t in enumerate(told)], sender="t")]
    grade_areas(system, [Grading(county.areas["990001102201"].pk, "risk", "high", now - timedelta(days=1), "t")], sender="t")
    seen = {"area": county.areas["990001101201"].pk, "unit": county.shops[3], "practice": "masks", "seen_at": now - timedelta(days=7), "outcome": "not_kept"}
    command.save_inspections(system, [Command(told=seen)], sender="t")
    county.inspector, county.due = county.user("inspector"), now + timedelta(days=3)
    return county


def drawn(shops, seed="2026-11"):
    made = inspection_drawn.draw(shops.inspector, shops.root, "口罩抽查", "masks", ("shop",), shops.due, seed)
    return InspectionRound.objects.get(pk=made)


def test_the_lot_falls_by_risk_and_the_same_seed_draws_the_same(shops):
    first, again, other = drawn(shops), drawn(shops), drawn(shops, "another")

    def units(r):
        return set(DrawnUnit.objects.filter(round=r).values_list("unit", flat=True))

    rows = DrawnUnit.objects.filter(round=first)
    assert {s: rows.filter(stratum=s).count() for s in ("untrue", "high", "other")} == {"untrue": 1, "high": 6, "other": 1}
    assert rows.get(stratum="untrue").unit_id == shops.shops[3]
    assert first.frame == 40 and first.frame_digest == again.frame_digest
    assert units(first) == units(again) and units(first) != units(other)
    assert inspection_drawn.draw_again(shops.inspector, first) == inspection_drawn.Checked(True, True)


def test_a_unit_put_in_by_hand_is_seen_when_it_is_drawn_again(shops):
    made = drawn(shops)
    row = DrawnUnit.objects.filter(round=made, stratum="high").order_by("place").last()
    other = next(u for u in shops.shops[20:] if not DrawnUnit.objects.filter(round=made, unit=u).exists())
    DrawnUnit.objects.filter(pk=row.pk).delete()
    assert not inspection_drawn.draw_again(shops.inspector, made).complete
    first = DrawnUnit.objects.filter(round=made, stratum="high").order_by("place").first()
    DrawnUnit.objects.filter(pk=first.pk).update(unit=other, place=99)
    assert inspection_drawn.draw_again(shops.inspector, made) != inspection_drawn.Checked(True, True)


def test_not_kept_is_a_finding_that_only_the_finder_closes(shops):
    made = drawn(shops)
    row = DrawnUnit.objects.filter(round=made, stratum="high").first()
    with pytest.raises(Refused) as mute:
        inspection_drawn.saw(shops.inspector, row.pk, "not_kept", "")
    assert mute.value.code == "ticket-without-answer"
    inspection_drawn.saw(shops.inspector, row.pk, "not_kept", "店员未戴口罩")
    with pytest.raises(Refused) as twice:
        inspection_drawn.saw(shops.inspector, row.pk, "kept")
    assert twice.value.code == "round-seen-already" and Inspection.objects.filter(source_id__startswith="round:").count() == 1

    finding = Ticket.objects.get(kind="finding", unit=row.unit_id)
    assert finding.raised_by_id == shops.inspector.post_id and finding.due_at
    reporter, other = shops.user("reporter", "990001102201"), shops.user("inspector")
    directive.step(reporter, finding.pk, "answer", "已整改")
    for wrong in (reporter, other):
        with pytest.raises(Refused) as refused:
            directive.step(wrong, finding.pk, "verify")
        assert refused.value.code == "not-the-one-who-raised-it"
    directive.step(shops.inspector, finding.pk, "verify")
    assert Ticket.objects.get(pk=finding.pk).verified_at


def test_nothing_to_draw_is_said(shops):
    with pytest.raises(Refused) as refused:
        inspection_drawn.draw(shops.inspector, shops.root, "", "masks", ("farm",), shops.due)
    assert refused.value.code == "round-without-units"
