"""What is owed for the people of a published list, in the words of the plans' texts and with the standard library alone: of each measure the state,
and where nothing can be told, which fact is missing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from open.counted import DAY, Counted, Sample, Told

#: So long before its clock begins an isolation counts: taken in as suspected, and confirmed there.
EARLY = timedelta(days=14)
#: From when the texts have figures. Before, nobody can say by when.
FIGURES = {"basic": date(2020, 1, 20), "clock": date(2020, 1, 22), "test_days": date(2021, 5, 11), "result_clock": date(2020, 12, 28), "detect_within": date(2021, 9, 1)}
TERM = timedelta(days=14)  # of COVID-19 in early 2020, in both texts
TESTED_ON = (1, 4, 7, 14)
FOUND = ("confirmed", "asymptomatic")


@dataclass(frozen=True)
class Duty:
    """`doable`: of an overdue one, whether doing it now would still count; a day that is over cannot be made up for."""

    measure: str
    state: str
    reason: str | None
    number: str
    place: str
    doable: bool = True


def duties(plan: str, of: Counted) -> list[Duty]:
    """Every duty of a plan, as told at the end of the lists' last day."""
    found = []
    for one in of.cases:
        found += [Duty(m, s, why, one.number, one.place) for m, s, why in (_basic_case if plan == "contact-tracing-basic" else _today_case)(one, of)]
    for one in of.contacts:
        found += [Duty(m, s, why, one.number, one.place, *late) for m, s, why, *late in (_basic_contact if plan == "contact-tracing-basic" else _today_contact)(one, of)]
    for sample in of.samples:
        found.append(Duty("result-in-time", *_resulted(plan, sample, of), sample.number, sample.place))
    return found


Said = tuple[str, str, str | None] | tuple[str, str, str | None, bool]


def _unsure(measure: str, why: str) -> Said:
    return measure, "cannot_tell", why


def _by(begins: date | None, column: str, kind: str | None, figure: str = "basic") -> str | None:
    """Why a clock that begins on that day does not tell by when, or of whom; None where it does."""
    if begins is None:
        return f"undated:{column}"
    return "undated:$clock" if begins < FIGURES[figure] else "unknown:class" if kind is None else None


def _at(done: date | None, due: date, now: date) -> tuple[str, None]:
    if done is not None:
        return ("late" if done > due else "met" if due < now else "ahead"), None
    return ("overdue" if due < now else "open"), None


def _basic_case(c: Told, of: Counted) -> Iterator[Said]:
    now = of.last + DAY  # midnight: the lists are judged in the last moment before
    if c.kind in (None, "suspected", "clinical", "confirmed", "asymptomatic"):
        yield _unsure("case-investigated", _by(c.reported, "reported_at", c.kind) or "not-kept:case.investigated")
    if c.kind in (None, "confirmed"):
        if why := _by(c.confirmed, "confirmed_at", c.kind) or (None if of.apart_kept else "not-kept:stay.admitted"):
            yield _unsure("case-isolated", why)
        else:
            assert c.confirmed
            yield "case-isolated", *_at(min((d for d in c.apart if d >= c.confirmed - EARLY), default=None), c.confirmed + DAY, now)
    if c.kind in (None, *FOUND):
        yield _listed(c, of, now)
        # two days are written in the measure itself
        yield _unsure("source-known", "undated:confirmed_at" if c.confirmed is None else "unknown:class" if c.kind is None else "not-kept:source.judged")
    if c.kind in (None, "suspected", "clinical"):
        yield from _tested(c, of, now)


def _listed(c: Told, of: Counted, now: date) -> Said:
    """As many contacts listed as the case is said to have, within a day of the report."""
    measure = "contacts-listed"
    if why := _by(c.reported, "reported_at", c.kind):
        return _unsure(measure, why)
    assert c.reported
    due = c.reported + DAY
    if not _kept(of.contacts_kept, c.place, due):
        return _unsure(measure, "unknown:contact")
    if c.total is None:
        return _unsure(measure, "unknown:contact_total")
    days = sorted(c.named)
    return measure, *_at(max([c.reported, *days[: c.total]]) if len(days) >= c.total else None, due, now)


def _tested(c: Told, of: Counted, now: date) -> Iterator[Said]:
    """Sampled within a day of the report; a result within a day of the sample. Of those who were not sampled that is waited for."""
    sampled, resulted = "suspect-tested.sampled", "suspect-tested.resulted"
    why, taken = _by(c.reported, "reported_at", c.kind), None
    if why is None:
        assert c.reported
        taken = min((day for day, _ in c.samples if day >= c.reported), default=None)
        why = None if taken or _kept(of.samples_kept, c.place, c.reported + DAY) else "not-kept:lab.sampled"
    if why:
        yield _unsure(sampled, why)
    else:
        assert c.reported
        yield sampled, *_at(taken, c.reported + DAY, now)
    if taken is None:
        yield resulted, "waiting", "part:sampled"
        return
    told = min((day for _, day in c.samples if day and day >= taken), default=None)
    if told is None:
        yield _unsure(resulted, "not-kept:lab.resulted")
    else:
        yield resulted, *_at(told, taken + DAY, now)


def _kept(since: tuple[date, str] | None, place: str, due: date) -> bool:
    return since is not None and since[1] in ("", place) and since[0] <= due


def _basic_contact(c: Told, of: Counted) -> Iterator[Said]:
    assert c.kind == "close" and c.reported
    first = max((d for d in (c.exposed, c.observed) if d), default=None)
    if first is None:
        yield _unsure("contact-daily-check", "undated:last_exposure_on")
    else:
        end = min(d for d in (c.until, c.released, c.exposed and c.exposed + TERM, of.last) if d)
        yield from (_seen("contact-daily-check", day, c, of, "overdue") for day in _days(max(first, c.reported), end))
    if c.exposed is None:
        if c.released is None:
            yield _unsure("contact-tested", "undated:last_exposure_on")
        yield _unsure("contact-not-released-untested", "undated:last_exposure_on")
        return
    if c.released is None:
        for n in TESTED_ON:
            due = c.exposed + timedelta(days=n + 1)  # midnight after the day
            if c.reported <= due and due - DAY <= of.last:
                yield ("contact-tested", *_at(None, due, of.last + DAY), n == TESTED_ON[-1]) if _kept(of.samples_kept, c.place, due) else _unsure("contact-tested", "not-kept:lab.sampled")
    if c.reported <= c.exposed + TERM + DAY:  # until that day is over
        yield _unsure("contact-not-released-untested", "not-kept:contact.released")


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY


def _seen(measure: str, day: date, c: Told, of: Counted, otherwise: str) -> Said:
    """Of one day of observation: seen, or not, or nobody can tell. `otherwise`: what it is where no check was made though checks were kept."""
    if day in c.checks:
        return measure, "met", None
    if of.checks_kept is None or day < of.checks_kept:
        return _unsure(measure, "not-kept:isolation.daily_check")
    return (measure, "overdue", None, False) if otherwise == "overdue" else _unsure(measure, otherwise)


def _today_case(c: Told, of: Counted) -> Iterator[Said]:
    if c.kind not in (None, *FOUND):
        return
    if c.onset is not None:
        assert c.onset < FIGURES["detect_within"]
        yield _unsure("seven-one-seven.found", "undated:$detect_within")
    yield _unsure("seven-one-seven.answered", "undated:reported_at" if c.reported is None else "undated:$respond_within")
    yield _unsure("epi-investigation", _by(c.reported, "reported_at", c.kind, "clock") or "not-kept:case.investigated")


def _today_contact(c: Told, of: Counted) -> Iterator[Said]:
    if c.exposed is None:
        yield from (_unsure(f"contact-watch.{part}", "undated:last_exposure_on") for part in ("watched", "tested"))
        return
    assert c.reported and c.exposed < FIGURES["test_days"]
    yield _unsure("contact-watch.tested", "undated:$test_days")
    end = min(d for d in (c.released, c.exposed + TERM, of.last) if d)
    # who was not visited may have told of himself, and of that nothing is known
    yield from (_seen("contact-watch.watched", day, c, of, "not-kept:daily_health") for day in _days(max(c.exposed, c.reported), end))


def _resulted(plan: str, s: Sample, of: Counted) -> tuple[str, str | None]:
    if s.sampled < FIGURES["basic" if plan == "contact-tracing-basic" else "result_clock"]:
        return "cannot_tell", "undated:$result_clock"
    if s.result and s.resulted is None:
        return "cannot_tell", "unknown:resulted_at"
    return _at(s.resulted, s.sampled + DAY, of.last + DAY)
