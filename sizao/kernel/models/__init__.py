"""The kernel's tables: space, organisation, content, acts, batches, and what trust needs."""

from .access import BrokenGlass, GrantAsk
from .acts import Act, Kept
from .areas import Area, AreaCode, AreaSuccession
from .audit import Event, Seal
from .content import ContentItem, Enactment
from .jobs import Tick
from .organisation import Grant, Holding, Post, Unit, User
from .sealed import PersonKey
from .store import Batch, StoreInfo

__all__ = [
    "Act",
    "Area",
    "AreaCode",
    "AreaSuccession",
    "Batch",
    "BrokenGlass",
    "ContentItem",
    "Enactment",
    "Event",
    "Grant",
    "GrantAsk",
    "Holding",
    "Kept",
    "PersonKey",
    "Post",
    "Seal",
    "StoreInfo",
    "Tick",
    "Unit",
    "User",
]
