"""Who sends by itself, whether it still does, and what became of what it sent."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from sizao.doors.kit.pages import page
from sizao.doors.kit.words import Words
from sizao.doors.models import ApiToken
from sizao.interop import read as imports
from sizao.interop.exchange import held
from sizao.interop.feeds import read, watch
from sizao.interop.peers import read as peers
from sizao.kernel import clock
from sizao.kernel.models import Enactment


def feeds(request: HttpRequest) -> HttpResponse:
    """Every sender: heartbeat, age, volume, certificate, alarms; those with an alarm first."""
    scope = request.scope.open()
    words = Words(request.LANGUAGE_CODE, scope.post.area.zone if scope.post else "Asia/Shanghai")
    found = read.all_feeds(scope)
    apart = read.set_apart(scope)
    found.sort(key=lambda f: f.sender not in apart)
    counted = imports.of_senders(scope, [f.sender for f in found])
    shown = {"feeds": found, "counted": counted, "apart": apart, "now": clock.now(), "alarms": sum(len(f.alarms) for f in found) + len(apart)}
    return page(request, "desk/feeds.html", {"w": words, "ending": ending(shown["now"], words)} | shown)


def ending(now: datetime, words: Words) -> list[dict[str, Any]]:
    """What runs out within a month, or has: senders' certificates, programs' tokens, keys between installations; and what was switched for a time and stands still
    (a sender set apart, a plan on trial). Each with who answers for it; the first to end first, what has no end of its own last."""
    found = [{"kind": "certificate", "what": sender, "at": at, "owner": words.title(owner) if owner else ""} for sender, at, owner in watch.ending(now, peers.BEFORE)]
    tokens = ApiToken.objects.filter(revoked_at=None, expires_at__gt=now - peers.BEFORE, expires_at__lte=now + peers.BEFORE).select_related("post__area")
    found += [{"kind": "token", "what": t.sender or t.user.username, "at": t.expires_at, "owner": words.title(t.post)} for t in tokens.select_related("user", "post__area")]
    found += [{"kind": "key", "what": p["what"], "at": p["ends_at"], "owner": words.title(p["owner"]) if p["owner"] else ""} for p in peers.ending(now)]
    trials = Enactment.objects.filter(trial=True).select_related("item", "proposed_by")
    found += [{"kind": "trial", "what": e.item.ref, "at": e.ends_at, "owner": e.proposed_by.name} for e in trials if e.ends_at is None or e.ends_at > now]
    return sorted(found, key=lambda one: (one["at"] is None, one["at"] or now, one["what"]))


def release(request: HttpRequest) -> HttpResponse:
    """Lets a sender in again that was set apart; what was kept of it is stored."""
    held.release(request.scope.open(), request.POST.get("sender", ""))  # type: ignore[attr-defined]
    return HttpResponseRedirect(reverse("feeds"))
