"""Who wants to be told of what, and what each was told."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from sizao.kernel.ids import uuid7


class Hook(models.Model):
    """A subscription: acts of some kinds, of one disease or of all, at and below an area, are told to one address.

    Attributes:
        user, post: Who set it up, for which post; when the post may no longer do so there, it ends.
        secret, key_id: What its messages are signed with, sealed under the store's key ring, and the name of that secret in the messages.
        paused_at: Since when nothing is sent because the other side did not take what it was told; what happens meanwhile is noted and waits.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    user = models.ForeignKey("kernel.User", models.PROTECT, related_name="+")
    post = models.ForeignKey("kernel.Post", models.PROTECT, related_name="+")
    name = models.TextField()
    address = models.TextField()
    kinds = ArrayField(models.TextField())
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    disease = models.TextField(blank=True, default="")
    secret = models.BinaryField()
    key_id = models.TextField(unique=True)
    made_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(kinds__len__gt=0), name="hook_names_a_kind")]


class Delivery(models.Model):
    """One message to one subscriber, and what came of it. Its body holds ids, codes, times and areas; no name, identifier or text.

    Attributes:
        about: The act that it tells, or the batch of acts, as a number of its own; each is told once.
        said: How the last try ended: an HTTP status, or a code of ours where nobody answered.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    hook = models.ForeignKey(Hook, models.CASCADE, related_name="deliveries")
    about = models.UUIDField()
    kind = models.TextField()
    body = models.JSONField()
    made_at = models.DateTimeField()
    next_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    said = models.TextField(blank=True, default="")
    taken_at = models.DateTimeField(null=True, blank=True)
    gave_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["hook", "about"], name="delivery_once")]
        indexes = [
            models.Index(fields=["next_at"], name="delivery_due", condition=Q(taken_at=None, gave_up_at=None)),
            models.Index(fields=["made_at"], name="delivery_made"),
        ]


class Position(models.Model):
    """One row: up to where acts were noted. `low` is a transaction number of `cluster`; `batches_at` an instant."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    cluster = models.BigIntegerField()
    low = models.BigIntegerField()
    batches_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_hook_position")]
