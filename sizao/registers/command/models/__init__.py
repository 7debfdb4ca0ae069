"""What is decided, said, asked and seen: areas and their grades, orders, public texts, tickets, inspections, seats and posts, who answers for what."""

from .areas import AreaGrade, AreaReview, AreaUnit
from .orders import Order, PublicText, TextReceipt
from .posts import Duty, FormRequest, GuardPost, TestCall
from .tickets import Inspection, Ticket

__all__ = ["AreaGrade", "AreaReview", "AreaUnit", "Duty", "FormRequest", "GuardPost", "Inspection", "Order", "PublicText", "TestCall", "TextReceipt", "Ticket"]
