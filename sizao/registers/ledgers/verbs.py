"""The verb of each ledger by its id: `verbs:household_visit` writes visits. Made when asked for, for ledgers are data."""

from collections.abc import Callable, Sequence
from functools import partial

from sizao.kernel.outcome import Command, Outcome
from sizao.kernel.scope import Scope

from .catalogue import ledgers
from .entries import save


def __getattr__(name: str) -> Callable[..., list[Outcome]]:
    if name not in ledgers():
        raise AttributeError(name)
    return partial(_write, name)


def _write(name: str, scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    return save(scope, name, commands, sender=sender, batch=batch)
