"""A city's records brought into the registers, through the verbs that everybody's records come through: same rules, same acts, same audit.

    told = register(folder)       # `bringing`; an empty demo store
    told.ids["contact:17"]        # the row that the city's contact 17 became

What the sender tells of the past is told as such. Only `town` and `records` are read here; `truth` is for who judges.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import duckdb
from django.db import transaction

from sizao.kernel import areas, organisation, registry
from sizao.kernel.areas import NewArea
from sizao.kernel.models import Area
from sizao.kernel.outcome import Command, Outcome
from sizao.kernel.scope import Scope
from sizao.registers.cases import actions as cases
from sizao.registers.cases.read import cases_by_id
from sizao.registers.command import actions as command
from sizao.registers.isolation import actions as isolation
from sizao.registers.laboratory import actions as laboratory
from sizao.registers.ledgers import actions as ledgers
from sizao.registers.ledgers.catalogue import ledger as ledger_named
from sizao.registers.ledgers.receipts import lines_of
from sizao.registers.movement import actions as movement
from sizao.registers.population import actions as population
from sizao.registers.surveillance import actions as surveillance

from .city import ZONE

SENDER, DISEASE, CHUNK = "city", "covid-19", 20_000


@dataclass
class Told:
    """What came of it: `ids`, the row that each of the city's own numbers became; `rows` and `seconds` of each part."""

    begin: datetime
    end: datetime
    ids: dict[str, Any] = field(default_factory=dict)
    areas: dict[int, Area] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    elapsed: float = 0.0

    @property
    def speed(self) -> float:
        """Rows a second of wall time, of all parts but the ground, however many processes wrote them."""
        return sum(n for part, n in self.rows.items() if part != "ground") / max(0.001, self.elapsed)


class Registrar:
    def __init__(self, folder: Path):
        self.folder, self.scope = folder, Scope.system("rehearsal")
        self._db: duckdb.DuckDBPyConnection | None = None
        self.city = json.loads((folder / "city.json").read_text(encoding="utf-8"))
        self.zone = ZoneInfo(ZONE)
        begin = datetime.combine(date.fromisoformat(self.city["first"]), datetime.min.time(), self.zone).astimezone(UTC)
        self.told = Told(begin, begin + timedelta(days=self.city["days"]))
        self.since = begin - timedelta(days=30)

    @property
    def db(self) -> duckdb.DuckDBPyConnection:
        """This process's own reader of files; closed before there are two processes."""
        if self._db is None:
            self._db = duckdb.connect(config={"threads": 1})
        return self._db

    def close(self) -> None:
        """Puts the reader away: there is about to be a second process."""
        if self._db is not None:
            self._db.close()
            self._db = None

    # -- reading

    def rows(self, file: str, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        place = str(self.folder / f"{file}.parquet").replace("'", "''")
        return self.db.execute(f"SELECT {columns} FROM '{place}' WHERE {where}").fetchall()

    def chunks(self, file: str, columns: str, where: str = "true", of: tuple[int, int] | None = None) -> Iterator[list[tuple[Any, ...]]]:
        """Rows in the order of the file (those from one number to before another), so many at a time, each lot in a transaction."""
        place = str(self.folder / f"{file}.parquet").replace("'", "''")
        rows = f" AND file_row_number >= {of[0]} AND file_row_number < {of[1]}" if of else ""
        found = self.db.cursor().execute(f"SELECT {columns} FROM read_parquet('{place}', file_row_number = true) WHERE {where}{rows}")
        while lot := found.fetchmany(CHUNK):
            with transaction.atomic():
                yield lot

    def at(self, civil: datetime) -> datetime:
        """A civil time of the city as an instant."""
        return civil.replace(tzinfo=self.zone).astimezone(UTC)

    def place(self, area: int) -> int:
        return self.told.areas[area].pk

    def whose(self, person: int) -> UUID:
        found: UUID = self.told.ids[f"person:{person}"]
        return found

    # -- the ground

    def ground(self) -> int:
        rows = self.rows("town/area", "i, code, level, parent, name_zh, name_en, geometry, since")
        code = {r[0]: r[1] for r in rows}
        new = [NewArea(c, zh, level, code.get(parent), en, ZONE if parent is None else "", json.loads(shape) if shape else None, valid_from=since) for _, c, level, parent, zh, en, shape, since in rows]
        grown = areas.grow(new)
        self.told.areas = {i: grown[c] for i, c in code.items()}
        units = dict(registry.find("area-units").model._default_manager.values_list("area_id", "pk"))
        self.told.ids |= {f"area:{i}": units[area.pk] for i, area in self.told.areas.items()}
        posts = [(role, self.told.areas[area]) for role, area in self.rows("town/post", "role, area")]
        organisation.open_posts(self.scope, posts, since=self.since)
        return len(rows) + len(posts)

    def households(self) -> int:
        n = 0
        for lot in self.chunks("town/household", "i, members, area, twin"):
            data = [population.HouseholdData(f"household:{i}", self.place(area), members, f"H{i if twin is None else twin}") for i, members, area, twin in lot]
            self.told.ids |= population.add_households(self.scope, data, known=self.since, sender=SENDER)
            n += len(lot)
        return n

    def persons(self, of: tuple[int, int]) -> int:
        n, day, names = 0, self.told.begin.astimezone(self.zone).date(), {a: area.name_zh for a, area in self.told.areas.items()}
        for lot in self.chunks("town/person", "i, household, area, age, sex, birth_date, name, phone, national_id", of=of):
            data = [
                population.PersonData(
                    self.place(area), name, sex, born, age_years=age, age_on=day, national_id=number, phone=phone, address=f"{names[area]}{house}号",
                    household_id=self.told.ids[f"household:{house}"],
                )
                for _, house, area, age, sex, born, name, phone, number in lot
            ]  # fmt: skip
            ids = population.add_persons(self.scope, data, known=[self.since] * len(lot), sender=SENDER)
            self.told.ids |= {f"person:{r[0]}": key for r, key in zip(lot, ids, strict=True)}
            n += len(lot)
        return n

    def units(self) -> int:
        rows = self.rows("town/unit", "i, kind, area, name, part_of, in_use, since")
        for parts in (False, True):
            with transaction.atomic():
                data = [
                    ledgers.NewUnit(f"unit:{i}", self.place(area), name, self.at(since), kind, self.told.ids[f"unit:{head}"] if parts else None, in_use=in_use)
                    for i, kind, area, name, head, in_use, since in rows
                    if (head is not None) is parts
                ]
                self.told.ids |= ledgers.add_units(self.scope, data, sender=SENDER)
        return len(rows)

    def said(self) -> int:
        rows = self.rows("town/said", "area, scale, value, number, starts_at, ends_at")
        for area, scale, value, number, starts, ends in rows:
            with transaction.atomic():
                command.grade_areas(
                    self.scope, [command.Grading(self.place(area), scale, value, self.at(starts), number=number, ends_at=self.at(ends) if ends else None)], sender=SENDER
                )
        return len(rows)

    # -- the response

    def cases(self) -> int:
        n = 0
        for lot in self.chunks("records/case", "i, person, area, class0, onset_on, first_care_at, reported_at, confirmed0, contact_total"):
            new = []
            for i, person, area, class_, onset, care, reported, confirmed, total in lot:
                told = {
                    "area_id": self.place(area), "disease": DISEASE, "classification": class_, "onset_on": onset, "first_care_at": self.at(care), "reported_at": self.at(reported),
                    "confirmed_at": self.at(confirmed) if confirmed else None, "contact_total": total,
                }  # fmt: skip
                new.append(cases.New(self.whose(person), SENDER, f"case:{i}", self.at(reported), told))
            self.told.ids |= {f"case:{r[0]}": key for r, key in zip(lot, cases.add_cases(self.scope, new), strict=True)}
            n += len(lot)
        return n

    def contacts(self) -> int:
        n = 0
        for lot in self.chunks("records/contact", "i, case_, person, area, class, named_at, last_exposure_on, observation_from, observation_until"):
            new = []
            for i, case, person, area, class_, named, last, since, until in lot:
                told = {
                    "area_id": self.place(area), "disease": DISEASE, "classification": class_, "case_id": self.told.ids[f"case:{case}"], "named_at": self.at(named),
                    "last_exposure_on": last, "observation_from": since, "observation_until": until,
                }  # fmt: skip
                new.append(cases.New(self.whose(person), SENDER, f"contact:{i}", self.at(named), told))
            self.told.ids |= {f"contact:{r[0]}": key for r, key in zip(lot, cases.add_contacts(self.scope, new), strict=True)}
            n += len(lot)
        return n

    def specimens(self) -> int:
        n = 0
        for lot in self.chunks("records/specimen", "i, person, area, sampled_at"):
            new = [laboratory.NewSpecimen(f"specimen:{i}", self.whose(person), self.place(area), DISEASE, self.at(taken)) for i, person, area, taken in lot]
            self.told.ids |= laboratory.add_specimens(self.scope, new, sender=SENDER, reported=True)
            n += len(lot)
        return n

    def stays(self) -> int:
        n = 0
        for file in ("admitted", "taken_in"):
            for lot in self.chunks(f"records/{file}", "person, area, moment, outcome"):
                new = [isolation.NewStay(self.whose(person), self.place(area), DISEASE, self.at(moment), kind) for person, area, moment, kind in lot]
                once = {(person, moment): None for person, _, moment, _ in lot if f"stay:{person}:{moment.isoformat()}" not in self.told.ids}
                ids = isolation.add_stays(self.scope, new, sender=SENDER, reported=True)
                self.told.ids |= {f"stay:{person}:{moment.isoformat()}": key for (person, moment), key in zip(once, ids, strict=True)}
                n += len(lot)
        for lot in self.chunks("records/stay_ended", "person, moment"):
            n += isolation.end_stays(self.scope, [(self.whose(person), DISEASE, self.at(moment)) for person, moment in lot], reported=True)
        return n

    def later(self) -> int:
        n = 0
        words = {"released": "released_at", "became": "became_case_at"}
        for lot in self.chunks("records/later", "about, moment, what, value"):
            of_cases, of_contacts = [], []
            for about, moment, what, value in lot:
                at = self.at(moment)
                if what in words:
                    of_contacts.append(cases.Change(self.told.ids[about], at, {words[what]: at}))
                elif what == "class":
                    of_cases.append(cases.Change(self.told.ids[about], at, {"classification": value} | ({"confirmed_at": at} if value == "confirmed" else {})))
                else:
                    of_cases.append(cases.Change(self.told.ids[about], at, {"outcome": value, "outcome_at": at}))
            cases.change_cases(self.scope, of_cases, reported=True)
            cases.change_contacts(self.scope, of_contacts, reported=True)
            n += len(lot)
        return n

    def results(self) -> int:
        n = 0
        for lot in self.chunks("records/result", "about, moment, outcome"):
            n += laboratory.tell_results(self.scope, {self.told.ids[about]: (outcome, self.at(moment)) for about, moment, outcome in lot}, reported=True)
        return n

    def work(self) -> int:
        n = 0
        for lot in self.chunks("records/investigated", "about, moment"):
            held = cases_by_id(self.scope, {self.told.ids[about] for about, _ in lot})
            cases.add_investigations(self.scope, [(held[self.told.ids[about]], self.at(moment), "") for about, moment in lot], sender=SENDER, reported=True)
            n += len(lot)
        for lot in self.chunks("records/source", "about, moment"):
            n += cases.judge_sources(self.scope, [(self.told.ids[about], self.at(moment)) for about, moment in lot], reported=True)
        return n

    def checks(self) -> int:
        n = 0
        for lot in self.chunks("records/check", "key, about, person, area, moment, outcome"):
            new = [
                isolation.NewCheck(key, self.whose(person), self.told.ids[about], self.place(area), DISEASE, self.at(moment), outcome)
                for key, about, person, area, moment, outcome in lot
            ]
            isolation.add_checks(self.scope, new, sender=SENDER, reported=True)
            n += len(lot)
        return n

    # -- every day

    def reports(self) -> int:
        n = 0
        for lot in self.chunks("records/report", "about, period, number, moment"):
            new = [ledgers.NewReport(self.told.ids[about], period, int(number), self.at(moment)) for about, period, number, moment in lot]
            ledgers.file_reports(self.scope, new, sender=SENDER)
            n += len(lot)
        return n

    def visits(self, of: tuple[int, int]) -> int:
        n = 0
        for lot in self.chunks("records/visit", "key, about, area, moment, outcome, number", of=of):
            new = [
                ledgers.NewVisit(key, self.told.ids[about], self.place(area), self.at(moment), outcome, None if seen is None else int(seen))
                for key, about, area, moment, outcome, seen in lot
            ]
            ledgers.add_visits(self.scope, new, sender=SENDER)
            n += len(lot)
        return n

    def handovers(self) -> int:
        rows = self.rows("records/handover", "i, area, from_area, kind, sent_at, person")
        new = [
            movement.NewHandover(f"handover:{i}", self.place(area), DISEASE, self.at(sent), self.whose(person), None if source is None else self.place(source), kind)
            for i, area, source, kind, sent, person in rows
        ]
        with transaction.atomic():
            self.told.ids |= movement.send(self.scope, new, sender=SENDER)
        answers: Sequence[tuple[Any, ...]] = self.rows("records/answer", "about, moment, outcome")
        answered: set[str] = set()
        with transaction.atomic():
            for about, moment, outcome in answers:
                if about not in answered:  # who answered first is heard; another answer is refused
                    answered.add(about)
                    movement.answer(self.scope, self.told.ids[about], outcome, self.at(moment))
        came = self.rows("records/came", "about, moment")
        with transaction.atomic():
            for about, moment in came:
                movement.arrived(self.scope, self.told.ids[about], self.at(moment))
        return len(rows) + len(answers) + len(came)

    def symptoms(self) -> int:
        """Lines as they were found; then, of those that were closed, that they were."""
        rows = self.rows("records/symptom", "i, person, area, channel, found_at, referred_at, arrived_at, closed_at, outcome, cause_at, cause")
        found = [
            Command(
                told={
                    "person": self.whose(person), "area": self.place(area), "disease": DISEASE, "channel": channel, "found_at": self.at(at), "referred_at": self.at(referred) if referred else None,
                    "arrived_at": self.at(arrived) if arrived else None, "cause": cause, "cause_at": self.at(cause_at) if cause_at else None,
                },
                source_id=f"symptom:{i}",
            )
            for i, person, area, channel, at, referred, arrived, _, _, cause_at, cause in rows
        ]  # fmt: skip
        self.keep((f"symptom:{r[0]}" for r in rows), surveillance.save_lines(self.scope, found, sender=SENDER))
        over = [Command(told={"closed_at": self.at(r[7]), "outcome": r[8]}, source_id=f"symptom:{r[0]}") for r in rows if r[7]]
        self.keep((f"symptom:{r[0]}" for r in rows if r[7]), surveillance.save_lines(self.scope, over, sender=SENDER))
        return len(rows) + len(over)

    def signals(self) -> int:
        rows = self.rows("records/signal", "i, area, raised_at, judged_at, judgement, acted_at, action")
        commands = [
            Command(
                told={
                    "area": self.place(area), "disease": DISEASE, "kind": "count", "raised_at": self.at(raised), "judged_at": self.at(judged) if judged else None, "judgement": judgement,
                    "acted_at": self.at(acted) if acted else None, "action": action,
                },
                source_id=f"signal:{i}",
            )
            for i, area, raised, judged, judgement, acted, action in rows
        ]  # fmt: skip
        self.keep((f"signal:{r[0]}" for r in rows), surveillance.save_signals(self.scope, commands, sender=SENDER))
        return len(rows)

    def lines(self, ledger: str) -> int:
        n, due = 0, ledger_named(ledger).is_due
        for lot in self.chunks("records/line", "key, about, area, moment, period, more", f"ledger = '{ledger}'"):
            new = [self.line(*row, due=due) for row in lot]
            self.keep((f"line:{line.key}" for line in new), ledgers.bring(self.scope, ledger, new, sender=SENDER))
            n += len(lot)
        return n

    def line(self, key: str, about: str, area: int, moment: datetime, period: date | None, more: str, *, due: bool) -> ledgers.NewLine:
        told = json.loads(more)
        slot, unit, kind = told.pop("_slot", None), told.pop("_unit", None), about.partition(":")[0]
        whom: dict[str, Any] = {kind: self.place(area) if kind == "area" else self.told.ids[about]}
        if unit is not None:
            whom["unit"] = self.told.ids[f"unit:{unit}"]
        for mark, column in (("_counterpart", "counterpart"), ("_owner", "risk_owner"), ("_given_to", "given_to")):
            if (other := told.pop(mark, None)) is not None:
                told[column] = str(self.told.ids[f"unit:{other}"])
        for field_ in ("origin_area", "outside_area"):
            if field_ in told:
                told[field_] = self.place(told[field_])
        return ledgers.NewLine(key, whom, {n: v for n, v in told.items() if v is not None}, self.at(moment), period if due and kind == "unit" else None, slot)

    def filings(self, ledger: str) -> int:
        n = 0
        for lot in self.chunks("records/filing", "about, moment, period", f"ledger = '{ledger}'"):
            keys = {(self.told.ids[about], period, 0) for about, _, period in lot}
            counted = lines_of(ledger_named(ledger), keys)
            new = [ledgers.Filing(self.told.ids[about], period, counted[self.told.ids[about], period, 0], self.at(moment)) for about, moment, period in lot]
            n += len(ledgers.file(self.scope, ledger, new, sender=SENDER))
        return n

    def moves(self) -> int:
        """Last of all, for what was told before stands where it stood: households that moved, and grids that were split or merged."""
        n = 0
        for lot in self.chunks("records/moved", "about, more"):
            told = [(about, json.loads(more)) for about, more in lot]
            moved = [Command(told={"area": self.place(m["area"]), "moved_at": self.at(datetime.fromisoformat(m["moved_at"]))}, record=self.told.ids[about]) for about, m in told]
            self.keep((about for about, _ in told), population.save_households(self.scope, moved, sender=SENDER))
            n += len(lot)
        ended = self.rows("town/area", "code, parent, until, became", "until IS NOT NULL")
        heirs = self.rows("town/area", "code, parent", "since IS NOT NULL")
        for parent, on, became in {row[1:] for row in ended}:
            areas.succeed([code for code, above, *_ in ended if above == parent], [code for code, above in heirs if above == parent], became, on)
        return n + len(ended)

    def keep(self, names: Iterable[str], outcomes: Sequence[Outcome]) -> None:
        """Which row each became. A record that the register refuses is a fault of the city, and no rehearsal."""
        for name, o in zip(names, outcomes, strict=True):
            if o.record is None:
                raise ValueError(f"{name}: {o.problems}")
            self.told.ids[name] = o.record
