"""A sender's own word about his columns: kept once said, used for every file with the same headers, shown, and taken back when it was wrong."""

import hashlib
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from sizao.kernel import audit, clock
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope, at_most_one

from .dialects import fold
from .fields import FIELDS, TABLES
from .models import SavedMapping


def digest_of(header: Sequence[str]) -> str:
    """The headers as one name, whatever their order and spelling."""
    return hashlib.sha256("\x1f".join(sorted(map(fold, header))).encode()).hexdigest()[:32]


def check(columns: Mapping[str, str] | None, kind: str | None) -> None:
    """Refused mapping-field-unknown, mapping-kind-unknown."""
    for header, name in (columns or {}).items():
        if name and name not in FIELDS:
            raise Refused("mapping-field-unknown", column=header, field=name, known=", ".join(FIELDS))
    if kind and kind not in TABLES:
        raise Refused("mapping-kind-unknown", kind=kind, known=", ".join(TABLES))


def standing(sender: str, header: Sequence[str]) -> SavedMapping | None:
    """What was last said about these headers of this sender."""
    return SavedMapping.objects.filter(sender=sender, headers=digest_of(header), ended_at=None).first()


@transaction.atomic
def say(scope: Scope, sender: str, header: Sequence[str], columns: Mapping[str, str], kind: str | None, *, also: Sequence[str] = ()) -> None:
    """Keeps what is said; what stood before ends. Saying the same again changes nothing. `also`: names of columns beside the headers' own."""
    mine = {h: f for h, f in columns.items() if h in header or h in also}
    before = standing(sender, header)
    if not (mine or kind) or (before is not None and before.columns == mine and before.kind == (kind or "")):
        return
    now = clock.now()
    if before is not None:
        before.ended_at = now
        before.save(update_fields=["ended_at"])
    made = SavedMapping.objects.create(sender=sender, headers=digest_of(header), columns=mine, kind=kind or "", post_id=scope.post_id, said_at=now)
    audit.write(scope, "import.mapping_said", [made.pk], digest_of=[sender, mine, kind])


def sayings(scope: Scope) -> QuerySet[SavedMapping]:
    """Everything that stands, newest first. Refused: not-allowed."""
    scope.check("import.read")
    return SavedMapping.objects.filter(ended_at=None).select_related("post").order_by("-said_at")


@transaction.atomic
def take_back(scope: Scope, saying: UUID) -> SavedMapping:
    """Ends one: the next file is read by the dialects alone again. What was imported stays. Refused: not-allowed, not-found-or-out-of-area."""
    scope.check("import.write")
    found: SavedMapping = at_most_one(SavedMapping.objects.select_for_update().filter(pk=saying, ended_at=None)[:1])
    found.ended_at = clock.now()
    found.save(update_fields=["ended_at"])
    audit.write(scope, "import.mapping_taken_back", [found.pk])
    return found
