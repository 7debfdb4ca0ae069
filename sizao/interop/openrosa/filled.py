"""What somebody filled in on another program's form, read back: which form, its own id, and field → value. No word of it is believed before the ledger has read it."""

from dataclasses import dataclass, field
from datetime import datetime
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from sizao.kernel.errors import Refused

LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Filled:
    """One filled form. `instance` is its own id ("uuid:…"); `about` what was told of whom or what it is about."""

    form: str
    version: str
    instance: str
    ended_at: datetime | None = None
    about: str = ""
    values: dict[str, str] = field(default_factory=dict)


def read(body: bytes) -> Filled:
    """The form in `xml_submission_file`. Refused: openrosa-unreadable (no XML, entities in it, no form, no instanceID)."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except Exception as broken:  # what a parser may raise over hostile bytes is not a list that ends
        raise Refused("openrosa-unreadable", why=type(broken).__name__) from None
    form, instance = root.get("id") or "", ""
    values: dict[str, str] = {}
    about, ended = "", None
    for child in root:
        name, text = _local(child), (child.text or "").strip()
        if name == "meta":
            instance = next(((m.text or "").strip() for m in child if _local(m) == "instanceID"), "")
        elif name.startswith("about_"):
            about = text
        elif name == "ended_at":
            ended = _moment(text)
        elif name != "begun_at" and text and not len(child):
            values[name] = text
    if not form or not instance or len(instance) > LONGEST_ID:
        raise Refused("openrosa-unreadable", why="id, instanceID")
    return Filled(form, root.get("version") or "", instance, ended, about, values)


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
