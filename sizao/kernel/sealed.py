"""Sealed fields: national id, phone, exact address. Every person has a data key of their own, and deleting it forgets them.

A sealed value is bytes in an ordinary column: `1 | kind | key id (8) | nonce (12) | AES-256-GCM`. Where it stands (table, column, row)
is part of what is authenticated, so a value copied to another row or column does not open. `Sealed` names such a column:

    PHONE = Sealed("population_person", "phone", normalise_phone)
    boxes = PHONE.seal_many([(row_id, person_id, "138 0013 8000")])      # for the column `phone`
    marks = PHONE.index("138 0013 8000")                                 # for the column `phone_index`
    found = Person.objects.filter(phone_index__in=PHONE.searched("+86 13800138000"))

The data keys lie in `kernel_person_key`, wrapped by the store's key ring. Whatever the number of rows, a call runs at most three statements.
"""

import hashlib
import hmac
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection, transaction

from sizao.kernel import keys
from sizao.kernel.copying import copy_into
from sizao.kernel.errors import Refused
from sizao.kernel.identifiers import plain_text
from sizao.kernel.ids import uuid_array
from sizao.kernel.keys import Key, KeyRing

FORM = b"\x01"
BY_RING, BY_PERSON = b"r", b"p"
HEAD = len(FORM) + len(BY_RING) + 8
NONCE = 12
KEY_PLACE = "kernel_person_key|wrapped|"

#: One row of a column to be sealed: row, person, value. And to be unsealed: row, person, what stands there.
Plain = tuple[UUID, UUID, str | None]
Boxed = tuple[UUID, UUID, bytes | memoryview | None]


def seal(value: bytes, place: str, key: Key) -> bytes:
    """Encrypts under a key of the ring. `place` says where it will stand: "table|column|row id"."""
    return _seal(_cipher(key.secret), BY_RING + bytes.fromhex(key.id), value, place)


def unseal(box: bytes | memoryview, place: str, ring: KeyRing) -> bytes:
    """What `seal` put there. Refused: sealed-unreadable, when it was altered, moved, or its key is not in the ring."""
    whole = bytes(box)
    if whole[:2] != FORM + BY_RING:
        raise Refused("sealed-unreadable")
    return _unseal(_cipher(ring.find("seal", whole[2:HEAD].hex()).secret), whole, place)


@lru_cache(maxsize=4)
def _cipher(secret: bytes) -> AESGCM:
    return AESGCM(secret)


def _seal(cipher: AESGCM, name: bytes, value: bytes, place: str) -> bytes:
    head, nonce = FORM + name, os.urandom(NONCE)
    return head + nonce + cipher.encrypt(nonce, value, head + place.encode())


def _unseal(cipher: AESGCM, whole: bytes, place: str) -> bytes:
    try:
        return cipher.decrypt(whole[HEAD : HEAD + NONCE], whole[HEAD + NONCE :], whole[:HEAD] + place.encode())
    except (InvalidTag, ValueError):
        raise Refused("sealed-unreadable") from None


@dataclass(frozen=True, slots=True)
class DataKey:
    """A person's opened data key. Its name is made from it, so that a value sealed before the person was forgotten is told apart."""

    name: bytes
    cipher: AESGCM

    @classmethod
    def of(cls, secret: bytes) -> "DataKey":
        return cls(BY_PERSON + hashlib.sha256(b"sizao person key" + secret).digest()[:8], AESGCM(secret))


def open_person_keys(persons: Iterable[UUID], ring: KeyRing | None = None, *, make: bool = False) -> dict[UUID, DataKey]:
    """The data keys of these persons; with `make`, new ones for those who have none. A person who was forgotten is absent.

    In the caller's transaction. Two callers who make a key for one person at the same time both get the one that was kept.
    """
    at_hand = _at_hand.get() if ring is None else None
    ring, wanted = ring or keys.ring(), sorted(set(persons), key=lambda person: person.int)
    known = [person for person in wanted if person in at_hand] if at_hand else []
    if known and at_hand:
        if len(known) == len(wanted):
            return {person: at_hand[person] for person in known}
        wanted = [person for person in wanted if person not in at_hand]
    wrapped = _wrapped(wanted)
    lacking = [person for person in wanted if person not in wrapped] if make else []
    made = _made(lacking, ring) if lacking else {}
    if len(made) < len(lacking):  # another made theirs at the same time, and that one was kept
        wrapped |= _wrapped([person for person in lacking if person not in made])
    opened = made | {person: DataKey.of(unseal(box, f"{KEY_PLACE}{person}", ring)) for person, box in wrapped.items()}
    if at_hand is not None:
        at_hand.update(opened)
        opened |= {person: at_hand[person] for person in known}
    return opened


def new_person_keys(persons: Sequence[UUID], names: Sequence[str] | None = None) -> list[DataKey]:
    """Data keys for persons whose identifiers were made just now, in order: nobody can have made theirs, so nobody is asked. In the caller's transaction.
    `names`: the identifiers as text, where the caller has them."""
    if not persons:
        return []
    newest = keys.ring().newest("seal")
    secrets, boxes = _new_secrets(names or persons, newest)
    copy_into("kernel_person_key", {"person": ("uuid", persons), "wrapped": ("bytea", boxes), "key_id": ("text", [newest.id] * len(persons))})
    made = [DataKey.of(secret) for secret in secrets]
    at_hand = _at_hand.get()
    if at_hand is not None:
        at_hand.update(zip(persons, made, strict=True))
    return made


def _new_secrets(persons: Sequence[UUID | str], newest: Key) -> tuple[list[bytes], list[bytes]]:
    """A new data key for each person, and its wrapped form."""
    chance, nonces = os.urandom(32 * len(persons)), os.urandom(NONCE * len(persons))
    secrets = [chance[at : at + 32] for at in range(0, len(chance), 32)]
    head, cipher = FORM + BY_RING + bytes.fromhex(newest.id), _cipher(newest.secret)
    boxes = []
    for at, (person, secret) in enumerate(zip(persons, secrets, strict=True)):
        nonce = nonces[NONCE * at : NONCE * at + NONCE]
        boxes.append(head + nonce + cipher.encrypt(nonce, secret, head + f"{KEY_PLACE}{person}".encode()))
    return secrets, boxes


def _made(lacking: Sequence[UUID], ring: KeyRing) -> dict[UUID, DataKey]:
    """New data keys for persons who have none; a person is absent for whom somebody else made one meanwhile."""
    newest = ring.newest("seal")
    fresh, boxes = _new_secrets(lacking, newest)
    secrets = dict(zip(lacking, fresh, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_person_key (person, wrapped, key_id) SELECT person, wrapped, %s FROM unnest(%s::uuid[], %s::bytea[]) AS made (person, wrapped) "
            "ON CONFLICT (person) DO NOTHING RETURNING person",
            [newest.id, uuid_array(lacking), "{" + ",".join(['"\\\\x' + box.hex() + '"' for box in boxes]) + "}"],
        )
        return {person: DataKey.of(secrets[person]) for (person,) in cursor.fetchall()}


_at_hand: ContextVar[dict[UUID, DataKey] | None] = ContextVar("data keys at hand", default=None)


@contextmanager
def keys_at_hand() -> Iterator[None]:
    """Inside the block, and inside one transaction, a data key that was opened once is not asked for again: several columns of the same
    persons are sealed with one statement. The keys are let go at the end."""
    token = _at_hand.set(_at_hand.get() or {})  # within another such block: its keys
    try:
        yield
    finally:
        _at_hand.reset(token)


_belongs: set[tuple[str, str]] = set()


def check_ring() -> None:
    """Before a write: refuses where the keys are missing (`keys-missing` and its kind) or are another store's (`keys-of-another-store`).

    Another store's keys would seal well, and nobody would find out until the right ones came back.
    """
    ring = keys.ring()
    mark = (str(connection.settings_dict["NAME"]), ring.newest("seal").id)
    if mark in _belongs:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT key_id FROM kernel_person_key LIMIT 1")
        row = cursor.fetchone()
    if row and row[0] not in {key.id for key in ring.all("seal")}:
        raise Refused("keys-of-another-store", path=keys.folder())
    _belongs.add(mark)


def _wrapped(persons: Sequence[UUID]) -> dict[UUID, bytes]:
    if not persons:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT person, wrapped FROM kernel_person_key WHERE person = ANY(%s::uuid[])", [uuid_array(persons)])
        return {person: bytes(box) for person, box in cursor.fetchall()}


def forget(persons: Iterable[UUID]) -> int:
    """Deletes the data keys: from then on nothing sealed of these persons can be read, here or in what was copied from here.

    Backups keep the keys until they are dropped, hence their own term. The caller writes the audit event. Answers how many had a key.
    """
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM kernel_person_key WHERE person = ANY(%s)", [list(set(persons))])
        return cursor.rowcount


def rewrap(limit: int = 1000, ring: KeyRing | None = None) -> int:
    """Wraps up to `limit` data keys again under the ring's newest key; answers how many were done, 0 at the end.

    Call it until it answers 0, each time in a transaction of its own: whenever it is stopped, what is done is done and the rest
    can still be read. The persons' values themselves are not touched. Rows that another process holds are left for the next call.
    """
    ring = ring or keys.ring()
    newest = ring.newest("seal")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT person, wrapped FROM kernel_person_key WHERE key_id <> %s ORDER BY key_id LIMIT %s FOR UPDATE SKIP LOCKED", [newest.id, limit]
        )
        rows = cursor.fetchall()
        if rows:
            again = [seal(unseal(box, f"{KEY_PLACE}{person}", ring), f"{KEY_PLACE}{person}", newest) for person, box in rows]
            cursor.execute(
                "UPDATE kernel_person_key AS held SET wrapped = made.wrapped, key_id = %s FROM unnest(%s::uuid[], %s::bytea[]) AS made (person, wrapped) "
                "WHERE held.person = made.person",
                [newest.id, [person for person, _ in rows], again],
            )
    return len(rows)


def rewrap_all(told: Callable[[int], object] = lambda done: None, *, chunk: int = 1000) -> int:
    """Wraps every data key under the newest key, each chunk in its own transaction; how many. `told` hears the total so far.

    Outside any transaction. What another process holds just then is waited for.
    """
    total = 0
    while True:
        with transaction.atomic():
            done = rewrap(chunk)
        total += done
        told(total)
        if not done:
            if not left_to_rewrap():
                return total
            time.sleep(0.05)


def left_to_rewrap() -> int:
    """Persons whose data key is still wrapped under an older key of the ring."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kernel_person_key WHERE key_id <> %s", [keys.ring().newest("seal").id])
        return int(cursor.fetchone()[0])


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed column. It hides nothing from the reader of the code: the column is bytes, and these functions fill and read it.

    Attributes:
        table, column: Where the values stand; part of what is authenticated.
        normalise: What makes two spellings of one identifier equal, for the index; None for a column that nobody searches.
        kind: Under which name the index is made. Columns of one kind can be compared with one another; default, the column's name.
    """

    table: str
    column: str
    normalise: Callable[[str], str | None] | None = None
    kind: str = ""

    def place(self, row: UUID) -> str:
        return f"{self.table}|{self.column}|{row}"

    def seal_many(self, rows: Sequence[Plain], ring: KeyRing | None = None) -> list[bytes | None]:
        """One box a row, in order; None stays None. Makes a data key for each person who has none."""
        opened = open_person_keys((person for _, person, value in rows if value is not None), ring, make=True)
        return [None if value is None else _seal(opened[person].cipher, opened[person].name, value.encode(), self.place(row)) for row, person, value in rows]

    def seal_new(self, rows: Sequence[UUID | str], opened: Sequence[DataKey | None], values: Sequence[str | None]) -> list[bytes | None]:
        """One box a value, in order, under keys that are open already; None stays None. A value has a key."""
        place, nonces, at = f"{self.table}|{self.column}|".encode(), os.urandom(NONCE * len(values)), 0
        boxes: list[bytes | None] = []
        for row, key, value in zip(rows, opened, values, strict=True):
            if value is None or key is None:
                boxes.append(None)
                continue
            head, nonce = FORM + key.name, nonces[at : at + NONCE]
            at += NONCE
            boxes.append(head + nonce + key.cipher.encrypt(nonce, value.encode(), head + place + str(row).encode()))
        return boxes

    def unseal_many(self, rows: Sequence[Boxed], ring: KeyRing | None = None) -> list[str | None]:
        """One value a row, in order; None where there is none, or where the person was forgotten. Refused: sealed-unreadable."""
        opened = open_person_keys((person for _, person, box in rows if box is not None), ring)
        return [None if box is None else self._open(row, opened.get(person), bytes(box)) for row, person, box in rows]

    def seal(self, row: UUID, person: UUID, value: str) -> bytes:
        """The box of one row."""
        box = self.seal_many([(row, person, value)])[0]
        assert box is not None
        return box

    def unseal(self, row: UUID, person: UUID, box: bytes | memoryview) -> str:
        """The value of one row. Refused: person-forgotten, sealed-unreadable."""
        value = self.unseal_many([(row, person, box)])[0]
        if value is None:
            raise Refused("person-forgotten")
        return value

    def index(self, value: str | None, ring: KeyRing | None = None) -> bytes | None:
        """What stands beside the sealed value so that it can be found: a keyed hash of its normal form; None when there is none."""
        normal = self._normal(value)
        return None if normal is None else blind_index(self.kind or self.column, normal, (ring or keys.ring()).newest("index"))

    def index_many(self, values: Iterable[str | None], ring: KeyRing | None = None) -> list[bytes | None]:
        """`index` of each, in order."""
        hashed = _blind(self.kind or self.column, (ring or keys.ring()).newest("index").secret)
        return [None if (normal := self._normal(value)) is None else hashed(normal) for value in values]

    def searched(self, value: str | None, ring: KeyRing | None = None) -> list[bytes]:
        """All that may stand in the index for this value, under the newest key and those before it; empty when it is no identifier."""
        normal = self._normal(value)
        return [] if normal is None else [blind_index(self.kind or self.column, normal, key) for key in (ring or keys.ring()).all("index")]

    def _normal(self, value: str | None) -> str | None:
        if value is None:
            return None
        return self.normalise(value) if self.normalise else plain_text(value)

    def _open(self, row: UUID, opened: DataKey | None, whole: bytes) -> str | None:
        if whole[:2] != FORM + BY_PERSON:
            raise Refused("sealed-unreadable")
        if opened is None or opened.name != whole[1:HEAD]:
            return None  # its key is gone for good: the person was forgotten (and may since have been met anew)
        return _unseal(opened.cipher, whole, self.place(row)).decode()


def blind_index(kind: str, normal: str, key: Key) -> bytes:
    """HMAC-SHA256 of a normalised identifier: equal identifiers are found, and without the key none can be guessed or listed."""
    return hmac.digest(key.secret, f"{kind}\0{normal}".encode(), "sha256")


def _blind(kind: str, secret: bytes) -> Callable[[str], bytes]:
    """`blind_index` of many: what of it is the same for all of one kind (RFC 2104, section 4) is hashed once."""
    whole = (secret if len(secret) <= 64 else hashlib.sha256(secret).digest()).ljust(64, b"\0")
    inner, outer = hashlib.sha256(bytes([b ^ 0x36 for b in whole]) + f"{kind}\0".encode()), hashlib.sha256(bytes([b ^ 0x5C for b in whole]))

    def hashed(normal: str) -> bytes:
        (one := inner.copy()).update(normal.encode())
        (two := outer.copy()).update(one.digest())
        return two.digest()

    return hashed
