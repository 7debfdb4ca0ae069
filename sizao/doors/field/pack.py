"""What a phone takes along: `GET /field/pack.json`. The list of the post, what it files, what is asked of it, and the forms; sealed on the device as it comes.

    ?copy=<uuid>&waiting=3            the list: given names and doors only, areas, forms, words
    ?copy=<uuid>&part=people          whole names, telephones and addresses of those same people, each sealed by itself and opened with its task;
                                      among them, as in every copy, one who does not exist

Both are of one post: its own area, and no more than `MOST` rows.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token

from sizao.doors.field import copies, forms, phone
from sizao.doors.field.brief import door_of, given_name
from sizao.doors.field.file import mine, reports_of, zeroable
from sizao.doors.kit.people import handle, names_of_duties
from sizao.doors.kit.subjects import called
from sizao.doors.kit.whole import whole as whole_number
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.codes import code_list, threshold
from sizao.kernel.scope import Scope
from sizao.plan import read as plan
from sizao.registers.care import needing
from sizao.registers.ledgers import read as ledgers
from sizao.registers.ledgers.catalogue import ledgers as every_ledger
from sizao.registers.population import read as population

#: Rows on a phone. Whoever owes more has them after these; the rest is counted.
MOST = 500
#: So long a copy may be worked with without the server.
HOURS = 72
CHECK, SAMPLED = "isolation.daily_check", "lab.sampled"


def pack(request: HttpRequest) -> HttpResponse:
    """The list, or the people on it. Refused: phone-wiped."""
    scope: Scope = request.scope.open()  # type: ignore[attr-defined]
    copy = copies.seen(scope, copies.read_id(request), request.headers.get("User-Agent", ""), _number(request.GET.get("waiting", "")))
    words = Words(request.LANGUAGE_CODE, scope.post.area.zone)  # type: ignore[attr-defined,union-attr]
    owed = plan.today(scope, as_of=clock.now(), limit=MOST)
    told = people(scope, owed.rows, copy.pk) if request.GET.get("part") == "people" else whole(request, scope, words, owed)
    return phone.squeezed(request, JsonResponse(told, json_dumps_params={"ensure_ascii": False, "separators": (",", ":")}))


def whole(request: HttpRequest, scope: Scope, words: Words, owed: Any) -> dict[str, Any]:
    """Everything but the people."""
    now, post = clock.now(), scope.post
    assert post is not None
    wanted = needing.open_needs(scope) if scope.can("check.write") else []
    seen = _people(scope, owed.rows, wanted)
    tasks = _tasks(scope, words, owed.rows, seen)
    reports, ledgers_of_reports = _reports(scope, words, now)
    used = {t["ledger"] for t in tasks if t.get("ledger")} | ledgers_of_reports | ({"shift_note"} if scope.can("ledger.write") else set())
    areas = {r.area.pk: words.name(r.area) for r in owed.rows if r.area} | {n.area_id: words.name(n.area) for n in wanted}
    lists = ("symptom", "attempt-reason", "help-called", "care-need", "care-need-outcome", "help-list")
    return {
        "shell": phone.version(request.LANGUAGE_CODE), "server_at": now.isoformat(), "hours": HOURS, "csrf": get_token(request), "zone": words.zone,  # type: ignore[attr-defined]
        "who": {"title": words.title(post), "area": words.name(post.area), "code": post.area.code, "post": post.pk}, "can": [p for p in ("check.write", "ledger.write", "gate.write", "specimen.write") if scope.can(p)],
        "sum": {"overdue": owed.overdue, "open": owed.open, "more": owed.more}, "tasks": tasks, "areas": {str(k): v for k, v in areas.items()}, "reports": reports,
        "needs": [_need(words, n, seen) for n in wanted], "note": _note(scope, words) if scope.can("ledger.read") and scope.can("ledger.write") else None,
        "forms": forms.of_ledgers(words, used), "fever": float(threshold("fever", now.date())),
        "codes": {name: {code: words.both(pair) for code, pair in code_list(name).items() if code != "void"} for name in lists},
    }  # fmt: skip


def people(scope: Scope, rows: Iterable[Any], copy: UUID) -> dict[str, Any]:
    """The people on the list, whole; the read is on record for each. One of them is invented, and no task names her."""
    ids = {r.person for r in rows if r.person} | {n.person_id for n in (needing.open_needs(scope) if scope.can("check.write") else [])}
    found: list[dict[str, Any]] = []
    if scope.can("person.names"):
        seen = list(population.persons(scope).filter(pk__in=ids))
        sealed = population.sealed_of_many(scope, seen)
        population.record_read(scope, (p.pk for p in seen), "field.pack_people")
        for p in seen:
            told = sealed.get(p.pk, {})
            found.append({"id": str(p.pk), "name": p.name, "born": p.birth_date.year if p.birth_date else p.birth_year, "phone": told.get("phone"), "address": told.get("address")})
    name, number = copies.invented(copy)
    place = scope.post.area.name("zh") if scope.post else ""
    found.append({"id": str(UUID(int=copy.int ^ (1 << 64))), "name": name, "born": int(number[6:10]), "no": number, "phone": None, "address": f"{place}{int(number[14:17]) % 60 + 1}号"})
    found.sort(key=lambda one: one["id"])
    return {"people": found}


class Seen:
    """What a phone's list says of people: given name, door, household, and why somebody is to be looked after first."""

    def __init__(self) -> None:
        self.name: dict[UUID, str] = {}
        self.door: dict[UUID, str] = {}
        self.household: dict[UUID, UUID] = {}
        self.frail: dict[UUID, list[str]] = defaultdict(list)


def _people(scope: Scope, rows: Iterable[Any], wanted: Iterable[Any]) -> Seen:
    listed, needs = list(rows), list(wanted)
    seen = Seen()
    seen.name = {pk: given_name(name) for pk, name in names_of_duties(scope, listed, "field.pack").items()}
    ids = {r.person for r in listed if r.person} | {n.person_id for n in needs}
    if not ids or not scope.can("person.read"):
        return seen
    seen.name |= {pk: given_name(name) for pk, name in population.names_of(scope, {n.person_id for n in needs} - set(seen.name), "field.pack").items()} if needs else {}
    some = list(population.persons(scope).filter(pk__in=ids).select_related("area", "household"))
    sealed = population.sealed_of_many(scope, some)
    for p in some:
        if p.household_id:
            seen.household[p.pk] = p.household_id
        seen.door[p.pk] = (p.household.code if p.household is not None and len(p.household.code) <= 16 else "") or door_of(sealed.get(p.pk, {}).get("address"))
    if scope.can("ledger.read"):
        today = clock.now().date().isoformat()
        for person, values in ledgers.entries(scope, "help_list").filter(person__in=ids).values_list("person_id", "values"):
            if not values.get("ends_on") or values["ends_on"] >= today:
                seen.frail[person].append(values.get("help_list", ""))
    return seen


def _tasks(scope: Scope, words: Words, rows: Iterable[Any], seen: Seen) -> list[dict[str, Any]]:
    """The rows in the order of the plan, overdue first, each with what is pressed to record it."""
    listed = list(rows)
    things = called(scope, listed, words)
    by_act = {one.act: one for one in every_ledger().values() if one.lines != "none"} if scope.can("ledger.write") else {}
    found = []
    for r in listed:
        name = seen.name.get(r.person) or (things[r.subject].name if r.subject in things else handle(r.subject))
        task: dict[str, Any] = {
            "k": r.key, "s": str(r.subject), "n": name, "t": words.both(r.title), "m": r.measure, "due": r.due.isoformat() if r.due else None, "a": str(r.area.pk) if r.area else "",
        }  # fmt: skip
        if r.overdue:
            task["over"] = 1
        if r.person:
            task["p"] = str(r.person)
            if seen.door.get(r.person):
                task["d"] = seen.door[r.person]
            if r.person in seen.household:
                task["h"] = str(seen.household[r.person])
            if seen.frail.get(r.person):
                task["frail"] = [words.code("help-list", c) for c in seen.frail[r.person]]
        if r.alarm:
            task["alarm"] = 1
        if r.tried and r.tried != "void":
            task["tried"] = {"why": words.code("attempt-reason", r.tried), "at": r.tried_at.isoformat() if r.tried_at else None}
        if r.act == CHECK and r.table == "contact" and scope.can("check.write"):
            task["do"] = "check"
        elif (one := by_act.get(r.act)) is not None and (about := _about(one, r)) is not None:
            task["do"], task["ledger"], task["about"] = "line", one.id, about
        elif r.act == SAMPLED and scope.can("specimen.write"):
            task["do"], task["go"] = "go", "/sample"
        found.append(task)
    return found


def _about(one: Any, r: Any) -> dict[str, str] | None:
    """What a line that closes this duty is about; None where the phone cannot say it."""
    if one.about == "person" and r.person and one.also == ():
        return {"person": str(r.person)}
    if one.about == "household" and r.table == "household":
        return {"household": str(r.subject)}
    if one.about == "unit" and r.table == "reporting_unit":
        return {"unit": str(r.subject)}
    if one.about == "area" and r.area:
        return {"area": r.area.code}
    return None


def _reports(scope: Scope, words: Words, now: datetime) -> tuple[list[dict[str, Any]], set[str]]:
    """What the units of this post file: with what a report of now counts, so that it is one tap."""
    if not scope.can("ledger.write") or scope.post is None:
        return [], set()
    found, used = [], set()
    for card in reports_of(scope, words, mine(scope), now):
        for r, behind in card.owed:
            one = r.ledger
            told: dict[str, Any] = {
                "unit": str(card.unit.pk), "name": card.unit.name, "ledger": one.id, "t": one.title(words.language), "period": r.occasion.period.isoformat(), "slot": r.occasion.slot,
                "due": r.occasion.due.isoformat(), "state": r.state, "lines": one.lines,
            }  # fmt: skip
            if one.lines in ("many", "none"):
                told["behind"] = behind
            if zeroable(one):
                told["zero"] = [words.both(one.by_id[f]) for f in one.counts_of_persons] if one.lines == "one" else [one.title(words.language)]
                if one.rhythm.confirm:
                    told["confirm"] = 1
            if one.lines == "one" and r.state in ("received", "zero"):
                told |= forms.standing(scope, one, card.unit.pk, r.occasion.period, r.occasion.slot)
            if one.lines != "none":
                used.add(one.id)
            if r.number is not None:
                told["number"] = float(r.number)
            found.append(told)
    found.sort(key=lambda t: (t["state"] != "silent", t["state"] != "open", t["due"]))
    return found, used


def _need(words: Words, n: Any, seen: Seen) -> dict[str, Any]:
    told: dict[str, Any] = {"id": str(n.pk), "kind": words.code("care-need", n.kind), "by": n.meet_by.isoformat(), "a": str(n.area_id), "n": seen.name.get(n.person_id, ""), "p": str(n.person_id)}
    if n.person_id in seen.door:
        told["d"] = seen.door[n.person_id]
    if n.taken_by:
        told["taken"] = words.title(n.taken_by)
    return told


def _note(scope: Scope, words: Words) -> dict[str, Any] | None:
    """What the shift before left open in the post's own area, until somebody takes it over."""
    assert scope.post is not None
    row = ledgers.entries(scope, "shift_note").select_related("post__area").filter(area=scope.post.area, post__role=scope.post.role, happened_at__gt=clock.now() - timedelta(days=3)).order_by("-happened_at", "-id").first()
    if row is None or row.values.get("shift_step") != "handed":
        return None
    return {"id": str(row.pk), "at": row.happened_at.isoformat(), "matters": row.values.get("note", ""), "by": words.title(row.post)}


def _number(told: str) -> int:
    return min(whole_number(told) or 0, 100_000)


__all__ = ["HOURS", "MOST", "pack", "people", "whole"]
