"""Each ledger as a register: list, form, import, export and API follow from its declaration, which follows from its file."""

from collections.abc import Iterable

from django.db.models import Q

from sizao.kernel.fields import FormField
from sizao.kernel.register import Declaration, Field, Filter
from sizao.kernel.registry import Register, bind

from .catalogue import ledgers
from .items import Ledger
from .models import GROUP, Entry

#: Type of a field → type in the machine of registers.
TYPES = {
    "int": "integer", "decimal": "number", "bool": "yes", "code": "code", "codes": "codes", "date": "day", "instant": "instant",
    "text": "long", "area": "area", "person": "text", "household": "text", "unit": "text",
}  # fmt: skip
SUBJECTS = {
    "person": Field("人员", "Person", sensitivity="personal", required=True),
    "household": Field("家庭户", "Household", to="households", required=True),
    "unit": Field("报告单位", "Unit", to="reporting-units", required=True),
    "area": Field("所在地", "Area", required=True),
}
_made: dict[str, Register] = {}


def every() -> Iterable[Register]:
    """The registers of all ledgers that have lines."""
    return [of(one) for one in ledgers().values() if one.lines != "none"]


def one(name: str) -> Register | None:
    """The register of a ledger by its name in addresses, which is its id with dashes."""
    found = ledgers().get(name.replace("-", "_"))
    return of(found) if found is not None and found.lines != "none" else None


def of(ledger: Ledger) -> Register:
    """The register of a ledger; made once for each text of it."""
    if ledger.ref not in _made:
        _made[ledger.ref] = bind(Entry, declaration(ledger), name=ledger.id.replace("_", "-"), only=Q(ledger=ledger.id))
    return _made[ledger.ref]


def ledger_of(register: Register) -> Ledger | None:
    """The ledger that a register is made from; None for one of a model's own."""
    return ledgers().get(register.name.replace("-", "_")) if register.model is Entry else None


def declaration(ledger: Ledger) -> Declaration:
    """What the machine is told of a ledger."""
    fields: dict[str, Field] = {}
    for i, key in enumerate(ledger.keys):
        fields[key] = SUBJECTS[key] if not i or (key == "unit" and ledger.about == "person") else _optional(SUBJECTS[key])
    if ledger.is_due:
        fields["period"] = Field("所属日期", "Period", help_zh="不填为今天", help_en="Today when left out")
        if len(ledger.rhythm.at) > 1:
            at = "、".join(ledger.rhythm.at)
            fields["slot"] = Field(f"第几次（0 起：{at}）", f"Which report of the day (from 0: {', '.join(ledger.rhythm.at)})")
    fields |= {f.id: _field(f, f.id in ledger.required) for f in ledger.fields}
    fields["happened_at"] = Field("时间", "Time", help_zh="不填为现在", help_en="Now when left out")
    shown = (*ledger.keys[:1], *(("period",) if ledger.is_due else ("happened_at",)), *(f.id for f in ledger.fields[:4]))
    filters = [Filter("today", "今天", "Today", {"period": "today"})] if ledger.is_due else []
    return Declaration(
        zh=ledger.zh,
        en=ledger.en,
        fields=fields,
        acts=tuple(filter(None, (ledger.act, ledger.filing_act))),
        name=ledger.id.replace("_", "-"),
        read="ledger.read",
        write="ledger.write",
        area="area" if ledger.about == "area" else f"{ledger.about}__area",
        person="person" if "person" in ledger.keys else "",
        subject=ledger.about if ledger.about != "area" else "id",
        columns=shown,
        sorts=("happened_at",),
        filters=tuple(filters),
        verb=f"sizao.registers.ledgers.verbs:{ledger.id}",
        **GROUP,
    )


def _field(f: FormField, required: bool) -> Field:
    return Field(f.zh, f.en, unit=f.unit, codes=f.codes, sensitivity=f.sensitivity, type=TYPES[f.type], column=f"values__{f.id}", required=required, least=f.least, most=f.most)


def _optional(f: Field) -> Field:
    from dataclasses import replace

    return replace(f, required=False)
