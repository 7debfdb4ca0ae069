"""The row ledger: for each file that came in, what became of each row; and for each of a sender's own numbers, what was last said under it.

Codes, counts and ids stand here in the open. The cells themselves (of columns that nobody understood, of rejected rows, of values that
were not used) are sealed: under the person's own key where there is a person, else under the store's.
"""

from django.db import models
from django.db.models import Q

from sizao.kernel.ids import uuid7


class Secret(models.Model):
    """One row: the key of the marks that tell equal rows. Sealed, so that a copy of the data cannot be used to guess a phone from a mark."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    sealed = models.BinaryField()

    class Meta:
        db_table = "interop_secret"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_secret_of_marks")]


class ImportFile(models.Model):
    """One reading of one file. Open until its batch is closed; the same bytes read the same way go on where a crash stopped them.

    Attributes:
        reading: Digest of the mapping that it was read with.
        mapping: Header → field, the headers that feed nothing, and all headers as the file has them.
        mends: The file of which this is one row, `mends_line`, sent again by hand. To who looks it is a part of that file and no file of its own.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sender = models.TextField()
    disease = models.TextField()
    name = models.TextField()
    sha256 = models.TextField()
    kind = models.TextField()
    dialect = models.TextField()
    reading = models.TextField()
    mapping = models.JSONField()
    encoding = models.TextField()
    time_zone = models.TextField()
    batch = models.ForeignKey("kernel.Batch", models.PROTECT)
    post = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    rows = models.IntegerField(default=0)
    accepted = models.IntegerField(default=0)
    updated = models.IntegerField(default=0)
    duplicate = models.IntegerField(default=0)
    rejected = models.IntegerField(default=0)
    problem_counts = models.JSONField(default=dict)
    last_day = models.DateField(null=True, blank=True)
    mends = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="mended_by")
    mends_line = models.IntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "sha256", "reading"], condition=Q(closed_at=None), name="a_file_is_read_once_at_a_time"),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(rows=models.F("accepted") + models.F("updated") + models.F("duplicate") + models.F("rejected")), name="every_row_is_accounted_for"
            ),
        ]
        indexes = [models.Index(fields=["-opened_at"], name="import_file_opened")]


class ImportChunk(models.Model):
    """A chunk of an open file that is written. A chunk is whole or absent, and its number stands here once; the rows go when the file is closed."""

    id = models.BigAutoField(primary_key=True)
    file = models.ForeignKey(ImportFile, models.CASCADE, related_name="chunks", db_index=False)
    number = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="a_chunk_is_written_once")]


class ImportRow(models.Model):
    """What became of one row.

    Attributes:
        line: Its number as a spreadsheet shows it.
        outcome: accepted, updated, duplicate, rejected; "pending" only inside an open file: it changes a record and waits for the closing.
        problems: [[column or "", code, what else its text needs], …]; the cells they are about are in `kept`.
        kept: Sealed JSON: {"cells": {header: text}, "values": [text, …]}.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # The chunk that is written in the same transaction points to the file; a million rows need not ask again.
    file = models.ForeignKey(ImportFile, models.CASCADE, related_name="ledger", db_index=False, db_constraint=False)
    line = models.IntegerField()
    outcome = models.TextField()
    key = models.TextField(blank=True, default="")
    mark = models.TextField(blank=True, default="")
    record = models.UUIDField(null=True)
    person = models.UUIDField(null=True)
    problems = models.JSONField(default=list)
    kept = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "line"], name="a_row_has_one_outcome")]


class SenderKey(models.Model):
    """What a sender last said under one of his own numbers: its mark tells a row that comes again from one that changed.

    Attributes:
        reading: With which mapping it was read. Two exports of one office may tell of a case in different columns: each has its own row here.
        record: None where the row is kept and no record came of it (a follow-up that names no listed contact).
        links: How many references of the row to other cases are resolved.
        dangling: Some are not; the row is looked at again when it comes again.
    """

    id = models.BigAutoField(primary_key=True)
    sender = models.TextField()
    kind = models.TextField()
    key = models.TextField()
    mark = models.TextField()
    reading = models.TextField()
    record = models.UUIDField(null=True)
    person = models.UUIDField(null=True)
    links = models.SmallIntegerField(default=0)
    dangling = models.BooleanField(default=False)
    file = models.ForeignKey(ImportFile, models.PROTECT, db_index=False, db_constraint=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sender", "kind", "key", "reading"], name="a_number_is_known_once_a_reading")]


class ToldResource(models.Model):
    """What a bundle told beside persons, cases, samples: an encounter, a report of a laboratory, the organisation and the place they name. Ids, codes and dates;
    the name of an organisation or place; no text about a person.

    Attributes:
        kind: Encounter, DiagnosticReport, Organization or Location.
        key: The sender's own number of it.
        person: Whom an encounter or a report is about; None for the others. Read only with a case of that person.
        body: The pieces that are kept, in FHIR's own words.
    """

    id = models.BigAutoField(primary_key=True)
    sender = models.TextField()
    kind = models.TextField()
    key = models.TextField()
    person = models.ForeignKey("population.Person", models.PROTECT, null=True, related_name="+")
    body = models.JSONField()
    file = models.ForeignKey(ImportFile, models.PROTECT, db_index=False, db_constraint=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sender", "kind", "key"], name="a_resource_of_a_sender_is_kept_once")]


class SavedMapping(models.Model):
    """What a sender's columns mean, as somebody here said it: used for every file of this sender with these headers until it is ended.

    Attributes:
        headers: Digest of the headers, whatever their order.
        columns: Header → field; "" for a column that means nothing to us.
        kind: What the table is, or "" where its header tells.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sender = models.TextField()
    headers = models.TextField()
    columns = models.JSONField()
    kind = models.TextField(blank=True, default="")
    post = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True)
    said_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sender", "headers"], condition=Q(ended_at=None), name="one_word_about_a_sender_s_headers")]
