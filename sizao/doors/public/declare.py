"""A traveller's declaration, for anyone with a phone: told once, with a receipt by which every gateway finds it. No account, no script."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from markupsafe import Markup

from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.whole import whole
from sizao.doors.kit.words import Words
from sizao.kernel import areas, clock
from sizao.kernel.codes import code_list, threshold
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.outcome import Problem
from sizao.passes import codes
from sizao.registers.movement import declaring
from sizao.registers.movement import form as forms
from sizao.registers.population.rules import masked

#: A form that lay open for longer is asked for again.
OPEN_SECONDS = 86_400
SALT = "travel declaration"
#: Destinations that are offered: counties and what is right below them, at most so many.
LEVELS, MOST = ("city", "county", "township"), 800
NOBODY = {"user": None, "scope": None, "post": None}


def declare(request: HttpRequest) -> HttpResponse:
    """GET: the form. POST: a new declaration; then its receipt. What was typed stays where something is wrong."""
    form = forms.form()
    if request.method != "POST":
        return _form(request, form, {}, [], signing.dumps(secrets.token_hex(16), salt=SALT))
    token = request.POST.get("token", "")
    try:
        nonce = signing.loads(token, salt=SALT, max_age=OPEN_SECONDS)
    except signing.BadSignature:
        raise Refused("form-stale") from None
    typed = {f.id: request.POST.getlist(f.id) for f in form.fields}
    said, problems = forms.read(form, typed)
    area = _area(request.POST.get("destination", ""))
    if area is None:
        problems.append(Problem("value-missing", "destination"))
    if problems or area is None:
        return _form(request, form, typed, problems, token)
    try:
        code, _ = declaring.declare(form, said, area, token=nonce, address=_address(request))
    except Refused as refused:
        if refused.code != "declaration-too-late":
            raise
        return _form(request, form, typed, [Problem(refused.code, "arrives_on", said["arrives_on"])], token)
    return _go(url("declared", {"said": "1"}, code=code))


def find(request: HttpRequest) -> HttpResponse:
    """From a receipt's code that was typed to its page."""
    code = "".join(c for c in request.POST.get("code", "").upper() if c.isalnum())
    if len(code) != declaring.LENGTH:
        raise Refused("receipt-unknown")
    return _go(url("declared", code=declaring.shown(code)))


def declared(request: HttpRequest, code: str) -> HttpResponse:
    """The receipt: its code, the picture of it, what was told (masked: others may look over the shoulder), and what may be corrected. POST: a correction."""
    address, form = request.META.get("REMOTE_ADDR", ""), forms.form()
    told = declaring.by_code(code, address)
    problems: list[Problem] = []
    typed: dict[str, list[str]] = {}
    if request.method == "POST":
        typed = {f.id: request.POST.getlist(f.id) for f in form.fields}
        said, problems = forms.read(form, typed, partly=True)
        area = _area(request.POST.get("destination", "")) or told.area
        if not problems:
            try:
                changed = declaring.correct(code, said, form, area, address=address)
                return _go(url("declared", {"said": "2" if changed else "3"}, code=code))
            except Refused as refused:
                if refused.code != "declaration-too-late":
                    raise
                problems = [Problem(refused.code, "arrives_on", said["arrives_on"])]
    words = Words(request.LANGUAGE_CODE, told.area.zone)  # type: ignore[attr-defined]
    plain = declaring.shown("".join(c for c in code.upper() if c.isalnum()))
    shown = _context(request, form, typed, problems) | {
        "w": words, "code": plain, "told": told, "lines": lines(words, form, told.said, hidden=True), "qr": Markup(codes.svg(declaring.PREFIX + plain)),  # noqa: S704 - made by ourselves
        "said": request.GET.get("said", ""), "destination": told.area.pk,
    }  # fmt: skip
    return page(request, "public/declared.html", shown, status=422 if problems else 200)


def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """The holder takes it back: it is deleted at once."""
    declaring.withdraw(code, request.META.get("REMOTE_ADDR", ""))
    return _go(url("declare", {"said": "gone"}))


def lines(words: Words, form: forms.Form, said: Mapping[str, Any], *, hidden: bool = False) -> list[tuple[str, str]]:
    """(label, value) of what was told, in the form's order. `hidden`: a name by its first character, a number by its last four, no address."""
    found = []
    for f in form.fields:
        value = said.get(f.id)
        if value is None:
            continue
        if f.type == "bool":
            text = words.both({"zh": "是", "en": "yes"} if value else {"zh": "否", "en": "no"})
        elif f.type in ("code", "codes"):
            text = (words.both({"zh": "、", "en": ", "})).join(words.code(str(f.codes), v) for v in ([value] if f.type == "code" else value))
        else:
            text = str(value)
        if hidden and f.type == "text" and f.sensitivity == "personal":
            text = masked(text) if f.id == "traveller_name" else f"···{text[-4:]}" if f.id in ("document_number", "contact_phone") else "···"
        found.append((f.zh if words.is_zh else f.en, text))
    return found


def _form(request: HttpRequest, form: forms.Form, typed: Mapping[str, Sequence[str]], problems: list[Problem], token: str) -> HttpResponse:
    try:
        destination = int(request.POST.get("destination", ""))
    except ValueError:
        destination = 0
    shown = _context(request, form, typed, problems) | {"token": token, "destination": destination, "said": request.GET.get("said", "")}
    return page(request, "public/declare.html", shown, status=422 if problems else 200)


def _context(request: HttpRequest, form: forms.Form, typed: Mapping[str, Sequence[str]], problems: list[Problem]) -> dict[str, Any]:
    words = Words(request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    by_id: dict[str, Any] = {f.id: f for f in form.fields}

    def worded(p: Problem) -> str:
        f = by_id.get(p.field)
        label = {"zh": f.zh, "en": f.en} if f else {"zh": "目的地", "en": "destination"}
        expected = f"{f.least or 1:g}–{f.most:g}" if f and f.most else "…"
        return str(Refused(p.code, field=label, value=p.value, expected=expected).text(words.language[:2]))

    return NOBODY | {
        "w": words, "form": form, "typed": typed, "codes": {f.id: code_list(f.codes) for f in form.fields if f.codes}, "problems": {p.field: worded(p) for p in problems},
        "destinations": _destinations(), "kept": int(threshold("declaration-kept-days", clock.now().date())),
    }  # fmt: skip


def _destinations() -> list[tuple[Area, list[Area]]]:
    """Where somebody may be going: each county (or what stands highest) with what is right below it; a tree that is too large is offered without that."""
    standing = Area.objects.filter(outside=False, valid_to=None, level__in=LEVELS).only("pk", "name_zh", "name_en", "level", "path", "parent_id").order_by("code")
    found = list(standing[: MOST + 1])
    if len(found) > MOST:
        found = list(standing.filter(level="county")[:MOST])
    if not found:
        return [(areas.root(), [])] if areas.any_known() else []
    below: dict[int, list[Area]] = {}
    ids = {a.pk for a in found}
    for a in found:
        if a.level == "township" and a.parent_id in ids:
            below.setdefault(a.parent_id, []).append(a)
    nested = {a.pk for some in below.values() for a in some}
    return [(a, below.get(a.pk, [])) for a in found if a.pk not in nested]


def _area(told: str) -> Area | None:
    pk = whole(told)
    return Area.objects.filter(pk=pk, outside=False, valid_to=None).first() if pk is not None else None


def _address(request: HttpRequest) -> str:
    """From where it comes, for the limit; a gateway that writes declarations down for others is not counted."""
    return "" if request.user.is_authenticated else request.META.get("REMOTE_ADDR", "")


def _go(address: str) -> HttpResponse:
    """See other, so that reloading sends nothing twice."""
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response
