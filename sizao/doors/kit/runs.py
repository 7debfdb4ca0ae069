"""What a page says of the run that its figures come from: how old it is, under which plan, and whether it looks back."""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sizao.doors.kit.whole import whole
from sizao.kernel import clock
from sizao.plan import evaluation, read

#: A run older than this says that the worker may have stopped.
STALE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class RunHead:
    """The head of a page of figures. `stale`: nobody computes any more; `looks_back`: another day than today is judged."""

    id: int
    as_of: datetime
    made_at: datetime
    known_at: datetime
    plans: list[dict[str, Any]]
    stale: bool
    looks_back: bool


def head(run: Any) -> RunHead:
    """The head of this run."""
    now = clock.now()
    plans = {e["item"]: {"title": evaluation.edition(e["item_id"]).title, "ref": e["item"], "trial": e["trial"]} for e in run.editions}
    back = run.started_at - run.as_of > timedelta(minutes=1)
    return RunHead(run.pk, run.as_of, run.started_at, run.known_at, list(plans.values()), now - run.started_at > STALE, back)


def chosen(request: Any) -> tuple[Any, str]:
    """The run that `?run=` names, with that number for the links of the page; without one the latest, and "". Refused page-not-found."""
    number = request.GET.get("run", "")
    pk = whole(number)
    return (read.kept_run(pk), number) if pk is not None else (read.latest_run(), "")


def moment() -> datetime:
    """The moment that live pages judge: now, or the fixed one of a service that was started to look back."""
    fixed = os.environ.get("SIZAO_AS_OF")
    return datetime.fromisoformat(fixed) if fixed else clock.now()


def looks_back() -> bool:
    """Whether this service was started to look back."""
    return bool(os.environ.get("SIZAO_AS_OF"))


def worst_first(lines: list[Any]) -> list[Any]:
    """Lines that have anything to tell, most missing first, then the least covered."""
    return sorted((x for x in lines if x.all), key=lambda x: (-x.missing, x.coverage if x.coverage is not None else 2, x.code))


def state_words() -> dict[str, str]:
    """What each state is called, in the order in which a page shows them."""
    from django.utils.translation import gettext as _

    return {
        "missing": _("Missing"),
        "missed": _("Missed"),
        "open": _("Running"),
        "met": _("Met"),
        "late": _("Late"),
        "ahead": _("Ahead"),
        "waiting": _("Waiting"),
        "cannot_tell": _("Cannot tell"),
        "closed": _("Closed"),
    }


def beside_words() -> dict[str, str]:
    """What each list is called that stands beside the states."""
    from django.utils.translation import gettext as _

    return {
        "ownerless": _("Ownerless"),
        "told_late": _("Told late"),
        "unlisted": _("Not on the list"),
        "short": _("List too short"),
        "no_list": _("No list"),
        "looked": _("Looked at"),
        "untrue": _("Untrue"),
        "raised": _("Raised"),
        "risen": _("Risen to here"),
    }


def shade_of(state: str, doable: bool) -> str:
    """Under which of `state_words` an obligation stands."""
    return ("missing" if doable else "missed") if state == "overdue" else state
