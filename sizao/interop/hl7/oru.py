"""What an ORU^R01 tells: laboratory reports (OBR, OBX, SPM) and case notifications (OBX as questions and answers), HL7 2.3 to 2.8.

All that is wrong with a message is found at once, with its place. Nothing of a message with a fault is stored.
"""

import hashlib
import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from sizao.interop.dates import When
from sizao.interop.exchange.codes import Codes
from sizao.interop.exchange.problems import Fault
from sizao.interop.exchange.told import Item, ToldCase, ToldPerson, ToldResult, pick

from .er7 import Message, Segment

_TIME = re.compile(r"(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(\d\d)?(\d\d)?(?:\.\d{1,6})?)?([+-]\d{4})?")
_VERSION = re.compile(r"2\.[3-8](\.\d)?")
#: HL7 table 0203: identifiers that a state gives to a person.
NATIONAL = ("NI", "NNCHN")
#: MSH-21 of messages that notify a case.
NOTIFIES = ("NOTF_ORU", "NND_ORU")
#: A clock may go so much before ours.
AHEAD = timedelta(hours=24)


class Reading:
    """Reads messages of one batch: the tables of codes are looked at once. `production`: messages marked as a test are refused."""

    def __init__(self, zone: str, now: datetime, *, production: bool) -> None:
        self.codes, self.zone, self.now, self.production = Codes(), ZoneInfo(zone), now, production

    def item(self, message: Message) -> Item:
        """What a message tells; its faults if it cannot be taken."""
        digest = hashlib.sha256(message.text.encode("utf-8", "surrogatepass")).hexdigest()
        item = Item(message.place, message.control_id, f"{message.control_id}#{digest[:24]}", digest[:32], message.text, faults=list(message.faults), notes=list(message.notes))
        if not item.faults and self._for_us(message, item):
            _Told(self, message, item).read()
        return item

    def _for_us(self, message: Message, item: Item) -> bool:
        """Whether it is a message that we take at all: its type, version, number, and that it is no test."""
        head = message.head
        kind = (head.get(9), head.get(9, 2))
        if kind != ("ORU", "R01"):
            item.faults.append(Fault("hl7-type-other", "MSH-9", "^".join(kind)))
        if not _VERSION.fullmatch(head.get(12)):
            item.faults.append(Fault("hl7-version-other", "MSH-12", head.get(12)))
        if self.production and head.get(11)[:1] != "P":
            item.faults.append(Fault("hl7-is-a-test", "MSH-11", head.get(11)))
        item.refused = bool(item.faults)
        if not head.get(10):
            item.faults.append(Fault("hl7-value-missing", "MSH-10"))
        return not item.faults


class _Told:
    """One message on its way to what it tells."""

    def __init__(self, reading: Reading, message: Message, item: Item) -> None:
        self.r, self.message, self.item = reading, message, item

    def read(self) -> None:
        item = self.item
        item.person = self._person()
        if any(r.startswith(NOTIFIES) for r in self.message.head.repetitions(21)):
            self._notice()
        else:
            self._report()

    def fault(self, code: str, place: str, value: str = "") -> None:
        self.item.faults.append(Fault(code, place, value))

    def when(self, text: str, place: str) -> When | None:
        """A day, or a moment, as told; local to the area where no offset is told. A part of a date (a year alone) is none."""
        if not text or set(text) <= {"0"}:
            return None
        found = _TIME.fullmatch(text)
        try:
            if not found:
                raise ValueError(text)
            y, mo, d, h, mi, s, offset = found.groups()
            if not d:
                return None
            day = date(int(y), int(mo), int(d))
            if h is None:
                return When(day)
            zone = timezone(timedelta(minutes=(int(offset[1:3]) * 60 + int(offset[3:])) * (1 if offset[0] == "+" else -1))) if offset else self.r.zone
            at = datetime(day.year, day.month, day.day, int(h), int(mi or 0), min(int(s or 0), 59), tzinfo=zone).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fault("hl7-time-unreadable", place, text)
            return None
        if at > self.r.now + AHEAD:
            self.fault("hl7-time-ahead", place, text)
            return None
        return When(day, at)  # the day as it was written: nobody was born a day later because we are in the east

    def moment(self, text: str, place: str) -> datetime | None:
        """The moment; of a day its beginning."""
        told = self.when(text, place)
        return None if told is None else self._at(told)

    def _at(self, told: When) -> datetime:
        return told.at or datetime(told.day.year, told.day.month, told.day.day, tzinfo=self.r.zone).astimezone(UTC)

    def coded(self, segment: Segment, n: int) -> tuple[tuple[str, str], tuple[str, str]]:
        """(system, code) of a coded field, and those of its alternate."""
        return (segment.get(n, 3), segment.get(n, 1)), (segment.get(n, 6), segment.get(n, 4))

    # -- who ---------------------------------------------------------------------------------------------------------------------------------

    def _person(self) -> ToldPerson | None:
        pid = self.message.first("PID")
        if pid is None:
            self.fault("hl7-segment-missing", "PID")
            return None
        p = ToldPerson()
        for one in pid.repetitions(3):
            marks = pid.marks
            if marks.pick(one, 5) in NATIONAL:
                p.national_id = p.national_id or marks.pick(one).upper()
            elif not p.number and marks.pick(one):
                p.number, p.space = marks.pick(one)[:150], marks.pick(one, 4)[:40]
        p.name = _name(pid)
        sex = pid.get(8)
        p.sex = self.r.codes.find("sex", ("HL70001", sex.upper())) or self.r.codes.word("sex", sex)
        if sex and p.sex is None:
            self.item.notes.append(Fault("hl7-code-unknown", "PID-8", sex))
        born = pid.get(7)
        p.birth = self.when(born, "PID-7")
        p.birth_year = int(born[:4]) if p.birth is None and re.fullmatch(r"(19|20)\d\d(\d\d)?", born) else None
        p.phone = pid.get(13, 12) or (pid.get(13, 6) + pid.get(13, 7)) or pid.get(13)
        p.address = ", ".join(t for t in (pid.get(11), pid.get(11, 2)) if t)
        p.area_code = pid.get(11, 9)
        p.places = tuple(t for t in (pid.get(11, 8), pid.get(11, 2), pid.get(11, 3), pid.get(11, 4)) if t)
        if not (p.number or p.national_id):
            self.fault("hl7-value-missing", "PID-3")
        return p

    # -- laboratory reports ------------------------------------------------------------------------------------------------------------------

    def _report(self) -> None:
        groups: list[tuple[Segment, list[Segment], list[Segment]]] = []
        for s in self.message.segments:
            if s.name == "OBR":
                groups.append((s, [], []))
            elif groups and s.name in ("OBX", "SPM"):
                groups[-1][1 if s.name == "OBX" else 2].append(s)
        if not groups:
            self.fault("hl7-segment-missing", "OBR")
            return
        spms = [s for _, _, some in groups for s in some]
        found: dict[tuple[str, str], tuple[ToldResult, list[tuple[str | None, str, datetime | None]]]] = {}
        others: list[str] = []
        for n, (obr, obxs, mine) in enumerate(groups, 1):
            ours = [(x, test) for x in obxs if (test := self.r.codes.find("tests", *self.coded(x, 3)))]
            others += [x.get(3) for x in obxs if x.get(3)]
            if ours:
                spm = mine[0] if mine else spms[0] if len(spms) == 1 else None
                for disease in dict.fromkeys(test["disease"] for _, test in ours):
                    self._sample(n, obr, spm, [(x, t) for x, t in ours if t["disease"] == disease], disease, found)
        if not found and not self.item.faults:
            self.fault("hl7-test-unknown", "OBX-3", ", ".join(dict.fromkeys(others))[:150] or groups[0][0].get(4))
        for told, answers in found.values():
            if told.disease != min(d for key, d in found if key == told.key):  # one sample looked at for several diseases: the register keeps one for each
                told.key = f"{told.key}/{told.disease}"[:199]
            told.result, told.resulted_at = pick(answers)
            if told.resulted_at and told.resulted_at < told.sampled_at:
                self.fault("hl7-result-before-sample", "OBX-19", told.resulted_at.isoformat())
            self.item.results.append(told)

    def _sample(
        self, n: int, obr: Segment, spm: Segment | None, ours: list[tuple[Segment, dict[str, str]]], disease: str,
        found: dict[tuple[str, str], tuple[ToldResult, list[tuple[str | None, str, datetime | None]]]],
    ) -> None:  # fmt: skip
        """One sample of a group with the answers about it; the same sample in another group is the same."""
        key = self._number(obr, spm)
        taken = self.when((spm.get(17) if spm else "") or obr.get(7), f"SPM-17[{n}]" if spm and spm.get(17) else f"OBR-7[{n}]")
        if not key:
            self.fault("hl7-value-missing", f"SPM-2[{n}]")
        if taken is None:
            if not self.item.faults:
                self.fault("hl7-value-missing", f"SPM-17[{n}]")
            return
        if (key, disease) not in found:
            kind = self._kind(spm) if spm else None
            received = self.moment((spm.get(18) if spm else "") or obr.get(14), f"SPM-18[{n}]")
            found[key, disease] = (ToldResult(key, disease, ours[0][1]["method"], self._at(taken), kind, received), [])
        told, answers = found[key, disease]
        for x, test in ours:
            answers.append(self._answer(x, test, obr, taken, told))

    def _number(self, obr: Segment, spm: Segment | None) -> str:
        """The sender's number of a sample: the filler's of it, the placer's, else that of the order. With whose number it is, where that is told."""
        if spm is not None and spm.raw(2):
            for component in (2, 1):
                if text := spm.get(2, component):
                    return _spaced(text, spm.get(2, component, 2))
        return next((_spaced(obr.get(f), obr.get(f, 2)) for f in (3, 2) if obr.get(f)), "")

    def _kind(self, spm: Segment) -> str | None:
        codes = self.r.codes
        (system, code), second = self.coded(spm, 4)
        return codes.find("specimens", (system or "HL70487", code), second) or codes.word("specimens", spm.get(4, 2)) or codes.word("specimens", spm.get(4, 5)) or ("other" if spm.raw(4) else None)

    def _answer(self, x: Segment, test: dict[str, str], obr: Segment, taken: When, told: ToldResult) -> tuple[str | None, str, datetime | None]:
        """(result, state, when) of one observation."""
        codes, place = self.r.codes, f"OBX[{x.get(1)}]-5"
        state = codes.find("states", ("HL70085", x.get(11).upper() or "F"))
        if state is None:
            self.fault("hl7-code-unknown", f"OBX[{x.get(1)}]-11", x.get(11))
        when = self.when(x.get(19) or x.get(14) or obr.get(22) or self.message.head.get(7), f"OBX[{x.get(1)}]-19")
        at = None if when is None else when.at or max(self._at(when), self._at(taken) if when.day == taken.day else self._at(when))
        if test["method"].startswith("antibody"):
            self.item.notes.append(Fault("result-of-antibodies", place, x.get(5, 2) or x.get(5)))
            if at is not None and state not in ("preliminary", "withdrawn") and (found := self._found(x)) is not None:
                told.antibodies.append((test["method"], found, at))
            return None, "preliminary", at
        if state in ("preliminary", "withdrawn"):
            if state == "preliminary":
                self.item.notes.append(Fault("result-preliminary", place))
            return None, state, at
        result = self._found(x)
        if result is None and state:
            self.fault("hl7-result-unknown", place, x.raw(5)[:80])
        return result, state or "", at

    def _found(self, x: Segment) -> str | None:
        """What an observation says: by its code, its words, else its flag."""
        codes = self.r.codes
        result = codes.find("results", *self.coded(x, 5)) if x.get(2) in ("CWE", "CE", "CNE", "CF") else None
        for text in (x.get(5, 2), x.get(5), x.get(5, 5), x.get(5, 9)):
            result = result or codes.word("results", text)
        found: str | None = result or codes.find("results", ("HL70078", x.get(8).upper()))
        return found

    # -- case notifications ------------------------------------------------------------------------------------------------------------------

    def _notice(self) -> None:
        obrs = [s for s in self.message.segments if s.name == "OBR"]
        about = next((o for o in obrs if o.get(31)), obrs[0] if obrs else None)
        if about is None:
            self.fault("hl7-segment-missing", "OBR")
            return
        disease = self.r.codes.find("conditions", *self.coded(about, 31))
        if disease is None:
            self.fault("condition-unknown", "OBR-31", " ".join(t for t in (about.get(31), about.get(31, 2)) if t))
        case = ToldCase(about.get(3) or about.get(2), str(disease or ""))
        if not case.number:
            self.fault("hl7-value-missing", "OBR-3")
        if self.r.codes.find("states", ("HL70085", about.get(25).upper())) == "withdrawn":
            case.class_code = "ruled_out"
            self.item.notes.append(Fault("case-withdrawn", "OBR-25", about.get(25)))
        for x in (s for s in self.message.segments if s.name == "OBX"):
            asked = self.r.codes.find("questions", *self.coded(x, 3))
            if asked is not None and x.raw(5):
                self._question(case, str(asked), x)
        self.item.case = case

    def _question(self, case: ToldCase, asked: str, x: Segment) -> None:
        place = f"OBX[{x.get(1)}]-5"
        if asked == "class":
            found = self.r.codes.find("classes", *self.coded(x, 5)) or self.r.codes.word("classes", x.get(5, 2))
            if found is None:
                self.item.notes.append(Fault("hl7-code-unknown", place, x.get(5)))
            elif case.class_code is None:
                case.class_code = str(found)
        elif asked == "died":
            case.died = x.get(5).upper() == "Y"
        elif (told := self.when(x.get(5), place)) is not None:
            case.days.setdefault(asked, told)


def _name(pid: Segment) -> str:
    """The first name that says anything: family and given together in Chinese, else given before family."""
    for one in pid.repetitions(5):
        family, given, middle = (pid.marks.pick(one, n) for n in (1, 2, 3))
        if family or given:
            chinese = any("\u3400" <= c <= "\u9fff" for c in family + given)
            return (family + given if chinese else " ".join(t for t in (given, middle, family) if t))[:200]
    return ""


def _spaced(number: str, space: str) -> str:
    return (f"{space}:{number}" if space else number)[:190]
