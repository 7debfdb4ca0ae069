"""Grades of areas: what the rules propose and why, whom a grade would touch, the signature, and the map by day."""

import csv
import io
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from sizao.doors.command import plan_words
from sizao.doors.kit import places
from sizao.doors.kit.export import neutral
from sizao.doors.kit.middleware import is_partial
from sizao.doors.kit.pages import page
from sizao.doors.kit.people import handle, names
from sizao.doors.kit.shapes import drawn
from sizao.doors.kit.templates import url
from sizao.doors.kit.whole import whole
from sizao.doors.kit.words import Words
from sizao.flows import area_regraded
from sizao.flows import grade_by_criteria as criteria
from sizao.flows.area_regraded import Decision
from sizao.kernel import clock
from sizao.kernel.codes import code_list, threshold
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.unchanged import Unchanged, rights
from sizao.plan import switched
from sizao.plan.whom import Whom
from sizao.registers.command import read as command
from sizao.situation import grades as situation

SCALE, LIST = "risk", "risk-grade"
PAGE, DAYS, MOST_DAYS = 50, 60, 180
#: What was tried, and what stands beside it; of counts alone.
_tried: Unchanged[tuple[Whom, situation.Beside]] = Unchanged(64, whole=lambda found: not found[0].cut)
#: Steps of the coverage scale lent to grades; each stands with its word, so that no colour speaks alone.
SHADES = {"low": "c5", "medium": "c3", "high": "c1", "": "cn", "?": "cx"}


def board(request: HttpRequest) -> HttpResponse:
    """What waits for a decision, every graded area, and the map of its parts by day."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope)
    words = Words(request.LANGUAGE_CODE, area.zone)  # type: ignore[attr-defined]
    now = clock.now()
    found = situation.board(scope, area, now)
    course = _course(request, scope, area, now)
    shown = {
        "w": words, "area": area, "up": places.way_up(scope, area), "now": now, "board": found, "course": course, "drawn": drawn(places.shapes(area)),
        "shades": SHADES, "grades": code_list(LIST), "grade_word": lambda v: grade_word(words, v), "may_sign": scope.can(area_regraded.RIGHT, area),
        "per_line": lambda values: "".join(MARKS.get(v, "-") for v in values), "marks": MARKS, "span": len(course.days), "spans": (30, 60, 90, 180),
    }  # fmt: skip
    return page(request, "command/grades.html", shown)


#: One letter a day in the rows of the map's table, for the slider.
MARKS = {"low": "l", "medium": "m", "high": "h", "": "n", "?": "x"}


def grade_word(words: Words, value: str) -> str:
    """A grade, or the lack of one, in words."""
    return _("ungraded") if value == "" else _("cannot tell") if value == "?" else words.code(LIST, value)


def course_file(request: HttpRequest) -> HttpResponse:
    """The course as a file: area, day, what was in force, what the rules say."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope)
    words = Words(request.LANGUAGE_CODE, area.zone)  # type: ignore[attr-defined]
    found = _course(request, scope, area, clock.now())
    out = io.StringIO()
    out.write("\ufeff")
    lines = csv.writer(out)
    lines.writerow(["code", "area", "date", "in_force", "by_rules", "rules"])
    rules = " ".join(g.rules.id for g in found.governing)
    for line in found.lines:
        for day, force, said in zip(found.days, line.force, line.rules, strict=True):
            lines.writerow([line.area.code, neutral(words.name(line.area)), day.isoformat(), force, "" if said == "?" else said, rules])
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="grades-{area.code}-{found.days[-1].isoformat()}.csv"'
    return response


def _course(request: HttpRequest, scope: Any, area: Area, now: datetime) -> situation.Course:
    days = min(whole(request.GET.get("days", "")) or DAYS, MOST_DAYS)
    return situation.course(scope, area, clock.local_day(now, area.zone), days, now)


def area_page(request: HttpRequest) -> HttpResponse:
    """One area: what is in force, what the rules say with every figure, the smallest part that explains it, and the form to decide."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope)
    words = Words(request.LANGUAGE_CODE, area.zone)  # type: ignore[attr-defined]
    now = clock.now()
    found = criteria.find(scope, now, area)
    if found is None:
        return page(request, "command/grade_none.html", {"w": words, "area": area, "up": places.way_up(scope, area)})
    today = clock.local_day(now, area.zone)
    longest = int(threshold("grade-longest", now.date()))
    wanted = request.GET.get("value", "")
    value = wanted if wanted in code_list(LIST) else found.judged.grade or (found.standing.value if found.standing else "")
    review = today + timedelta(days=min(found.rules.review, longest))
    shown = {
        "w": words, "area": area, "up": places.way_up(scope, area), "now": now, "g": found, "value": value, "grades": code_list(LIST), "shades": SHADES,
        "grade_word": lambda v: grade_word(words, v), "figure": lambda t: figure(words, t), "review": review, "ends": min(today + timedelta(days=2 * found.rules.review), today + timedelta(days=longest)),
        "first": today + timedelta(days=1), "last": today + timedelta(days=longest), "longest": longest, "may_sign": scope.can(area_regraded.RIGHT, area), "history": history(words, command.decisions(scope, area, SCALE)),
        "seen": str(found.standing.pk) if found.standing else "", "ask": url("grade-affected", {"area": area.code, "value": value}), "is_part": area.level not in found.rules.levels,
    }  # fmt: skip
    return page(request, "command/grade.html", shown)


def figure(words: Words, told: Any) -> str:
    """A figure with its unit; what cannot be told says why."""
    if told.value is None:
        return _("cannot tell: %(why)s") % {"why": words.both(told.untold) or _("not told")}
    if isinstance(told.value, bool):
        return words.told(told.value)
    said = f"{told.value:,}" if isinstance(told.value, int) else f"{told.value:,.1f}"
    unit = words.both(told.unit)
    return said + (unit if unit == "%" else f" {unit}" if unit else "")


def history(words: Words, rows: list[Any], codes: str = LIST) -> list[dict[str, Any]]:
    """What was decided and looked at, the latest first."""
    told = []
    for r in rows:
        if hasattr(r, "starts_at"):
            told.append({"at": r.starts_at, "what": _("in force: %(grade)s") % {"grade": words.code(codes, r.value)}, "basis": r.basis, "until": r.ends_at, "review": r.review_by, "rule": r.rule, "by": r.sender})
        else:
            told.append({"at": r.reviewed_at, "what": _("looked at: %(outcome)s") % {"outcome": words.code("review-outcome", r.outcome)}, "basis": r.basis, "until": None, "review": None, "rule": "", "by": r.sender})
    return told


def affected(request: HttpRequest) -> HttpResponse:
    """Whom a grade would oblige or release, and what it does beside; with `measure`, the list behind a number."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope)
    words = Words(request.LANGUAGE_CODE, area.zone)  # type: ignore[attr-defined]
    scale = area_regraded.SCALES.get(request.GET.get("scale", ""), area_regraded.RISK)
    value = request.GET.get("value", "")
    if value not in code_list(scale.codes):
        found = criteria.find(scope, clock.now(), area) if scale is area_regraded.RISK else None
        value = (found.judged.grade if found else None) or next(iter(code_list(scale.codes)))
    labels = plan_words.changes()
    kept = {"area": area.code, "value": value} | ({"scale": scale.id} if scale is not area_regraded.RISK else {})
    shown: dict[str, Any] = {"w": words, "area": area, "value": value, "labels": labels, "kept": kept, "grade_word": lambda v: words.code(scale.codes, v), "may_read": scope.can("person.read", area), "up": places.way_up(scope, area), "scale": scale.id}
    if request.GET.get("measure"):
        return _behind(request, scope, area, value, shown, scale.id)

    def made() -> tuple[Whom, situation.Beside]:
        tried = switched.switched(scope, area, scale.id, value)
        return tried, situation.beside(scope, area, tried, clock.now())

    tried, beside = _tried.get((area.pk, scale.id, value, rights(scope, area), scope.post and scope.post.area_id), made)
    shown |= {"found": tried, "beside": beside, "changed": [m for m in tried.measures if m.cut or m.obliged or m.released or m.changed or m.cannot_tell]}
    return page(request, "command/grade_affected.html" if is_partial(request) else "command/grade_affected_page.html", shown)


def _behind(request: HttpRequest, scope: Any, area: Area, value: str, shown: dict[str, Any], scale: str) -> HttpResponse:
    measure, change, held = request.GET["measure"], request.GET.get("change", "obliged"), request.GET.get("held", "")
    standing = whole(held)
    if standing is None:
        raise Refused("bad-value", field="held", value=held, expected="1, 2, 3 …")
    listed = switched.behind(scope, area, scale, value, measure, standing, change, clock.now(), after=request.GET.get("after", ""), limit=PAGE)
    named = names(scope, [r.person for r in listed.rows], f"grade.{change}")
    query = shown["kept"] | {"measure": measure, "change": change, "held": held}
    rows = [(r, named.get(r.person) or handle(r.subject), url("person", person=r.person) if r.person in named else "") for r in listed.rows]
    shown |= {"rows": rows, "change": change, "measure": measure, "query": query, "next": url("grade-affected", query | {"after": listed.next}) if listed.next else ""}
    return page(request, "command/grade_affected_list.html", shown)


def sign(request: HttpRequest) -> HttpResponse:
    """Signs a grade, keeps what is in force (declining what the rules say), or ends the grade of a part."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope, area_regraded.RIGHT)
    sent = request.POST
    done, reason, seen = sent.get("do", ""), sent.get("reason", ""), sent.get("seen", "")
    now = clock.now()
    if done == "sign":
        found = criteria.of(scope, now, area)
        if sent.get("said", "") != (found.judged.grade or ""):  # what the rules say has changed since it was shown
            raise Refused("grade-changed-meanwhile", area={"zh": area.name_zh, "en": area.name_en or area.name_zh})
        review, ends = local_day(sent.get("review", "")), local_day(sent.get("ends", ""))
        basis = criteria.basis_of(found.rules, found.judged)
        area_regraded.sign(scope, Decision(area, sent.get("value", ""), found.judged.grade, basis, criteria.cited(found.rules), reason, review, ends, seen))
    elif done == "keep":
        found = criteria.of(scope, now, area)
        area_regraded.keep(scope, area, seen, reason, found.judged.grade if found.proposes else None)
    elif done == "end":
        area_regraded.end(scope, area, seen, reason)
    else:
        raise Refused("bad-value", field="do", value=done, expected="sign, keep, end")
    response = HttpResponseRedirect(url("grade", {"area": area.code, "done": done}))
    response.status_code = 303
    return response


def local_day(text: str) -> date:
    """A day as a form sends it. Refused bad-value."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("bad-value", field={"zh": "日期", "en": "day"}, value=text, expected="2020-06-30") from None
