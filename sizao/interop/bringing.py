"""Rows to the flows: each kind of table has one that takes it, and each row gets one outcome back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sizao.flows import case_report_received, cases_linked, checks_told, contact_named, samples_told
from sizao.flows.outcome import Outcome
from sizao.kernel.scope import Scope

from .commands import case_report, named_contact, stated_link, told_check, told_sample
from .reading import Row
from .taken import DANGLING


@dataclass(frozen=True, slots=True)
class Told:
    """What is the same for every row of a file. `by`: when the sender had told it all, the end of the file's last day."""

    sender: str
    disease: str
    zone: str
    batch: int
    by: datetime | None

    @property
    def words(self) -> dict[str, str]:
        return {"sender": self.sender, "disease": self.disease, "zone": self.zone}


def cases(scope: Scope, rows: Sequence[Row], areas: Sequence[int], told: Told) -> list[Outcome]:
    words = told.words
    reports = [case_report(row, area_id=area, **words) for row, area in zip(rows, areas, strict=True)]
    return case_report_received.receive(scope, reports, batch=told.batch, told_by=told.by)


def contacts(scope: Scope, rows: Sequence[Row], areas: Sequence[int], told: Told) -> list[Outcome]:
    words = told.words
    named = [named_contact(row, area_id=area, **words) for row, area in zip(rows, areas, strict=True)]
    return contact_named.name(scope, named, batch=told.batch, told_by=told.by)


def links(scope: Scope, rows: Sequence[Row], areas: Sequence[int], told: Told) -> list[Outcome]:
    """A link that names nobody listed is kept with its row, and reported; it may be told again when its case has come."""
    outcomes = cases_linked.link(scope, [stated_link(row, told.sender) for row in rows], batch=told.batch)
    return [replace(o, kind="new") if o.kind == "rejected" else o for o in outcomes]


def checks(scope: Scope, rows: Sequence[Row], areas: Sequence[int], told: Told) -> list[Outcome]:
    return checks_told.tell(scope, [told_check(row, told.sender, told.zone) for row in rows], batch=told.batch)


def samples(scope: Scope, rows: Sequence[Row], areas: Sequence[int], told: Told) -> list[Outcome]:
    return samples_told.tell(scope, [told_sample(row, told.sender, told.disease, told.zone) for row in rows], batch=told.batch)


BY_KIND = {"cases": cases, "contacts": contacts, "links": links, "checks": checks, "samples": samples}
#: A row that names nobody listed; it is asked again when it comes again.
UNLINKED = frozenset({"follow-up-unlinked", "sample-unlinked", "sample-of-several"})
#: Kinds whose rows belong to an area.
WITH_PLACE = ("cases", "contacts")


def reference_of(kind: str, row: Row, outcome: Outcome) -> tuple[int, bool] | None:
    """For kinds whose rows refer to one other record: (resolved, dangling); None when the row refers to none."""
    name = {"contacts": "related_case", "links": "infector", "checks": "related_contact", "samples": "person_number"}.get(kind)
    if name is None or name not in row.values:
        return None
    dangling = any(p.code in DANGLING or p.code in UNLINKED for p in outcome.problems)
    return (0 if dangling else 1, dangling)
