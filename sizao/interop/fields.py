"""The words that a header dialect may use: what a column of a line list can mean to us."""

from dataclasses import dataclass
from typing import Literal

#: Deepest place column that a dialect may name (area_1 is the largest).
AREA_LEVELS = 6

Kind = Literal["id", "name", "text", "code", "day", "instant", "ending", "year", "age", "count", "area", "national_id", "phone"]
TABLES = ("cases", "contacts", "links", "checks", "samples")


@dataclass(frozen=True, slots=True)
class Field:
    """What one canonical field holds.

    Attributes:
        kind: How its cells are read. "day" is a calendar day; "instant" a moment, at the start of the day where only a day is told;
            "ending" a moment at the end of the day where only a day is told, because what ends on a day lasts through it.
        event: A day on which something was recorded or happened, so it tells how far the file reaches. A planned day is not.
        personal: Its text may name a person: it is masked in reports and kept sealed.
    """

    name: str
    kind: Kind
    tables: tuple[str, ...]
    event: bool = False
    personal: bool = False


BOTH = ("cases", "contacts")
_ALL = [
    Field("source_id", "id", TABLES),
    Field("name", "name", BOTH, personal=True),
    Field("family_name", "name", BOTH, personal=True),
    Field("given_name", "name", BOTH, personal=True),
    Field("sex", "code", BOTH),
    Field("birth_date", "day", BOTH, personal=True),
    Field("birth_year", "year", BOTH),
    Field("birth_month", "count", BOTH, personal=True),
    Field("birth_day", "count", BOTH, personal=True),
    Field("age", "age", BOTH),
    Field("national_id", "national_id", (*BOTH, "samples"), personal=True),
    Field("phone", "phone", BOTH, personal=True),
    Field("address", "text", BOTH, personal=True),
    Field("area_code", "id", BOTH),
    *(Field(f"area_{n}", "area", BOTH) for n in range(1, AREA_LEVELS + 1)),
    Field("class", "code", BOTH),
    Field("entered_at", "instant", TABLES, event=True),
    Field("onset_on", "day", ("cases",), event=True),
    Field("first_care_at", "instant", ("cases",), event=True),
    Field("reported_at", "instant", ("cases",), event=True),
    Field("confirmed_at", "instant", ("cases",), event=True),
    Field("isolated_at", "instant", ("cases",), event=True),
    Field("admitted_at", "instant", ("cases",), event=True),
    Field("investigated_at", "instant", ("cases",), event=True),
    Field("outcome", "code", ("cases",)),
    Field("outcome_at", "instant", ("cases",), event=True),
    Field("recovered_at", "instant", ("cases",), event=True),
    Field("died_at", "instant", ("cases",), event=True),
    Field("infector", "id", ("cases", "links")),
    Field("infectee", "id", ("links",)),
    Field("contact_total", "count", ("cases",)),
    Field("source", "text", ("cases",)),
    Field("related_case", "id", ("contacts",)),
    Field("named_at", "instant", ("contacts",), event=True),
    Field("last_exposure_on", "day", ("contacts", "links"), event=True),
    Field("observation_from", "day", ("contacts",)),
    Field("observation_until", "day", ("contacts",)),
    Field("status", "code", ("contacts",)),
    Field("released_at", "ending", ("contacts",), event=True),
    Field("became_case_at", "instant", BOTH, event=True),
    Field("related_contact", "id", ("checks",)),
    Field("checked_at", "instant", ("checks",)),
    Field("check", "code", ("checks",)),
    Field("sample_number", "id", ("samples",)),
    Field("person_number", "id", ("samples",)),
    Field("sampled_at", "instant", ("samples",), event=True),
    Field("received_at", "instant", ("samples",), event=True),
    Field("resulted_at", "instant", ("samples",), event=True),
    Field("result", "code", ("samples",)),
    Field("sample_kind", "code", ("samples",)),
]
FIELDS: dict[str, Field] = {f.name: f for f in _ALL}

#: Columns whose meaning decides which record a row is: with two candidates nobody may choose but the sender.
KEYS = ("source_id", "related_case", "infector", "infectee", "related_contact", "sample_number", "person_number")

#: What names a person in a row. Two equal rows that have none of these may be two people.
NAMING = ("name", "family_name", "given_name", "national_id", "phone", "birth_date")

#: Field → code list (see content/codelists) whose codes its value map must use. `status` has its own few.
CODES = {"sex": "sex", "outcome": "case-outcome", "result": "test-result", "sample_kind": "specimen-kind"}
CLASS_CODES = {"cases": "case-class", "contacts": "contact-class"}
#: What a follow-up found, why nobody was found, or that it was not made: `check-outcome` and `attempt-reason`, and one more.
CHECKS = ("ok", "symptoms", "not_found", "refused", "could_not", "not_made")
STATUSES = ("following", "completed", "became_case", "lost", "unknown")
