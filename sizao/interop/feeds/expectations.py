"""What is expected of senders, from `content/feeds/`; and everything that is wrong with such a file."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from sizao.kernel.content import ContentFault, folders
from sizao.kernel.fields import fault
from sizao.kernel.marked import Marked, plain

from .rules import Expected, span

KEYS = ("title", "source", "senders", "every", "grace", "volume", "loop", "certificate")


def expectations() -> list[Expected]:
    """Every expectation without a fault; of two files with one name the jurisdiction's own counts."""
    files = {p.stem: p for place in folders() for p in sorted((place / "feeds").glob("*.yaml"))}
    return [e for p in files.values() if (e := _read(str(p), p.stat().st_mtime_ns)) is not None]


def of(sender: str) -> Expected | None:
    """What is expected of a sender; the most particular name decides."""
    fitting = [(max(len(s) for s in e.senders if e.fits(sender)), e) for e in expectations() if e.fits(sender)]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


@lru_cache(maxsize=64)
def _read(path: str, _changed: int) -> Expected | None:
    place = Path(path)
    text = place.read_text(encoding="utf-8")
    if list(faults(place, text)):
        return None
    body = plain(text)
    volume = body.get("volume") or {}
    return Expected(
        place.stem, body["title"]["zh"], body["title"]["en"], tuple(body["senders"]), span(body["every"]), span(body["grace"]), volume.get("least"), volume.get("most"),
        volume.get("over", 14), body.get("loop"), span(body["certificate"]) if body.get("certificate") else None,
    )  # fmt: skip


def faults(path: Path, text: str) -> Iterator[ContentFault]:
    """Everything that is wrong with a file of expectations."""
    try:
        marked = Marked(text)
    except yaml.YAMLError:
        return  # the content store says so itself
    body: Any = marked.data if isinstance(marked.data, dict) else {}
    for key in map(str, body):
        if key not in KEYS:
            yield fault(path.name, marked.line(key), "feed-key-unknown", feed=path.stem, key=key, known=KEYS)
    title = body.get("title")
    if not isinstance(title, dict) or not title.get("zh") or not title.get("en"):
        yield fault(path.name, marked.line("title"), "feed-part-wrong", feed=path.stem, part="title", expected="{zh, en}")
    senders = body.get("senders")
    if not isinstance(senders, list) or not senders or not all(isinstance(s, str) and s.strip("*") for s in senders):
        yield fault(path.name, marked.line("senders"), "feed-part-wrong", feed=path.stem, part="senders", expected='["lab:*"]')
    for key in ("every", "grace", "certificate"):
        if key in body or key != "certificate":
            try:
                span(body.get(key))
            except ValueError:
                yield fault(path.name, marked.line(key), "feed-part-wrong", feed=path.stem, part=key, expected="10m · 1h · 1d")
    if "loop" in body and (type(body["loop"]) is not int or not 2 <= body["loop"] <= 100):
        yield fault(path.name, marked.line("loop"), "feed-part-wrong", feed=path.stem, part="loop", expected="2 … 100")
    volume = body.get("volume")
    good = volume is None or (isinstance(volume, dict) and set(volume) <= {"least", "most", "over"} and all(isinstance(v, int | float) and v > 0 for v in volume.values()))
    if not good:
        yield fault(path.name, marked.line("volume"), "feed-part-wrong", feed=path.stem, part="volume", expected="{least: 0.3, most: 3, over: 14}")
