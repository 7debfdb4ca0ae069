"""`done` and `close` as they are written: the forms of evidence, and the acts that end a duty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sizao.kernel.errors import Refused

from . import nodes
from .agreeing import SUBJECT, agreement
from .done import Amount, Done, Evidence, Holds, Never, Several
from .keys import Keys
from .measure import Close
from .names import OCCASION, Names
from .source import Node
from .vocabulary import nearest


class Evidences(Keys):
    """What counts as done, and what ends the duty without it."""

    def done(self, names: Names, node: Node | None = None, key: str = "done") -> Evidence | None:
        """One of the forms of evidence."""
        node = node or self.keys.get("done")
        if node is None:
            return None
        if node.text is not None:
            name = self.act(key, node)
            return Done(name, self.acted(name, names)) if name else None
        keys = node.mapping
        forms: dict[str, tuple[set[str], Callable[[dict[str, Node], Names, str], Evidence | None]]] = {
            "act": ({"act", "where", "match", "need", "since"}, self.done_act),
            "have": ({"have", "need", "unit"}, self.done_amount),
            "holds": ({"holds"}, self.done_holds),
            "never": ({"never", "where"}, self.done_never),
            "any": ({"any"}, self.done_several),
            "all": ({"all"}, self.done_several),
        }
        form = next((f for f in forms if f in keys), None)
        if form is None:
            for extra in keys:
                self.faults.at(f"{key}.{extra}", keys[extra].line).add("plan-key-unknown", key=extra, nearest=nearest(extra, forms), known=sorted(forms))
            self.faults.at(key, node.line).add("plan-key-missing", key="act", example="done: {act: lab.sampled}")
            return None
        allowed, read = forms[form]
        for extra in keys.keys() - allowed:
            self.faults.at(f"{key}.{extra}", keys[extra].line).add("plan-key-unknown", key=extra, nearest=nearest(extra, allowed), known=sorted(allowed))
        return read(keys, names, key)

    def acted(self, act: str, names: Names, where: Any = None, key: str = "done") -> str:
        """On what the act closes the duty."""
        try:
            return agreement(self.vocabulary, names.table or "", act, where)
        except Refused as refused:
            self.place(key).take(refused)
            return SUBJECT

    def done_act(self, keys: dict[str, Node], names: Names, at: str) -> Evidence | None:
        name = self.act(f"{at}.act", keys["act"])
        where = self.condition(f"{at}.where", names.of_act(), keys["where"]) if "where" in keys else None
        match = keys["match"].text if "match" in keys else "time"
        need = self.amount(f"{at}.need", names, keys["need"]) if "need" in keys else None
        since = self.point(f"{at}.since", replace(names, points=OCCASION), keys["since"]) if "since" in keys else None
        if match not in ("time", "period"):
            self.faults.at(f"{at}.match", keys["match"].line).add("plan-word-unknown", word=match or "…", nearest="period", known=["period", "time"])
            return None
        return Done(name, self.acted(name, names, where), match, where, need, since) if name else None

    def done_amount(self, keys: dict[str, Node], names: Names, at: str) -> Evidence | None:
        if "need" not in keys:
            self.faults.at(at, keys["have"].line).add("plan-key-missing", key="need", example="done: {have: on_hand, need: target}")
            return None
        have, need = (self.amount(f"{at}.{key}", names, keys[key]) for key in ("have", "need"))
        unit = self.unit(f"{at}.unit", names, keys["unit"]) if "unit" in keys else None
        return Amount(have, need, unit) if have is not None and need is not None else None

    def unit(self, key: str, names: Names, node: Node) -> nodes.Column | None:
        """The column of the subject that says in what its amounts are measured."""
        known, name = sorted(c.name for c in names.columns.values() if c.type == nodes.TEXT and c.expression is None), node.text or ""
        if name not in known:
            self.faults.at(key, node.line).add("plan-name-unknown", name=name or "…", nearest=nearest(name, known), known=known)
            return None
        return nodes.Column(name, nodes.TEXT)

    def done_holds(self, keys: dict[str, Node], names: Names, at: str) -> Evidence | None:
        found = self.condition(f"{at}.holds", names, keys["holds"])
        return Holds(found) if found is not None else None

    def done_never(self, keys: dict[str, Node], names: Names, at: str) -> Evidence | None:
        name = self.act(f"{at}.never", keys["never"])
        where = self.condition(f"{at}.where", names.of_act(), keys["where"]) if "where" in keys else None
        return Never(name, self.acted(name, names, where), where) if name else None

    def done_several(self, keys: dict[str, Node], names: Names, at: str) -> Evidence | None:
        form = "any" if "any" in keys else "all"
        parts = [self.done(names, item, f"{at}.{form}") for item in keys[form].items]
        found = tuple(part for part in parts if part is not None)
        if len(found) < 2 or any(part.match == "period" for part in found):
            if all(part is not None for part in parts):
                self.wrong(at, keys[form], {"zh": "两种以上的证据（不含 match: period）", "en": "two or more kinds of evidence (none by period)"}, "{any: [text.reached, household.visited]}")
            return None
        return Several(form, found)

    def close(self, names: Names) -> tuple[Close, ...]:
        found = []
        for item in self.keys["close"].items if "close" in self.keys else []:
            if set(item.mapping) != {"act", "reason"}:
                self.wrong(
                    "close",
                    item,
                    {"zh": "结束义务的行为及其原因", "en": "the act that ends the duty, and the reason"},
                    "- {act: contact.released, reason: {zh: 已解除, en: released}}",
                )
                continue
            name, reason = self.act("close.act", item.mapping["act"]), self.bilingual("close.reason", item.mapping["reason"])
            if name:
                found.append(Close(name, self.acted(name, names, key="close"), reason))
        return tuple(found)
