"""Preparing, signing by a second person, recalling, correcting; and what is out. A draft is never changed: who wants it otherwise drops it and prepares another."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from sizao.kernel import audit, clock
from sizao.kernel.codes import threshold
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.plan.read import latest_run
from sizao.registers.resources import actions as resources
from sizao.registers.resources import giving
from sizao.situation.models import Publication

from . import gifts, types
from .gate import Passed, let_through
from .stories import Story, check_story
from .tables import Cell, from_json, to_json

RIGHT = "text.write"
STORY = "story"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
#: As many tables are looked at together as came out within this time; older ones say too little of today to be set against it.
TOGETHER, MOST_TOGETHER = timedelta(days=120), 40


# -- who publishes


@transaction.atomic
def prepare(scope: Scope, type_id: str, area: Area, disease: str, *, replaces: str = "") -> Publication:
    """A draft of a table from the newest run's moment, or of the ledger of donations as it stands now, as it may go out.

    Refused: not-allowed, bad-value, publication-too-fine, publication-no-run; what `gifts.make` refuses.
    """
    scope.check(RIGHT, area)
    if is_gifts(type_id):
        return _prepare_gifts(scope, types.types()[type_id], area, replaces)
    run = latest_run()
    if run is None:
        raise Refused("publication-no-run")
    made = types.make(scope, type_id, area, disease, run.as_of)
    passed = _passed(made, area, disease)
    body = {
        "cells": to_json(passed.cells), "areas": made.areas, "ages": made.ages, "by": list(made.type.by), "figures": list(made.type.figures), "official": made.type.official,
        "title": dict(made.type.title), "note": dict(made.type.note), "source": made.type.source, "few": _few(), "hidden": sum(c.value is None for c in passed.cells),
    }  # fmt: skip
    return _draft(scope, area, type=made.type.id, disease=disease, as_of=run.as_of, run=run.pk, body=body, digest=made.digest, replaces=_replaced(scope, replaces))


@transaction.atomic
def prepare_story(scope: Scope, area: Area, story: Story, *, replaces: str = "") -> Publication:
    """A draft of what is told of one case. Refused: not-allowed, story-names-somebody (with what was found in it)."""
    scope.check(RIGHT, area)
    found = check_story(scope, area, story)
    if found:
        raise Refused("story-names-somebody", found="；".join(f"{kind}：{n}" for kind, n in found.items()))
    body = {"title": {"zh": story.title, "en": story.title}, "text": story.text, "sex": story.sex, "age": story.age, "note": {"zh": "", "en": ""}, "source": ""}
    return _draft(scope, area, type=STORY, body=body, replaces=_replaced(scope, replaces))


@transaction.atomic
def sign(scope: Scope, code: str) -> Publication:
    """Lets it out. The figures are reckoned again, and set again against what has come out since. Refused: publication-own, publication-stale, publication-over."""
    row = _mine(scope, code, lock=True)
    if row.signed_at is not None:
        raise Refused("publication-over")
    if scope.user is None or scope.user.pk == row.prepared_by_id:
        raise Refused("publication-own")
    if is_gifts(row.type):
        assert row.as_of is not None
        if gifts.make(scope, row.area, row.as_of).digest != row.digest:
            raise Refused("publication-stale")
        resources.donations_published(Scope.system("donations published"), giving.unpublished(scope, row.area.path, row.as_of), sender="publication")
    elif row.type != STORY:
        assert row.as_of is not None
        made = types.make(scope, row.type, row.area, row.disease, row.as_of)
        if made.digest != row.digest or to_json(_passed(made, row.area, row.disease).cells) != row.body["cells"]:
            raise Refused("publication-stale")
    row.signed_by, row.signed_at = scope.user, clock.now()
    row.save(update_fields=["signed_by", "signed_at"])
    audit.write(scope, "publication.signed", [], digest_of=[row.code, row.type, row.digest])
    return row


@transaction.atomic
def recall(scope: Scope, code: str, notice: str) -> Publication:
    """Takes it back at once, by one person: who sees a fault need not look for a second. That it was out, and why it is no more, stays to be read. Refused: value-missing, publication-over."""
    row = _mine(scope, code, lock=True)
    if row.signed_at is None or row.recalled_at is not None:
        raise Refused("publication-over")
    if not notice.strip():
        raise Refused("publication-no-notice")
    row.recalled_by, row.recalled_at, row.notice = scope.user, clock.now(), notice.strip()[:1000]
    row.save(update_fields=["recalled_by", "recalled_at", "notice"])
    audit.write(scope, "publication.recalled", [], digest_of=[row.code])
    return row


@transaction.atomic
def drop(scope: Scope, code: str) -> None:
    """A draft that nobody signs. Refused publication-over: what is out is recalled, never dropped."""
    row = _mine(scope, code, lock=True)
    if row.signed_at is not None:
        raise Refused("publication-over")
    audit.write(scope, "publication.dropped", [], digest_of=[row.code])
    row.delete()


def of_staff(scope: Scope) -> QuerySet[Publication]:
    """Drafts and what was out, of the areas where this scope publishes."""
    return Publication.objects.filter(scope.area_filter("area", RIGHT)).select_related("area", "prepared_by", "signed_by", "recalled_by", "replaces").defer("area__geometry").order_by("-prepared_at")


def is_gifts(type_id: str) -> bool:
    """The type is a ledger of donations, no table of counts."""
    found = types.types().get(type_id)
    return found is not None and found.gifts


def _prepare_gifts(scope: Scope, kind: types.Type, area: Area, replaces: str) -> Publication:
    now = clock.now()
    made = gifts.make(scope, area, now)
    body = {"title": dict(kind.title), "note": dict(kind.note), "source": kind.source, "gifts": made.body}
    return _draft(scope, area, type=kind.id, as_of=now, body=body, digest=made.digest, replaces=_replaced(scope, replaces))


def _mine(scope: Scope, code: str, *, lock: bool = False) -> Publication:
    scope.check(RIGHT)
    found = Publication.objects.select_for_update(of=("self",)) if lock else Publication.objects
    row = found.filter(scope.area_filter("area", RIGHT), code=code).select_related("area").first()
    if row is None:
        raise Refused("not-found-or-out-of-area")
    return row


def _replaced(scope: Scope, code: str) -> Publication | None:
    return _mine(scope, code) if code else None


def _draft(scope: Scope, area: Area, **told: Any) -> Publication:
    now = clock.now()
    code = f"{clock.local_day(now, area.zone):%Y%m%d}-" + "".join(secrets.choice(LETTERS) for _ in range(5))
    row: Publication = Publication.objects.create(code=code, area=area, prepared_by=scope.user, prepared_at=now, **told)
    audit.write(scope, "publication.prepared", [], digest_of=[code, row.type, row.digest])
    return row


# -- the gate


def _few() -> int:
    return int(threshold("published-few", clock.now().date()))


def _passed(made: types.Made, area: Area, disease: str) -> Passed:
    """The table as it may go out beside everything that is or was out. An official table goes as it is."""
    if made.type.official:
        return Passed(made.cells, 0, 0)
    width = int(threshold("published-width", clock.now().date()))
    return let_through(made.cells, [_audited(from_json(r.body["cells"])) for r in beside(area, disease)], few=_few(), width=width)


def beside(area: Area, disease: str) -> list[Publication]:
    """Tables of the same disease above or below an area that were ever out, recalled ones too: who has read them knows them. The newest first."""
    rows = Publication.objects.filter(signed_at__gt=clock.now() - TOGETHER, disease=disease, run__isnull=False).select_related("area").defer("area__geometry").order_by("-signed_at", "-pk")
    return [r for r in rows if r.area.path.startswith(area.path) or area.path.startswith(r.area.path)][:MOST_TOGETHER]


def _audited(cells: Sequence[Cell]) -> list[Cell]:
    """Those that say something of confirmed cases so far; official figures of other people are no part of any breakdown."""
    return [replace(c) for c in cells if not c.official or types.figure_of(c) == "total"]


# -- what is out: for anyone


def out(most: int = 50, *, kind: str = "", before: datetime | None = None) -> list[Publication]:
    """What was let out, recalled ones with their notice among them, the newest first. One statement."""
    rows = Publication.objects.filter(signed_at__isnull=False)
    if kind:
        rows = rows.filter(type=kind)
    if before is not None:
        rows = rows.filter(signed_at__lt=before)
    return list(rows.select_related("area", "replaces").defer("area__geometry").order_by("-signed_at", "-pk")[:most])


def one_out(code: str) -> Publication:
    """Refused page-not-found for a draft as for what never was."""
    row: Publication | None = Publication.objects.filter(code=code, signed_at__isnull=False).select_related("area", "replaces").defer("area__geometry").first()
    if row is None:
        raise Refused("page-not-found")
    return row


def gifts_out() -> list[Publication]:
    """Ledgers of donations, of each area the newest that was let out, the widest area first; a recalled one with its notice. One statement."""
    kinds = [t.id for t in types.types().values() if t.gifts]
    rows = Publication.objects.filter(signed_at__isnull=False, type__in=kinds).order_by("area_id", "-signed_at", "-pk").distinct("area_id")
    return sorted(rows.select_related("area", "replaces").defer("area__geometry"), key=lambda r: (r.area.path.count("."), r.area.code))


def corrections_of(row: Publication) -> list[Publication]:
    """What replaces it, as far as it is out."""
    return list(Publication.objects.filter(replaces=row, signed_at__isnull=False).order_by("signed_at"))
