"""The key ring: what opens sealed fields. It lies outside the store, so that a copy of the data is not a copy of the persons.

A folder (`SIZAO_KEYS`, else `<store>.keys` beside the store; mode 0700) with one file `ring.json` (0600). Two kinds of key,
newest first: "seal" (AES-256) wraps the persons' own keys, "index" (HMAC-SHA256) makes an identifier findable without showing it; a third, "pass",
signs passes (`sizao.passes`) and is there once one was signed.
Old keys stay after a rotation, because old values are read with them. A key's id is made from the key, so a damaged file shows.
"""

import base64
import fcntl
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from sizao.kernel import clock
from sizao.kernel.errors import Refused

KINDS = ("seal", "index")

#: Kinds that a ring may also hold: "pass" signs what people show at a gate, "peer" what goes to other installations, "device" is what phones seal their queues with, "door" opens letters from the process of the public; each is made when it is first asked for.
FURTHER = ("pass", "peer", "device", "door")
FILE = "ring.json"
SHORTEST_PASSPHRASE = 12

#: Cost of one guess at an export's passphrase: 64 MB and about a quarter of a second.
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**16, 8, 1


@dataclass(frozen=True, slots=True)
class Key:
    """One key. Its `secret` shows in no repr, log or traceback that prints the object.

    Attributes:
        id: First eight bytes of a hash of the kind and the key, in hex.
        kind: "seal", "index" or "pass".
        created: Day and time it was made, ISO 8601, UTC.
    """

    id: str
    kind: str
    created: str
    secret: bytes = field(repr=False)

    @classmethod
    def make(cls, kind: str) -> Self:
        """A new key of this kind, from the operating system's randomness."""
        return cls.of(kind, clock.now().isoformat(timespec="seconds"), secrets.token_bytes(32))

    @classmethod
    def of(cls, kind: str, created: str, secret: bytes) -> Self:
        return cls(hashlib.sha256(b"sizao key " + kind.encode() + b"\0" + secret).hexdigest()[:16], kind, created, secret)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of one store, newest first within each kind. A value: rotating gives a new ring and writes it."""

    keys: tuple[Key, ...]
    folder: Path | None = None

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The ring in this folder. Refused: keys-missing, keys-too-open, keys-damaged."""
        path = folder / FILE
        try:
            _check_closed(folder, 0o700)
            _check_closed(path, 0o600)
            return cls(_read(json.loads(path.read_bytes())), folder)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            raise Refused("keys-missing", path=folder) from None
        except (ValueError, KeyError, TypeError):
            raise Refused("keys-damaged", path=path) from None

    @classmethod
    def new(cls, folder: Path) -> Self:
        """Makes the folder and a first key of each kind. Refused: keys-exist."""
        with _alone(folder):
            if (folder / FILE).exists():
                raise Refused("keys-exist", path=folder)
            return cls(tuple(Key.make(kind) for kind in KINDS), folder)._written()

    def rotate(self, kinds: tuple[str, ...] = KINDS) -> Self:
        """Adds a new key of these kinds in front; what was sealed before can still be opened. Then run `sealed.rewrap`."""
        folder = self._home()
        with _alone(folder):
            standing = KeyRing.load(folder)
            return type(self)((*(Key.make(kind) for kind in kinds), *standing.keys), folder)._written()

    def newest(self, kind: str) -> Key:
        """The key that new values are made with."""
        return self.all(kind)[0]

    def all(self, kind: str) -> tuple[Key, ...]:
        """Every key of a kind, newest first."""
        return tuple(key for key in self.keys if key.kind == kind)

    def find(self, kind: str, key_id: str) -> Key:
        """The key with this id. Refused: sealed-unreadable, when the ring does not have it."""
        for key in self.keys:
            if key.id == key_id and key.kind == kind:
                return key
        raise Refused("sealed-unreadable")

    def export(self, passphrase: str) -> bytes:
        """The ring for a safe place: JSON whose content opens only with the passphrase. Refused: passphrase-short."""
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise Refused("passphrase-short", least=SHORTEST_PASSPHRASE)
        head = {"sizao-keys": 1, "n": SCRYPT_N, "r": SCRYPT_R, "p": SCRYPT_P, "salt": secrets.token_hex(16), "nonce": secrets.token_hex(12)}
        box = AESGCM(_stretch(passphrase, head)).encrypt(
            bytes.fromhex(str(head["nonce"])), json.dumps(_plain(self.keys)).encode(), _canonical(head)
        )
        return json.dumps({**head, "box": base64.b64encode(box).decode()}).encode() + b"\n"

    @classmethod
    def import_(cls, folder: Path, exported: bytes, passphrase: str) -> Self:
        """Puts an exported ring back, beside keys that are there already. Refused: keys-passphrase.

        Nothing is replaced: keys that both have count once, and the newest of each kind is the one in use.
        """
        try:
            head = json.loads(exported)
            box = base64.b64decode(head.pop("box"), validate=True)
            if head["sizao-keys"] != 1 or not (head["n"] <= 2**20 and head["r"] <= 16 and head["p"] <= 4):
                raise ValueError
            nonce, secret = bytes.fromhex(head["nonce"]), _stretch(passphrase, head)
            brought = _read(json.loads(AESGCM(secret).decrypt(nonce, box, _canonical(head))))
        except (InvalidTag, ValueError, KeyError, TypeError, AttributeError):
            raise Refused("keys-passphrase") from None
        with _alone(folder):
            standing = KeyRing.load(folder).keys if (folder / FILE).exists() else ()
            both = {key.id: key for key in (*standing, *brought)}
            return cls(tuple(sorted(both.values(), key=lambda key: key.created, reverse=True)), folder)._written()

    def _home(self) -> Path:
        if self.folder is None:
            raise ValueError("this ring was never kept in a folder")
        return self.folder

    def _written(self) -> Self:
        """Writes the ring beside the old one and moves it into place, so that a crash leaves one whole ring or the other."""
        folder = self._home()
        draft = folder / f".{FILE}.{os.getpid()}"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w", encoding="ascii") as out:
            json.dump(_plain(self.keys), out, indent=1)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(folder / FILE)
        _sync(folder)
        return self


def folder() -> Path:
    """Where this store's keys are: `SIZAO_KEYS`, else beside the store. Refused: keys-inside-store, keys-missing (no store named)."""
    return _folder(os.environ.get("SIZAO_STORE", ""), os.environ.get("SIZAO_KEYS", ""))


@lru_cache(maxsize=8)
def _folder(store: str, named: str) -> Path:
    if not (store or named):
        raise Refused("keys-missing", path="SIZAO_KEYS")
    place = Path(named) if named else beside(Path(store))
    if store and place.resolve().is_relative_to(Path(store).resolve()):
        raise Refused("keys-inside-store", path=place)
    return place


def beside(store: Path) -> Path:
    """The folder that keeps the keys of the store in this folder, where `SIZAO_KEYS` does not say otherwise."""
    whole = store.resolve()
    return whole.with_name(whole.name + ".keys")


_held: tuple[Any, KeyRing] | None = None


def ring() -> KeyRing:
    """This store's ring, read again when the file changes, so that a rotation reaches every process. Refused: as `KeyRing.load`."""
    global _held
    place = folder()
    try:
        seen = os.stat(place / FILE)
        at_mode = (str(place), seen.st_ino, seen.st_mtime_ns, seen.st_mode, os.stat(place).st_mode)
    except OSError:
        raise Refused("keys-missing", path=place) from None
    if _held is None or _held[0] != at_mode:
        _held = (at_mode, KeyRing.load(place))
    return _held[1]


def available() -> bool:
    """Whether sealed fields can be read and written. Without keys the store is read-only."""
    return why_read_only() is None


def why_read_only() -> Refused | None:
    """The reason why nothing may be written, or None."""
    try:
        ring()
    except Refused as reason:
        return reason
    return None


def check_writable() -> None:
    """Refuses a write where the keys are missing, too open or damaged: a record without its sealed part would be half a record."""
    ring()


def _check_closed(path: Path, most: int) -> None:
    """Others than the owner may have no right at all, and the owner is us, or root."""
    seen = path.stat()
    mode = stat.S_IMODE(seen.st_mode)
    if mode & ~most or seen.st_uid not in (os.geteuid(), 0):
        raise Refused("keys-too-open", path=path, mode=f"{mode:04o}", wanted=f"{most:o}")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Makes the folder if need be and keeps every other process from writing in it for the while."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_closed(folder, 0o700)
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _sync(folder: Path) -> None:
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def _plain(keys: tuple[Key, ...]) -> dict[str, Any]:
    rows = [{"id": key.id, "kind": key.kind, "created": key.created, "key": base64.b64encode(key.secret).decode()} for key in keys]
    return {"version": 1, "keys": rows}


def _read(content: Any) -> tuple[Key, ...]:
    """The keys in a ring's JSON; a ValueError when one is not what its id says, or a kind is lacking."""
    if content["version"] != 1:
        raise ValueError
    keys = tuple(Key.of(row["kind"], row["created"], base64.b64decode(row["key"], validate=True)) for row in content["keys"])
    if [key.id for key in keys] != [row["id"] for row in content["keys"]] or any(len(key.secret) != 32 for key in keys):
        raise ValueError
    kinds = {key.kind for key in keys}
    if not set(KINDS) <= kinds or kinds - {*KINDS, *FURTHER}:
        raise ValueError
    return keys


def _stretch(passphrase: str, head: dict[str, Any]) -> bytes:
    return Scrypt(salt=bytes.fromhex(head["salt"]), length=32, n=head["n"], r=head["r"], p=head["p"]).derive(passphrase.encode())


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
