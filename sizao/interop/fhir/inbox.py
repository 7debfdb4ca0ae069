"""The inbox for FHIR: bundles in, a reconciliation and an OperationOutcome for each out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sizao.interop.exchange import inbox
from sizao.interop.exchange.inbox import Taken
from sizao.interop.exchange.problems import Fault
from sizao.interop.exchange.told import Item
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope

from . import bundle, reading

KIND = "fhir"


@dataclass(slots=True)
class Answered:
    """What became of what was sent; `bundles`: for each bundle the items of its patients."""

    taken: Taken
    bundles: list[list[Item]]

    def as_json(self) -> dict[str, Any]:
        """The reconciliation, and of each patient's part its outcome and reasons."""
        return self.taken.as_json() | {"messages": [inbox.one(i) for i in self.taken.items]}

    def as_bundle(self) -> dict[str, Any]:
        """The answer in FHIR's own form: a batch-response with an OperationOutcome an item, with both languages."""
        return {"resourceType": "Bundle", "type": "batch-response", "entry": [_entry(i) for i in self.taken.items]}


STATUS = {"accepted": "201 Created", "updated": "200 OK", "duplicate": "200 OK", "rejected": "422 Unprocessable Entity"}


def _entry(item: Item) -> dict[str, Any]:
    issues = [_issue(f, "error") for f in item.faults] + [_issue(f, "information") for f in item.notes]
    issues = issues or [{"severity": "information", "code": "informational", "diagnostics": item.outcome}]
    return {"response": {"status": STATUS[item.outcome], "outcome": {"resourceType": "OperationOutcome", "issue": issues}}}


def _issue(fault: Fault, severity: str) -> dict[str, Any]:
    said = fault.refused()
    told = {"severity": severity, "code": "invalid" if severity == "error" else "informational", "details": {"coding": [{"code": fault.code}], "text": said.text("zh")}, "diagnostics": f"{said.text('en')} {said.cure('en')}"}
    return told | ({"expression": [fault.place]} if fault.place else {})


def receive(scope: Scope, data: bytes, *, sender: str, content_type: str = "", name: str = "FHIR") -> Answered:
    """Takes in bundles, a row of the ledger for each patient. The same bundle again is a duplicate.

    Refused: not-allowed, feed-without-sender, fhir-empty, fhir-encoding, fhir-unreadable, fhir-doctype, fhir-invalid (XML), keys-missing and its kind.
    """
    if not sender:
        raise Refused("feed-without-sender")
    try:
        return _take(scope, list(bundle.bundles(data, content_type)), sender, name)
    except Fault as wrong:
        raise wrong.refused() from None


def receive_again(scope: Scope, texts: Sequence[str], *, sender: str) -> Answered:
    """Bundles as they were kept, taken in again."""
    return _take(scope, [bundle.from_text(n, text) for n, text in enumerate(dict.fromkeys(texts), 1)], sender, "FHIR · kept")


def _take(scope: Scope, some: Sequence[bundle.Bundle], sender: str, name: str) -> Answered:
    scope.check("message.write")
    zone = inbox.home(scope).zone
    read, items = reading.Reading(zone, clock.now()), []
    grouped = []
    for b in some:
        grouped.append(read.items(b, len(items) + 1))
        items += grouped[-1]
    return Answered(inbox.take(scope, items, sender=sender, kind=KIND, name=name, zone=zone), grouped)
