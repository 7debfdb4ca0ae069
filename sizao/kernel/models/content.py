"""Content as it was loaded, and what of it is in force."""

from django.db import models
from django.db.models import Q

from .areas import Area
from .organisation import User


class ContentItem(models.Model):
    """An item of content, immutable: its id and the SHA-256 of its text name it for ever. Loading it brings nothing into force."""

    id = models.BigAutoField(primary_key=True)
    kind = models.TextField()
    item_id = models.TextField()
    sha256 = models.TextField()
    body = models.JSONField()
    text = models.TextField()
    source = models.TextField(default="")
    overrides = models.TextField(blank=True, default="")
    loaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "item_id", "sha256"], name="content_loaded_once")]

    @property
    def ref(self) -> str:
        """How others cite it."""
        return f"{self.item_id}@{self.sha256[:12]}"


class Enactment(models.Model):
    """A decision of two people that an item is in force for a disease, below an area, from an instant until another (not included).

    A trial has one signature and says so wherever its numbers stand.
    """

    id = models.BigAutoField(primary_key=True)
    item = models.ForeignKey(ContentItem, models.PROTECT)
    area = models.ForeignKey(Area, models.PROTECT)
    disease = models.TextField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    seconded_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    trial = models.BooleanField(default=False)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(seconded_by=None) | ~Q(seconded_by=models.F("proposed_by")), name="enactment_needs_two_people"),
            models.CheckConstraint(condition=Q(decided_at=None) | Q(trial=True) | Q(seconded_by__isnull=False), name="enactment_is_seconded_or_a_trial"),
        ]
