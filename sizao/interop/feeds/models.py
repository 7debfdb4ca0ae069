"""What was heard of each sender, the end of its certificate, and the alarms that it raised."""

from django.db import models
from django.db.models import Q


class Arrival(models.Model):
    """Something came from a sender: rows, or only a sign of life (rows is null). `digest` is of the content; the same one again is the same content."""

    id = models.BigAutoField(primary_key=True)
    sender = models.TextField()
    at = models.DateTimeField()
    rows = models.BigIntegerField(null=True, blank=True)
    digest = models.TextField(blank=True, default="")
    kind = models.TextField(blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["sender", "-at"], name="feed_arrival")]


class Certificate(models.Model):
    """Until when the certificate that a sender shows is good. Its public part only: subject as a digest, the two dates. `owner` is the post that told of it, or whose token it came with."""

    sender = models.TextField(primary_key=True)
    fingerprint = models.TextField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    told_at = models.DateTimeField()
    owner = models.ForeignKey("kernel.Post", models.PROTECT, null=True, related_name="+")


class Alarm(models.Model):
    """Something is wrong with a feed from `since` on; ended when it was found right again."""

    id = models.BigAutoField(primary_key=True)
    sender = models.TextField()
    kind = models.TextField(choices=[(k, k) for k in ("silence", "loop", "volume", "certificate")])
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sender", "kind"], condition=Q(ended_at=None), name="one_alarm_of_a_kind_stands")]


class Quarantine(models.Model):
    """A sender that is set apart from `since` on, until a post let it in again. What it sends meanwhile is kept in the ledger of imports, and not stored."""

    id = models.BigAutoField(primary_key=True)
    sender = models.TextField()
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sender"], condition=Q(ended_at=None), name="set_apart_once")]
