"""The restriction rule that an order cites: a text of content, immutable, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sizao.kernel.models import ContentItem

from .models import Order


@dataclass(frozen=True, slots=True)
class Rule:
    """A restriction rule as two people enacted it: its text by id@SHA-256 and what it says."""

    pk: int
    id: str
    ref: str
    body: Mapping[str, Any]


@lru_cache(maxsize=256)
def rule_text(pk: int) -> Rule:
    """A rule's text by its row."""
    item = ContentItem.objects.get(pk=pk)  # immutable, so once is enough
    return Rule(item.pk, item.item_id, item.ref, item.body)


def rule_of(order: Order) -> Rule:
    """The text that an order cites."""
    return rule_text(order.rule_id)
