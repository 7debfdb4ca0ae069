"""HL7 v2 as it is written (ER7): bytes to text, text to messages, messages to segments, and a value out of a segment.

Own reader, and lazy: a message is cut into segments and fields, and nothing deeper until it is asked for. Nothing here knows what a message means.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sizao.interop.exchange.problems import Fault

#: HL7 table 0211 → codec. Two-byte sets are read as the set that holds them.
CHARSETS = {
    "ASCII": "ascii", "8859/1": "iso-8859-1", "8859/2": "iso-8859-2", "8859/15": "iso-8859-15", "UNICODE UTF-8": "utf-8", "UTF-8": "utf-8",
    "GB 18030-2000": "gb18030", "GB18030": "gb18030", "GBK": "gb18030", "BIG-5": "big5hkscs",
}  # fmt: skip
#: What one message, one segment of it and one field may hold, in characters and pieces.
MOST_TEXT, MOST_FIELD, MOST_SEGMENTS, MOST_FIELDS = 1 << 20, 64 << 10, 5_000, 1_000
_HEAD = re.compile(rb"(?:^\s*(?:\xef\xbb\xbf)?|[\r\n\x0b])MSH(?=[^A-Za-z0-9\s])")
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}(?=[^A-Za-z0-9\s]|$)")
_ENVELOPE = ("FHS", "BHS", "BTS", "FTS")
_ESCAPE = re.compile(r"(.)(H|N|F|S|T|R|E|X[0-9A-Fa-f]*|\.br|\.sp\d*)\1")


@dataclass(slots=True)
class Segment:
    """One segment. `fields[0]` is its name; of MSH the first field is the separator itself, as the standard counts."""

    name: str
    fields: list[str]
    marks: "Marks"

    def raw(self, n: int) -> str:
        """Field n as written; "" where it is not there."""
        return self.fields[n] if n < len(self.fields) else ""

    def repetitions(self, n: int) -> list[str]:
        """The repetitions of a field that are not empty, as written."""
        text = self.raw(n)
        return [r for r in text.split(self.marks.repetition) if r] if text else []

    def get(self, n: int, component: int = 1, sub: int = 1) -> str:
        """A value of the first repetition of field n, unescaped, without blanks around it; HL7's null ("") reads as empty."""
        text = self.raw(n)
        if not text:
            return ""
        marks = self.marks
        if marks.repetition in text:
            text = text.split(marks.repetition, 1)[0]
        return marks.pick(text, component, sub)


@dataclass(frozen=True, slots=True)
class Marks:
    """The signs that part a message, as its own header says them."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    sub: str = "&"

    def pick(self, text: str, component: int = 1, sub: int = 1) -> str:
        """A component, and of it a subcomponent, of one repetition.

        >>> Marks().pick("a^b&c^d", 2, 2), Marks().pick("x\\\\T\\\\y"), Marks().pick('""')
        ('c', 'x&y', '')
        """
        if component > 1 or self.component in text:
            parts = text.split(self.component, component)
            text = parts[component - 1] if component <= len(parts) else ""
        if sub > 1 or self.sub in text:
            parts = text.split(self.sub, sub)
            text = parts[sub - 1] if sub <= len(parts) else ""
        text = self.plain(text).strip()
        return "" if text == '""' else text

    def plain(self, text: str) -> str:
        """The text without escapes."""
        if self.escape not in text:
            return text
        known = {"F": self.field, "S": self.component, "T": self.sub, "R": self.repetition, "E": self.escape, "H": "", "N": ""}

        def put(match: re.Match[str]) -> str:
            word = match[2]
            if match[1] != self.escape:
                return match[0]
            if word[0] == "X":
                try:
                    return bytes.fromhex(word[1:]).decode("utf-8")
                except (ValueError, UnicodeDecodeError):
                    return ""
            return known.get(word, "\n")

        return _ESCAPE.sub(put, text)


@dataclass(slots=True)
class Message:
    """One message as it came. `faults` says what is wrong with its writing; then its segments may be missing.

    Attributes:
        place: Its number in what was sent, from 1.
        text: As it was written, its segments parted by carriage returns.
    """

    place: int
    text: str
    segments: list[Segment] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)

    @property
    def head(self) -> Segment:
        """MSH; an empty one where it could not be read."""
        return self.segments[0] if self.segments else Segment("MSH", ["MSH", "|"], Marks())

    @property
    def control_id(self) -> str:
        return self.head.get(10)[:199]

    def first(self, name: str) -> Segment | None:
        return next((s for s in self.segments if s.name == name), None)


def messages(data: bytes) -> Iterator[Message]:
    """Every message of what was sent: alone, one after the other, in HL7's own batch, with or without the frames of MLLP.

    Raises Fault: hl7-no-message; hl7-batch-cut-off (a batch that does not end, or has not what its end says).
    """
    starts = [m.end() - 3 for m in _HEAD.finditer(data)]
    if not starts:
        raise Fault("hl7-encoding-unknown" if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:64] else "hl7-no-message")
    _whole(data, len(starts))
    for place, (start, end) in enumerate(zip(starts, [*starts[1:], len(data)], strict=True), 1):
        yield _message(place, data[start:end])


def _whole(data: bytes, count: int) -> None:
    """A batch says at its end how many messages it has; one that lost its end lost perhaps more."""
    if re.match(rb"\s*(?:\xef\xbb\xbf)?\x0b?(?:FHS|BHS)[^A-Za-z0-9\s]", data) is None:
        return
    ends = re.findall(rb"[\r\n]BTS[^A-Za-z0-9\s](\d*)", data)
    told = sum(int(e) for e in ends if e and len(e) < 10)
    if not ends or (all(ends) and told != count):
        raise Fault("hl7-batch-cut-off", "BTS-1", str(told) if ends else "", expected=count)


def _message(place: int, data: bytes) -> Message:
    if len(data) > MOST_TEXT:
        cut = Message(place, "")
        _segments(cut, data[:2000].decode("ascii", "replace").split("\r")[0].split("\n")[0])
        cut.faults = [Fault("hl7-too-long", "", str(len(data)), limit=MOST_TEXT)]
        return cut
    text, fault, note = _decoded(data)
    made = from_text(place, text)
    made.faults[:0] = [fault] if fault else []
    made.notes += [note] if note else []
    return made


def from_text(place: int, text: str) -> Message:
    """A message whose text is known: as it was kept."""
    made = Message(place, text)
    _segments(made, text)
    made.text = "\r".join(line for line in re.split(r"[\r\n\x0b\x1c]+", text) if line and line[:3] not in _ENVELOPE)
    return made


def _decoded(data: bytes) -> tuple[str, Fault | None, Fault | None]:
    """Text, what is wrong, what is to be noted. A message is read in the set that it names; one whose bytes say otherwise is refused, never guessed."""
    if data.isascii():
        return data.decode("ascii"), None, None
    head = re.split(rb"[\r\n]", data, maxsplit=1)[0].split(data[3:4])
    told = head[17].split(b"~")[0].strip().decode("ascii", "replace").upper() if len(head) > 17 else ""
    codec = CHARSETS.get(told) if told else "utf-8"
    if codec is None:
        return data.decode("ascii", "replace"), Fault("hl7-charset-unknown", "MSH-18", told, known=sorted(CHARSETS)), None
    utf8 = _reads(data, "utf-8")
    if codec == "ascii" and utf8 is None:
        return data.decode("utf-8"), None, Fault("hl7-charset-other", "MSH-18", told)
    wrong = _reads(data, codec)
    if wrong is None and codec.startswith("iso-8859") and utf8 is None:  # every byte fits these sets; that it is UTF-8 is no accident
        wrong = next(i for i, b in enumerate(data) if b > 127)
    if wrong is not None:
        return data.decode("ascii", "replace"), Fault("hl7-charset-lies", "MSH-18", told or "—", at=wrong + 1), None
    return data.decode(codec), None, None


def _reads(data: bytes, codec: str) -> int | None:
    """None where the bytes are text of this set, else where they are not."""
    try:
        data.decode(codec)
    except UnicodeDecodeError as wrong:
        return wrong.start
    return None


def _segments(made: Message, text: str) -> None:
    """Cuts a message. A line that begins no segment goes on with the one before: a field that was broken into lines."""
    marks = _marks(made, text)
    if marks is None:
        return
    lines: list[str] = []
    joined = False
    for line in re.split(r"[\r\n\x0b\x1c]+", text):
        if _SEGMENT.match(line):
            lines.append(line)
        elif line.strip() and lines:
            lines[-1] += "\n" + line
            joined = True
    if joined:
        made.notes.append(Fault("hl7-line-joined"))
    if len(lines) > MOST_SEGMENTS:
        made.faults.append(Fault("hl7-too-long", "", str(len(lines)), limit=MOST_SEGMENTS))
        lines = lines[:1]
    for n, line in enumerate(lines):
        if line[:3] in _ENVELOPE:
            continue
        fields = line.split(marks.field, MOST_FIELDS)
        if len(line) > MOST_FIELD and (long := next((i for i, f in enumerate(fields) if len(f) > MOST_FIELD), None)) is not None:
            made.faults.append(Fault("hl7-field-too-long", f"{fields[0]}-{long + (n == 0)}", str(len(fields[long])), limit=MOST_FIELD))
        if n == 0:
            fields.insert(1, marks.field)
        made.segments.append(Segment(fields[0], fields, marks))


def _marks(made: Message, text: str) -> Marks | None:
    """The signs that MSH-1 and MSH-2 name: four (five since 2.7), each another and none a letter, a digit or a blank."""
    mark = text[3:4]
    signs = text[4:].split(mark, 1)[0] if mark else ""
    said = mark + signs
    if not 3 <= len(signs) <= 5 or len(set(said)) != len(said) or any(c.isalnum() or c.isspace() or not c.isprintable() for c in said):
        made.faults.append(Fault("hl7-delimiters", "MSH-2", said[:8]))
        return None
    return Marks(mark, signs[0], signs[1], signs[2], signs[3] if len(signs) > 3 else "&")
