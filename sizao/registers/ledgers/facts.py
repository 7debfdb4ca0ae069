"""What a plan may ask of the ledgers: units that report, and each ledger by its id, made from its file."""

from sizao.kernel.facts import ActKind, FactsColumn, FactsLink, FactsTable

from .catalogue import ledgers
from .items import Ledger

C = FactsColumn
UNIT = "reporting_unit"
#: Type of a field → type in a plan. Free text and references to other rows are not asked.
TYPES = {"int": "int", "decimal": "number", "bool": "bool", "code": "text", "codes": "bool", "date": "date", "instant": "instant"}
#: About what a line is → on what its act closes duties: those of the household, unit or area itself, and of whoever belongs to it.
KEYS = {"person": "person", "household": "household", "unit": UNIT, "area": "area"}
UNITS = FactsTable(
    name=UNIT,
    relation="ledgers_reportingunit",
    zh="报告单位",
    en="reporting unit",
    person=None,
    disease=None,
    columns=(
        C("kind", "text", "NULLIF(kind, '')", "类别", "kind", codes="unit-kind"),
        C("in_use", "bool", "in_use", "正常运转", "in use"),
    ),
)


def table(one: Ledger) -> FactsTable:
    """A ledger's lines as a facts table: one row a line."""
    own = [C("happened_at", "instant", "happened_at", "时间", "time")]
    if one.is_due:
        own.append(C("period", "date", "period", "所属日期", "period"))
    for f in one.fields:
        if f.type in TYPES:
            name = f"{f.id}_any" if f.type == "codes" else f.id
            zh, en = (f"有{f.zh}", f"any {f.en}") if f.type == "codes" else (f.zh, f.en)
            own.append(C(name, TYPES[f.type], f'"{name}"', zh, en, codes=f.codes if f.type == "code" else None, unit=f.unit))
    links = []
    if "household" in one.keys:
        links.append(FactsLink("household", "household", "household_id", "家庭户", "household"))
    if "unit" in one.keys:
        links.append(FactsLink("unit", UNIT, "unit_id", "单位", "unit"))
    links += [FactsLink(f.id, "area", f.id, f.zh, f.en) for f in one.fields if f.type == "area"]
    return FactsTable(
        name=one.id,
        relation=f"ledger_{one.id}",
        zh=one.zh,
        en=one.en[:1].lower() + one.en[1:],
        columns=tuple(own),
        person="person_id" if "person" in one.keys else None,
        disease="disease",
        links=tuple(links),
        made_by=one.act,
    )


def _outcomes(one: Ledger) -> str | None:
    """The code list of the field that is the outcome of its act."""
    return next((f.codes for f in one.fields if f.id == one.outcome), None)


def act_kinds(one: Ledger) -> list[ActKind]:
    """The kinds of act that its lines and its reports are."""
    key = KEYS.get(one.about, "subject")
    found = [] if one.lines == "none" else [ActKind(one.act, key, one.zh, one.en[:1].lower() + one.en[1:], outcomes=_outcomes(one))]
    if one.filing_act:
        found.append(ActKind(one.filing_act, UNIT, f"{one.zh}（已报）", f"{one.en[:1].lower()}{one.en[1:]}: report filed"))
    return found


_all = list(ledgers().values())
TABLES = (UNITS, *(table(one) for one in _all if one.lines != "none"))
ACTS = tuple(kind for one in _all for kind in act_kinds(one))
