"""What took long to reckon, kept under the digest of what it was reckoned from: equal data are not reckoned twice, and nothing kept is ever stale. And what is published."""

from django.conf import settings
from django.db import models

from sizao.kernel.ids import uuid7


class Kept(models.Model):
    """A result. `what`: which reckoning."""

    digest = models.TextField(primary_key=True)
    what = models.TextField()
    result = models.JSONField()
    made_at = models.DateTimeField(db_index=True)


class Publication(models.Model):
    """Something for everyone: prepared by one, let out by another, perhaps recalled. What is out is never changed; a correction is another that `replaces` it.

    Attributes:
        code: Its name in an address; told nothing by it but the day.
        type: A file of `content/publications`, or "story".
        as_of, run: The moment of its figures, and the run whose moment that is; a story has none.
        body: What the public may read: cells as the gate let them through, names of rows, texts. Nothing hidden stands in it.
        digest: Of the exact figures that it was prepared from; signing reckons them again.
        notice: Why it was recalled, for the public.
    """

    code = models.TextField(unique=True)
    type = models.TextField()
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    disease = models.TextField(blank=True, default="")
    as_of = models.DateTimeField(null=True)
    run = models.BigIntegerField(null=True)
    body = models.JSONField()
    digest = models.TextField(blank=True, default="")
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField()
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True)
    recalled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recalled_at = models.DateTimeField(null=True)
    notice = models.TextField(blank=True, default="")
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="replaced_by")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(signed_by=None) | ~models.Q(signed_by=models.F("prepared_by")), name="publication_by_two"),
            models.CheckConstraint(condition=models.Q(signed_at=None, signed_by=None) | models.Q(signed_at__isnull=False, signed_by__isnull=False), name="publication_signed_by_somebody"),
            models.CheckConstraint(condition=models.Q(recalled_at=None) | (models.Q(signed_at__isnull=False) & ~models.Q(notice="")), name="publication_recalled_with_a_word"),
        ]
        indexes = [models.Index(fields=["-signed_at"], name="publication_out")]


class Question(models.Model):
    """What somebody of the public asks, complains of, or has heard: no account, a receipt. A rumour is kept as a topic; nobody is named as its author.

    Attributes:
        receipt_sha256: Of the code that whoever asked holds; nothing else leads back to him.
        code: Its name in an address, once it is out.
        asked: In his own words: shown to the owner only, never published as it stands, emptied when the answer is out.
        need: Of a hardship: which need (code list `care-need`).
        contact: How whoever asks for help or offers something can be reached, sealed; emptied when it is answered.
        ticket: What the owner works on: clock, answer, publication.
        matter, answer: As they are published, written by the owner; the asker's words are not.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.TextField(unique=True)
    receipt_sha256 = models.TextField(unique=True)
    kind = models.TextField()
    topic = models.TextField()
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    asked = models.TextField(blank=True, default="")
    need = models.TextField(blank=True, default="")
    contact = models.BinaryField(null=True)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    ticket = models.UUIDField(null=True)
    matter = models.TextField(blank=True, default="")
    answer = models.TextField(blank=True, default="")
    source = models.TextField(blank=True, default="")
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    recalled_at = models.DateTimeField(null=True)
    notice = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(published_by=None) | ~models.Q(published_by=models.F("answered_by")), name="answer_by_two")]
        indexes = [
            models.Index(fields=["due_at"], name="question_open", condition=models.Q(answered_at=None)),
            models.Index(fields=["-published_at"], name="question_out", condition=models.Q(published_at__isnull=False)),
        ]
