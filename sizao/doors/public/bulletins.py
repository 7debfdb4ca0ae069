"""For anyone: what the publication gate let out: bulletins and tables with their date, run, source and corrections; recalled ones with the reason."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from sizao.doors.kit.export import neutral
from sizao.doors.kit.pages import page
from sizao.doors.kit.words import Words
from sizao.kernel.errors import Refused
from sizao.situation.models import Publication
from sizao.situation.publication import store
from sizao.situation.publication.tables import from_json
from sizao.situation.publication.types import FIGURES, figure_of

from . import donations

NOBODY: dict[str, Any] = {"user": None, "scope": None, "post": None}


def listing(request: HttpRequest) -> HttpResponse:
    """The newest fifty, the newest first."""
    return page(request, "public/bulletins.html", NOBODY | {"w": Words(request.LANGUAGE_CODE), "rows": store.out(50), "section": "bulletins"})  # type: ignore[attr-defined]


def one(request: HttpRequest, code: str) -> HttpResponse:
    row = store.one_out(code)
    words = Words(request.LANGUAGE_CODE, row.area.zone)  # type: ignore[attr-defined]
    shown = {"w": words, "row": row, "table": grid(row, words) if "cells" in row.body and not row.recalled_at else None, "corrections": store.corrections_of(row), "section": "bulletins"}
    return page(request, "public/bulletin.html", NOBODY | shown)


def file(request: HttpRequest, code: str, sent_as: str) -> HttpResponse:
    """The table as CSV or JSON; of a recalled one only that it was recalled, and why."""
    row = store.one_out(code)
    if sent_as == "json":
        return open_to_all(JsonResponse(as_json(row), json_dumps_params={"ensure_ascii": False}))
    if sent_as != "csv" or row.type == store.STORY:
        raise Refused("page-not-found")
    words = Words(request.LANGUAGE_CODE, row.area.zone)  # type: ignore[attr-defined]
    out = io.StringIO()
    writer = csv.writer(out)
    if row.recalled_at:
        writer.writerow(["recalled", row.recalled_at.isoformat(), plain(row.notice)])
    elif "gifts" in row.body:
        writer.writerow([*donations.COLUMNS, "as_of"])
        writer.writerows([[plain("" if v is None else v) for v in told.values()] + [row.as_of.isoformat() if row.as_of else ""] for told in donations.lines(row)])
    else:
        header, rows = grid(row, words)
        writer.writerow([*(plain(h) for h in header), "as_of", "run"])
        writer.writerows([[plain(v) for v in (name, *values)] + [row.as_of.isoformat() if row.as_of else "", row.run] for name, values in rows])
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{row.code}.csv"'
    return open_to_all(response)


def grid(row: Publication, words: Words) -> tuple[list[str], list[tuple[str, list[int | None]]]]:
    """(header, (name, values) of each row) of a table as it went out; None: hidden."""
    body = row.body
    cells = from_json(body["cells"])
    by, areas, ages = body["by"], body["areas"], body["ages"]
    place = "地区" if words.is_zh else "area"
    if body["official"]:
        told = {(c.dims["area"], figure_of(c)): c.value for c in cells}
        return [place, *(words.both(FIGURES[f]) for f in body["figures"])], [(words.both(name), [told.get((path, f)) for f in body["figures"]]) for path, name in areas.items()]
    total = "合计" if words.is_zh else "total"
    whole = [(total, [c.value for c in cells if c.official][:1])]
    figure = words.both(FIGURES["total"])
    if by == ["area"]:
        told_area = {c.dims["area"]: c.value for c in cells if not c.official}
        return [place, figure], [*((words.both(name), [told_area[path]]) for path, name in areas.items()), *whole]
    if by == ["age"]:
        told_age = {c.dims["age"]: c.value for c in cells if not c.official}
        return ["年龄" if words.is_zh else "age", figure], [*((words.both(name), [told_age[code]]) for code, name in ages.items()), *whole]
    told_both = {(c.dims["area"], c.dims["age"]): c.value for c in cells if not c.official}
    blank: list[int | None] = [None] * (len(ages) - 1)
    return [place, *(words.both(name) for name in ages.values())], [(words.both(name), [told_both[(path, code)] for code in ages]) for path, name in areas.items()] + ([(total, [*whole[0][1], *blank])] if not ages else [])


def as_json(row: Publication) -> dict[str, Any]:
    """One publication for a program. Hidden cells are null, and `few` says below what."""
    about = {
        "code": row.code, "type": row.type, "title": row.body["title"], "area": {"code": row.area.code, "zh": row.area.name_zh, "en": row.area.name_en}, "disease": row.disease,
        "as_of": row.as_of.isoformat() if row.as_of else None, "run": row.run, "published_at": row.signed_at.isoformat() if row.signed_at else None,
        "replaces": row.replaces.code if row.replaces else None, "recalled_at": row.recalled_at.isoformat() if row.recalled_at else None, "notice": row.notice,
    }  # fmt: skip
    if row.recalled_at:
        return about
    if row.type == store.STORY:
        return about | {"text": row.body["text"]}
    if "gifts" in row.body:
        return about | {"source": row.body["source"]} | row.body["gifts"]
    names = row.body["areas"]
    cells = [{**{k: names.get(v, {"zh": "合计", "en": "total"}) if k == "area" else v for k, v in c.box if k in ("area", "age")}, "figure": figure_of(c) if c.official else "total", "value": c.value} for c in from_json(row.body["cells"])]
    return about | {"few": row.body["few"], "cells": cells, "source": row.body["source"]}


def plain(value: Any) -> Any:
    """A value that a spreadsheet takes for no formula; a hidden one as a dash."""
    if value is None:
        return "-"
    return neutral(value) if isinstance(value, str) else value


def open_to_all(response: HttpResponse) -> HttpResponse:
    """Any page of anybody may read it, and a proxy may keep it for a minute."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "public, max-age=60"
    return response
