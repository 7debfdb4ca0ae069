"""What is decided, said, asked and seen: areas and their grades, orders, public texts, tickets, inspections, seats and posts, who answers for what."""

from .areas import AreaGrade, AreaReview, AreaUnit
from .orders import Order, OrderProposal, PublicText, TextReceipt
from .posts import Duty, FormRequest, GuardPost, TestCall
from .proofs import ProofContent, TicketProof
from .reviews import CalendarAddress, SituationReview
from .rounds import DrawnUnit, InspectionRound
from .tickets import Inspection, Ticket

__all__ = [
    "AreaGrade", "AreaReview", "AreaUnit", "CalendarAddress", "DrawnUnit", "Duty", "FormRequest", "GuardPost", "Inspection", "InspectionRound", "Order", "OrderProposal",
    "ProofContent", "PublicText", "SituationReview", "TestCall", "TextReceipt", "Ticket", "TicketProof",
]  # fmt: skip
