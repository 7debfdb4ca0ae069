"""What a bundle tells beside persons, cases and samples, and how it goes out again: encounters, reports of laboratories, the organisations and places they name.

Kept are the pieces of a closed list, each of them a code, a date, a number or the name of an organisation or place. Conclusions in words, narratives and extensions are not:
they may hold anything, and whoever sent them has them.
"""

import hashlib
import json
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sizao.interop.exchange.told import ToldPart
from sizao.interop.models import ToldResource

from .bundle import Bundle, Resource

#: Of each kind: pieces kept as they are, concepts (codings only), and references to an organisation or place (told by its key).
KEPT: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "Encounter": (("status", "period"), ("type", "reasonCode"), ("serviceProvider",)),
    "DiagnosticReport": (("status", "effectiveDateTime", "effectivePeriod", "issued"), ("category", "code", "conclusionCode"), ("performer",)),
    "Organization": (("active", "name", "alias"), ("type",), ("partOf",)),
    "Location": (("status", "mode", "name", "alias"), ("type", "physicalType"), ("managingOrganization", "partOf")),
}
OWN = ("Encounter", "DiagnosticReport")
LONGEST = 200


def told(bundle: Bundle, patient: str, mine: dict[str, list[Resource]]) -> list[ToldPart]:
    """The parts of one patient, whom the sender calls `patient`: his encounters and reports, and all organisations and places of the bundle."""
    found = [_part(bundle, r, patient) for kind in OWN for r in mine.get(kind, [])]
    return found + [_part(bundle, r) for kind in ("Organization", "Location") for r in bundle.of(kind)]


def _part(bundle: Bundle, r: Resource, patient: str = "") -> ToldPart:
    plain, concepts, references = KEPT[r.kind]
    body = {k: r.body[k] for k in plain if k in r.body and _short(r.body[k])}
    for k in concepts:
        if (some := _codings(r.body.get(k))) is not None:
            body[k] = some
    if isinstance(coding := r.body.get("class"), dict) and coding.get("code"):
        body["class"] = {x: str(coding[x])[:LONGEST] for x in ("system", "code") if coding.get(x)}
    for k in references:
        to = [_key(there) for one in _list(r.body.get(k)) if (there := bundle.find(one)) is not None and there.kind in ("Organization", "Location")]
        if to:
            body[k] = to
    return ToldPart(r.kind, _key(r, patient), body, r.kind in OWN)


def _key(r: Resource, patient: str = "") -> str:
    """The first identifier of a resource; else its id within the bundle, which another bundle may use again: so with the patient, or with what it says."""
    for one in _list(r.body.get("identifier")):
        if isinstance(one, dict) and one.get("value"):
            return f"{one.get('system') or ''}|{one['value']}"[:LONGEST]
    about = patient or json.dumps({k: v for k, v in r.body.items() if k != "text"}, sort_keys=True, default=str)
    return f"{str(r.body.get('id') or '')[:64]}#{hashlib.sha256(about.encode()).hexdigest()[:24]}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _short(value: Any) -> bool:
    """A piece that is no essay: a text, or a small object or list of texts."""
    return len(json.dumps(value, default=str)) <= LONGEST


def _codings(value: Any) -> Any:
    """A concept or a list of them with its codings alone; None where there are none."""
    if isinstance(value, list):
        some = [c for one in value if (c := _codings(one)) is not None]
        return some or None
    codings = [{x: str(c[x])[:LONGEST] for x in ("system", "code") if c.get(x)} for c in _list((value or {}).get("coding")) if isinstance(c, dict) and c.get("code")] if isinstance(value, dict) else []
    return {"coding": codings} if codings else None


def of_person(person: UUID, *, without: Collection[datetime] = ()) -> list[dict[str, Any]]:
    """The parts about a person and what they name, as resources. The caller has asked for the right to read the person's case, and put the read on record.

    `without`: the beginnings of encounters that are told from our own registers already.
    """
    rows = [r for r in ToldResource.objects.filter(person=person).order_by("id") if r.kind != "Encounter" or _start(r.body) not in without]
    named = {(r.sender, key) for r in rows for k in KEPT[r.kind][2] for key in r.body.get(k, ())}
    others = [r for r in ToldResource.objects.filter(person=None, sender__in={s for s, _ in named}, key__in={k for _, k in named}).order_by("id") if (r.sender, r.key) in named]
    ids = {(r.sender, r.key): f"{r.kind}/told-{r.pk}" for r in others}
    return [_resource(r, ids) for r in (*rows, *others)]


def _start(body: dict[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(str((body.get("period") or {}).get("start")))
    except ValueError:
        return None


def _resource(r: ToldResource, ids: dict[tuple[str, str], str]) -> dict[str, Any]:
    system, _bar, value = r.key.rpartition("|")
    made = {"resourceType": r.kind, "id": f"told-{r.pk}", "identifier": [{"system": system or f"urn:sizao:sender:{r.sender}", "value": value}]}
    made |= {k: v for k, v in r.body.items() if k not in KEPT[r.kind][2]}
    if r.person_id:
        made["subject"] = {"reference": f"urn:uuid:{r.person_id}"}
    for k in KEPT[r.kind][2]:
        to = [{"reference": ids[r.sender, key]} for key in r.body.get(k, ()) if (r.sender, key) in ids]
        if to:
            made[k] = to if k == "performer" else to[0]
    return made
