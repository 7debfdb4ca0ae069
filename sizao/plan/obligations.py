"""What both engines answer: one obligation a subject and occasion, in exactly one state, with its marks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .language.measure import BEGINNING, FAR

WAITING, OPEN, AHEAD, MET, LATE, OVERDUE, CANNOT_TELL, CLOSED = (
    "waiting",
    "open",
    "ahead",
    "met",
    "late",
    "overdue",
    "cannot_tell",
    "closed",
)
STATES = (WAITING, OPEN, AHEAD, MET, LATE, OVERDUE, CANNOT_TELL, CLOSED)

#: The reasons, each a code and after a colon what it is about.
ENDED = "ended"  # closed: no longer required
BY_ACT = "act"  # closed, or overdue past help: an act that ends the duty
UNKNOWN = "unknown"  # cannot tell: a column that the condition needs
UNDATED = "undated"  # cannot tell: a column or parameter that the timetable needs
NOT_KEPT = "not-kept"  # cannot tell: this store did not keep that kind of act there then
PART = "part"  # waiting: for another part of the same measure
YIELDS = "yields"  # closed: another measure of the same slot goes first
UNLISTED = "unlisted"  # not an obligation: a person who should be on the list and is not
SHORT = "short"  # not an obligation: a list that does not reach the figure from outside; `have` stand on it, it should have `need`
NO_LIST = "no_list"  # not an obligation: a list that was not handed in, or a figure that is not told: there is no denominator
TOTAL, FILED = "total", "filed"  # the reasons of these two
HANDED = "handed"  # closed, for the area that gave the subject away: the area that accepted it
BREACH = "breach"  # overdue: an act that should never come has come

#: Occasion numbers: `every` counts days since 1970 × 100 + which time of that day (a shift: its hour); `days` the day's number; `fresh` the
#: microseconds since 1970 at which it opens; once 0; a timetable that cannot be drawn -1.
ONCE, NO_TIMETABLE, UNLISTED_OCCASION, PER_DAY = 0, -1, -2, 100
#: What stands beside the obligations of a measure has occasions of its own: this and downwards, one for each line of its `reconcile`.
BESIDE_OCCASION = -10
#: The halves of occasions that were handed over: numbered downwards from here, for each subject.
HANDED_OCCASION = -1000


@dataclass(frozen=True, order=True)
class Obligation:
    """One thing that the plan owes one subject by a set time. Nobody types it in; asked twice it is equal.

    Attributes:
        occasion: Which one of the subject's: see `ONCE` and its neighbours.
        reason: Why it is closed or cannot be told, as "code:what"; None otherwise.
        area: Who owed it: the subject's area when it was judged.
        post: Who answers now; None is ownerless.
        doable: Outstanding, and an act now would still count.
        told_late: Done on time, but told only after it was due.
        done_at: When its evidence happened.
        have, need: The amounts, where evidence is an amount; `unit` in what, where that is a column of the subject.
        seen: What somebody found who looked after it was said done: True it was so, False it was not (*untrue*), None nobody looked.
        raised: How many levels above who answers it appears now, by the edition's `escalate`.
    """

    measure: str
    subject: Any
    person: Any
    occasion: int
    opens: datetime | None
    due: datetime | None
    state: str
    reason: str | None
    area: Any
    post: Any
    doable: bool
    told_late: bool
    done_at: datetime | None
    have: Any = None
    need: Any = None
    unit: str | None = None
    seen: bool | None = None
    raised: int = 0


FIELDS = tuple(Obligation.__dataclass_fields__)


@dataclass(frozen=True)
class Narrower:
    """Where another text of the same plan is in force for an area below, in [start, end): what opens there and then is that one's alone."""

    area: Any
    start: datetime = BEGINNING
    end: datetime = FAR
    disease: str | None = None  # None: every disease

    def takes(self, moment: datetime, disease: str | None) -> bool:
        """Whether, within its area, what opens at that moment about a row of that disease (None: of none) is its own."""
        return self.start <= moment < self.end and (self.disease is None or disease in (None, self.disease))


@dataclass(frozen=True)
class Force:
    """For whom, where and when an edition is in force. An occasion belongs to it that opens in [start, end), but for what is a narrower one's."""

    start: datetime = BEGINNING
    end: datetime = FAR
    area: Any = None  # None: everywhere
    disease: str | None = None  # None: every disease
    key: str = ""  # of its draws: secret, and kept with the enactment, so that a draw can be done again
    narrower: tuple[Narrower, ...] = ()


def reason_text(reason: str | None, labels: dict[str, tuple[str, str]] | None = None) -> dict[str, str]:
    """A reason in words. `labels`: what a column, parameter or act is called (zh, en).

    >>> reason_text("not-kept:case.investigated", {"case.investigated": ("流行病学调查", "case investigated")})["en"]
    'not recorded in this store then: case investigated'
    """
    if not reason:
        return {"zh": "", "en": ""}
    code, _, what = reason.partition(":")
    zh, en = (labels or {}).get(what, (what, what))
    return {
        ENDED: {"zh": "不再需要", "en": "no longer required"},
        BY_ACT: {"zh": f"已终止：{zh}", "en": f"ended by: {en}"},
        UNKNOWN: {"zh": f"无法判定：缺少{zh}", "en": f"cannot tell: {en} is missing"},
        UNDATED: {"zh": f"无法判定期限：缺少{zh}", "en": f"cannot tell when it is due: {en} is missing"},
        PART: {"zh": f"等待前一环节：{zh}", "en": f"waits for an earlier step: {en}"},
        HANDED: {"zh": f"已移交：{zh}接收", "en": f"handed over: accepted by {en}"},
        YIELDS: {"zh": f"由“{zh}”代替", "en": f"yields to {en}"},
        UNLISTED: {"zh": f"未列入名单：{zh}", "en": f"not on the list: {en}"},
        TOTAL: {"zh": f"名单未达到{zh}", "en": f"the list does not reach {en}"},
        FILED: {"zh": f"未交名单：{zh}", "en": f"the list was not handed in: {en}"},
        BREACH: {"zh": f"出现了不应有的：{zh}", "en": f"what should never be has been: {en}"},
        NOT_KEPT: {"zh": f"当时本系统尚未登记：{zh}", "en": f"not recorded in this store then: {en}"},
    }.get(code, {"zh": reason, "en": reason})
