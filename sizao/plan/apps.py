"""The plan's Django app."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import AppConfig


class PlanConfig(AppConfig):
    name = "sizao.plan"
    label = "plan"
    verbose_name = "预案"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The plan says what is wrong with an edition before the content store takes it in."""
        from sizao.kernel import content

        content.checker("plan", faults)
        content.checker("grading", grading_faults)


def faults(path: Path, text: str) -> Iterator[Any]:
    """The faults of an edition, and of its scenarios, in the content store's form."""
    from sizao.kernel.content import ContentFault

    from .check import check_text

    for fault in check_text(text, path, shared=False).faults:  # what is played for every edition in the suite is not played again at each store
        said = fault.as_json()
        yield ContentFault(fault.file, fault.line, fault.code, said["zh"], said["en"])


def grading_faults(path: Path, text: str) -> Iterator[Any]:
    """The faults of a set of rules for grades. Read when asked: the language needs the models."""
    from .grading import rulesets

    yield from rulesets.faults(path, text)
