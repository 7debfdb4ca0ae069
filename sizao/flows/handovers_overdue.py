"""A hand-over that nobody answered by its time goes up: a signal in the area above, once."""

from datetime import datetime, timedelta

from sizao.kernel import clock
from sizao.kernel.scope import Scope
from sizao.registers.movement import read as movement
from sizao.registers.surveillance.actions import NewSignal, raise_signals

SENDER = "handovers"
#: What has been overdue for longer has gone up before.
BACK = timedelta(days=7)


def tell(now: datetime | None = None) -> int:
    """Raises what became overdue; how many were new. Done by the clock."""
    now = now or clock.now()
    late = [h for h in movement.overdue(now, BACK) if h.answer_by is not None]
    new = [NewSignal(f"{h.pk}/overdue", h.area.parent_id or h.area_id, "handover", h.answer_by, h.disease or None, what=h.area.code) for h in late]
    return sum(o.kind == "new" for o in raise_signals(Scope.system("hand-overs overdue"), new, sender=SENDER)) if new else 0
