"""Rows of registers that go step by step: tickets, posts, orders, needs, consignments, projects, journeys. Who takes the next step takes it well or badly.

A `thing` is a row as it was first told (`told`: its columns, references by the city's own numbers). A step is a deed `step:<register>.<column>`: the
column is its time. A change is a deed `then:<register>.<column>`: what is told (`more`) stands from then on.
"""

from .conduct import settle_down
from .town import Town

TABLE = "CREATE TABLE thing (register VARCHAR, i INTEGER, area INTEGER, known_at TIMESTAMP, kind VARCHAR, told VARCHAR)"
STEP = """
INSERT INTO chance SELECT 'step:{register}.{column}', '{register}.{column}' || t.i, '{register}:' || t.i, NULL, t.area, {since}, greatest({since}, {due}), NULL, NULL, NULL, NULL
FROM thing t {joined} WHERE t.register = '{register}' AND {where} AND {since} IS NOT NULL AND {since} < {{end}};
"""
BEFORE = "LEFT JOIN deed {name} ON {name}.kind = 'step:{register}.{column}' AND {name}.about = '{register}:' || t.i AND {name}.told_at IS NOT NULL"
#: What is told later of a thing, and from when it stands.
THEN = """
INSERT INTO chance SELECT 'then:{register}.{column}', '{register}.{column}' || t.i || '-' || {n}, '{register}:' || t.i, NULL, t.area, {since}, {due}, NULL, NULL, NULL, {more}
FROM thing t {joined} WHERE t.register = '{register}' AND {where} AND {since} < {{end}};
"""


def prepare(town: Town) -> None:
    """Table `thing`."""
    town.run(TABLE)


def step(town: Town, register: str, column: str, hours: float | str, *, after: str = "t.known_at", follows: str = "", lag: float = 0, where: str = "true", like: str = "affair") -> None:
    """A step that is due so many hours (or an expression of a time) after another step (`follows`, a column: no step without it; `lag` hours pass first) or after a time."""
    since = (f"after_hours({follows}.told_at, {lag})" if lag else f"{follows}.told_at") if follows else after
    joined = BEFORE.format(register=register, column=follows, name=follows) if follows else ""
    due = hours if isinstance(hours, str) else f"after_hours({since}, {hours})"
    town.run(STEP.format(register=register, column=column, since=since, due=due, joined=joined, where=where))
    settle_down(town, f"step:{register}.{column}", like=like)


def then(town: Town, register: str, column: str, more: str, since: str, due: str, *, n: str = "0", joined: str = "", where: str = "true", like: str = "affair") -> None:
    """Something told later of each: `more` is its columns."""
    town.run(THEN.format(register=register, column=column, more=more, since=since, due=due, n=n, joined=joined, where=where))
    settle_down(town, f"then:{register}.{column}", like=like)
