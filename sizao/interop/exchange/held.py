"""Letting a sender in again that was set apart: what was kept of it meanwhile is stored, in the order in which it came."""

from sizao.interop.feeds import quarantine
from sizao.interop.ledger import kept_cells
from sizao.interop.models import ImportRow
from sizao.kernel.scope import Scope
from sizao.kernel.sealed import keys_at_hand

#: The problem under which a message waits.
WAITS = "sender-quarantined"


def release(scope: Scope, sender: str) -> int:
    """Ends the quarantine and stores what was kept since; how many messages that were. Refused: not-allowed, feed-not-quarantined."""
    from sizao.interop.fhir import inbox as fhir
    from sizao.interop.hl7 import inbox as hl7

    scope.check("message.write")
    since, count = quarantine.end(scope, sender), 0
    for room in (hl7, fhir):
        rows = ImportRow.objects.filter(file__sender=sender, file__kind=room.KIND, file__opened_at__gte=since, outcome="rejected", problems__contains=[[WAITS]]).order_by("file__opened_at", "line")
        with keys_at_hand():
            texts = [str(cells.get("message", "")) for r in rows if (kept := kept_cells(r)) and isinstance(cells := kept.get("cells"), dict)]
        if texts:
            room.receive_again(scope, texts, sender=sender)
        count += len(texts)
    return count
