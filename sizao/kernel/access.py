"""What access itself obeys (`content/access/rules.yaml`): whom a second factor is asked of, which rights one person never holds together, what two people give."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from .codes import roles
from .content_dir import folders
from .errors import Refused
from .marked import plain

RULES = "access/rules.yaml"


@cache
def rules() -> dict[str, Any]:
    """The rules that ship, with what the jurisdiction's own file says instead, rule by rule."""
    told: dict[str, Any] = {}
    for path in (folder / RULES for folder in folders()):
        if path.is_file():
            told |= plain(path.read_text(encoding="utf-8")) or {}
    return told


def permissions_of(role: str) -> frozenset[str]:
    """What a role may do; nothing where it is unknown."""
    return frozenset(roles().get(role, {}).get("permissions", ()))


def kinds_of(permissions: Iterable[str]) -> frozenset[str]:
    """Which of the kinds of right that are kept apart are among these: accounts, audit, system, persons."""
    held = set(permissions)
    return frozenset(kind for kind, one in rules()["apart"].items() if held & set(one["permissions"]))


def may_stand_together(kinds: Iterable[str]) -> bool:
    """Whether one person may hold rights of these kinds at a time: one kind, or none."""
    return len(set(kinds)) <= 1


def check_apart(held: Iterable[str], wanted: Iterable[str]) -> None:
    """Refused duties-apart where the rights held and the rights wanted must not be in one hand. Both are permissions."""
    mine, more = kinds_of(held), kinds_of(wanted)
    if not may_stand_together(mine | more):
        words = rules()["apart"]
        here, there = sorted(mine - more) or sorted(mine), sorted(more - mine) or sorted(more)
        raise Refused("duties-apart", has=words[here[0]], wants=words[there[-1]])


def needs_two(role: str) -> bool:
    """Whether a post of this role is given by two people."""
    return bool(permissions_of(role) & set(rules()["two_people"]))


def whole_role() -> tuple[str, str, frozenset[str]]:
    """(the role that may do everything, what it becomes once the administration is in hands of its own, kinds of store in which it stays whole)."""
    told = rules()["whole"]
    return told["role"], told["becomes"], frozenset(told["except"])


def wants_second_factor(role: str, permissions: Iterable[str], store: str) -> bool:
    """Whether a post asks its holder for a second factor in a store of this kind ("real", "demo")."""
    told = rules()["second_factor"]
    return store not in told["except"] and (role in told["roles"] or bool(set(permissions) & set(told["permissions"])))
