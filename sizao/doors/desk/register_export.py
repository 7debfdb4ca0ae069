"""Taking a list out: what is in it, whether names go along and what for, CSV or XLSX."""

import tempfile
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse

from sizao.doors.kit import lists
from sizao.doors.kit.export import Export
from sizao.doors.kit.pages import page
from sizao.doors.kit.words import Words
from sizao.kernel import audit, clock
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.registry import Register, find
from sizao.kernel.scope import Scope


def export(request: HttpRequest, register: str) -> HttpResponse | StreamingHttpResponse | FileResponse:
    """GET: the question. POST: the file. Refused: names-need-purpose, not-allowed (names without the right)."""
    scope, found = request.scope.open(), find(register)
    pairs = parse_qsl(request.POST.get("query", "")) if request.method == "POST" else [(k, v) for k in request.GET for v in request.GET.getlist(k)]
    if request.method != "POST" or not request.POST.get("format"):
        return _question(request, scope, found, pairs)
    names = bool(request.POST.get("names"))
    purpose = request.POST.get("purpose", "")
    if names:
        if purpose not in code_list("purpose"):
            raise Refused("names-need-purpose")
        scope = Scope.open(scope.user, scope.post, purpose)  # a grant may be for some purposes only
        for permission in ("register.export", "person.names", found.declaration.read):
            scope.check(permission)
    wanted = _asked(scope, found, pairs)
    words = Words(request.LANGUAGE_CODE, lists.zone_of(scope))  # type: ignore[attr-defined]
    made = Export(scope, wanted, words, names)
    audit.write(scope, f"{register}.export", [], count=0, names=names, query=pairs, format=request.POST["format"])
    file = f"{register}-{clock.local_day(clock.now(), words.zone):%Y%m%d}"
    if request.POST["format"] == "csv":
        answer: HttpResponse | StreamingHttpResponse | FileResponse = StreamingHttpResponse(made.csv(), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{file}.csv"'
        return answer
    place = settings.STORE if settings.STORE and settings.STORE.is_dir() else None
    out = tempfile.TemporaryFile(prefix="export-", dir=place)  # noqa: SIM115  (the answer closes it)
    made.xlsx(out, about(found, scope, wanted, words, names))
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename=f"{file}.xlsx", content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def _asked(scope: Scope, register: Register, pairs: list[tuple[str, str]]) -> lists.Asked:
    told: dict[str, list[str]] = {}
    for k, v in pairs:
        told.setdefault(k, []).append(v)
    return lists.asked(register, scope, told)


def about(register: Register, scope: Scope, wanted: lists.Asked, words: Words, names: bool) -> list[tuple[str, str]]:
    """What a file says of itself."""
    return [
        ("登记簿 register", f"{register.declaration.zh} {register.declaration.en}"),
        ("条件 asked", "&".join(f"{k}={v}" for k, v in wanted.query if k != "q") or "—"),
        ("岗位 post", words.title(scope.post)),
        ("目的 purpose", words.code("purpose", scope.purpose) if names else "—"),
        ("时间 made", words.full(clock.now())),
    ]


def _question(request: HttpRequest, scope: Scope, register: Register, pairs: list[tuple[str, str]]) -> HttpResponse:
    from urllib.parse import urlencode

    wanted = _asked(scope, register, pairs)
    words = Words(request.LANGUAGE_CODE, lists.zone_of(scope))  # type: ignore[attr-defined]
    context = {
        "r": register,
        "d": register.declaration,
        "w": words,
        "total": lists.counted(lists.rows(scope, wanted)),
        "counted": lists.COUNTED,
        "query": urlencode(pairs),
        "plain": Export(scope, wanted, words).header(),
        "more": [h for h in Export(scope, wanted, words, True).header() if h not in Export(scope, wanted, words).header()],
        "may_names": scope.can("person.names") and bool(register.declaration.person),
        "purposes": [(c, words.code("purpose", c)) for c in code_list("purpose")],
    }
    return page(request, "desk/register_export.html", context)
