"""What a traveller declared of himself, before anybody compared a document. No record of a register: it has no history, and it is really deleted."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from sizao.kernel.ids import uuid7

__all__ = ["GateTry", "TravelDeclaration"]

#: So long after its last change a declaration is gone, whatever content says.
LONGEST = timedelta(days=120)


class TravelDeclaration(models.Model):
    """One declaration. What it says of a person lies sealed in `said`; it becomes a journey when a gateway has compared the document.

    Attributes:
        area: Where the traveller goes.
        said: The answers, sealed under the store's ring.
        receipt: A digest of the code that the holder has.
        form_ref: The form's text that asked, id@SHA-256.
        document, phone: By these a gateway finds it, as keyed hashes.
        version: Counts corrections; `confirmed_version` is the one that a gateway compared.
        journey: What it became; null until then.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    receipt = models.TextField(unique=True)
    form_ref = models.TextField()
    said = models.BinaryField()
    document = models.BinaryField(db_index=True)
    phone = models.BinaryField(null=True, db_index=True)
    arrives_on = models.DateField()
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    version = models.PositiveIntegerField(default=1)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_version = models.PositiveIntegerField(null=True)
    confirmations = models.PositiveIntegerField(default=0)
    journey = models.ForeignKey("movement.Journey", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")) & Q(expires_at__lte=F("changed_at") + LONGEST), name="declaration_ends"),
            models.CheckConstraint(condition=Q(confirmed_at=None) | (Q(confirmed_version__isnull=False) & Q(journey__isnull=False)), name="declaration_confirmed_is_a_journey"),
            models.CheckConstraint(condition=Q(confirmed_version=None) | Q(confirmed_version__lte=F("version")), name="declaration_confirmed_as_told"),
        ]


class GateTry(models.Model):
    """How often something was tried from one network address within an hour. The address itself is not kept: `mark` is a keyed hash of it and the day."""

    mark = models.BinaryField()
    what = models.TextField()
    hour = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name_plural = "gate tries"
        constraints = [models.UniqueConstraint(fields=["mark", "what", "hour"], name="gate_try_once")]
