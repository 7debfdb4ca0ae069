"""Figures of the replay page, kept in the store: every web process reads them, and a start does not lose them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sizao.doors.models import ReplayedCount
from sizao.kernel import clock
from sizao.kernel.models import Area
from sizao.plan.replay import Count, Question

#: A question asked without its moments is answered with those of the last one asked, for so long.
FRESH = timedelta(hours=12)
#: How long a figure is kept.
KEPT = timedelta(days=30)


class Kept:
    """The store as a keeper of figures; see `plan.replay.Keeper`. One for a request: its first figure drops what is older than `KEPT`."""

    swept = False

    def read(self, q: Question) -> Mapping[tuple[str, str], Count]:
        found = ReplayedCount.objects.filter(area=q.area, disease=q.disease, starts=q.starts, as_of=q.as_of, known_at=q.known_at)
        return {(ref, measure): Count(counts, at) for ref, measure, counts, at in found.values_list("ref", "measure", "counts", "at")}

    def write(self, q: Question, ref: str, measure: str, count: Count) -> None:
        if not self.swept:
            ReplayedCount.objects.filter(at__lt=clock.now() - KEPT).delete()
            self.swept = True
        row = {"area": q.area, "disease": q.disease, "starts": q.starts, "as_of": q.as_of, "known_at": q.known_at, "ref": ref, "measure": measure}
        counts = None if count.counts is None else dict(count.counts)
        ReplayedCount.objects.bulk_create([ReplayedCount(**row, counts=counts, at=count.at)], ignore_conflicts=True)  # another may have just done it


def last(area: Area, disease: str, starts: datetime | None) -> ReplayedCount | None:
    """The last figure of the last question about this area and disease (and first day), where it is fresh."""
    found = ReplayedCount.objects.filter(area=area, disease=disease, at__gt=clock.now() - FRESH, **({"starts": starts} if starts else {}))
    return found.order_by("-at").first()
