"""What a run leaves: its cells (the numbers) and the rows behind them, written in one transaction. Ids, codes, dates and areas only."""

from django.db import models

from .counting import COUNTS

__all__ = ["COUNTS", "Amount", "Cell", "Figure", "Row", "Run"]


class Run(models.Model):
    """One evaluation of every plan in force.

    Attributes:
        as_of, known_at: The moment judged, and up to when what we had been told counts. The same two times give the same run again.
        editions: What was in force: enactment, item, edition, area, disease, trial.
        unlisted_rows: "measure state" → number of rows, where a list was too long to be kept; the same query gives it again.
        seen: Which transactions had committed, and which was the run's own ("xmin:xmax:running/own"): a list asked again later is of these and no others.
        standing: Pages answer from it. A run that somebody asked for, about another moment, is kept beside and answers only him.
        rows_kept: Whether the rows are still there; those of older runs are cleared before their cells.
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


class Cell(models.Model):
    """Counts of one measure below one area (itself included), of one enactment. `missing` is overdue and doable; `missed` overdue and no longer doable.

    Beside the states: `short` lists, by `short_by` subjects together; lists that are not there (`no_list`); of what was said done, how much somebody
    `looked` at and how much of that was `untrue`; how much is `raised` above who answers, and how much has `risen` to this very area.
    """

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, models.CASCADE, related_name="cells", db_index=False)
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
        constraints = [models.UniqueConstraint(fields=["run", "area", "measure", "enactment"], name="plan_cell_once")]


class Row(models.Model):
    """One obligation of a run, as both engines answer it. Instants here are real ones, not civil time."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, models.CASCADE, related_name="rows", db_index=False)
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
            models.Index(fields=["run", "measure", "state", "doable", "due", "subject", "occasion"], name="plan_row_list"),
            models.Index(fields=["run", "person"], name="plan_row_person"),
        ]


class Amount(models.Model):
    """Amounts of what is owed under one measure below one area, in one unit of measure ("": the measure's own). Different units are never added.

    `filled` is Σ min(have, need); what came late was reached. `owed` subjects and days are behind it, `short` of them are overdue.
    """

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, models.CASCADE, related_name="amounts", db_index=False)
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
        constraints = [models.UniqueConstraint(fields=["run", "area", "measure", "enactment", "unit"], name="plan_amount_once")]


class Figure(models.Model):
    """One of the figures that a measure shows beside coverage, below one area: of all days (`day` null) or of what was due on one local day.

    `n` is how many obligations it is made of. A figure that is a moment stands in `moment`, every other in `value`.
    """

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, models.CASCADE, related_name="figures", db_index=False)
    enactment = models.BigIntegerField()
    measure = models.TextField()
    area = models.ForeignKey("kernel.Area", models.DO_NOTHING, db_constraint=False, db_index=False)
    day = models.DateField(null=True)
    name = models.TextField()
    n = models.IntegerField()
    value = models.FloatField(null=True)
    moment = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["run", "measure", "area"], name="plan_figure_page")]
