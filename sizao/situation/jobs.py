"""What a page had no time for, reckoned by the worker from the same rows, and kept."""

from datetime import datetime

from django_tasks import task
from django_tasks_db.models import DBTaskResult

from sizao.kernel import areas
from sizao.kernel.scope import Scope

from .curve import curve
from .keeping import Work
from .lines import By, gather
from .parts import parts


def hand_over(area: str, disease: str, as_of: datetime, by: By, classes: tuple[str, ...], known_at: datetime | None = None) -> None:
    """Hands that choice to the worker, unless it waits there already. Two statements."""
    same = DBTaskResult.objects.filter(task_path=reckon.module_path, status__in=("READY", "RUNNING"), args_kwargs__args__0=area, args_kwargs__args__1=disease, args_kwargs__args__3=by, args_kwargs__args__4=list(classes), args_kwargs__args__5=known_at.isoformat() if known_at else "")
    if not same.exists():
        reckon.enqueue(area, disease, as_of.isoformat(), by, list(classes), known_at.isoformat() if known_at else "")


@task()
def reckon(area: str, disease: str, as_of: str, by: By, classes: list[str], known_at: str = "") -> int:
    """Delays, outcomes and clusters of that choice; how many results were new. The same data as the page's, as no grant ends within an area."""
    from . import clusters, ends, lags

    found = areas.resolve(area)
    if found is None:
        return 0
    lines = gather(Scope.system("situation"), found, disease, datetime.fromisoformat(as_of), datetime.fromisoformat(known_at) if known_at else None)
    work, chosen = Work(budget=None), tuple(classes)
    lags.lags(lines, parts(found), chosen, work=work)
    ends.ends(lines, chosen, work=work)
    clusters.clusters(lines, by, chosen, until=curve(lines, by, classes=chosen).complete_until, work=work)
    work.end()
    return len(work.new)
