"""What a text is the id of, in words: a ledger, an edition, a measure."""

from collections.abc import Mapping
from typing import Any

from sizao.kernel import clock
from sizao.kernel.models import ContentItem
from sizao.plan import evaluation
from sizao.registers.ledgers.catalogue import ledgers
from sizao.registers.surveillance.streams import streams


def titled(names: str) -> Mapping[str, Any]:
    """id → {zh, en}, or an object with both. Measures are those that are in force or were; what is not here is shown by its id."""
    if names == "ledger":
        return ledgers()
    if names == "stream":
        return streams()
    if names == "measure":
        return {f.measure.id: f.measure.title for f in evaluation.in_force(clock.now())}
    return {item.item_id: item.body.get("title") for item in ContentItem.objects.filter(kind="plan").order_by("pk") if item.body}
