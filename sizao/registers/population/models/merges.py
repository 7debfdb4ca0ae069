"""Records that may be of one person, what somebody decided about them, and what a merge moved: enough to take it back."""

from django.db import models
from django.db.models import F, Q

from sizao.kernel.ids import uuid7
from sizao.kernel.models.audit import Xid8

from .persons import Person

STATES = ("open", "same", "different", "unknown", "gone")


class Pair(models.Model):
    """Two persons of the register who may be one. `one` has the smaller id, so a pair is there once.

    Attributes:
        bits: The score; `levels`: field → how the two stand to one another, the reasons.
        mark: Digest of the key fields of both as they were compared. What was decided holds as long as it is the same.
        state: open · same (merged) · different · unknown (looked at, cannot be told) · gone (no longer alike since one was corrected).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    one = models.ForeignKey(Person, models.PROTECT, related_name="+")
    other = models.ForeignKey(Person, models.PROTECT, related_name="+")
    bits = models.FloatField()
    levels = models.JSONField(default=dict)
    mark = models.TextField()
    state = models.TextField(default="open")
    found_at = models.DateTimeField()
    asked_again_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    user = models.ForeignKey("kernel.User", models.PROTECT, null=True, related_name="+")
    post = models.ForeignKey("kernel.Post", models.PROTECT, null=True, related_name="+")
    reason = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="pair_once"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="pair_in_order"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="pair_state"),
            models.CheckConstraint(condition=~Q(state__in=("same", "different", "unknown")) | Q(decided_at__isnull=False), name="pair_is_decided_at_some_time"),
        ]
        indexes = [models.Index(fields=["-bits", "id"], name="pair_open", condition=Q(state="open"))]


class Merge(models.Model):
    """Two records were found to be one person: `merged` is read as `kept` from then on, until it is taken back.

    Attributes:
        xid: The transaction that merged, or took back: the database lets restricted rows change hands in no other.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kept = models.ForeignKey(Person, models.PROTECT, related_name="+")
    merged = models.ForeignKey(Person, models.PROTECT, related_name="+")
    reason = models.TextField()
    at = models.DateTimeField()
    user = models.ForeignKey("kernel.User", models.PROTECT, null=True, related_name="+")
    post = models.ForeignKey("kernel.Post", models.PROTECT, null=True, related_name="+")
    xid = Xid8(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_user = models.ForeignKey("kernel.User", models.PROTECT, null=True, related_name="+")
    undone_post = models.ForeignKey("kernel.Post", models.PROTECT, null=True, related_name="+")
    undone_reason = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="merge_of_two"),
            models.CheckConstraint(condition=~Q(reason=""), name="merge_has_a_reason"),
            models.CheckConstraint(condition=Q(undone_at=None) | ~Q(undone_reason=""), name="merge_is_undone_for_a_reason"),
            models.UniqueConstraint(fields=["merged"], condition=Q(undone_at=None), name="merged_once"),
        ]


class Moved(models.Model):
    """One row that a merge moved: of which table, its id. For acts the one that was written in the place of the merged person's."""

    merge = models.ForeignKey(Merge, models.PROTECT, related_name="moved")
    relation = models.TextField()
    row = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merge", "relation", "row"], name="moved_once")]
        indexes = [models.Index(fields=["row"], name="moved_row")]


class Restored(models.Model):
    """The keyed digest of a document or telephone number in its restored form (check digit, lost zeros), where that is another than the number as it was told."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    field = models.TextField()
    mark = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "field"], name="restored_once")]


class Look(models.Model):
    """The last look for records of one person, and what it found. One row.

    Attributes:
        low: Every transaction below it had ended when the look began; what a later one wrote is new to the next.
        weights: Digest of the weights it was made with; other weights look at everybody again.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    low = models.BigIntegerField(default=0)
    weights = models.TextField(default="")
    at = models.DateTimeField(null=True)
    persons = models.IntegerField(default=0)
    fresh = models.IntegerField(default=0)
    compared = models.BigIntegerField(default=0)
    left_out = models.BigIntegerField(default=0)
    found = models.IntegerField(default=0)
    seconds = models.FloatField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="look_is_one")]
