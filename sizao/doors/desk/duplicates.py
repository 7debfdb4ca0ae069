"""The queue of records that may be one person: both side by side, what speaks for and against, and one key for each answer."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import NONE, Words
from sizao.kernel import registry
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope
from sizao.registers.population import looking, merging, pairs
from sizao.registers.population import read as population

LIMIT = 60
STATES = ("open", "unknown", "different", "same")
#: Of these two records always differ: it says nothing.
ASIDE = ("known_from", "sender")


@dataclass(frozen=True, slots=True)
class Line:
    """One field of both: what each tells, whether they differ, and what that says for or against, in words and bits."""

    label: str
    one: str
    other: str
    differ: bool
    said: str = ""
    bits: float | None = None


def queue(request: HttpRequest) -> HttpResponse:
    """The pairs that wait, likeliest first; one of them opened."""
    scope: Scope = request.scope.open()  # type: ignore[attr-defined]
    w, words = looking.weights(), Words(request.LANGUAGE_CODE, request.scope.opened.post.area.zone)  # type: ignore[attr-defined]
    state = request.GET.get("state", "open")
    if state not in STATES:
        raise Refused("bad-value", field="state", value=state[:40], expected=", ".join(STATES))
    rows = list(pairs.pairs(scope, state)[:LIMIT])
    wanted = request.GET.get("pair", "")
    chosen = next((r for r in rows if str(r.pk) == wanted), None)
    if chosen is None and wanted:
        chosen = pairs.access_pair_by_id(scope, _uuid(wanted))
    chosen = chosen or (rows[0] if rows else None)
    people = pairs.people_of(scope, rows if chosen is None or chosen in rows else [*rows, chosen])
    names = {pk: population.shown_name(scope, p) or NONE for pk, p in people.items()}
    shown: dict[str, Any] = {
        "w": words, "state": state, "states": STATES, "rows": rows, "limit": LIMIT, "names": names, "people": people, "chosen": chosen, "weights": w,
        "waiting": pairs.waiting(scope, w.probable), "next": _after(rows, chosen),
    }  # fmt: skip
    if chosen is not None and {chosen.one_id, chosen.other_id} <= set(people):
        one, other = people[chosen.one_id], people[chosen.other_id]
        shown |= {"lines": lines(scope, words, w, chosen, one, other), "records": _records(words, chosen), "reason": reason(w, chosen, words.language)}
        shown["keep"] = min((one, other), key=lambda p: (p.known_from, p.pk)).pk
    return page(request, "desk/duplicates.html", shown)


def decide(request: HttpRequest, pair: UUID) -> HttpResponse:
    """Same, different or cannot tell; then the next pair."""
    scope: Scope = request.scope.open()  # type: ignore[attr-defined]
    keep, following = request.POST.get("keep", ""), request.POST.get("next", "")
    pairs.decide(
        scope, pair, request.POST.get("verdict", ""), reason=request.POST.get("reason", ""), mark=request.POST.get("mark", ""), keep=_uuid(keep) if keep else None
    )
    state = request.POST.get("state", "open")
    return HttpResponseRedirect(url("duplicates", {k: v for k, v in (("state", state if state in STATES and state != "open" else ""), ("pair", following)) if v}))


def undo(request: HttpRequest, merge: UUID) -> HttpResponse:
    """A merge is taken back; the page of the one who is a person of his own again."""
    done = merging.undo(request.scope.open(), merge, reason=request.POST.get("reason", ""))  # type: ignore[attr-defined]
    return HttpResponseRedirect(url("person", person=done.merged_id))


def lines(scope: Scope, words: Words, w: Any, pair: Any, one: Any, other: Any) -> list[Line]:
    """Field by field, in the words of the register. Names and numbers for who sees names there."""
    sealed = _sealed(scope, one, other)
    fields = registry.find("persons").declaration.fields
    place = [words.name(p.area) + (f" · {p.household.code}" if p.household else "") for p in (one, other)]
    apart = one.area_id != other.area_id or (one.household_id and other.household_id and one.household_id != other.household_id)
    told = {
        "name": (population.shown_name(scope, one), population.shown_name(scope, other), "name"),
        "sex": (words.code("sex", one.sex), words.code("sex", other.sex), "sex"),
        "birth_date": (_born(scope, words, one), _born(scope, words, other), "birth"),
        "national_id": (sealed[0].get("national_id"), sealed[1].get("national_id"), "document"),
        "phone": (sealed[0].get("phone"), sealed[1].get("phone"), "phone"),
        "area": (*place, "place"),
        "address": (sealed[0].get("address"), sealed[1].get("address"), ""),
        "occupation": (one.occupation, other.occupation, ""),
        "known_from": (words.moment(one.known_from), words.moment(other.known_from), ""),
        "sender": (f"{words.sender(one.sender)} {one.source_id}".strip(), f"{words.sender(other.sender)} {other.source_id}".strip(), ""),
    }
    found = []
    for name, (a, b, field) in told.items():
        label = words.both(fields[name] if name in fields else registry.KEPT[name])
        level = pair.levels.get(field) if field else None
        held = w.fields[field].get(level) if level else None
        differ = bool(apart) if name == "area" else bool(a and b and a != b) and name not in ASIDE
        found.append(Line(label, a or NONE, b or NONE, differ, w.said(field, level, words.language) if level else "", round(held.bits, 1) if held else None))
    return found


def reason(w: Any, pair: Any, language: str) -> str:
    """What speaks for one person, as the first draft of the reason that is kept."""
    said = [w.said(f, level, language) for f in w.fields if (level := pair.levels.get(f)) and (held := w.fields[f].get(level)) and held.bits > 0]
    return ("；" if language.startswith("zh") else "; ").join(said)[:300]


def _born(scope: Scope, words: Words, p: Any) -> str:
    if p.birth_date is not None:
        return words.day(p.birth_date) if scope.can("person.names", p.area) else str(p.birth_date.year)
    if p.birth_year is not None:
        return str(p.birth_year)
    return _("%(n)s years") % {"n": int(p.age_years)} + (f" ({words.day(p.age_on)})" if p.age_on else "") if p.age_years is not None else ""


def _sealed(scope: Scope, one: Any, other: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        found = population.sealed_of_many(scope, [one, other])
    except Refused as refused:
        if not refused.code.startswith(("keys-", "sealed-")):
            raise
        found = {}
    return found.get(one.pk, {}), found.get(other.pk, {})


def _records(words: Words, pair: Any) -> list[tuple[str, int, int]]:
    """Register → how many rows stand about each: what a merge would bring together."""
    held = pairs.records_of([pair.one_id, pair.other_id])
    names = sorted({n for some in held.values() for n in some})
    said = {r.name: words.both(r.declaration) for r in registry.registers() if r.only is None}
    return [(said.get(n, n), held[pair.one_id].get(n, 0), held[pair.other_id].get(n, 0)) for n in names]


def _after(rows: list[Any], chosen: Any) -> Any:
    at = next((n for n, r in enumerate(rows) if chosen is not None and r.pk == chosen.pk), None)
    return rows[at + 1].pk if at is not None and at + 1 < len(rows) else None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused("not-found-or-out-of-area") from None
