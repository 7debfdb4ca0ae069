"""What the demo's city has made public: its official totals, its ledger of donations, and answers to what was asked. One prepares, another lets it out."""

from __future__ import annotations

from django.db import transaction

from sizao.kernel.models import Area, User
from sizao.kernel.scope import Scope
from sizao.rehearsal.city.town import invented
from sizao.rehearsal.registering import DISEASE
from sizao.situation.publication import questions, store

TABLES = ("official-totals", "donations")


@transaction.atomic
def let_out(writer: str, chief: str) -> None:
    """`writer` prepares and answers, `chief` agrees, for the area of his post. Where something is out already it does nothing."""
    first, second = (Scope.open(User.objects.get(username=name)) for name in (writer, chief))
    if second.post is None or store.out(1):
        return
    area = second.post.area
    for kind in TABLES:
        store.sign(second, store.prepare(first, kind, area, DISEASE).code)
    for told in invented("answers")["answers"]:
        _answer(first, second, area, {name: both if isinstance(both, str) else " · ".join(both.values()) for name, both in told.items()})


def _answer(first: Scope, second: Scope, area: Area, told: dict[str, str]) -> None:
    receipt = questions.ask(told["kind"], told["topic"], area, told["matter"])
    asked = questions.by_receipt("".join(c for c in receipt if c.isalnum()))
    questions.answer(first, asked.pk, told["matter"], told["answer"], told["rests_on"])
    questions.publish(second, asked.pk)


__all__ = ["let_out"]
