"""What is wrong with a command, in words: a problem's code with everything that its text may name."""

from typing import Any

from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Problem
from sizao.kernel.registry import Register


def worded(register: Register, problem: Problem, expected: Any = "") -> Refused:
    """The problem as a refusal, to be said in either language."""
    d = register.declaration
    f = d.fields.get(problem.field)
    pair: Any = {"zh": f.zh, "en": f.en} if f else problem.field
    said = dict.fromkeys(("value", "unit", "since", "period", "count"), problem.value)
    return Refused(problem.code, field=pair, expected=expected, register=pair, column=pair, ledger={"zh": d.zh, "en": d.en}, **said)
