"""The content store: what was loaded, by id and SHA-256, and what two people have put in force.

Content comes from the package's `content/` and from the jurisdiction's own folder (`SIZAO_CONTENT`), laid out alike; there an item of the
same id wins and says what it overrides. Loading checks everything, reports all faults at once, and brings nothing into force.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from . import audit, clock
from .content_dir import folders
from .errors import Refused
from .marked import plain
from .models import Area, ContentItem, Enactment, Kept
from .scope import Scope


@dataclass(frozen=True, slots=True)
class ContentFault:
    """Something wrong with an item: where, and what is to be done, in both languages."""

    file: str
    line: int | None
    code: str
    zh: str
    en: str


@dataclass(slots=True)
class Loaded:
    """What a load did: items new to the store, items known already, and every fault. With a fault nothing is stored."""

    new: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    faults: list[ContentFault] = field(default_factory=list)


Checker = Callable[[Path, str], Iterable[ContentFault]]

#: kind of item → where it lies below a content folder. A plan is a folder, for its scenarios lie beside it.
KINDS = {
    "plan": "plans/*/edition.yaml",
    "code-list": "codelists/*.yaml",
    "disease": "diseases/*.yaml",
    "header-dialect": "headers/*.yaml",
    "fields": "fields/*.yaml",
    "ledger": "ledgers/*.yaml",
    "feed": "feeds/*.yaml",
    "alarm": "alarms/*.yaml",
    "calendar": "calendars/*.yaml",
    "stream": "streams/*.yaml",
    "restriction": "restrictions/*.yaml",
    "exchange": "exchange/*.yaml",
    "case-definition": "definitions/*.yaml",
    "form": "forms/*.yaml",
    "grading": "grades/*.yaml",
}
BILINGUAL = ("code-list", "disease", "fields", "ledger", "feed", "alarm", "calendar", "stream", "restriction", "exchange", "case-definition", "form", "grading")
_checkers: dict[str, Checker] = {}
_afters: dict[str, Callable[[], object]] = {}
_cited: set[tuple[str, str, str]] = set()


def checker(kind: str, check: Checker) -> None:
    """Names who checks items of a kind; the room that gives the kind its meaning does."""
    _checkers[kind] = check


def after_load(kind: str, do: Callable[[], object]) -> None:
    """Names what is done once items of a kind were taken in, in the same transaction: what a ledger needs to be asked."""
    _afters[kind] = do


def item_id(kind: str, path: Path) -> str:
    return path.parent.name if kind == "plan" else path.stem


def load(scope: Scope, places: Iterable[Path] | None = None, kinds: Iterable[str] = tuple(KINDS)) -> Loaded:
    """Checks every item of these folders (default: all content) and stores what is new. Nothing comes into force by it."""
    loaded, found, read = Loaded(), list(_found(places or folders(), tuple(kinds))), []
    for kind, path in found:
        text, body, faults = _read(kind, path)
        loaded.faults += faults
        read.append((kind, path, text, body))
    if loaded.faults:
        return loaded
    with transaction.atomic():
        earlier: dict[tuple[str, str], str] = {}
        known = set(ContentItem.objects.filter(kind__in={kind for kind, _ in found}).values_list("kind", "item_id", "sha256"))
        new: list[ContentItem] = []
        for kind, path, text, body in read:
            name, digest = item_id(kind, path), hashlib.sha256(text.encode()).hexdigest()
            item = ContentItem(kind=kind, item_id=name, sha256=digest, text=text, source=path.name, overrides=earlier.get((kind, name), ""))
            if (kind, name, digest) not in known:
                item.body = json.loads(json.dumps(body, default=str))
                new.append(item)
                loaded.new.append(f"{kind} {item.ref}")
            else:
                loaded.known.append(f"{kind} {item.ref}")
            known.add((kind, name, digest))
            earlier[kind, name] = item.ref
        ContentItem.objects.bulk_create(new, batch_size=100, ignore_conflicts=True)  # another process may load the same
        for kind in dict.fromkeys(kind for kind, _ in found if kind in _afters):
            _afters[kind]()
        if loaded.new:
            audit.write(scope, "content.loaded", [], count=len(loaded.new), items=loaded.new)
    return loaded


def _found(places: Iterable[Path], kinds: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    for place in places:
        for kind in kinds:
            for path in sorted(place.glob(KINDS[kind])):
                yield kind, path


def _read(kind: str, path: Path) -> tuple[str, Any, list[ContentFault]]:
    """(the text, its data, what is wrong with them)."""
    try:
        text = path.read_text(encoding="utf-8")
        body = plain(text)
    except (yaml.YAMLError, UnicodeDecodeError) as e:
        mark = getattr(e, "problem_mark", None)
        return "", None, [ContentFault(path.name, mark.line + 1 if mark else None, "content-unreadable", "文件不是有效的 YAML（UTF-8）。", "The file is no valid YAML (UTF-8).")]
    faults = [] if kind not in BILINGUAL else list(_monolingual(path.name, body))
    return text, body, faults + list(_checkers[kind](path, text) if kind in _checkers else ())


def _monolingual(file: str, node: Any, where: str = "") -> Iterator[ContentFault]:
    """Wherever one of the two languages stands, the other must stand too."""
    if isinstance(node, dict):
        if ("zh" in node) != ("en" in node):
            yield ContentFault(file, None, "content-one-language", f"“{where}”缺少中文或英文。", f'"{where}" lacks Chinese or English.')
        for key, value in node.items():
            yield from _monolingual(file, value, f"{where}.{key}" if where else str(key))


def cited(kind: str, name: str, text: str) -> str:
    """The reference of an item that a record is about to cite; the text is put in the store if it is not there yet, so that what is cited can be read for ever."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    if (kind, name, digest) not in _cited:
        if not ContentItem.objects.filter(kind=kind, item_id=name, sha256=digest).exists():  # reading the text takes longer than asking
            body = json.loads(json.dumps(plain(text), default=str))
            ContentItem.objects.get_or_create(kind=kind, item_id=name, sha256=digest, defaults={"body": body, "text": text, "source": f"{name}.yaml"})
        if not transaction.get_connection().in_atomic_block:
            _cited.add((kind, name, digest))
    return f"{name}@{digest[:12]}"


def newest(kind: str, name: str) -> ContentItem:
    """The item of that id that was loaded last. Refused content-absent."""
    found = ContentItem.objects.filter(kind=kind, item_id=name).order_by("-pk").first()
    if found is None:
        raise Refused("content-absent", item=name)
    return found


@transaction.atomic
def propose(scope: Scope, item: ContentItem, area: Area, disease: str, starts_at: datetime, ends_at: datetime | None = None, *, trial: bool = False) -> Enactment:
    """The first of two people puts an item forward. Nothing is in force until `second`; a trial is in force at once, and says everywhere that it is one."""
    scope.check("content.enact", area)
    if scope.user is None:
        raise Refused("two-people-needed", what=item.ref)
    made = Enactment.objects.create(
        item=item, area=area, disease=disease, starts_at=starts_at, ends_at=ends_at, proposed_by=scope.user, trial=trial, decided_at=clock.now() if trial else None
    )
    audit.write(scope, "content.proposed", [], item=item.ref, trial=trial)
    return made


@transaction.atomic
def second(scope: Scope, enactment: Enactment) -> Enactment:
    """The second person agrees: it is in force. Refused two-people-needed when it is the same person."""
    scope.check("content.enact", enactment.area)
    if scope.user is None or scope.user.pk == enactment.proposed_by_id:
        raise Refused("two-people-needed", what=enactment.item.ref)
    enactment.seconded_by, enactment.decided_at = scope.user, clock.now()
    enactment.save(update_fields=["seconded_by", "decided_at"])
    audit.write(scope, "content.enacted", [], item=enactment.item.ref)
    return enactment


def keep(act_kinds: Iterable[str], area: Area, since: datetime, basis: str) -> None:
    """From `since` this store keeps these kinds of act below the area: from then on, no act means not done. An earlier beginning stands."""
    for kind in act_kinds:
        kept, made = Kept.objects.get_or_create(act_kind=kind, area=area, defaults={"since": since, "basis": basis})
        if not made and since < kept.since:
            kept.since, kept.basis = since, basis
            kept.save(update_fields=["since", "basis"])
