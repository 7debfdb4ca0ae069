"""Every register's list and every row's page, made from the declaration."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from sizao.doors.kit import lists
from sizao.doors.kit.labels import act_label, outcome_label
from sizao.doors.kit.pages import page
from sizao.doors.kit.shown import HIDDEN, NONE, Shown, short
from sizao.doors.kit.templates import url
from sizao.doors.kit.whole import whole
from sizao.doors.kit.words import Words
from sizao.doors.models import SavedView
from sizao.kernel import acts, clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Post, User
from sizao.kernel.registry import KEPT, Register, find, registers
from sizao.kernel.scope import Scope, at_most_one
from sizao.kernel.versions import differs, versions
from sizao.registers.population import read as population

#: Views that somebody may keep for one register; more would be a list of lists.
KEPT_VIEWS = 30


def catalogue(request: HttpRequest) -> HttpResponse:
    """Every register that this post may read, under its heading."""
    scope = request.scope.open()
    words = Words(request.LANGUAGE_CODE)
    groups: dict[str, list[Register]] = {}
    for r in registers():
        if scope.can(r.declaration.read):
            groups.setdefault(heading(r, words), []).append(r)
    return page(request, "desk/registers.html", {"groups": groups, "chains_under": heading(find("cases"), words), "cards_under": heading(find("case-cards"), words)})


def heading(register: Register, words: Words) -> str:
    """Under what the catalogue lists a register."""
    return words.both({"zh": register.declaration.group_zh, "en": register.declaration.group_en}) or _("Other")


def listing(request: HttpRequest, register: str) -> HttpResponse:
    """A page of a register's rows."""
    scope, found = request.scope.open(), find(register)
    told = {k: request.GET.getlist(k) for k in request.GET}
    if "cols" in told:  # a form sends a column a box
        told["cols"] = [",".join(told["cols"])]
    wanted = lists.asked(found, scope, told)
    words = Words(request.LANGUAGE_CODE, lists.zone_of(scope))
    everything = lists.rows(scope, wanted)
    part = lists.page(everything, wanted)
    shown = Shown.of(found, scope, words, part.rows, fields=wanted.columns)
    mine = _saved(scope, register)
    bulks = [b for b in found.declaration.bulk if scope.can(b.permission)]
    context = {
        "r": found,
        "d": found.declaration,
        "asked": wanted,
        "w": words,
        "shown": shown,
        "rows": part.rows,
        "next": url("register", register=register) + "?" + urlencode(wanted.with_(after=part.after)) if part.after else "",
        "total": lists.counted(everything) if part.after or wanted.after else len(part.rows),
        "counted": lists.COUNTED,
        "filters": [_control(found, n, words, wanted) for n in lists.filterable(found)],
        "columns": [(n, label(found, n, words), n in wanted.columns) for n in (*found.declaration.fields, *KEPT) if lists.may_list(found, n)],
        "saved": mine,
        "query": urlencode([p for p in wanted.query if p[0] != "q"]),
        "filtered": any(k.startswith("f.") or k == "area" for k, _v in wanted.query),
        "bulks": [(b, [field_control(found, f, words, None) for f in b.asks]) for b in bulks],
        "may_write": bool(found.declaration.write) and scope.can(found.declaration.write),
        "may_export": scope.can("register.export"),
        "may_import": bool(found.declaration.write) and scope.can(found.declaration.write) and scope.can("import.write"),
        "heads": [_head(found, n, words, wanted) for n in wanted.columns],
        "href": addresses(found),
        "q": wanted.text,
    }
    return page(request, "desk/register_rows.html" if request.headers.get("HX-Target") == "rows" else "desk/register.html", context)


def row_address(register: Register, row: Any) -> str:
    """Where a row opens: its special page if it has one, else its record."""
    return addresses(register)(row)


def addresses(register: Register) -> Callable[[Any], str]:
    """The same for many rows: the address is made once, and each row's number put into it."""
    special, nobody = register.declaration.page, UUID(int=0)
    way = url(special, **{special.rpartition("-")[2]: nobody}) if special else url("record", register=register.name, record=nobody)
    before, after = way.split(str(nobody))
    return lambda row: f"{before}{row.pk}{after}"


@dataclass(frozen=True, slots=True)
class Head:
    """A column of a list: its label, how its cells stand, the address that sorts by it and how it is sorted now ("" where it does not)."""

    name: str
    label: str
    style: str
    link: str
    now: str


def _head(register: Register, name: str, words: Words, wanted: lists.Asked) -> Head:
    kind = register.type(name)
    style = "num" if kind in ("integer", "number") else "nowrap" if kind in ("day", "instant") else ""
    return Head(name, label(register, name, words), style, *_sorted(register, wanted, name))


def label(register: Register, name: str, words: Words) -> str:
    """What a field is called, with its unit."""
    f = register.field(name)
    return words.both(f) + words.unit(f.unit)


def _sorted(register: Register, wanted: lists.Asked, name: str) -> tuple[str, str]:
    """The address that sorts by this column and how it is sorted now; nothing where the register does not sort by it."""
    if name not in register.declaration.sorts:
        return "", ""
    now = "descending" if wanted.sort == f"-{name}" else "ascending" if wanted.sort == name else "none"
    return "?" + urlencode(wanted.with_(sort=name if wanted.sort == f"-{name}" else f"-{name}")), now


@dataclass(frozen=True, slots=True)
class Control:
    """One field of a form or a filter: its kind decides how it is asked."""

    name: str
    label: str
    kind: str
    choices: list[tuple[str, str]]
    value: str = ""
    values: tuple[str, ...] = ()
    low: str = ""
    high: str = ""
    empty: str = ""
    required: bool = False
    help: str = ""
    sensitivity: str = "internal"
    to: str = ""
    shown: str = ""
    register: str = ""
    anywhere: bool = False


def field_control(register: Register, name: str, words: Words, value: Any) -> Control:
    """A field as a form asks it."""
    f = register.field(name)
    return Control(
        name,
        label(register, name, words),
        register.type(name),
        [(c, words.both(d)) for c, d in register.choices(name).items()],
        value="" if value is None else str(value),
        required=f.required,
        help=f.help_zh if words.is_zh else f.help_en,
        sensitivity=f.sensitivity,
        to=f.to,
        register=register.name,
    )


def _control(register: Register, name: str, words: Words, wanted: lists.Asked) -> Control:
    """A field as the list's filter asks it, with what is asked now."""
    told = [(k, v) for k, v in wanted.query if k.split(".")[:2] == ["f", name]]
    one = dict(told)
    return Control(
        name,
        label(register, name, words),
        register.type(name),
        [(c, words.both(d)) for c, d in register.choices(name).items()],
        value=one.get(f"f.{name}", ""),
        values=tuple(v for k, v in told if k == f"f.{name}"),
        low=one.get(f"f.{name}.gte", ""),
        high=one.get(f"f.{name}.lte", ""),
        empty=one.get(f"f.{name}.empty", ""),
    )


def _saved(scope: Scope, register: str) -> list[SavedView]:
    from django.db.models import Q

    return list(SavedView.objects.filter(Q(user=scope.user) | Q(post=scope.post), register=register).order_by("name")[:KEPT_VIEWS])


def views(request: HttpRequest, register: str) -> HttpResponse:
    """Keeps the list as it is asked now under a name, or drops one that this user keeps."""
    scope, found = request.scope.open(), find(register)
    back = url("register", register=register)
    if drop := request.POST.get("drop", ""):
        SavedView.objects.filter(user=scope.user, register=register, pk=whole(drop) or 0).delete()
        return HttpResponseRedirect(back)
    name = " ".join(request.POST.get("name", "").split())[:40]
    pairs = [(k, v) for k, v in parse_qsl(request.POST.get("query", "")) if k not in ("q", "after")]
    told: dict[str, list[str]] = {}
    for k, v in pairs:
        told.setdefault(k, []).append(v)
    query = urlencode(lists.asked(found, scope, told).query)
    if name:
        SavedView.objects.update_or_create(
            user=scope.user,
            register=register,
            name=name,
            defaults={"query": query, "made_at": clock.now(), "post": scope.post if request.POST.get("share") else None},
        )
    return HttpResponseRedirect(f"{back}?{query}" if query else back)


def access(scope: Scope, register: Register, record: UUID, permission: str = "") -> Any:
    """One row. Refused not-found-or-out-of-area, whichever it is. Whoever shows it puts the read on record (`Shown.of`)."""
    return at_most_one(register.whole(register.rows(scope, permission)).filter(pk=record)[:1])


def detail(request: HttpRequest, register: str, record: UUID) -> HttpResponse:
    """A row: its values, what was done about it, what it said before and who changed it."""
    scope, found = request.scope.open(), find(register)
    row = access(scope, found, record)
    area = found.area_of(row)
    words = Words(request.LANGUAGE_CODE, area.zone if area is not None else lists.zone_of(scope))
    history = versions(found, row)
    shown = Shown.of(found, scope, words, [row, *(v.row for v in history[1:])], what="read")
    person = found.person_of(row)
    d = found.declaration
    context = {
        "r": found,
        "d": d,
        "w": words,
        "row": row,
        "title": shown.title(row),
        "area": area,
        "pairs": [(label(found, n, words), _value(found, shown, scope, row, n), _link(found, row, n, scope)) for n in d.fields],
        "kept": [(label(found, n, words), shown.say(n, getattr(row, n, None))) for n in ("source_id", "known_from", "recorded_at")],
        "short": short(row),
        "acts": _acts(scope, found, row, words),
        "history": told_versions(found, shown, history, words),
        "related": _related(scope, found, row, words),
        "person": person if person is not None and d.page != "person" and person in shown.names else None,
        "special": row_address(found, row) if d.page else "",
        "may_write": bool(d.write) and scope.can(d.write, area.path if area is not None else None),
        "saved": request.GET.get("saved", ""),
    }
    return page(request, "desk/record.html", context)


def _value(register: Register, shown: Shown, scope: Scope, row: Any, name: str) -> str:
    """A value on the row's own page; sealed ones are opened for who may see them."""
    if register.type(name) != "sealed" or register.value(row, name) is None:
        return shown.text(row, name)
    if not shown.may(row, name) or register.declaration.person != "id":
        return HIDDEN
    try:
        return population.sealed_of(scope, row).get(name) or NONE
    except Refused:
        return _("locked: the keys are not here")


def _link(register: Register, row: Any, name: str, scope: Scope) -> str:
    value, kind = register.value(row, name), register.type(name)
    if value is None:
        return ""
    if kind == "person" and scope.can("person.read"):
        return url("person", person=value)
    if kind == "record" and register.field(name).to:
        return url("record", register=register.field(name).to, record=value)
    return ""


def _acts(scope: Scope, register: Register, row: Any, words: Words) -> list[dict[str, Any]]:
    """What was done about the row, newest first."""
    found = acts.about(scope, register.subject_of(row), row.pk)
    gone = {a.replaces for a in found if a.replaces}
    return [
        {"at": a.happened_at, "what": act_label(a.kind, words), "detail": outcome_label(a.kind, a.outcome, words), "number": a.number, "gone": a.id in gone}
        for a in reversed(found)
    ]


def told_versions(register: Register, shown: Shown, history: list[Any], words: Words) -> list[dict[str, Any]]:
    """Each version against the one before: who, when, what changed. A field that the reader may not see says only that it changed."""
    users = User.objects.in_bulk({v.user for v in history if v.user})
    posts = Post.objects.select_related("area").in_bulk({v.post for v in history if v.post})
    told = []
    for new, old in zip(history, [*history[1:], None], strict=True):
        changes = []
        for name in differs(register, new.row, old.row) if old is not None else []:
            sealed = register.type(name) == "sealed"
            changes.append((label(register, name, words), None if sealed else shown.text(old.row, name), None if sealed else shown.text(new.row, name)))
        user = users.get(new.user)
        told.append(
            {
                "at": new.at,
                "who": (user.name or user.username) if user else "",
                "post": words.title(posts[new.post]) if new.post in posts else "",
                "changes": changes,
                "first": old is None,
            }
        )
    return told


def _related(scope: Scope, register: Register, row: Any, words: Words) -> list[tuple[str, str]]:
    """Lists of other registers whose rows point to this one."""
    found = []
    for other in registers():
        if not scope.can(other.declaration.read):
            continue
        for name, f in other.declaration.fields.items():
            kind = other.type(name)
            if (kind == "record" and f.to == register.name) or (kind == "person" and register.declaration.person == "id"):
                found.append((f"{words.both(other.declaration)} · {label(other, name, words)}", url("register", {f"f.{name}": row.pk}, register=other.name)))
    return found
