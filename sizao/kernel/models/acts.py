"""What was done. One append-only table for every register: evidence, timeline and "who did" read it. It holds no name, text or identifier of a person."""

from django.db import models

from .areas import Area


class Act(models.Model):
    """One act. The table is made by a migration of its own (partitioned by month of `happened_at`); nobody updates or deletes in it.

    A correction is a new act that `replaces` the old one.

    Attributes:
        happened_at, recorded_at, reported_at: In the world; when we wrote it (our clock); when the sender says it was told, if he does.
        period: The day the act is for, where a report names one.
        number, outcome: A count or value, and a code; the kind says in which unit and list.
        record: The row of the register that holds the rest.
        other: A second row that the act is about, where its kind names one.
    """

    id = models.UUIDField(primary_key=True)
    kind = models.TextField()
    subject = models.UUIDField()
    person = models.UUIDField(null=True)
    area = models.ForeignKey(Area, models.DO_NOTHING, null=True, db_constraint=False)
    disease = models.TextField(null=True)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    reported_at = models.DateTimeField(null=True)
    period = models.DateField(null=True)
    post = models.ForeignKey("kernel.Post", models.DO_NOTHING, null=True, db_constraint=False)
    outcome = models.TextField(null=True)
    number = models.DecimalField(null=True, max_digits=20, decimal_places=6)
    record = models.UUIDField(null=True)
    replaces = models.UUIDField(null=True)
    batch = models.ForeignKey("kernel.Batch", models.DO_NOTHING, null=True, db_constraint=False)
    change_no = models.BigIntegerField()
    other = models.UUIDField(null=True)

    class Meta:
        managed = False
        db_table = "kernel_act"


class Kept(models.Model):
    """From when this store keeps a kind of act below an area. Before that, no act is no answer: it cannot be told."""

    act_kind = models.TextField()
    area = models.ForeignKey(Area, models.PROTECT)
    since = models.DateTimeField()
    basis = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["act_kind", "area"], name="kept_once")]
