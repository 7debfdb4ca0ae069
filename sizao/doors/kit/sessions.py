"""Sessions that a user sees and ends: who came in how, on what kind of device, since when."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import login
from django.contrib.sessions.models import Session
from django.http import HttpRequest

from sizao.doors.models import OpenSession
from sizao.kernel import audit, clock
from sizao.kernel.scope import Scope


def begin(request: HttpRequest, user: Any, how: str) -> None:
    """Somebody is in, by `link` or `passkey`. The session gets a new key and is listed."""
    audit.write(Scope(user, None, "sign-in"), "session.opened", [])
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    if request.session.session_key is None:
        request.session.save()
    OpenSession.objects.update_or_create(
        key=request.session.session_key, defaults={"user": user, "how": how, "device": device(request.headers.get("User-Agent", "")), "began_at": clock.now()}
    )


def of(user: Any) -> list[OpenSession]:
    """The user's sessions that are still open, the latest first. What is over is forgotten here."""
    listed = list(OpenSession.objects.filter(user=user).order_by("-began_at"))
    alive = set(Session.objects.filter(session_key__in=[s.key for s in listed], expire_date__gt=clock.now()).values_list("session_key", flat=True))
    if gone := [s.pk for s in listed if s.key not in alive]:
        OpenSession.objects.filter(pk__in=gone).delete()
    return [s for s in listed if s.key in alive]


def end(user: Any, *, only: int | None = None, but: str | None = None) -> int:
    """Ends one session of the user, or all but the one with this key; how many."""
    rows = OpenSession.objects.filter(user=user)
    rows = rows.filter(pk=only) if only is not None else rows
    ended = list(rows.exclude(key=but or ""))
    Session.objects.filter(session_key__in=[s.key for s in ended]).delete()
    OpenSession.objects.filter(pk__in=[s.pk for s in ended]).delete()
    if ended:
        audit.write(Scope(user, None, "sign-in"), "session.ended", [], count=len(ended))
    return len(ended)


def device(agent: str) -> str:
    """Kind of browser and system, as a browser calls itself; enough to know one's own device again.

    >>> device("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/125.0 Mobile Safari/537.36")
    'Chrome · Android'
    """
    browsers: Sequence[tuple[str, str]] = (("MicroMessenger", "WeChat"), ("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
    systems = (("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"))
    found = [next((words for key, words in known if key in agent), "") for known in (browsers, systems)]
    return " · ".join(w for w in found if w) or agent[:40]
