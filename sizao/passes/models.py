"""A person's own way to his record, and the passes that were signed for him. Neither table holds a name, or anything that a pass could be made from."""

from django.db import models

from sizao.kernel.ids import uuid7


class Holder(models.Model):
    """The code by which a person opens his own page; the store keeps its digest only."""

    person = models.ForeignKey("population.Person", models.PROTECT, related_name="+")
    code_sha256 = models.TextField(unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)


class Pass(models.Model):
    """A pass that was signed: what it says, so that one that is no longer so can be named to verifiers as long as it has not expired.

    Attributes:
        token: Its id inside the token (CWT claim cti), 8 bytes in hex.
        said: A digest of the status that it tells (`status.mark`).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey("population.Person", models.PROTECT, related_name="+", db_index=False)
    token = models.TextField(unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    said = models.TextField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "passes"
        indexes = [models.Index(fields=["expires_at"], name="pass_expires"), models.Index(fields=["person"], name="pass_person")]


class Tries(models.Model):
    """How often somebody of a network was wrong, or fetched, within a stretch of time (`limits.py`); kept for two hours. The key is a digest of the day."""

    key = models.TextField()
    since = models.DateTimeField()
    count = models.IntegerField(default=1)

    class Meta:
        verbose_name_plural = "tries"
        constraints = [models.UniqueConstraint(fields=["key", "since"], name="tries_once")]
        indexes = [models.Index(fields=["since"], name="tries_since")]
