"""Other installations, what was sent to them and what came from them. What a message says of a person lies sealed; receipts are kept as they were signed."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from sizao.kernel.ids import uuid7


class Here(models.Model):
    """Under which id other installations know this one. One row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    installation = models.UUIDField(default=uuid7)

    class Meta:
        verbose_name_plural = "here"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_here")]


class Peer(models.Model):
    """Another installation: where it answers, for which areas, by which key it signs, until when that is good, and which post here answers for it."""

    installation = models.UUIDField(unique=True)
    name = models.TextField(unique=True)
    address = models.TextField()
    areas = ArrayField(models.TextField())
    key_id = models.TextField(unique=True)
    public_key = models.BinaryField()
    key_ends_at = models.DateTimeField()
    owner = models.ForeignKey("kernel.Post", models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(key_ends_at__gt=F("registered_at")), name="peer_key_has_an_end")]


class Outgoing(models.Model):
    """A message to another installation, signed once and sent until it is answered. `receipt` is its signed answer; `refused` its code where it will not take it."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    peer = models.ForeignKey(Peer, models.PROTECT, related_name="outgoing")
    kind = models.TextField()
    about = models.UUIDField(db_index=True)
    body = models.BinaryField()
    digest = models.TextField()
    made_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField()
    said = models.TextField(blank=True, default="")
    received_at = models.DateTimeField(null=True)
    refused = models.TextField(blank=True, default="")
    receipt = models.BinaryField(null=True)

    class Meta:
        verbose_name_plural = "outgoing"
        constraints = [models.CheckConstraint(condition=Q(received_at=None) | Q(receipt__isnull=False), name="outgoing_received_has_a_receipt")]
        indexes = [models.Index(fields=["next_at"], name="outgoing_due", condition=Q(received_at=None, refused=""))]


class Incoming(models.Model):
    """A message that came and was taken: its id and digest, what it became here, and the receipt that is given for it as often as it comes."""

    id = models.BigAutoField(primary_key=True)
    peer = models.ForeignKey(Peer, models.PROTECT, related_name="incoming")
    message = models.UUIDField()
    kind = models.TextField()
    theirs = models.UUIDField()
    about = models.UUIDField(null=True, db_index=True)
    digest = models.TextField()
    receipt = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "incoming"
        constraints = [models.UniqueConstraint(fields=["peer", "message"], name="incoming_once")]
        indexes = [models.Index(fields=["peer", "theirs"], name="incoming_theirs")]
