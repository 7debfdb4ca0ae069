"""The answer to a message: MSA with AA (taken), AE (something in it is wrong) or AR (not taken by us at all), and an ERR for each reason."""

import re
from datetime import datetime

from sizao.interop.exchange.problems import Fault
from sizao.interop.exchange.told import Item

from .er7 import Marks, Message

#: Our code → HL7 table 0357; others are application errors (207).
CODES = {
    "hl7-segment-missing": "100^Segment sequence error", "hl7-value-missing": "101^Required field missing", "hl7-time-unreadable": "102^Data type error", "hl7-time-ahead": "102^Data type error",
    "hl7-code-unknown": "103^Table value not found", "hl7-result-unknown": "103^Table value not found", "hl7-test-unknown": "103^Table value not found", "condition-unknown": "103^Table value not found",
    "hl7-type-other": "200^Unsupported message type", "hl7-is-a-test": "202^Unsupported processing id", "hl7-version-other": "203^Unsupported version id", "number-names-another": "204^Unknown key identifier",
}  # fmt: skip


_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d*)\])?-(\d+)")


def ack(message: Message, item: Item, now: datetime, language: str) -> str:
    """One acknowledgement, with what is noted too: severity E, or I where the message was taken all the same."""
    head = message.head
    marks = head.marks
    sender = [head.raw(5), head.raw(6), head.raw(3), head.raw(4)] if message.segments else ["", "", "", ""]
    own = f"SZ{now:%Y%m%d%H%M%S%f}{message.place}"[-20:]
    first = marks.field.join(
        ["MSH", f"{marks.component}{marks.repetition}{marks.escape}{marks.sub}", *sender, f"{now:%Y%m%d%H%M%S}+0000", "", f"ACK{marks.component}R01{marks.component}ACK", own, head.raw(11) or "P", "2.5.1", *[""] * 5, "UNICODE UTF-8"]
    )
    lines = [first, marks.field.join(["MSA", item.answer, head.raw(10)[:199]])]
    severity = "E" if item.outcome == "rejected" else "I"
    lines += [_err(message, f, "E", language) for f in item.faults]
    lines += [_err(message, f, "I" if item.faults else severity, language) for f in item.notes]
    return "\r".join(lines) + "\r"


def _err(message: Message, fault: Fault, severity: str, language: str) -> str:
    marks = message.head.marks
    said = fault.refused()
    texts = f"{said.text(language)} {said.cure(language)}"
    code = CODES.get(fault.code, "207^Application internal error" if severity == "E" else "0^Message accepted").replace("^", marks.component) + f"{marks.component}HL70357"
    own = marks.component.join([fault.code, "", "L"])
    where = _PLACE.fullmatch(fault.place)
    place = marks.component.join((where[1], where[2] or "1", where[3])) if where else ""
    return marks.field.join(["ERR", "", place, code, severity, own, "", "", _escaped(marks, texts)])


def _escaped(m: Marks, text: str) -> str:
    """The text with the message's own signs escaped."""
    found = text.replace(m.escape, f"{m.escape}E{m.escape}")
    for sign, letter in ((m.field, "F"), (m.component, "S"), (m.sub, "T"), (m.repetition, "R")):
        found = found.replace(sign, f"{m.escape}{letter}{m.escape}")
    return found.replace("\r", " ").replace("\n", " ")
