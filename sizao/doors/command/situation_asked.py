"""What the address of the situation asks for, and what is gathered for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import gettext as _

from sizao.doors.kit import places
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.kernel.codes import code_list
from sizao.kernel.days import day, number
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.situation.lines import BYS, Lines, diseases, gather
from sizao.situation.periods import STEPS

#: What an address of the situation may say, besides the area.
NAMES = ("disease", "by", "step", "class", "from", "to", "known")
#: The column of the register of cases by which the list behind a bar is asked.
COLUMNS = {"onset": "onset_on", "report": "reported_at", "confirmation": "confirmed_at"}


@dataclass(slots=True)
class Asked:
    """What the address asks for, and what was gathered for it."""

    scope: Scope
    area: Area
    words: Words
    disease: str
    diseases: list[tuple[str, int]]
    by: str
    step: str
    classes: tuple[str, ...]
    since: int | None
    until: int | None
    lines: Lines | None
    query: dict[str, Any] = field(default_factory=dict)
    _listed: bool | None = field(default=None, init=False, repr=False)
    _begun: dict[tuple[tuple[str, str], ...], str] = field(default_factory=dict, init=False, repr=False)

    def file(self, key: str) -> Any:
        """The address of a panel's file, by its form."""
        return lambda form: url("situation-file", self.query, panel=key, sent_as=form)

    def rows(self, first: int | None = None, last: int | None = None, **more: str) -> str:
        """The list of the cases behind a figure, for who may read them; "" for others, and where the figure is of records of another time: lists are of now. Its rows are the figure."""
        if self._listed is None:
            self._listed = self.scope.can("case.read", self.area) and (self.lines is None or self.lines.known_at is None)
        if not self._listed:
            return ""
        key = tuple(more.items())
        if key not in self._begun:
            pairs = [("area", self.area.code), ("f.disease", self.disease)]
            wanted = self.classes or tuple(c for c in code_list("case-class") if c != "ruled_out")
            if "classification" not in more and "classification_empty" not in more:
                pairs += [("f.classification", c) for c in wanted]
            pairs += [("f.classification.empty" if k == "classification_empty" else f"f.{k}", v) for k, v in more.items()]
            self._begun[key] = f"{url('register', register='cases')}?{urlencode(pairs)}"
        column = COLUMNS[self.by]
        since, until = ("" if d is None else f"&f.{column}.{end}={day(d).isoformat()}" for d, end in ((first, "gte"), (last, "lte")))
        return self._begun[key] + since + until


def _day(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "").strip()
    if not text:
        return None
    try:
        return number(date.fromisoformat(text))
    except ValueError:
        raise Refused("bad-value", field=_("day"), value=text[:40], expected="2026-01-31") from None


def _one(request: HttpRequest, name: str, known: tuple[str, ...]) -> str:
    value = request.GET.get(name, "") or known[0]
    if value not in known:
        raise Refused("bad-value", field=name, value=value[:40], expected=" · ".join(known))
    return value


def placed(request: HttpRequest) -> tuple[Scope, Area]:
    """Who asks, and for which area. Refused: not-found-or-out-of-area."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    return scope, places.asked(request, scope)


def asked(request: HttpRequest, scope: Scope, area: Area, as_of: datetime) -> Asked:
    """Reads the rest of the address, and gathers what it asks for as of that moment. Refused: bad-value."""
    found = diseases(scope, area, as_of)
    disease = request.GET.get("disease", "") or (found[0][0] if found else "")
    by, step = _one(request, "by", BYS), _one(request, "step", STEPS)
    known = [c for c in code_list("case-class") if c != "ruled_out"]
    classes = tuple(dict.fromkeys(c for c in request.GET.getlist("class") if c))
    if wrong := [c for c in classes if c not in known]:
        raise Refused("bad-value", field=_("Classification"), value=wrong[0][:40], expected=" · ".join(known))
    since, until = _day(request, "from"), _day(request, "to")
    if since is not None and until is not None and until < since:
        raise Refused("bad-value", field=_("day"), value=day(until).isoformat(), expected=f"≥ {day(since).isoformat()}")
    then = request.GET.get("known", "") == "then"
    lines = gather(scope, area, disease, as_of, as_of if then else None) if disease else None
    query = {
        "area": area.code, "disease": disease, "by": by if by != BYS[0] else "", "step": step if step != STEPS[0] else "",
        "known": "then" if then else "",
        "from": day(since).isoformat() if since is not None else "", "to": day(until).isoformat() if until is not None else "",
    }  # fmt: skip
    if len(classes) == 1:
        query["class"] = classes[0]
    return Asked(scope, area, Words(request.LANGUAGE_CODE, area.zone), disease, found, by, step, classes, since, until, lines, query)  # type: ignore[attr-defined]
