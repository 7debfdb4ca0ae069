"""Single scans written together: those that come while one group is being made durable are the next group.

Every caller returns when his own scans are stored for good. At a quiet door that is a transaction a scan; at a busy one a few scans share a commit,
which is what a disk can do only some hundred times a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from sizao.kernel.scope import Scope

from . import visiting
from .visiting import Taken, Visit


@dataclass(slots=True)
class _Waiting:
    """One caller's scans, and what became of them."""

    scope: Scope
    batch: visiting.Batch
    taken: Taken | None = None
    fault: BaseException | None = None


_queue: list[_Waiting] = []
_queued, _writing = Lock(), Lock()


def take(scope: Scope, visits: Sequence[Visit], *, sender: str, sent_at: datetime | None = None) -> Taken:
    """As `visiting.take`, together with whatever else has come meanwhile. Not within a transaction of the caller's: others are waiting for it."""
    mine = _Waiting(scope, visiting.read(visits, sender=sender, sent_at=sent_at))
    with _queued:
        _queue.append(mine)
    with _writing:
        if mine.taken is None and mine.fault is None:
            with _queued:
                group, _queue[:] = _queue[:], []
            _write(group)
    if mine.fault is not None:
        raise mine.fault
    assert mine.taken is not None
    return mine.taken


def _write(group: Sequence[_Waiting]) -> None:
    """All at once; one by one where that fails, so that nobody answers for another's scans."""
    try:
        done = visiting.write([(w.scope, w.batch) for w in group])
    except Exception as fault:
        if len(group) == 1:
            group[0].fault = fault
            return
        for one in group:
            _write([one])
        return
    for one, taken in zip(group, done, strict=True):
        one.taken = taken
