"""The unit's part of the desk: due reports with what is known written in, its own lists with the age of each number, what was found and asked, what waits."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from sizao.doors.desk.registers import label
from sizao.doors.kit import people
from sizao.doors.kit.lacking import lacking
from sizao.doors.kit.words import NONE, Words
from sizao.flows import report_proposed
from sizao.kernel import clock
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.fields import FormField
from sizao.kernel.scope import Scope
from sizao.plan import read as plan
from sizao.registers.care import beds
from sizao.registers.care import read as care
from sizao.registers.command import answering
from sizao.registers.laboratory import board
from sizao.registers.ledgers import due, proposing, receipts
from sizao.registers.ledgers import read as ledgers
from sizao.registers.ledgers.catalogue import ledger
from sizao.registers.ledgers.catalogue import ledgers as catalogue
from sizao.registers.ledgers.due import Owed
from sizao.registers.ledgers.registers import of
from sizao.registers.ledgers.rhythm import DAY
from sizao.registers.resources import read as resources
from sizao.registers.surveillance import read as surveillance

#: Units on one page; whoever files for more has the import.
UNITS = 40
#: Classes of its schools beside them.
CLASSES = 240
#: Rows of a list; the rest is counted.
SHOWN = 12
#: Fields that a form on this page asks itself; a report that has others opens its own.
INLINE = ("int", "decimal", "code", "bool", "date", "text")
#: The report of a class, which its school files for all classes on one page; what is a school.
CHECK, SCHOOLS = "class_check", ("school",)
#: A figure of a unit's list that is older than this says so loudly.
OLD = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Box:
    """One field of a report as the page asks it: what stands in it, where that is known from and how old it is ("" where nobody knows it yet)."""

    name: str
    field: FormField
    label: str
    value: str
    required: bool
    choices: tuple[tuple[str, str], ...] = ()
    source: str = ""
    at: datetime | None = None


@dataclass(slots=True)
class Sheet:
    """A report that is due. `lines`: (words of the line, its boxes); one line without words where the report is one. `old`: silent since before yesterday. `ready`: nothing that must be told is empty."""

    owed: Owed
    behind: int = 0
    old: bool = False
    lines: list[tuple[str, list[Box]]] = field(default_factory=list)
    ready: bool = False
    filled: int = 0

    @property
    def inline(self) -> bool:
        return bool(self.lines)

    @property
    def key(self) -> str:
        """Names it on the page and in a form."""
        return f"{self.owed.unit.pk}/{self.owed.key}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a unit's list: what it is, how many, how old, where its rows are."""

    label: str
    value: str
    at: datetime | None
    register: str = ""
    query: tuple[tuple[str, str], ...] = ()
    old: bool = False
    alarm: bool = False


@dataclass(slots=True)
class School:
    """A school of this post and what its classes owe: one line on this page, and a page of its own."""

    unit: Any
    owed: list[Owed] = field(default_factory=list)

    def count(self, *states: str) -> int:
        """How many reports of its classes stand so."""
        return sum(o.state in states for o in self.owed)


@dataclass(slots=True)
class UnitLists:
    """One unit and its lists."""

    unit: Any
    figures: list[Figure] = field(default_factory=list)


def mine(scope: Scope) -> list[Any]:
    """The units of this post: those named to it; else, for a post that reads no cases, those of its area that no post is named to. At most UNITS and one."""
    if not scope.can("ledger.write"):
        return []
    rows = ledgers.units(scope, "ledger.write").exclude(in_use=False).order_by(F("parent").asc(nulls_first=True), "name", "id")  # a school before its classes, which have a page together
    named = list(rows.filter(post=scope.post_id)[: UNITS + 1]) if scope.post_id else []
    if named or scope.can("case.write") or scope.post is None:
        return named
    return list(rows.filter(post=None)[: UNITS + 1])


def one_of(scope: Scope, unit: UUID, kinds: Collection[str] = ()) -> Any:
    """A unit that this post may file for: named to it, or to no post and in its area. Refused: not-found-or-out-of-area, also where it is of another kind."""
    found = ledgers.units(scope, "ledger.write").filter(Q(post=None) | Q(post=scope.post_id), pk=unit).first()
    if found is None or (kinds and found.kind not in kinds):
        raise Refused("not-found-or-out-of-area")
    return found


def part(scope: Scope, words: Words, now: datetime) -> dict[str, Any]:
    """What the template needs of it. A post without units has its area's questions, and no more."""
    found = mine(scope)
    units, more = found[:UNITS], len(found) > UNITS
    ids = [u.pk for u in units]
    schools = {u.pk: School(u) for u in units if u.kind in SCHOOLS}
    every = due_sheets(scope, words, [*units, *_classes(scope, schools, ids)], now)
    sheets = []
    for s in every:
        school = schools.get(s.owed.unit.parent_id) if s.owed.ledger.id == CHECK else None
        if school is not None:
            school.owed += [] if s.old else [s.owed]  # its page has yesterday and today
        elif s.owed.unit.pk in ids:
            sheets.append(s)
    own = any(u.post_id == scope.post_id for u in units)  # a post of a unit's own answers for that unit; what names none is its area's
    waiting = list(answering.waiting(scope, ids, scope.post.area if scope.post and not own else None)[:60]) if scope.can("ticket.write") else []
    closing = list(answering.to_close(scope)[:30]) if scope.can("ticket.write") else []
    asks = [t for t in waiting if not answering.answered(t)]
    given = [t for t in waiting if answering.answered(t)]
    proofs = answering.proofs_of(scope, [t.pk for t in (*waiting, *closing)]) if waiting or closing else {}
    resuming = [u for u in units if u.kind in ledger("resumption").kinds] if "resumption" in catalogue() else []
    kept = list(answering.blockers(scope, [u.pk for u in resuming])[:60]) if resuming else []
    return {
        "units": units,
        "more_units": more,
        "sheets": sheets,
        "schools": [s for s in schools.values() if s.owed],
        "older": sum(s.old for s in sheets),
        "silent": sum(s.owed.state == "silent" and not s.old for s in every),
        "to_file": sum(s.owed.state in ("silent", "open") and not s.old for s in every),
        "lacking": lacking(scope, words, (s.owed for s in sheets)),
        "lists": unit_lists(scope, words, units, now),
        "findings": [t for t in asks if t.kind not in answering.QUESTIONS],
        "questions": [t for t in asks if t.kind in answering.QUESTIONS],
        "answered": given,
        "closing": closing,
        "proofs": proofs,
        "must": must_test(scope, units) if units else [],
        "referred": _referred(scope, units),
        "tubes": board.waiting(scope, now, words.zone, 0) if any(u.kind == "laboratory" for u in units) and scope.can("custody.write") else None,
        "resuming": resuming,
        "blockers": kept,
        "blocked": {u.pk: [b for b in kept if b.unit_id == u.pk and b.verified_at is None] for u in resuming},
        "most_mb": answering.MOST_BYTES >> 20,
    }


def _classes(scope: Scope, schools: Collection[UUID], known: Collection[UUID]) -> list[Any]:
    """Classes of these schools that this post files for and that are not among the units already. One statement, none without a school."""
    if not schools:
        return []
    rows = ledgers.units(scope, "ledger.write").exclude(in_use=False).filter(Q(post=None) | Q(post=scope.post_id), parent__in=list(schools), kind__in=ledger(CHECK).kinds)
    return list(rows.exclude(pk__in=list(known)).order_by("name", "id")[:CLASSES])


# -- due reports


def due_sheets(scope: Scope, words: Words, units: Sequence[Any], now: datetime) -> list[Sheet]:
    """What is due today and what was silent within the last week, each with what is known: the silent of yesterday and of a week's or a month's report first, older ones last."""
    if not units or scope.post is None:
        return []
    day = clock.local_day(now, words.zone)
    owed = due.owed(scope, scope.post.area, day - timedelta(days=6), day, of=[u.pk for u in units], permission="ledger.write")
    rows: list[Owed] = []
    old: set[tuple[UUID, str]] = set()
    for r in owed:
        on = clock.local_day(r.occasion.due - timedelta(microseconds=1), words.zone)
        if on >= day or r.state == "silent":
            rows.append(r)
            if on < day - timedelta(days=1) and r.ledger.rhythm.kind == DAY:
                old.add((r.unit.pk, r.key))
    rows.sort(key=lambda r: ((r.unit.pk, r.key) in old, r.state != "silent", r.state != "open", r.occasion.due, r.unit.name))
    behind, known = lines_behind(rows), report_proposed.proposed([r for r in rows if r.state in ("open", "silent") or r.missing], now)
    sheets = []
    for r in rows:
        sheet = Sheet(r, behind.get((r.unit.pk, r.key), 0), old=(r.unit.pk, r.key) in old)
        if r.state in ("open", "silent") and r.ledger.lines in ("one", "each") and r.ledger.about == "unit":
            sheet.lines = _lines(words, r, known.get((r.unit.pk, r.key), {}))
            boxes = [b for _words, line in sheet.lines for b in line]
            sheet.filled = sum(bool(b.source) for b in boxes)
            sheet.ready = bool(boxes) and all(b.value != "" for b in boxes if b.required)
        sheets.append(sheet)
    return sheets


def lines_behind(rows: Iterable[Owed]) -> dict[tuple[UUID, str], int]:
    """How many lines or acts stand behind each report that is filed by a press. A statement a ledger and window."""
    found: dict[tuple[UUID, str], int] = {}
    counted: dict[tuple[datetime, datetime], list[Owed]] = {}
    by_ledger: dict[str, list[Owed]] = {}
    for r in rows:
        if r.ledger.lines == "none":
            counted.setdefault((r.occasion.opens, r.occasion.due), []).append(r)
        elif r.ledger.lines == "many":
            by_ledger.setdefault(r.ledger.id, []).append(r)
    for (since, until), some in counted.items():
        told = surveillance.found_by([r.unit.pk for r in some], since, until)
        found |= {(r.unit.pk, r.key): told.get(r.unit.pk, 0) for r in some}
    for some in by_ledger.values():
        lines = receipts.lines_of(some[0].ledger, [(r.unit.pk, r.occasion.period, r.occasion.slot) for r in some])
        found |= {(r.unit.pk, r.key): lines[r.unit.pk, r.occasion.period, r.occasion.slot] for r in some}
    return found


def _lines(words: Words, r: Owed, known: dict[str, dict[str, report_proposed.Known]]) -> list[tuple[str, list[Box]]]:
    """The boxes of a report; nothing where one of its fields is of a kind that this page does not ask, or no line of `each` is known."""
    one = r.ledger
    if any(f.type not in INLINE for f in one.fields if f.id != one.each):
        return []
    codes = code_list(one.by_id[one.each].codes or "") if one.each else {}
    return [(words.both(codes.get(code), code) if one.each else "", _boxes(words, r, code, known.get(code, {}))) for code in (known if one.each else [""])]


def _boxes(words: Words, r: Owed, code: str, known: dict[str, report_proposed.Known]) -> list[Box]:
    register, found = of(r.ledger), []
    for f in r.ledger.fields:
        if f.id == r.ledger.each:
            continue
        told = known.get(f.id)
        value = "" if told is None else _typed(told.value)
        choices = tuple((c, words.both(d)) for c, d in register.choices(f.id).items()) if f.type == "code" else ()
        name = f"v.{code}.{f.id}"
        found.append(Box(name, f, label(register, f.id, words), value, f.id in r.ledger.required, choices, told.source if told else "", told.at if told else None))
    return found


def _typed(value: Any) -> str:
    """A figure as its box takes it."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return f"{value:g}" if isinstance(value, float) else str(value)


# -- the unit's own lists


def unit_lists(scope: Scope, words: Words, units: Sequence[Any], now: datetime) -> list[UnitLists]:
    """Roll, self-check, stock, beds, parts of each unit: a number with its age. What a unit does not have does not show. Five statements, whatever the units."""
    if not units:
        return []
    ids, day = [u.pk for u in units], clock.local_day(now, words.zone)
    known = catalogue()
    reads = scope.can("ledger.read")
    rolls = proposing.roll_counts(ids, known["roll"], day) if "roll" in known and reads else {}
    told_on = {(r.unit_id, r.ledger): r.stands_from for r in ledgers.reports(scope).filter(unit__in=ids, ledger="roll").order_by("period")} if rolls else {}
    checks = proposing.last_lines(ids, "self_check", "practice", now - timedelta(days=7)) if "self_check" in known and reads else {}
    stock: dict[UUID, list[Any]] = {}
    for s in resources.stocks(scope).filter(unit__in=ids).order_by("unit_id", "item", "id")[:400]:
        stock.setdefault(s.unit_id, []).append(s)
    bedded = [u.pk for u in units if u.kind in ("clinic", "fever_clinic", "isolation_site")]
    taken: dict[UUID, list[Any]] = {}
    for b in beds.beds_of(bedded) if bedded else []:
        taken.setdefault(b.unit, []).append(b)
    parts: dict[UUID, int] = {}
    for u in units:
        if u.parent_id:
            parts[u.parent_id] = parts.get(u.parent_id, 0) + 1
    found = []
    for u in units:
        figures = [*_roll(words, u, rolls.get(u.pk, {}), told_on.get((u.pk, "roll")), now)]
        figures += _checked(words, u, checks.get(u.pk, []), now)
        figures += [_bed(words, b, now) for b in taken.get(u.pk, [])]
        figures += [_stock(words, s, now) for s in stock.get(u.pk, [])[:SHOWN]]
        if parts.get(u.pk):
            figures.append(Figure(words.code("unit-kind", "class"), str(parts[u.pk]), None, "reporting-units", (("f.parent", str(u.pk)),)))
        if figures:
            found.append(UnitLists(u, figures))
    return found


def _roll(words: Words, u: Any, roles: dict[str, int], confirmed: datetime | None, now: datetime) -> list[Figure]:
    old = confirmed is None or now - confirmed > timedelta(days=8)
    found = [Figure(words.code("roll-role", role), words.number(n), confirmed, "roll", (("f.unit", str(u.pk)), ("f.roll_role", role)), old) for role, n in roles.items() if role != "at_risk"]
    if "at_risk" in roles:
        f = ledger("roll").by_id["at_risk_post"]
        found.append(Figure(words.both(f), words.number(roles["at_risk"]), confirmed, "roll", (("f.unit", str(u.pk)), ("f.at_risk_post", "yes")), old))
    return found


def _checked(words: Words, u: Any, lines: list[tuple[str, dict[str, Any], datetime]], now: datetime) -> list[Figure]:
    if not lines:
        return []
    kept, last = sum(bool(v.get("kept")) for _c, v, _at in lines), max(at for _c, _v, at in lines)
    title = words.both(ledger("self_check"))
    return [Figure(title, f"{kept} / {len(lines)}", last, "self-check", (("f.unit", str(u.pk)),), now - last > OLD, kept < len(lines))]


def _bed(words: Words, b: Any, now: datetime) -> Figure:
    told = NONE if b.open is None else f"{b.occupied} / {b.open}"
    return Figure(words.code("bed-class", b.bed_class), told, b.told_at, "beds", (("f.unit", str(b.unit)),), b.told_at is None or now - b.told_at > OLD, b.over > 0)


def _stock(words: Words, s: Any, now: datetime) -> Figure:
    lasts = "" if not s.use_per_day or s.on_hand is None else f" · {words.span(timedelta(days=float(s.on_hand / s.use_per_day)))}"
    return Figure(words.code("item", s.item), words.amount(s.on_hand) + lasts, s.told_at, "stocks", (("f.unit", str(s.unit_id)),), now - s.told_at > OLD, s.on_hand == 0)


# -- who is to be tested, who is referred


def must_test(scope: Scope, units: Sequence[Any]) -> list[dict[str, Any]]:
    """The must-test lists that this very post owes: each with how many are overdue and due, and who, as far as it may see names. The plan's own answer, asked live."""
    if not scope.can("listed.names") and not scope.can("person.read"):
        return []
    rows = [r for r in plan.today(scope, limit=200).rows if r.act == "lab.sampled"]
    names = people.names_of_duties(scope, rows, "desk.must-test") if rows else {}
    found: dict[str, dict[str, Any]] = {}
    for r in rows:
        one = found.setdefault(r.measure, {"measure": r.measure, "title": r.title, "overdue": 0, "open": 0, "who": []})
        one["overdue" if r.overdue else "open"] += 1
        if len(one["who"]) < SHOWN:
            one["who"].append((names.get(r.person) or people.handle(r.subject), r.due, r.overdue))
    return sorted(found.values(), key=lambda m: (-m["overdue"], -m["open"], m["measure"]))


def _referred(scope: Scope, units: Sequence[Any]) -> list[Any]:
    """Referrals to these units that nobody has answered, the first due first."""
    ids = [u.pk for u in units]
    if not ids or not scope.can("care.write"):
        return []
    return list(care.referrals(scope).filter(unit__in=ids, arrived_at=None, answer=None).order_by("reply_by", "id")[:SHOWN])
