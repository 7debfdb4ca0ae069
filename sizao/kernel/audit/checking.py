"""Checking the trail: makes every hash again from the rows themselves and holds it against the seals and the published heads.

Found are events that were changed, removed, put in behind, or put in another order; seals that are lacking or were changed;
a tail that was cut off; and a chain that was made anew as a whole. What was written and removed within the second
before it was sealed leaves no trace here: against that stand the roles and the triggers.
"""

from binascii import unhexlify
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from django.db import connection

from sizao.kernel.audit import heads
from sizao.kernel.audit.chain import EVENT_COLUMNS, START, event_hash, link
from sizao.kernel.errors import Refused

CHUNK = 100_000

#: Faults that are listed; the rest is counted.
MOST_LISTED = 1000

_SEALS = f"""
COPY (SELECT s.no, s.event_id, s.cluster, s.xid, encode(s.event_hash, 'hex'), encode(s.chain, 'hex'), (extract(epoch FROM s.at) * 1000000)::bigint, {EVENT_COLUMNS}
      FROM (SELECT * FROM kernel_seal WHERE no > %s ORDER BY no LIMIT %s) s LEFT JOIN kernel_event e ON e.id = s.event_id ORDER BY s.no) TO STDOUT
"""

_UNSEALED = """
SELECT e.id, count(*) OVER () FROM kernel_event e LEFT JOIN kernel_seal s ON s.event_id = e.id
LEFT JOIN (SELECT cluster, max(no) AS no FROM kernel_seal GROUP BY cluster) f ON f.cluster = e.cluster
LEFT JOIN kernel_seal l ON l.no = f.no
WHERE s.event_id IS NULL AND {which} ORDER BY e.id LIMIT %s
"""
_BEHIND = "(e.xid, e.id) <= (l.xid, l.event_id)"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was sealed.

    Attributes:
        code: A stable code with texts, e.g. "audit-event-altered".
        no: Place in the chain, where it has one.
        event: The event it is about, where there is one.
    """

    code: str
    no: int | None = None
    event: UUID | None = None

    def text(self, lang: str = "zh") -> str:
        return Refused(self.code, no=self.no, event=self.event).text(lang)


@dataclass(slots=True)
class Report:
    """What a check found.

    Attributes:
        events: Sealed events that were checked.
        unsealed: Events that wait for the sealer; a second's worth in ordinary work.
        heads: Published heads that were held against the chain.
        faults: The first thousand; `count` tells all.
        chain: The hash at the end, in hex, to be compared with a copy that lies elsewhere.
    """

    events: int = 0
    unsealed: int = 0
    heads: int = 0
    count: int = 0
    faults: list[Fault] = field(default_factory=list)
    chain: str = START.hex()

    @property
    def ok(self) -> bool:
        return self.count == 0

    def add(self, fault: Fault) -> None:
        self.count += 1
        if len(self.faults) < MOST_LISTED:
            self.faults.append(fault)


def verify(published: Path | None = None, *, chunk: int = CHUNK) -> Report:
    """Checks the whole trail. Reads in pieces, so that it holds nobody up; changes nothing."""
    report = Report()
    try:
        held, damaged = heads.read(published or heads.path())
    except FileNotFoundError:
        held, damaged = [], -1
    report.heads = len(held)
    by_no: dict[int, set[bytes]] = {}
    for one in held:
        by_no.setdefault(one.no, set()).add(one.chain)
    end = _check_chain(report, by_no, chunk)
    if damaged == -1 and end:
        report.add(Fault("audit-heads-lost"))
    for _ in range(max(damaged, 0)):
        report.add(Fault("audit-heads-damaged"))
    for no in sorted(no for no in by_no if no > end):
        report.add(Fault("audit-tail-cut", no))
    _check_unsealed(report)
    return report


def _check_chain(report: Report, by_no: dict[int, set[bytes]], chunk: int) -> int:
    """Follows the seals from the first to the last; answers the last one's number."""
    expected, before, events = 1, START, 0
    for line in _seals(chunk):
        no_text, event_id, cluster, xid, sealed_hash, chain_hex, at, event = line.split(b"\t", 7)
        no, of_event, chain = int(no_text), unhexlify(sealed_hash), unhexlify(chain_hex)
        while expected < no:
            report.add(Fault("audit-seal-missing", expected))
            by_no.pop(expected, None)
            expected += 1
        if event.startswith(b"\\N\t"):
            report.add(Fault("audit-event-deleted", no, UUID(event_id.decode())))
        elif event_hash(event) != of_event or event.split(b"\t", 4)[2:4] != [cluster, xid]:
            report.add(Fault("audit-event-altered", no, UUID(event_id.decode())))
        if link(before, no, int(at), of_event) != chain:
            report.add(Fault("audit-seal-altered", no, UUID(event_id.decode())))
        if no in by_no and by_no[no] != {chain}:
            report.add(Fault("audit-chain-rewritten", no, UUID(event_id.decode())))
        expected, before = no + 1, chain
        events += 1
    report.events, report.chain = events, before.hex()
    return expected - 1


def _seals(chunk: int) -> Iterator[bytes]:
    last = 0
    while True:
        read = 0
        with connection.cursor() as cursor, cursor.copy(_SEALS, [last, chunk]) as copy:
            for message in copy:
                line, read = bytes(message)[:-1], read + 1
                yield line
            if read:
                last = int(line[: line.index(b"\t")])
        if read < chunk:
            return


def _check_unsealed(report: Report) -> None:
    """An event without a seal either waits for the sealer, or was put in behind it."""
    with connection.cursor() as cursor:
        cursor.execute(_UNSEALED.format(which=_BEHIND), [MOST_LISTED])
        behind = cursor.fetchall()
        for event, _ in behind:
            report.add(Fault("audit-event-inserted", None, event))
        if behind:
            report.count += behind[0][1] - len(behind)
        cursor.execute(_UNSEALED.format(which=f"({_BEHIND}) IS NOT TRUE"), [1])
        waiting = cursor.fetchone()
        report.unsealed = waiting[1] if waiting else 0
