"""Registers whose rows go step by step, filled from what the city told: each row whole, then what was told of it later, in the order in which it was."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import models, transaction

from sizao.kernel import registry
from sizao.kernel.outcome import Command, Outcome
from sizao.registers.care import actions as care
from sizao.registers.command import actions as command
from sizao.registers.movement import actions as movement
from sizao.registers.resources import actions as resources
from sizao.registers.surveillance import actions as surveillance

if TYPE_CHECKING:
    from .registering import Registrar

Verb = Callable[..., Sequence[Outcome]]
#: The city's word → (name of the register, its verb): in an order in which each finds what it refers to.
REGISTERS: dict[str, tuple[str, Verb]] = {
    "outside": ("outside-areas", movement.save_outside), "journey": ("journeys", movement.save_journeys), "hospital": ("hospitals", care.save_hospitals),
    "course": ("courses", care.save_courses), "card": ("case-cards", surveillance.save_cards), "post": ("guard-posts", command.save_posts), "shift": ("shifts", resources.save_shifts), "call": ("test-calls", command.save_calls),
    "order": ("orders", command.save_orders), "duty": ("duties", command.save_duties), "text": ("public-texts", command.save_texts), "form": ("form-requests", command.save_forms),
    "review": ("area-reviews", command.save_reviews), "ticket": ("tickets", command.save_tickets), "stock": ("stocks", resources.save_stocks), "need": ("needs", resources.save_needs),
    "consignment": ("consignments", resources.save_consignments), "project": ("projects", resources.save_projects), "inspection": ("inspections", command.save_inspections),
}  # fmt: skip
#: Many rows to which only later changes of themselves refer.
APART = ("shift", "inspection")
#: What a reference leads to, in the city's words.
LEADS = {"guard_post": "post", "about_order": "order", "about_case": "case", "led_by": "line", "about_dataset": "line", "for_need": "need", "about_duty": "duty"}
#: Beside the column from which a change stands, the others that are told with it.
ALSO = {"stock": ("counted_at",), "outside": ("told_at",)}
#: (what, step, column, word): steps that are told by a word.
WORDS = (("need", "decided_at", "decision", "served"), ("card", "reviewed_at", "outcome", "accepted"))


class Filling:
    """Fills the registers of things for a registrar."""

    def __init__(self, registrar: Registrar):
        self.r = registrar
        self.columns: dict[str, dict[str, Any]] = {}
        for word, (name, _) in REGISTERS.items():
            model = registry.find(name).model
            self.columns[word] = {f.name: f for f in model._meta.get_fields() if isinstance(f, models.Field)}

    def word(self, word: str) -> int:
        """The rows of one register."""
        n = 0
        for lot in self.r.chunks("records/thing", "i, area, told", f"register = '{word}'"):
            new = [Command(told={"area": self.r.place(area), **self.told(word, json.loads(told))}, source_id=f"{word}:{i}") for i, area, told in lot]
            self.save(word, new)
            n += len(lot)
        if word == "inspection":
            self.findings()
        return n

    def findings(self) -> None:
        """A finding that came of an inspection is called by it."""
        inspections = {str(key): name for name, key in self.r.told.ids.items() if name.startswith("inspection:")}
        for key, source in registry.find("tickets").model._default_manager.filter(sender="inspection").values_list("pk", "source_id"):
            self.r.told.ids[f"finding of {inspections[source.removeprefix('inspection:')]}"] = key

    def told(self, word: str, told: dict[str, Any]) -> dict[str, Any]:
        for word_, at, column, said in WORDS:
            told = told | ({column: said} if word == word_ and told.get(at) else {})
        return {name: self.value(word, name, value) for name, value in told.items() if value is not None}

    def value(self, word: str, name: str, value: Any) -> Any:
        field = self.columns[word][name]
        if isinstance(field, models.ForeignKey):
            return self.r.told.ids[f"{LEADS.get(name, name)}:{value}"]
        if isinstance(field, models.DateTimeField):
            return self.r.at(datetime.fromisoformat(value))
        return date.fromisoformat(value) if isinstance(field, models.DateField) else value

    def save(self, word: str, commands: Sequence[Command]) -> None:
        self.r.keep((c.source_id for c in commands), REGISTERS[word][1](self.r.scope, commands, sender="city"))

    def later(self) -> int:
        """The first thing told later of each row, then the second of each, and so on: a batch names a row once."""
        rounds: dict[str, list[list[Command]]] = defaultdict(list)
        seen: dict[str, int] = defaultdict(int)
        rows = self.r.rows("records/then", "register, since, about, moment, more")
        for word, since, about, moment, more in rows:
            told = {**self.told(word, json.loads(more)), since: self.r.at(moment), **{also: self.r.at(moment) for also in ALSO.get(word, ())}}
            turn = seen[about]
            seen[about] += 1
            if len(rounds[word]) <= turn:
                rounds[word].append([])
            rounds[word][turn].append(Command(told=told, source_id=about))
        for word, turns in rounds.items():
            for commands in turns:
                with transaction.atomic():
                    self.save(word, commands)
        return len(rows)

    def milestones(self) -> int:
        n = 0
        for lot in self.r.chunks("records/milestone", "key, about, area, moment, outcome"):
            new = [
                Command(told={"area": self.r.place(area), "project": self.r.told.ids[about], "outcome": outcome, "reached_at": self.r.at(moment)}, source_id=key)
                for key, about, area, moment, outcome in lot
            ]
            self.r.keep((c.source_id for c in new), resources.save_milestones(self.r.scope, new, sender="city"))
            n += len(lot)
        return n

    def receipts(self, of: tuple[int, int]) -> int:
        n = 0
        for lot in self.r.chunks("records/receipt", "key, about, area, moment", of=of):
            new = []
            for key, about, area, moment in lot:
                text, whom = about.split("|")
                told = {"area": self.r.place(area), "text": self.r.told.ids[text], whom.partition(":")[0]: self.r.told.ids[whom], "reached_at": self.r.at(moment)}
                new.append(Command(told=told, source_id=key))
            self.r.keep((c.source_id for c in new), command.save_receipts(self.r.scope, new, sender="city"))
            n += len(lot)
        return n
