"""What a bundle tells: of each patient the samples with their results, and the case."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sizao.interop.dates import When
from sizao.interop.exchange.codes import Codes
from sizao.interop.exchange.problems import Fault
from sizao.interop.exchange.told import Item, ToldCase, ToldPerson, ToldResult, pick

from . import parts
from .bundle import Bundle, Resource

AHEAD = timedelta(hours=24)
NATIONAL = ("NI", "NNCHN")
#: Condition.verificationStatus → class of a case.
VERIFIED = {"confirmed": "confirmed", "provisional": "suspected", "differential": "suspected", "unconfirmed": "suspected", "refuted": "ruled_out", "entered-in-error": "ruled_out"}
CLASS = "urn:sizao:case-class"
Answer = tuple[str | None, str, datetime | None]


class Reading:
    """Reads the bundles of one batch."""

    def __init__(self, zone: str, now: datetime) -> None:
        self.codes, self.zone, self.now = Codes(), ZoneInfo(zone), now

    def items(self, bundle: Bundle, line: int) -> list[Item]:
        """An item a patient, from line `line` on; one with the faults where the bundle cannot be taken."""
        digest = hashlib.sha256(bundle.text.encode("utf-8", "surrogatepass")).hexdigest()

        def item(n: int, name: str) -> Item:
            return Item(line + n, bundle.id, f"{bundle.id}#{digest[:24]}#{name}"[:250], digest[:32], bundle.text)

        if bundle.faults:
            one = item(0, "")
            one.faults, one.refused = list(bundle.faults), any(f.code in ("fhir-type-other", "fhir-no-bundle") for f in bundle.faults)
            return [one]
        patients = bundle.of("Patient")
        if not patients:
            one = item(0, "")
            one.faults.append(Fault("fhir-value-missing", "Patient"))
            return [one]
        made = []
        for n, patient in enumerate(patients):
            one = item(n, str(n))
            try:
                _Told(self, bundle, patient, one, alone=len(patients) == 1).read()
            except (AttributeError, TypeError, ValueError, LookupError):  # a shape that the model lets pass and nobody means
                one.faults.append(Fault("fhir-invalid", patient.place, "", why="shape"))
            made.append(one)
        return made


class _Told:
    def __init__(self, reading: Reading, bundle: Bundle, patient: Resource, item: Item, *, alone: bool) -> None:
        self.r, self.bundle, self.patient, self.item, self.alone = reading, bundle, patient, item, alone

    def read(self) -> None:
        self.item.person = self._person(self.patient.body)
        self._results()
        self._case()
        self.item.parts = parts.told(self.bundle, self.item.person.key, {kind: self._mine(kind) for kind in parts.OWN})
        if not self.item.results and self.item.case is None and not self.item.faults:
            codes = [c for kind in ("Observation", "Condition") for r in self._mine(kind) for _, c in _codings(r.body.get("code"))]
            self.fault("fhir-nothing-known", self.patient.place, ", ".join(dict.fromkeys(codes))[:150])
        if self.bundle.others:
            self.item.notes.append(Fault("fhir-others-left", value=", ".join(f"{k} {n}" for k, n in sorted(self.bundle.others.items()))[:150]))

    def fault(self, code: str, place: str, value: str = "") -> None:
        self.item.faults.append(Fault(code, place, value))

    def _mine(self, kind: str) -> list[Resource]:
        """Resources about this patient; in a bundle of one patient also those that name nobody."""
        found = []
        for r in self.bundle.of(kind):
            about = r.body.get("subject") or r.body.get("patient")
            if (self.bundle.find(about) is self.patient) if about and about.get("reference") else self.alone:
                found.append(r)
        return found

    def when(self, told: Any, place: str) -> When | None:
        """A day or a moment; a year or a month alone is none."""
        text = str(told or "")
        if len(text) < 10:
            return None
        try:
            if len(text) == 10:
                return When(date.fromisoformat(text))
            at = datetime.fromisoformat(text)
            at = (at if at.tzinfo else at.replace(tzinfo=self.r.zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fault("hl7-time-unreadable", place, text)
            return None
        if at > self.r.now + AHEAD:
            self.fault("hl7-time-ahead", place, text)
            return None
        return When(at.astimezone(self.r.zone).date(), at)

    def at(self, told: When | None) -> datetime | None:
        return None if told is None else told.at or datetime(told.day.year, told.day.month, told.day.day, tzinfo=self.r.zone).astimezone(UTC)

    def _person(self, body: dict[str, Any]) -> ToldPerson:
        p = ToldPerson()
        for one in body.get("identifier") or ():
            value = str(one.get("value") or "").strip()
            if any(code in NATIONAL for _, code in _codings(one.get("type"))):
                p.national_id = p.national_id or value.upper()
            elif value and not p.number:
                p.number, p.space = value[:150], str(one.get("system") or "")[:80]
        p.number = p.number or ("" if p.national_id else str(body.get("id") or "")[:150])
        p.name = next((n for one in body.get("name") or () if (n := _name(one))), "")
        p.sex = body.get("gender")
        born = str(body.get("birthDate") or "")
        p.birth = self.when(born, f"{self.patient.place}.birthDate")
        p.birth_year = int(born[:4]) if p.birth is None and born[:4].isdigit() else None
        p.phone = next((str(t["value"]) for t in body.get("telecom") or () if t.get("system") in ("phone", "sms") and t.get("value")), "")
        for one in (body.get("address") or ())[:1]:
            p.address = str(one.get("text") or ", ".join(one.get("line") or ()))
            p.area_code = next((str(e.get("valueString")) for e in one.get("extension") or () if e.get("url") == "urn:sizao:area"), "")
            p.places = tuple(str(one[k]) for k in ("district", "city", "state") if one.get(k))
        if not p.number and not p.national_id:
            self.fault("fhir-value-missing", f"{self.patient.place}.identifier")
        return p

    # -- results -----------------------------------------------------------------------------------------------------------------------------

    def _results(self) -> None:
        found: dict[tuple[str, str], tuple[ToldResult, list[Answer]]] = {}
        for r in self._mine("Observation"):
            test = self.r.codes.find("tests", *_codings(r.body.get("code")))
            if test:
                self._sample(r, test, found)
        for told, answers in found.values():
            if told.disease != min(d for key, d in found if key == told.key):
                told.key = f"{told.key}/{told.disease}"[:199]
            told.result, told.resulted_at = pick(answers)
            if told.resulted_at and told.resulted_at < told.sampled_at:
                self.fault("hl7-result-before-sample", "Observation.issued", told.resulted_at.isoformat())
            self.item.results.append(told)

    def _sample(self, r: Resource, test: dict[str, str], found: dict[tuple[str, str], tuple[ToldResult, list[Answer]]]) -> None:
        body = r.body
        s = self.bundle.find(body.get("specimen"))
        specimen = s.body if s is not None and s.kind == "Specimen" else {}
        taken_from = (specimen.get("collection") or {}).get("collectedDateTime") or ((specimen.get("collection") or {}).get("collectedPeriod") or {}).get("start")
        taken = self.when(taken_from or body.get("effectiveDateTime") or (body.get("effectivePeriod") or {}).get("start"), f"{r.place}.effectiveDateTime")
        key = _number(specimen) or _number(body) or str(body.get("id") or "")
        if taken is None or not key:
            if not self.item.faults:
                self.fault("fhir-value-missing", f"{r.place}.{'specimen.collection' if key else 'identifier'}")
            return
        if (key, test["disease"]) not in found:
            kind = self.r.codes.find("specimens", *_codings(specimen.get("type"))) or next((k for t in _texts(specimen.get("type")) if (k := self.r.codes.word("specimens", t))), None)
            told = ToldResult(key[:190], test["disease"], test["method"], self.at(taken) or self.r.now, kind, self.at(self.when(specimen.get("receivedTime"), f"{r.place}.receivedTime")))
            found[key, test["disease"]] = (told, [])
        found[key, test["disease"]][1].append(self._answer(r, test, taken))

    def _answer(self, r: Resource, test: dict[str, str], taken: When) -> Answer:
        body, codes = r.body, self.r.codes
        state = codes.find("states", ("OBS", str(body.get("status"))))
        issued = self.when(body.get("issued") or body.get("effectiveDateTime"), f"{r.place}.issued")
        at = self.at(issued)
        if at and issued and issued.at is None and issued.day == taken.day:
            at = max(at, self.at(taken) or at)
        if test["method"].startswith("antibody"):
            self.item.notes.append(Fault("result-of-antibodies", r.place))
            return None, "preliminary", at
        if state in ("preliminary", "withdrawn"):
            if state == "preliminary":
                self.item.notes.append(Fault("result-preliminary", r.place))
            return None, state, at
        value = body.get("valueCodeableConcept")
        result = codes.find("results", *_codings(value))
        for text in (*_texts(value), str(body.get("valueString") or "")):
            result = result or codes.word("results", text)
        for one in body.get("interpretation") or ():
            result = result or codes.find("results", *_codings(one))
        if result is None:
            self.fault("hl7-result-unknown", f"{r.place}.value", next(iter(_texts(value)), "")[:80])
        return result, state or "", at

    # -- the case ----------------------------------------------------------------------------------------------------------------------------

    def _case(self) -> None:
        for r in self._mine("Condition"):
            disease = self.r.codes.find("conditions", *_codings(r.body.get("code")))
            if disease is None:
                continue
            body, before = r.body, self.item.case
            if before is not None and before.disease != disease:
                self.fault("fhir-several-cases", r.place)
                return
            # the same condition on several lists (problems, diagnoses) is one case, by the number of the first
            case = before or ToldCase((_number(body) or str(body.get("id") or ""))[:190], str(disease))
            if not case.number:
                self.fault("fhir-value-missing", f"{r.place}.identifier")
            own = [c for one in body.get("category") or () for system, c in _codings(one) if system == CLASS]
            case.class_code = case.class_code or next(iter(own), None) or next((VERIFIED[c] for _, c in _codings(body.get("verificationStatus")) if c in VERIFIED), None)
            for name, told in (("onset_on", body.get("onsetDateTime")), ("reported_at", body.get("recordedDate"))):
                if when := self.when(told, f"{r.place}.{name}"):
                    case.days.setdefault(name, when)
            for e in self._mine("Encounter"):
                inside = str((e.body.get("class") or {}).get("code")) in ("IMP", "ACUTE", "NONAC")
                if inside and (when := self.when((e.body.get("period") or {}).get("start"), f"{e.place}.period.start")):
                    case.days.setdefault("admitted_at", when)
            died = self.patient.body
            case.died = bool(died.get("deceasedBoolean") or died.get("deceasedDateTime"))
            if when := self.when(died.get("deceasedDateTime"), f"{self.patient.place}.deceasedDateTime"):
                case.days["died_at"] = when
            self.item.case = case


def _codings(concept: Any) -> list[tuple[str, str]]:
    """(system, code) of each coding of a concept."""
    return [(str(c.get("system") or ""), str(c["code"])) for c in concept.get("coding") or () if c.get("code")] if isinstance(concept, dict) else []


def _texts(concept: Any) -> list[str]:
    if not isinstance(concept, dict):
        return []
    return [str(t) for t in (concept.get("text"), *(c.get("display") for c in concept.get("coding") or ())) if t]


def _number(body: dict[str, Any]) -> str:
    """The first identifier of a resource; of a sample its accession number where it has no other."""
    several = body.get("identifier") or []
    told = several if isinstance(several, list) else [several]
    for one in (*told, body.get("accessionIdentifier")):
        if isinstance(one, dict) and one.get("value"):
            return str(one["value"])
    return ""


def _name(one: dict[str, Any]) -> str:
    """A name: its text, else family and given together in Chinese, given before family elsewhere."""
    family, given = str(one.get("family") or ""), [str(g) for g in one.get("given") or ()]
    if not family and not given:
        return str(one.get("text") or "").strip()[:200]
    chinese = any("\u3400" <= c <= "\u9fff" for c in family + "".join(given))
    return (family + "".join(given) if chinese else " ".join([*given, family]).strip())[:200]
