"""A person's story: what each register tells of it and what was done, in one line of time."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from sizao.doors.kit.labels import act_label, field_label, outcome_label
from sizao.doors.kit.words import Words
from sizao.kernel import acts
from sizao.kernel.scope import Scope
from sizao.registers.cases import read as cases
from sizao.registers.isolation import read as isolation

#: Acts whose record the registers' own timelines already tell.
TOLD = ("isolation.daily_check", "stay.admitted", "stay.released", "case.reported", "contact.named", "contact.released")

#: Under which code list an entry's code is to be read, by the table it came from.
CODES = {"check": "check-outcome", "stay": "stay-kind"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `at` is a day where only a day is known; `kind` colours its dot: act, date or bad; `gone` was taken back."""

    at: datetime | date
    what: str
    detail: str
    kind: str
    gone: bool = False
    ahead: bool = False


def story(scope: Scope, person: UUID, words: Words, now: datetime, rows: Any = None, stays: Any = None) -> list[Entry]:
    """Every entry that this scope may see, newest first. The person's own page has been opened, so the right to look was asked.

    `rows`: the person's (cases, contacts), and `stays`, where the page has read them.
    """
    done = acts.of_person(scope, person)
    found = [_date(told, words) for told in cases.timeline(scope, person, rows)]
    found += [_seen(told, words) for told in isolation.timeline(scope, person, stays)]
    taken_back = {a.replaces for a in done if a.replaces}
    for act in done:
        if act.kind not in TOLD and act.outcome != "void":
            detail = outcome_label(act.kind, act.outcome, words)
            found.append(
                Entry(act.happened_at, act_label(act.kind, words), detail, "bad" if act.kind == "attempt" else "act", act.id in taken_back)
            )
    return sorted((_mark(e, now) for e in found), key=lambda e: _instant(e.at), reverse=True)


def _date(told: dict[str, Any], words: Words) -> Entry:
    return Entry(told["at"], field_label(told["table"], told["what"], words), "", "date")


def _seen(told: dict[str, Any], words: Words) -> Entry:
    parts = [words.code(CODES[told["table"]], told["code"])] if told.get("code") not in (None, "", "void") else []
    if told.get("temperature") is not None:
        parts.append(f"{told['temperature']} °C")
    gone = told.get("code") == "void"
    bad = told.get("code") in ("symptoms", "refused", "not_found")
    return Entry(told["at"], act_label(told["what"], words), " · ".join(parts), "bad" if bad else "act", gone)


def _mark(entry: Entry, now: datetime) -> Entry:
    ahead = _instant(entry.at) > now
    return Entry(entry.at, entry.what, entry.detail, entry.kind, entry.gone, ahead)


def _instant(at: datetime | date) -> datetime:
    return at if isinstance(at, datetime) else datetime.combine(at, time(), UTC)
