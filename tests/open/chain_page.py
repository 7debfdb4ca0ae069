"""The page with the chains and attack rates of published lists, and of published tables: written from the count alone."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from open import chained, counted

Pair = tuple[str, str]


@dataclass(frozen=True)
class Chain:
    """What a set tells of chains.

    Attributes:
        pairs: (infector, infected), both listed, each once.
        totals: Case → how many contacts it is said to have.
        contacts: Class → (named, fell ill, over and well) of listed contacts.
    """

    title: str
    cases: int
    pairs: frozenset[Pair]
    totals: dict[str, int] = field(default_factory=dict)
    contacts: dict[str, tuple[int, int, int]] = field(default_factory=dict)


def korea(data: Path) -> Chain:
    told = {r["patient_id"]: r for r in counted.rows_of(data / "ds4c-korea-2020/PatientInfo.csv")}
    pairs = {(i.strip(), n) for n, r in told.items() for i in r["infected_by"].split(",")}
    totals = {n: int(r["contact_number"]) for n, r in told.items() if r["contact_number"].strip().isdigit()}
    return Chain("DS4C, Korea 2020", len(told), _among(told, pairs), totals)


def singapore(data: Path) -> Chain:
    known = {r["CaseID"] for r in counted.rows_of(data / "singapore-2020/COVID-19_Singapore_eg_update_edges.csv")}
    return Chain("Singapore 2020, with its list of edges", len(known), _among(known, {(r["from"], r["to"]) for r in counted.rows_of(data / "singapore-2020/sing_edges_eg.csv")}))


def provinces(data: Path) -> Chain:
    """Rows of one number are one case, a row without one is a case by itself; the first that tells a number of contacts is believed. Numbers are found without the zeros a spreadsheet took."""
    rows = [r for p in sorted((data / "wuhan2020-cn-linelist").iterdir()) if not p.name.isascii() for r in counted._province(p)]
    numbers, totals, named = set(), {}, set()
    for n, r in enumerate(rows):
        number, total = str(r["患者编号"]).strip(), str(r["密触人数"]).strip()
        if total.isdigit():
            totals.setdefault(number or f"row {n}", int(total))
        if number:
            numbers.add(number)
            named |= {(n.lstrip("0"), number) for n in re.findall(r"\d{6,}", str(r["密切患者"]))}
    bare = {n.lstrip("0"): n for n in numbers}
    return Chain("Six Chinese provinces, early 2020", len(numbers), _among(numbers, {(bare[a], b) for a, b in named if a in bare}), totals)


def hagelloch(data: Path) -> Chain:
    told = {r["case_ID"]: r["infector"] for r in counted.rows_of(data / "outbreaks-r/measles_hagelloch_1861.csv")}
    return Chain("Measles, Hagelloch 1861", len(told), _among(told, {(a, b) for b, a in told.items()}))


def ebola(data: Path) -> Chain:
    listed = {r["case_id"] for r in counted.rows_of(data / "outbreaks-r/ebola_sim_linelist.csv")}
    return Chain("R: simulated Ebola", len(listed), _among(listed, {(r["infector"], r["case_id"]) for r in counted.rows_of(data / "outbreaks-r/ebola_sim_contacts.csv")}))


def godata(data: Path) -> Chain:
    """A contact is ill where his status says that he became a case; over, where he was followed up to the end or the end lies before the set's last day, unless he was lost."""
    place = data / "godata-sandbox"
    cases = {r["uuid"]: int(r["contacts_per_case"]) for r in counted.rows_of(place / "cases_clean.csv")}
    pairs = {(r["source_uuid"], r["target_uuid"]) for r in counted.rows_of(place / "relationships_clean.csv")}
    last = counted.godata(place).last
    ends = {"BECAME_CASE": True, "FOLLOW_UP_COMPLETED": False, "LOST_TO_FOLLOW_UP": None}
    contacts = [(ends.get(r["contact_status"], counted.day(r["date_of_followup_end"]))) for r in counted.rows_of(place / "contacts_clean.csv")]
    return Chain("Go.Data, a training outbreak", len(cases), _among(cases, pairs), cases, {"close": _attack(contacts, last)})


def guatemala(data: Path) -> Chain:
    place = data / "godata-guatemala-2020"
    rows, last = counted.rows_of(place / "rastreo_contacts.csv"), counted.guatemala(place).last
    ends = {"Se convirtió en caso": True, "Seguimiento Completo": False, "Perdido durante el seguimiento": None, "Información insuficiente": None}
    contacts = [(ends.get(r["Status final de seguimiento"], counted._slashed(r["Final del seguimiento"]))) for r in rows]
    return Chain("Guatemala City 2020", len(counted.rows_of(place / "rastreo_cases.csv")), frozenset(), contacts={"close": _attack(contacts, last)})


def _among(known: Iterable[str], pairs: Iterable[Pair]) -> frozenset[Pair]:
    listed = set(known)
    return frozenset((a, b) for a, b in pairs if a != b and {a, b} <= listed)


def _attack(contacts: list[bool | date | None], last: date) -> tuple[int, int, int]:
    """Of each contact whether he fell ill, or None where nobody knows, or the last day of an observation that nobody ended."""
    return len(contacts), sum(c is True for c in contacts), sum(c is False or (isinstance(c, date) and c < last) for c in contacts)


#: Where in the register each set's infections were told: (group, exposed, fell ill), from the abstracts of two papers on Korea's hospitals in 2015.
MERS_GROUPS = (
    ("same zone of the emergency room", 117, 23), ("other zone, shared registration or radiology", 58, 3), ("other zones", 500, 4), ("health-care workers", 218, 5),
    ("Daejeon, hospital A", 76, 12), ("Daejeon, hospital B", 70, 10),
)  # fmt: skip


def mers() -> Chain:
    """Three spreaders of Korea's outbreak as published: the first infected 28 others, of whom one infected 82 in an emergency room and one 23 in two hospitals."""
    pairs, last = set(), 1
    for infector, many in (("1", 28), ("14", 82), ("16", 23)):
        pairs |= {(infector, str(n)) for n in range(last + 1, last + 1 + many)}
        last += many
    return Chain("MERS, Korea 2015: three spreaders of published tables", last, frozenset(pairs), contacts={name: (n, ill, n - ill) for name, n, ill in MERS_GROUPS})


READ = (korea, singapore, provinces, hagelloch, ebola, godata, guatemala)


def written(data: Path) -> str:
    found = [*(read(data) for read in READ), mers()]
    lines = [
        "# Chains and attack rates of published lists", "",
        "What the files tell, counted with the standard library alone (`tests/open/chained.py`, `chain_page.py`). The tests open each set as it came and hold the program equal to",
        "these counts: who is linked with whom, every cluster with its members, the generation of every case, how many infected how many, and the attack rates.", "",
        "## Chains", "",
        "A generation is 0 where nobody is told as infector, else one more than the smallest among the infectors; it cannot be told of who is in a circle, or is reached from one only.", "",
        "| set | cases | linked | links | clusters | largest | generations | generation not told | infected by each | caused 80 % |", "|---|---|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for c in found:
        if c.pairs:
            lines.append(_line(c))
    lines += [
        "", "## Attack rates", "",
        "Of listed contacts: fell ill ÷ (fell ill + observation over and well); who is still observed, or whose end is not told, is in neither, nor who was lost. Where only a number of contacts is told with a case:",
        "infected by it ÷ contacts, over the cases that tell one; left out are cases linked to more infected than the contacts they tell of. Such a rate is low where tracing of the infected was poor, so it is",
        "a description of the file, not of the disease.", "",
        "| set | whom | contacts | over | fell ill | attack rate | left out |", "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for c in found:
        for name, (named, ill, over) in c.contacts.items():
            lines.append(f"| {c.title} | {name} | {named:,} | {ill + over:,} | {ill:,} | {ill / (ill + over):.1%} | |")
        if c.totals:
            many, contacts, ill, left = chained.of_totals(c.totals, c.pairs)
            lines.append(f"| {c.title} | told as numbers by {many:,} cases | {contacts:,} | — | {ill:,} | {ill / contacts:.1%} | {left} cases |")
    lines += [
        "", "Singapore's list tells numbers of contacts only in sentences, and Hagelloch's and the simulated one none: they have no attack rate.", "",
        "MERS: that the first case infected 28 others: Kim KH and others, J Hosp Infect 2017;95:207–213. One patient, 82 infected in an emergency room, and its groups: Cho SY and others,",
        "Lancet 2016;388:994–1001. One patient in two hospitals of Daejeon: Park GE and others, Infect Chemother 2016;48:118–126. Figures of the abstracts; the persons in the tests are invented.",
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def _line(c: Chain) -> str:
    groups, at = chained.clusters(c.pairs), chained.generations(c.pairs)
    linked = {x for pair in c.pairs for x in pair}
    cells = [
        f"{c.cases:,}", f"{len(linked):,}", f"{len(c.pairs):,}", f"{len(groups):,}", f"{len(groups[0]):,}", f"{max(at.values(), default=-1) + 1}", f"{len(linked) - len(at):,}",
        f"{len(c.pairs) / len(linked):.2f}", f"{chained.share_that_causes(c.pairs):.1%}",
    ]  # fmt: skip
    return f"| {c.title} | {' | '.join(cells)} |"
