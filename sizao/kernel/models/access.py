"""What opens and closes access beside the posts themselves: grants that wait for a second person, and glass that was broken."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from .areas import Area
from .organisation import Post, User


class GrantAsk(models.Model):
    """A post with a strong right that one person gave and that a second one has to confirm; it gives nothing until then.

    Attributes:
        role, area, purposes, valid_from, valid_to: As the grant will stand; `valid_to` None without an end.
        seconded_by: Who confirmed or refused it; never who asked.
        refused: Whether it was refused.
        alone: It took effect with one signature, because nobody else could give a second; the auditor sees it.
    """

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    role = models.TextField()
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    purposes = ArrayField(models.TextField(), default=list)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)
    asked_at = models.DateTimeField()
    seconded_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    refused = models.BooleanField(default=False)
    alone = models.BooleanField(default=False)

    class Meta:
        app_label = "kernel"
        constraints = [
            models.CheckConstraint(condition=Q(seconded_by=None) | Q(asked_by=None) | ~Q(seconded_by=F("asked_by")), name="grant_ask_two_people"),
            models.CheckConstraint(condition=Q(seconded_by=None) | ~Q(seconded_by=F("user")), name="grant_ask_not_for_oneself"),
        ]
        indexes = [models.Index(fields=["decided_at"], name="grant_ask_waiting")]


class BrokenGlass(models.Model):
    """Somebody opened, for a short while and for a reason, what his post does not open.

    Attributes:
        area: Below it he could read.
        reason: A code of the list `glass-reason`; `words` say it for the supervisor and the auditor, and stand nowhere else.
        opened_at, ends_at, closed_at: From when, until when at the latest, and when he closed it himself.
        supervisor: The post that was told.
        seen_by, seen_at: Who of the supervisors looked at it and when; `justified` is his answer.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    reason = models.TextField()
    words = models.TextField()
    opened_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    supervisor = models.ForeignKey(Post, models.PROTECT, related_name="+", null=True)
    seen_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    justified = models.BooleanField(null=True)

    class Meta:
        app_label = "kernel"
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("opened_at")), name="glass_ends_after_it_is_broken"),
            models.CheckConstraint(condition=Q(seen_by=None) | ~Q(seen_by=F("user")), name="glass_is_looked_at_by_another"),
        ]
        indexes = [models.Index(fields=["user", "ends_at"], name="glass_user"), models.Index(fields=["supervisor", "seen_at"], name="glass_supervisor")]
