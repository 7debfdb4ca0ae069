"""ODK Collect at our door (OpenRosa 1.0): the list of forms, a form, its files, and what was filled in.

The server's address in Collect is `https://…/api/v1/openrosa`, the user's name any, the password a token (`sizao users token`). What was filled in is a line of the
form's ledger, written once however often it is sent: its instanceID is its key, as on our own phones.
"""

import csv
import io
from email.utils import format_datetime
from typing import Any
from uuid import UUID
from xml.sax.saxutils import escape

from django.http import HttpRequest, HttpResponse

from sizao.doors.field import told as field
from sizao.doors.field.told import Told
from sizao.doors.kit.export import neutral
from sizao.interop.openrosa import filled, forms
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Problem
from sizao.kernel.scope import Scope
from sizao.registers.ledgers import read as ledgers
from sizao.registers.ledgers.catalogue import ledgers as every_ledger
from sizao.registers.ledgers.items import Ledger
from sizao.registers.population import read as population

#: No form asks for a photograph, and a line of text is short: what is larger is refused before it is read.
LARGEST = 2_000_000
#: Units offered in a form's list.
MOST = 2000


def form_list(request: HttpRequest) -> HttpResponse:
    """The forms that this post may fill in."""
    rows = []
    for one in _offered():
        at = request.build_absolute_uri(f"/api/v1/openrosa/forms/{one.id}")
        media = f"<manifestUrl>{escape(at)}/manifest</manifestUrl>" if one.about == "unit" else ""
        rows.append(
            f"<xform><formID>{one.id}</formID><name>{escape(one.title(_language(request)))}</name><version>{one.ref.rpartition('@')[2]}</version>"
            f"<hash>{forms.digest(forms.xform(one))}</hash><downloadUrl>{escape(at)}.xml</downloadUrl>{media}</xform>"
        )
    return _xml(f'<xforms xmlns="http://openrosa.org/xforms/xformsList">{"".join(rows)}</xforms>')


def form(request: HttpRequest, ledger_id: str) -> HttpResponse:
    """One form."""
    return _xml(forms.xform(_one(ledger_id)))


def manifest(request: HttpRequest, ledger_id: str) -> HttpResponse:
    """The files beside a form: the post's own units, for those about a unit."""
    one = _one(ledger_id)
    files = ""
    if one.about == "unit":
        at = request.build_absolute_uri(f"/api/v1/openrosa/forms/{one.id}/units.csv")
        files = f"<mediaFile><filename>units.csv</filename><hash>{forms.digest(_units(_scope(request), one))}</hash><downloadUrl>{escape(at)}</downloadUrl></mediaFile>"
    return _xml(f'<manifest xmlns="http://openrosa.org/xforms/xformsManifest">{files}</manifest>')


def units(request: HttpRequest, ledger_id: str) -> HttpResponse:
    """The list of units that a form chooses from."""
    return _dressed(HttpResponse(_units(_scope(request), _one(ledger_id)), content_type="text/csv; charset=utf-8"))


def submission(request: HttpRequest) -> HttpResponse:
    """What was filled in. HEAD and GET say how much is taken, POST takes it; the answer is in the words that Collect shows.

    Refused: upload-too-large (before a byte of it is read), openrosa-unreadable; what the ledger refuses is answered 422 with its reason.
    """
    if request.method != "POST":
        response = _dressed(HttpResponse(status=204 if request.method == "HEAD" else 200))
        response.headers["Location"] = request.build_absolute_uri("/api/v1/openrosa/submission")
        return response
    size = int(request.headers.get("Content-Length") or 0)
    if size > LARGEST:
        return _said(request, Refused("upload-too-large", megabytes=round(size / 1e6), limit=LARGEST // 1_000_000))
    sent = request.FILES.get("xml_submission_file")
    if sent is None:
        return _said(request, Refused("openrosa-unreadable", why="xml_submission_file"))
    try:
        told = _told(_scope(request), filled.read(sent.read()))
    except Refused as refused:
        return _said(request, refused)
    if not told.answer:
        field.take(_scope(request), [told])
    if told.problem is not None:
        return _said(request, field.refusal(told.problem))
    if told.answer == "old":
        return _said(request, Refused("openrosa-old"))
    return _message({"new": "已保存 Saved", "updated": "已更新 Updated", "identical": "此前已收到 Was there already"}[told.answer], 201)


def _told(scope: Scope, f: filled.Filled) -> Told:
    """The form as an act of a phone. Refused: ledger-unknown."""
    one, now = _one(f.form), clock.now()
    body: dict[str, Any] = {"kind": "line", "ledger": one.id, "values": _values(one, f.values), "about": _about(scope, one, f.about)}
    at = min(f.ended_at, now) if f.ended_at is not None and f.ended_at > now - field.OLDEST else now
    told = Told(f.instance, "line", at, body)
    if one.about in ("person", "household", "unit") and not body["about"]:
        told.refuse(Problem("not-found-or-out-of-area", one.about, ""))
    return told


def _values(one: Ledger, values: dict[str, str]) -> dict[str, Any]:
    """Text as Collect sends it: several codes stand with blanks between them."""
    known = one.by_id
    return {name: text.split() if name in known and known[name].type == "codes" else text for name, text in values.items()}


def _about(scope: Scope, one: Ledger, told: str) -> dict[str, str]:
    if one.about == "area":
        return {"area": scope.post.area.code} if scope.post is not None else {}
    if one.about == "unit":
        try:
            return {"unit": str(UUID(told))}
        except ValueError:
            return {}
    if one.about == "household":
        found = list(population.households(scope).filter(code=told)[:2]) if told else []
        return {"household": str(found[0].pk)} if len(found) == 1 else {}
    people = {person for _, person in population.by_identifier(scope, [told])} if told else set()
    return {"person": str(people.pop())} if len(people) == 1 else {}


def _offered() -> list[Ledger]:
    return sorted(forms.offered(every_ledger().values()), key=lambda one: one.id)


def _one(ledger_id: str) -> Ledger:
    found = next((one for one in _offered() if one.id == ledger_id), None)
    if found is None:
        raise Refused("not-found-or-out-of-area")
    return found


def _units(scope: Scope, one: Ledger) -> str:
    rows = ledgers.units(scope, "ledger.write").exclude(in_use=False)
    if one.kinds:
        rows = rows.filter(kind__in=one.kinds)
    out = io.StringIO()
    write = csv.writer(out)
    write.writerow(["name", "label"])
    write.writerows((str(u.pk), neutral(u.name)) for u in rows.order_by("name", "pk")[:MOST])
    return out.getvalue()


def _scope(request: HttpRequest) -> Scope:
    found: Scope = request.scope.open()  # type: ignore[attr-defined]
    return found


def _language(request: HttpRequest) -> str:
    return "en" if request.headers.get("Accept-Language", "").lower().startswith("en") else "zh"


def _said(request: HttpRequest, refused: Refused) -> HttpResponse:
    """A refusal in the words that Collect shows; its code first, so that a telephone call about it is short."""
    words = f"{refused.text('zh')} {refused.text('en')} [{refused.code}]"
    return _message(words, refused.status)


def _message(words: str, status: int) -> HttpResponse:
    nature = "submit_success" if status < 300 else "error"
    return _xml(f'<OpenRosaResponse xmlns="http://openrosa.org/http/response"><message nature="{nature}">{escape(words)}</message></OpenRosaResponse>', status)


def _xml(body: str, status: int = 200) -> HttpResponse:
    head = "" if body.startswith("<?xml") else '<?xml version="1.0" encoding="UTF-8"?>'
    return _dressed(HttpResponse(head + body, status=status, content_type="text/xml; charset=utf-8"))


def _dressed(response: HttpResponse) -> HttpResponse:
    response.headers["X-OpenRosa-Version"] = "1.0"
    response.headers["X-OpenRosa-Accept-Content-Length"] = str(LARGEST)
    response.headers["Date"] = format_datetime(clock.now(), usegmt=True)
    return response
