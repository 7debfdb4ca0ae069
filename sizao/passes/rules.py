"""What a gate does. There is no rule, token or status by which somebody who needs a doctor now is kept out."""

from typing import Literal

from .tokens import Reason, Verdict

#: Why somebody comes to the gate. Care in an emergency is a purpose of its own, and answered before anything else is looked at.
Purpose = Literal["emergency", "pass"]
Answer = Literal["let_in", "let_in_look_inside", "ask_document", "order_in_force"]

#: Reasons after which the document decides, with the paper or with the identity number at a desk: a fault of a pass is no fault of its holder.
BY_DOCUMENT: frozenset[Reason] = frozenset({"no_pass", "truncated", "unknown_key", "forged", "not_yet", "expired", "revoked", "replayed"})


def at_gate(purpose: Purpose, verdict: Verdict | None) -> Answer:
    """What the gate does next. `verdict` is None where nothing was shown.

    Emergency care is always `let_in_look_inside`: in first, test and questions inside. Elsewhere a pass without an order lets in; one with an order in
    force says so, and until when; whatever is wrong with a pass, the document is asked and the desk or the paper answers.
    """
    if purpose == "emergency":
        return "let_in_look_inside"
    if verdict is None or verdict.reason in BY_DOCUMENT or verdict.said is None:
        return "ask_document"
    return "order_in_force" if verdict.said.order else "let_in"
