"""What a gateway does next: values and thresholds are arguments. Nobody is turned back, and who needs a doctor now is let in before anything is looked at."""

from decimal import Decimal
from typing import Literal

#: Codes of `gate-answer`.
GateAnswer = Literal["let_in", "let_in_look_inside", "to_clinic", "hand_over"]
EMERGENCY = "emergency"


def gate_answer(purpose: str, *, temperature: Decimal | float | None = None, fever: Decimal | float = Decimal("37.3"), ill: bool = False, order: bool = False, exposed: bool = False) -> GateAnswer:
    """What is done with somebody at a gateway.

    Care in an emergency is answered first, whatever else is told. Then: fever or symptoms go to the fever clinic, an order in force is handed over to the
    area that answers for it, somebody who met a case or comes from a listed area is let in and tested inside; everybody else is let in.

    >>> gate_answer("emergency", temperature=40, order=True), gate_answer("work", temperature=37.3), gate_answer("work", order=True), gate_answer("work")
    ('let_in_look_inside', 'to_clinic', 'hand_over', 'let_in')
    """
    if purpose == EMERGENCY:
        return "let_in_look_inside"
    if ill or (temperature is not None and temperature >= fever):
        return "to_clinic"
    if order:
        return "hand_over"
    return "let_in_look_inside" if exposed else "let_in"


def passage_result(answer: GateAnswer, purpose: str, load: str | None, *, exposed: bool, shown: bool) -> str:
    """Under which code of `passage-result` a passage is counted."""
    if answer == "to_clinic":
        return "feverish"
    if load == "live_poultry":
        return "live_poultry"
    if exposed:
        return "affected"
    if purpose == "coming_home":
        return "came_home"
    return "permitted" if shown else "registered"
