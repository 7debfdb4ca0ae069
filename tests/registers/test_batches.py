"""Row by row or all at once: the same rows, versions, acts and counts of the audit are there afterwards."""

import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction

from sizao.kernel.outcome import Command
from sizao.registers.command import actions as command
from sizao.registers.ledgers import actions as ledgers
from sizao.registers.ledgers.actions import NewLine, NewUnit
from sizao.registers.movement import actions as movement
from sizao.registers.population.actions import HouseholdData, PersonData, add_households, add_persons
from sizao.registers.resources import actions as resources

pytestmark = pytest.mark.django_db
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
#: Who wrote when, and what the database numbers itself.
OWN = {"recorded_at", "change_no", "change_xid", "ended_at", "ended_change"}
TABLES = ("resources_stock", "resources_stock_history", "command_ticket", "command_ticket_history", "command_textreceipt", "movement_journey", "ledgers_entry", "ledgers_duereport")


def at(day, hour=0):
    return datetime(2020, 6, day, tzinfo=UTC) + timedelta(hours=hour - 8)


def written(names):
    """What stands in the tables, with ids by what they are called; acts; how many rows the audit was told of, by kind of event."""
    found = {}
    with connection.cursor() as cursor:
        for table in (*TABLES, "kernel_act"):
            cursor.execute(f"SELECT to_jsonb(t) FROM {table} t")
            rows = ({k: v for k, v in (json.loads(r) if isinstance(r, str) else r).items() if k not in OWN} for (r,) in cursor.fetchall())
            found[table] = sorted(ID.sub(lambda m: names.get(m[0], "?"), json.dumps(r, sort_keys=True)) for r in rows)
        cursor.execute("SELECT kind, sum(count) FROM kernel_event GROUP BY kind")
        return found | {"audit": sorted(cursor.fetchall())}


def tell(scope, grid, unit, text, person, households, lots):
    """The same told in lots of so many."""
    names = {}

    def all_of(verb, commands):
        for k in range(0, len(commands), lots):
            for c, o in zip(commands[k : k + lots], verb(scope, commands[k : k + lots], sender="t"), strict=True):
                names[str(o.record)] = c.source_id

    def lines(ledger, new):
        for k in range(0, len(new), lots):
            for n, o in zip(new[k : k + lots], ledgers.bring(scope, ledger, new[k : k + lots], sender="t") if lots > 1 else ledgers.add_lines(scope, ledger, new[k : k + 1], sender="t"), strict=True):
                names[str(o.record)] = n.key

    area = {"area": grid}
    all_of(movement.save_outside, [Command(told=area | {"code": "420000", "name": "外地", "grade": "high", "graded_at": at(1), "told_at": at(1)}, source_id="o")])
    all_of(resources.save_stocks, [Command(told=area | {"unit": unit, "item": ("mask_surgical", "mask_n95", "gown", "gloves")[n], "on_hand": 5 + n, "told_at": at(2)}, source_id=f"s{n}") for n in range(4)])
    all_of(resources.save_stocks, [Command(told={"on_hand": 3, "told_at": at(4), "counted": 3, "counted_at": at(4)}, source_id=f"s{n}") for n in range(4)])
    tickets = [Command(told=area | {"kind": "finding", "topic": "testing", "unit": unit, "what": "x", "raised_at": at(2 + n), "due_at": at(9)}, source_id=f"t{n}") for n in range(3)]
    all_of(command.save_tickets, [*tickets, Command(told=area | {"kind": "no such kind", "raised_at": at(2)}, source_id="wrong")])
    all_of(command.save_tickets, [Command(told={"answered_at": at(6), "answer": "y"}, source_id="t0"), Command(told={"answered_at": at(1)}, source_id="t1")])
    all_of(command.save_receipts, [Command(told=area | {"text": text, "household": h, "reached_at": at(5, n)}, source_id=f"r{n}") for n, h in enumerate(households)])
    all_of(movement.save_journeys, [Command(told=area | {"person": person, "kind": "arrival", "origin": "420000", "known_at": at(3)}, source_id="j")])
    lines("cleaning", [NewLine(f"c{n}", {"unit": unit}, {"disinfection_method": "wipe", "disinfectant": "chlorine"}, at(3 + n, 9), date(2020, 6, 3 + n)) for n in range(3)])
    lines("household_visit", [NewLine(f"v{n}", {"household": h}, {"visit_outcome": "reached", "persons_seen": 2}, at(4, 9 + n)) for n, h in enumerate(households)])
    # a line to a report: one that comes in two parts is corrected by the second, and says so
    lines("price_point", [NewLine(f"p{n}{item}", {"unit": unit}, {"item": item, "price": 4 + n, "in_stock": True}, at(3 + n, 9), date(2020, 6, 3 + n)) for n, item in enumerate(("rice", "pork"))])
    return names


def test_the_same_told_row_by_row_and_all_at_once_leaves_the_same(county, system):
    grid = county.areas["990001101201-1"].pk
    [unit] = ledgers.add_units(system, [NewUnit("m1", grid, "青禾市场", at(1), "market")], sender="t").values()
    households = list(add_households(system, [HouseholdData(f"h{n}", grid) for n in range(5)], known=at(1), sender="t").values())
    [person] = add_persons(system, [PersonData(grid, "某某")], known=[at(1)], sender="t")
    [text] = [o.record for o in command.save_texts(system, [Command(told={"area": grid, "kind": "message", "title": "告居民书", "published_at": at(4)}, source_id="text")], sender="t")]
    found = []
    for lots in (1, 100):
        with transaction.atomic():
            found.append(written(tell(system, grid, unit, text, person, households, lots)))
            transaction.set_rollback(True)
    assert found[0] == found[1]
    assert [table for table in (*TABLES, "kernel_act") if not found[0][table]] == []
