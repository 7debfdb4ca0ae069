"""What a run leaves: its cells (the numbers) and the rows behind them, written in one transaction. Ids, codes, dates and areas only.

What does not change from one standing run to the next is written once: each cell, amount, figure and row stands from the run that wrote it (`run`) until
the run that no longer found it so (`until`), and is read `at` a run. A run that somebody asked for stands alone. See docs/decisions/018.
"""

from __future__ import annotations

from typing import Self

from django.db import models

from .counting import COUNTS

__all__ = ["COUNTS", "STILL", "Amount", "Cell", "Figure", "Row", "Run", "Versions"]

STILL = 2**63 - 1  # `until` of what the last standing run has found


class Run(models.Model):
    """One evaluation of every plan in force.

    Attributes:
        as_of, known_at: The moment judged, and up to when what we had been told counts. The same two times give the same run again.
        editions: What was in force: enactment, item, edition, area, disease, trial.
        unlisted_rows: "measure state" → number of rows, where a list was too long to be kept; the same query gives it again.
        seen: Which transactions had committed, and which was the run's own ("xmin:xmax:running/own"): a list asked again later is of these and no others.
        standing: Pages answer from it. A run that somebody asked for, about another moment, is kept beside and answers only him.
        rows_kept: Whether the rows are still there; those of older runs are let go before their cells.
    """

    id = models.BigAutoField(primary_key=True)
    as_of = models.DateTimeField()
    known_at = models.DateTimeField()
    started_at = models.DateTimeField()
    seconds = models.FloatField(default=0)
    zone = models.TextField()
    editions = models.JSONField(default=list)
    unlisted_rows = models.JSONField(default=dict)
    standing = models.BooleanField(default=True)
    seen = models.TextField(blank=True, default="")
    rows_kept = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["-started_at"], name="plan_run_started")]

    def sees(self, row: str) -> str:
        """SQL: whether this run found what stands in `row`."""
        if self.standing:
            return f"{row}.run_id <= {int(self.pk)} AND {row}.until > {int(self.pk)}"
        return f"{row}.run_id = {int(self.pk)} AND {row}.until = {int(self.pk)}"


class Versions(models.QuerySet):  # type: ignore[type-arg]
    """Of cells, amounts, figures or rows."""

    def at(self, run: Run) -> Self:
        """As a run found them. Of one that stands alone, its own; of one of the line, what had been written by then and was still so."""
        if run.standing:
            return self.filter(run__lte=run.pk, until__gt=run.pk)
        return self.filter(run=run.pk, until=run.pk)


class Version(models.Model):
    """From which run it stands, and until which (not included). `until` is `STILL` while it does, and `run` itself where the run stands alone."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    until = models.BigIntegerField(default=STILL)
    objects = Versions.as_manager()

    class Meta:
        abstract = True


def ended(name: str) -> models.Index:
    """Finds what no kept run sees any more."""
    return models.Index(fields=["until"], name=name, condition=models.Q(until__lt=STILL))


class Cell(Version):
    """Counts of one measure below one area (itself included), of one enactment. `missing` is overdue and doable; `missed` overdue and no longer doable.

    Beside the states: `short` lists, by `short_by` subjects together; lists that are not there (`no_list`); of what was said done, how much somebody
    `looked` at and how much of that was `untrue`; how much is `raised` above who answers, and how much has `risen` to this very area.
    """

    enactment = models.BigIntegerField()
    measure = models.TextField()
    area = models.ForeignKey("kernel.Area", models.DO_NOTHING, db_constraint=False, db_index=False)
    owed = models.IntegerField()
    met = models.IntegerField()
    late = models.IntegerField()
    overdue = models.IntegerField()
    missing = models.IntegerField()
    missed = models.IntegerField()
    open = models.IntegerField()
    ahead = models.IntegerField()
    waiting = models.IntegerField()
    closed = models.IntegerField()
    cannot_tell = models.IntegerField()
    ownerless = models.IntegerField()
    unlisted = models.IntegerField()
    told_late = models.IntegerField()
    short = models.IntegerField(default=0)
    no_list = models.IntegerField(default=0)
    looked = models.IntegerField(default=0)
    untrue = models.IntegerField(default=0)
    raised = models.IntegerField(default=0)
    short_by = models.BigIntegerField(default=0)
    risen = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area", "until", "measure", "enactment"], name="plan_cell_once")]
        indexes = [ended("plan_cell_ended")]


class Row(Version):
    """One obligation of a run, as both engines answer it. Instants here are real ones, not civil time."""

    enactment = models.BigIntegerField()
    measure = models.TextField()
    subject = models.UUIDField()
    person = models.UUIDField(null=True)
    occasion = models.BigIntegerField()
    opens = models.DateTimeField(null=True)
    due = models.DateTimeField(null=True)
    state = models.TextField()
    reason = models.TextField(null=True)
    area = models.ForeignKey("kernel.Area", models.DO_NOTHING, null=True, db_constraint=False, db_index=False)
    post = models.BigIntegerField(null=True)
    doable = models.BooleanField()
    told_late = models.BooleanField()
    done_at = models.DateTimeField(null=True)
    have = models.DecimalField(null=True, max_digits=18, decimal_places=3)
    need = models.DecimalField(null=True, max_digits=18, decimal_places=3)
    unit = models.TextField(null=True)
    seen = models.BooleanField(null=True)
    raised = models.SmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["measure", "state", "doable", "due", "subject", "occasion", "until"], name="plan_row_list"),
            # What has been overdue for so long that it appears above whoever answers: few of all, and read by what is due first, of every measure.
            models.Index(fields=["due", "subject", "occasion", "measure"], name="plan_row_raised", condition=models.Q(raised__gt=0)),
            ended("plan_row_ended"),
        ]


class Amount(Version):
    """Amounts of what is owed under one measure below one area, in one unit of measure ("": the measure's own). Different units are never added.

    `filled` is Σ min(have, need); what came late was reached. `owed` subjects and days are behind it, `short` of them are overdue.
    """

    enactment = models.BigIntegerField()
    measure = models.TextField()
    area = models.ForeignKey("kernel.Area", models.DO_NOTHING, db_constraint=False, db_index=False)
    unit = models.TextField()
    owed = models.IntegerField()
    short = models.IntegerField()
    have = models.DecimalField(max_digits=20, decimal_places=3)
    filled = models.DecimalField(max_digits=20, decimal_places=3)
    need = models.DecimalField(max_digits=20, decimal_places=3)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area", "until", "measure", "enactment", "unit"], name="plan_amount_once")]
        indexes = [ended("plan_amount_ended")]


class Figure(Version):
    """One of the figures that a measure shows beside coverage, below one area: of all days (`day` null) or of what was due on one local day.

    `n` is how many obligations it is made of. A figure that is a moment stands in `moment`, every other in `value`.
    """

    enactment = models.BigIntegerField()
    measure = models.TextField()
    area = models.ForeignKey("kernel.Area", models.DO_NOTHING, db_constraint=False, db_index=False)
    day = models.DateField(null=True)
    name = models.TextField()
    n = models.IntegerField()
    value = models.FloatField(null=True)
    moment = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["measure", "area", "until"], name="plan_figure_page"), ended("plan_figure_ended")]
