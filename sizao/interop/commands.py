"""From what a row says to the commands of the flows. Days become moments of the store's time zone here, and nowhere else."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache

from sizao.flows.case_report_received import CaseReport
from sizao.flows.cases_linked import StatedLink
from sizao.flows.checks_told import ToldCheck
from sizao.flows.contact_named import NamedContact
from sizao.flows.samples_told import ToldSample
from sizao.kernel import clock
from sizao.registers.population.actions import PersonData

from .dates import When
from .fields import FIELDS
from .reading import Row
from .values import Age

#: References to several cases in one cell.
_APART = re.compile(r"[,;，；、/|\s]+")
#: What a case number looks like: a digit and no sentence around it; at most a short word of Chinese before it.
_NUMBER = re.compile(r"[\u4e00-\u9fff]{0,3}(?=[^\u4e00-\u9fff]*\d)[^\u4e00-\u9fff（）()]+")
#: In a sentence only a long number is one.
_IN_A_SENTENCE = re.compile(r"\d{6,}")
#: On which day an age was told: the first of these that the row has.
AGE_DAYS = ("reported_at", "named_at", "confirmed_at", "onset_on", "entered_at")

_start = lru_cache(maxsize=4096)(clock.start_of_day)
_end = lru_cache(maxsize=4096)(clock.end_of_day)


def case_report(row: Row, *, sender: str, disease: str, area_id: int, zone: str) -> CaseReport:
    """The report of a case that this row is."""
    v = row.values
    return CaseReport(
        sender=sender,
        source_id=row.key,
        disease=disease,
        person=person(row, area_id),
        placed=row.is_placed,
        class_code=_text(v.get("class")),
        onset_on=_day(v.get("onset_on")),
        first_care_at=_at(row, "first_care_at", zone),
        reported_at=_at(row, "reported_at", zone),
        confirmed_at=_at(row, "confirmed_at", zone),
        isolated_at=_at(row, "isolated_at", zone),
        admitted_at=_at(row, "admitted_at", zone),
        investigated_at=_at(row, "investigated_at", zone),
        outcome=_text(v.get("outcome")),
        outcome_at=_at(row, "outcome_at", zone),
        source=str(v.get("source", "")),
        contact_total=v.get("contact_total"),  # type: ignore[arg-type]
    )


def stated_link(row: Row, sender: str) -> StatedLink:
    """The link that this row states."""
    return StatedLink(sender, str(row.values.get("infectee", "")), str(row.values.get("infector", "")), _day(row.values.get("last_exposure_on")))


def told_check(row: Row, sender: str, zone: str) -> ToldCheck:
    """The follow-up that this row tells."""
    v = row.values
    return ToldCheck(sender=sender, source_id=row.key, contact=str(v.get("related_contact", "")), happened_at=_at(row, "checked_at", zone), outcome=_text(v.get("check")))


def told_sample(row: Row, sender: str, disease: str, zone: str) -> ToldSample:
    """The sample, with its result where it has one, that this row tells."""
    v = row.values
    return ToldSample(
        sender=sender,
        source_id=row.key,
        disease=disease,
        person_number=str(v.get("person_number", "")),
        national_id=str(v.get("national_id", "")),
        kind=_text(v.get("sample_kind")),
        sampled_at=_at(row, "sampled_at", zone),
        received_at=_at(row, "received_at", zone),
        resulted_at=_at(row, "resulted_at", zone),
        result=_text(v.get("result")),
    )


def named_contact(row: Row, *, sender: str, disease: str, area_id: int, zone: str) -> NamedContact:
    """The contact that this row names; its follow-up status stays as written."""
    v = row.values
    return NamedContact(
        sender=sender,
        source_id=row.key,
        disease=disease,
        person=person(row, area_id),
        placed=row.is_placed,
        case_source_id=str(v.get("related_case", "")),
        class_code=_text(v.get("class")),
        named_at=_at(row, "named_at", zone),
        last_exposure_on=_day(v.get("last_exposure_on")),
        observation_from=_day(v.get("observation_from")),
        observation_until=_day(v.get("observation_until")),
        released_at=_at(row, "released_at", zone),
        became_case_at=_at(row, "became_case_at", zone),
        status=row.status,
        followed_as=_text(v.get("status")),
    )


def person(row: Row, area_id: int) -> PersonData:
    """What the row tells of the person. A decade stays a text; no birth year is made of an age."""
    v = row.values
    age = v.get("age") if isinstance(v.get("age"), Age) else Age(None, "")
    return PersonData(
        area_id=area_id,
        name=str(v.get("name", "")),
        sex=_text(v.get("sex")),
        birth_date=_day(v.get("birth_date")),
        birth_year=v.get("birth_year"),  # type: ignore[arg-type]
        age_years=age.years,  # type: ignore[union-attr]
        age_text=age.text,  # type: ignore[union-attr]
        age_on=_age_on(v) if "age" in v else None,
        national_id=str(v.get("national_id", "")),
        phone=str(v.get("phone", "")),
        address=str(v.get("address", "")),
    )


def references(row: Row, name: str = "infector") -> tuple[list[str], str | None]:
    """The case numbers that a cell names, and the text that is no number ("yes", a sentence), if it is one."""
    text = row.values.get(name)
    if text is None:
        return [], None
    parts = [p for p in _APART.split(str(text)) if p]
    words = not all(map(_NUMBER.fullmatch, parts))  # then a "1" may be anything
    numbers = [n for p in parts for n in ([p] if _NUMBER.fullmatch(p) and (len(p) > 2 or not words) else _IN_A_SENTENCE.findall(p))]
    return (list(dict.fromkeys(numbers)), None) if numbers else ([], str(text))


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _age_on(values: Mapping[str, object]) -> date | None:
    for name in AGE_DAYS:
        if isinstance(value := values.get(name), When):
            return value.day
    return None


def _day(value: object) -> date | None:
    return value.day if isinstance(value, When) else None


def _at(row: Row, name: str, zone: str) -> datetime | None:
    """A moment: as told, else the start of the day, or its end for what ends on a day."""
    value = row.values.get(name)
    if not isinstance(value, When):
        return None
    if value.at is not None:
        return value.at
    return _end(value.day, zone) if FIELDS[name].kind == "ending" else _start(value.day, zone)
