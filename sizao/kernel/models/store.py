"""The store's own facts, and batches: rows that come in together are seen together."""

from django.db import models


class StoreInfo(models.Model):
    """One row: what this store is. A demo store refuses real files and may pretend a time."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    kind = models.TextField(default="real")
    time_zone = models.TextField(default="Asia/Shanghai")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_store")]


class Batch(models.Model):
    """Rows that arrive together. Until `closed_at` is set no reader sees them; `undone_at` hides them again."""

    id = models.BigAutoField(primary_key=True)
    sender = models.TextField()
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
