"""For anyone: every rule in force, in words, with its version, its source and since when, and the grades of areas. No person, no number of persons."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from sizao.doors.kit.pages import page
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.models import ContentItem
from sizao.plan import evaluation
from sizao.plan.grading import rulesets
from sizao.plan.grading.rulesets import Line, RuleSet
from sizao.registers.command.read import published_grades
from sizao.registers.isolation.orders import published
from sizao.registers.isolation.rules import length

from .concerned import by_place


def rules(request: HttpRequest) -> HttpResponse:
    """The measures in force by place and by whom they concern, and what may be ordered of one person. A trial says that it is one; what has ended is not shown."""
    now = clock.now()
    words = Words(request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    shown = [(f.enactment, f.measure) for f in evaluation.in_force(now) if f.enactment.ends_at is None or f.enactment.ends_at > now]
    context = {
        "w": words, "places": by_place(shown), "edition": evaluation.edition, "orders": [(rule, e, words.span(length(rule.body["longest"]))) for rule, e in published(now)], "now": now, "count": len(shown),
        "user": None, "scope": None, "post": None, "grades": _grades(now),
    }  # fmt: skip
    return page(request, "public/rules.html", context)


def _grades(now: datetime) -> list[tuple[Any, RuleSet | None, list[Line]]]:
    """The grades in force that a person signed, each with its rules and the lines of them that give it. The figures of an area are not public. Two statements."""
    rows = published_grades(now)
    wanted = {row.rule.partition("@")[0] for row in rows if row.rule}
    texts = {item.ref: rulesets.read(item.item_id, item.text) for item in ContentItem.objects.filter(kind=rulesets.KIND, item_id__in=wanted)} if wanted else {}
    return [(row, rules, [line for line in rules.lines if line.grade == row.value] if rules else []) for row in rows for rules in [texts.get(row.rule)]]
