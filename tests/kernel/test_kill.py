"""`kill -9` in the middle of an import, of the importer and of the database: nothing lost, nothing doubled, nothing half seen.

Three turns in every run of the tests, fifty with `--full`. The turn's number decides who is killed and when, so that a
turn that failed can be repeated.
"""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from postgres_help import open_place, servers_below

from sizao.kernel import postgres
from sizao.kernel.postgres import Store

ROOT = Path(__file__).resolve().parents[2]
ROWS = 400
pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at processes through /proc")


class Office:
    """A store, and a command line that works on it, each command in a process of its own."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.store = place / "store"
        self.environment = {name: text for name, text in os.environ.items() if not name.startswith(("SIZAO_", "DATABASE_URL", "DJANGO_"))}
        self.environment |= {"SIZAO_STORE": str(self.store), "SIZAO_KEYS": str(place / "keys"), "PYTHONPATH": str(ROOT)}

    def start(self, *arguments: object) -> subprocess.Popen:
        """What it says goes to files: a full pipe would hold it up, and it would always be killed there."""
        command = [sys.executable, "-m", "sizao", *map(str, arguments)]
        with (self.place / "out").open("wb") as out, (self.place / "err").open("wb") as err:
            return subprocess.Popen(command, env=self.environment, cwd=self.place, stdin=subprocess.DEVNULL, stdout=out, stderr=err)

    def end(self, process: subprocess.Popen) -> tuple[int, str, str]:
        """Its exit code and what it said."""
        code = process.wait(timeout=120)
        return code, *((self.place / name).read_text(encoding="utf-8", errors="replace") for name in ("out", "err"))

    def said(self, *arguments: object) -> dict:
        code, out, err = self.end(self.start(*arguments, "--json"))
        assert code == 0, err[-2000:]
        return json.loads(out)

    def ask(self, text: str, *values: object) -> list[tuple]:
        """Asked of the database itself, by nobody's code but this file's."""
        with postgres.start(Store.open(self.store)).connect("superuser") as connection:
            return connection.execute(text, values).fetchall()

    def seen(self, turn: int) -> int:
        """Cases of this turn's file that a reader sees: those of closed batches."""
        text = "SELECT count(*) FROM cases_case c JOIN kernel_batch b ON b.id = c.batch_id WHERE b.closed_at IS NOT NULL AND c.source_id LIKE %s"
        return self.ask(text, f"T{turn:03}-%")[0][0]

    def line_list(self, turn: int) -> Path:
        path = self.place / f"list-{turn}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(["编号", "姓名", "性别", "年龄", "发病日期", "现住址", "分类"])
            table.writerows([f"T{turn:03}-{n:05}", f"赵{turn}{n}", "男女"[n % 2], n % 90, f"2020-01-{n % 28 + 1:02}", "一号镇", "确诊病例"] for n in range(ROWS))
        return path


@pytest.fixture(scope="module")
def office():
    with open_place() as place:
        office = Office(place)
        began = time.monotonic()
        office.said("import", office.line_list(0))
        office.duration = time.monotonic() - began
        yield office


TURNS = [turn if turn <= 3 else pytest.param(turn, marks=pytest.mark.full) for turn in range(1, 51)]


@pytest.mark.parametrize("turn", TURNS)
def test_import_that_was_killed_is_whole_or_unseen_and_complete_when_repeated(office, turn):
    chance = random.Random(turn)
    file = office.line_list(turn)
    process = office.start("import", file, "--json")
    time.sleep(chance.uniform(0.3, 1.1) * min(office.duration, 3))
    if turn % 3 == 0:
        victims = [process.pid]
    elif turn % 3 == 1:
        victims = [pid for pid in [postgres.status(Store.open(office.store))["pid"]] if pid]
    else:
        victims = chance.sample(servers_below(office.place), 1)
    for victim in victims:
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            continue
    code, out, err = office.end(process)
    if code == 0:
        assert json.loads(out)["totals"]["rows"] == ROWS
        assert office.seen(turn) == ROWS, "an import that was acknowledged is there"
    else:
        assert office.seen(turn) in (0, ROWS), "half a batch was seen"
        assert "Traceback" not in err, err[-3000:]

    totals = office.said("import", file)["totals"]
    assert totals["rows"] == ROWS == totals["accepted"] + totals["updated"] + totals["duplicate"]
    assert office.seen(turn) == ROWS
    doubled = "SELECT source_id FROM cases_case WHERE source_id LIKE %s GROUP BY 1 HAVING count(*) > 1"
    assert office.ask(doubled, f"T{turn:03}-%") == []
    acts = "SELECT count(*), count(DISTINCT a.subject) FROM kernel_act a JOIN cases_case c ON c.id = a.subject WHERE a.kind = 'case.reported' AND c.source_id LIKE %s"
    assert office.ask(acts, f"T{turn:03}-%") == [(ROWS, ROWS)]


def test_after_all_that_the_chain_of_audit_holds(office):
    assert office.said("audit", "verify")["ok"]
