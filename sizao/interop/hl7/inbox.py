"""The inbox for HL7 v2: bytes in, an answer to every message out."""

from collections.abc import Sequence
from dataclasses import dataclass

from sizao.interop.exchange import inbox
from sizao.interop.exchange.inbox import Taken
from sizao.interop.exchange.problems import Fault
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import StoreInfo
from sizao.kernel.scope import Scope

from . import ack, er7, oru

KIND = "hl7"


@dataclass(slots=True)
class Answered:
    """What became of what was sent, and the acknowledgement of each message, in order, as the sender's system reads it."""

    taken: Taken
    acks: list[str]

    @property
    def text(self) -> str:
        """All acknowledgements, one after the other."""
        return "".join(self.acks)

    def as_json(self) -> dict[str, object]:
        """The reconciliation, and of each message its number, answer and reasons in both languages."""
        return self.taken.as_json() | {"messages": [inbox.one(i) for i in self.taken.items]}


def receive(scope: Scope, data: bytes, *, sender: str, name: str = "HL7 v2") -> Answered:
    """Takes in every message of what was sent, and answers each. The same messages again are duplicates, answered alike.

    Refused: not-allowed, feed-without-sender, hl7-no-message, hl7-encoding-unknown, hl7-batch-cut-off, keys-missing and its kind.
    """
    if not sender:
        raise Refused("feed-without-sender")
    try:
        return _take(scope, list(er7.messages(data)), sender, name)
    except Fault as wrong:
        raise wrong.refused() from None


def receive_again(scope: Scope, texts: Sequence[str], *, sender: str) -> Answered:
    """Messages as they were kept, taken in again."""
    return _take(scope, [er7.from_text(n, text) for n, text in enumerate(texts, 1)], sender, "HL7 v2 · kept")


def _take(scope: Scope, messages: Sequence[er7.Message], sender: str, name: str) -> Answered:
    scope.check("message.write")
    zone = inbox.home(scope).zone
    reading = oru.Reading(zone, clock.now(), production=not is_demo())
    read = [(m, reading.item(m)) for m in messages]
    taken = inbox.take(scope, [i for _, i in read], sender=sender, kind=KIND, name=name, zone=zone)
    now = clock.now()
    return Answered(taken, [ack.ack(m, i, now, "en") for m, i in read])


def is_demo() -> bool:
    """Whether this store holds invented people: there test messages are taken too."""
    return bool(StoreInfo.objects.filter(kind="demo").exists())
