"""The shell of the phone's list: page, program, looks, worker, manifest. None of it holds a name; what it shows comes from `pack.py`, sealed.

The files have addresses that stay, and one version for all of them in one language: the worker fetches a new version whole before it takes the place of the old.
"""

import gzip
import hashlib
import json
from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from sizao.doors.field import copies
from sizao.doors.kit import pages
from sizao.doors.kit.static import ROOT, static
from sizao.kernel.errors import Refused

PLACE = Path(__file__).resolve().parent / "phone"
VAULT = Path(__file__).resolve().parent.parent / "device" / "vault.js"
TYPES = {"app.js": "text/javascript", "app.css": "text/css", "worker.js": "text/javascript", "icon.svg": "image/svg+xml", "manifest.webmanifest": "application/manifest+json"}


def files() -> list[str]:
    """The addresses that make the shell, in the order in which a first visit needs them."""
    return ["/field", static("sizao/tokens.css"), static("sizao/field.css"), "/field/app.css", static("sizao/theme.js"), "/device/vault.js", "/field/app.js", "/field/manifest.webmanifest", "/field/icon.svg"]


def shell(request: HttpRequest) -> HttpResponse:
    """The page: the same for everybody who reads that language."""
    return HttpResponse(_page(request.LANGUAGE_CODE))  # type: ignore[attr-defined]


@cache
def _page(language: str) -> str:
    with override(language):
        return render_to_string(
            "field/app.html",
            {"words": json.dumps(words(), ensure_ascii=False, separators=(",", ":")), "lang": language, "html_lang": "en" if language == "en" else "zh-Hans", "demo": pages.is_demo()},
        )


@cache
def version(language: str) -> str:
    """Names the shell in one language: changes with any byte of it."""
    digest = hashlib.sha256(_page(language).encode() + static("sizao/tokens.css").encode())
    for path in (PLACE / "app.js", PLACE / "app.css", PLACE / "worker.js", VAULT):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def file(request: HttpRequest, name: str) -> HttpResponse:
    """A file of the shell."""
    if name not in TYPES:
        raise Refused("page-not-found")
    body = _file(name, request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    response = squeezed(request, HttpResponse(body, content_type=f"{TYPES[name]}; charset=utf-8"))
    response.headers["Cache-Control"] = "no-cache"
    if name == "worker.js":
        response.headers["Service-Worker-Allowed"] = "/field"
    return response


@cache
def _file(name: str, language: str) -> bytes:
    if name == "icon.svg":
        return (ROOT / "sizao/mark.svg").read_bytes()
    if name == "manifest.webmanifest":
        with override(language):
            return json.dumps(_manifest(), ensure_ascii=False).encode()
    body = (PLACE / name).read_bytes()
    if name == "worker.js":
        body = body.replace(b"VERSION", version(language).encode()).replace(b"SHELL", json.dumps(files()).encode())
    return body


def _manifest() -> dict[str, object]:
    return {
        "id": "/field", "name": _("Sizao: my list"), "short_name": _("My list"), "start_url": "/field", "scope": "/field", "display": "standalone", "orientation": "portrait",
        "background_color": "#f3f5f7", "theme_color": "#0a58a6", "icons": [{"src": "/field/icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    }  # fmt: skip


def squeezed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The answer as gzip for whoever takes it: phones at a village's edge pay by the second."""
    if "gzip" in request.headers.get("Accept-Encoding", "") and len(response.content) > 500:
        response.content = gzip.compress(response.content, 6, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding, Cookie"
    return response


def wipe(request: HttpRequest) -> JsonResponse:
    """Whether the copy is to be dropped; the sign-in may be over, so none is asked for. Who does not know the copy's id learns nothing."""
    return JsonResponse({"wipe": copies.to_be_wiped(copies.read_id(request))})


def wiped(request: HttpRequest) -> JsonResponse:
    """The phone says that it is done."""
    return JsonResponse({"wiped": copies.wiped(copies.read_id(request))})


def words() -> dict[str, object]:
    """What the program says."""
    return {
        "app": _("Sizao: my list"), "my_list": _("My list"), "min": _("#n min"), "hours": _("#n h"), "days": _("#n d"), "comma": _(", "),
        "overdue": _("Overdue"), "today": _("Today"), "overdue_by": _("overdue #span"), "by": _("by #at"), "alarm": _("Look here first"), "look_after": _("To be looked after"),
        "seen_ok": _("Seen, no complaint"), "other": _("Other…"), "record": _("Record"), "open": _("Open"), "all_ok": _("All #n seen, no complaint"),
        "recorded": _("Recorded: #name, #at"), "has_symptoms": _("#name: recorded, has symptoms."), "call_now": _("Call the investigator on duty now."), "undo": _("Take back"), "tried": _("tried: #why"),
        "nothing_owed": _("Nothing is owed now."), "read_at": _("Read at #at. New duties appear here by themselves."), "more": _("#n more follow when these are done."),
        "kept_until": _("Read #at; works without a network until #until."), "find": _("Name, door or code"), "scan": _("Scan"),
        "left_before": _("Left by the shift before"), "nothing_open": _("Nothing is open."), "take_over": _("Take over"),
        "name": _("Name"), "born": _("Born"), "phone": _("Telephone"), "address": _("Address"), "symptoms": _("Symptoms"), "temperature": _("Temperature (°C)"),
        "temperature_wrong": _("A temperature lies between 30 and 45."), "contradicts": _("Symptoms are ticked or the temperature is one of fever: press “Has symptoms”."),
        "ok": _("No complaint"), "symptomatic": _("Has symptoms"), "not_seen": _("Not seen, because"), "choose_why": _("Say why."), "help": _("What would help?"), "no_help": _("No help needed"), "not_seen_record": _("Record that nobody was seen"),
        "asks_for": _("Asks for something…"), "yes": _("yes"), "no": _("no"), "save": _("Save"), "lacks": _("“#field” is missing."), "not_that": _("“#field” cannot be that."),
        "nothing_to_file": _("Nothing to file now."), "to_file": _("#n reports to file"), "silent_since": _("silent since #at"), "report_n": _("Report #n"), "counted": _("Counted: #what"), "nothing_changed": _("Nothing changed"), "zero": _("Zero: nothing to report"),
        "correct": _("Correct"), "fill": _("Fill in"), "take": _("I take it"), "taken_by": _("taken by #who"), "no_needs": _("Nobody asks for anything now."),
        "shift": _("Hand over the shift"), "shift_sum": _("#left left on the list, #late of them overdue; #waiting waiting on this phone."), "matters": _("What is left open (no names)"), "next_sees": _("The next shift sees it before it takes over."), "hand_over": _("Hand over"),
        "here": _("Waiting on this phone"), "sealed": _("#n more lie here sealed by somebody else, who signs in to send them."), "send_now": _("Send now"), "not_taken": _("Not taken"), "sent": _("Sent today"),
        "answers": {"new": _("new"), "updated": _("updated"), "identical": _("was there already"), "old": _("old"), "invalid": _("not taken")},
        "old": _("This record stands already with other content; the first stands."), "drop": _("Remove"), "try_again": _("Send again"), "theirs": _("What stands now"), "yours": _("What you wrote"), "keep_theirs": _("Leave what stands"), "put_yours": _("Put mine"),
        "waiting": _("#n waiting to be sent"), "refused_n": _("#n not taken"), "as_of": _("as of #at"), "no_network": _("No network: kept on this phone, sent by itself."), "sign_in": _("Sign in again: nothing is lost, it waits on this phone."),
        "not_kept": _("Not recorded: sign in on this phone first."), "moved": _("Somebody else is signed in on this phone now, and this is his list. What was pressed last was not recorded."), "elsewhere": _("Other work"), "wiped": _("This copy was wiped by order. Ask the administrator for a new sign-in link."), "out_waits": _("#n records still wait on this phone. They stay sealed until you sign in here again. Sign out?"),
    }  # fmt: skip
