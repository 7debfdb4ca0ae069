"""What took long to reckon, kept under the digest of what it was reckoned from: equal data are not reckoned twice, and nothing kept is ever stale."""

from django.db import models


class Kept(models.Model):
    """A result. `what`: which reckoning."""

    digest = models.TextField(primary_key=True)
    what = models.TextField()
    result = models.JSONField()
    made_at = models.DateTimeField(db_index=True)
