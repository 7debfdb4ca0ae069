"""The audit trail: one event for every batch written and every read of persons, and the seals that chain them.

Neither table is ever changed: the application role has no right to, and a trigger refuses it to the owner as well
(`sizao.kernel.audit.sql`). Who goes round both is found by `sizao audit verify`.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from sizao.kernel.ids import uuid7


class Xid8(models.BigIntegerField):
    """PostgreSQL's 64-bit transaction id: only ever grows, and can be compared with a snapshot's `xmin`."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return str(value) if isinstance(value, int) else value


class Event(models.Model):
    """Who did or saw what, for what purpose: one row a batch or a read, in the transaction of the act itself.

    Attributes:
        cluster: Identifier of the database cluster that numbered `xid`; after a restore elsewhere the numbers start again.
        xid: The transaction that wrote it. The sealer takes an event once no older transaction can still commit.
        user_id, post_id: Who, holding which post. Both null for the system itself (worker, migrations).
        purpose: For what: "response" in ordinary work; a break-glass read says its reason here.
        kind: What was done, as "<room>.<verb>", e.g. "cases.read" or "isolation.daily_check".
        subjects: The persons or records touched; the answer to "who has looked at me" is found by it.
        count: How many rows, where that is more than `subjects` tells (a list that was read by page, a file exported).
        digest: SHA-256 of the canonical JSON of what was written or shown; the content itself is not here.
        old_sealed: What stood before, each value under its person's own key, so that erasing the key forgets it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    cluster = models.BigIntegerField()
    xid = Xid8()
    user_id = models.BigIntegerField(null=True)
    post_id = models.BigIntegerField(null=True)
    purpose = models.TextField()
    kind = models.TextField()
    subjects = ArrayField(models.UUIDField(), default=list)
    count = models.BigIntegerField()
    digest = models.BinaryField(null=True)
    old_sealed = models.BinaryField(null=True)

    class Meta:
        app_label = "kernel"
        db_table = "kernel_event"
        indexes = [
            models.Index(fields=["cluster", "xid", "id"], name="kernel_event_xid"),
            models.Index(fields=["user_id", "at"], name="kernel_event_user"),
            GinIndex(fields=["subjects"], name="kernel_event_subjects"),
        ]


class Seal(models.Model):
    """One link of the chain: the event's own hash, and the hash of everything up to it.

    Attributes:
        no: 1, 2, 3 … without a gap.
        event_id: The event it seals. No foreign key: a seal must outlive an event that somebody removed.
        xid, cluster: Those of the event, so that the next unsealed event is found without reading it.
        chain: SHA-256 over the chain before, `no` and `event_hash`.
    """

    no = models.BigIntegerField(primary_key=True)
    event_id = models.UUIDField(unique=True)
    cluster = models.BigIntegerField()
    xid = Xid8()
    event_hash = models.BinaryField()
    chain = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        app_label = "kernel"
        db_table = "kernel_seal"
