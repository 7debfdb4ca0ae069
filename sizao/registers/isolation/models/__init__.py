"""The tables of isolation: orders with their evidence and appeals, and what happened to people, stays and checks."""

from .absences import Absence
from .appeals import Appeal
from .orders import Evidence, Issue, Order
from .stays import DailyCheck, Stay

__all__ = ["Absence", "Appeal", "DailyCheck", "Evidence", "Issue", "Order", "Stay"]
