"""kill -9 while checks are recorded: of the program, of the database. What was acknowledged stays, and nothing is doubled."""

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
from kernel.postgres_help import open_place, servers_below

ROOT = Path(__file__).resolve().parents[2]
ROWS = 1500

RECORD = """
import sys, json
from sizao.wiring.database import boot
boot(sys.argv[1])
from datetime import timedelta
from sizao.kernel import clock
from sizao.kernel.models import User
from sizao.kernel.scope import Scope
from sizao.flows.check_recorded import Check, record_checks
from sizao.registers.cases import read
scope = Scope.open(User.objects.get())
ids = list(read.contacts(scope).order_by("id").values_list("pk", flat=True))
for n in range(int(sys.argv[2]), int(sys.argv[2]) + 400):
    key = f"k{n}"
    print("try", key, flush=True)
    [o] = record_checks(scope, [Check(key=key, contact=ids[n % len(ids)], happened_at=clock.now() - timedelta(minutes=1), outcome="ok")])
    print("ack", key, o.kind, flush=True)
"""

COUNT = """
import sys, json
from sizao.wiring.database import boot
boot(sys.argv[1])
from sizao.kernel.scope import Scope
from sizao.kernel.models import Act, Batch
from sizao.registers.cases.models import Case, Contact
from sizao.registers.cases import read
from sizao.registers.isolation.models import DailyCheck
print(json.dumps({
    "cases": Case.objects.count(), "seen": read.cases(Scope.system("drill")).count(), "contacts": Contact.objects.count(),
    "numbers": len(set(Case.objects.values_list("source_id", flat=True))),
    "reported": Act.objects.filter(kind="case.reported").count(),
    "keys": sorted(DailyCheck.objects.values_list("source_id", flat=True)), "checks": Act.objects.filter(kind="isolation.daily_check").count(),
}))
"""


def environment(place: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SIZAO_LANG": "en", "SIZAO_USER": "drill", "SIZAO_CONTENT": str(ROOT / "tests" / "links_alone"), "SIZAO_KEYS": str(place / "keys"), "SIZAO_STORE": str(place / "store")}


def run(place: Path, *command: str, **kw) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *command], env=environment(place), cwd=ROOT, capture_output=True, text=True, timeout=120, **kw)


def count(place: Path) -> dict:
    return json.loads(run(place, "-c", COUNT, str(place / "store")).stdout)


def write_lists(place: Path) -> list[str]:
    cases, contacts = place / "cases.csv", place / "contacts.csv"
    with cases.open("w", encoding="utf-8", newline="") as f:
        w = csv.writer(f)
        w.writerow(["病例编号", "姓名", "性别", "年龄", "发病日期", "报告日期", "确诊日期", "病例分类", "现住址"])
        for n in range(ROWS):
            w.writerow([f"C{n:05d}", f"张{n}", "男女"[n % 2], n % 90, "2020-02-01", "2020-02-03", "2020-02-03", "确诊病例", "某县"])
    with contacts.open("w", encoding="utf-8", newline="") as f:
        w = csv.writer(f)
        w.writerow(["密接编号", "姓名", "性别", "年龄", "关联病例", "末次接触日期", "判定日期"])
        for n in range(40):
            w.writerow([f"M{n:05d}", f"李{n}", "男", 30, f"C{n:05d}", "2020-02-02", "2020-02-03"])
    return [str(cases), str(contacts)]


def kill_somebody(r: random.Random, place: Path, child: subprocess.Popen) -> None:
    """The command itself, or one process of the database server (its postmaster now and then)."""
    servers = servers_below(place)
    if r.random() < 0.5 or not servers:
        child.kill()
    else:
        try:
            os.kill(r.choice(servers), signal.SIGKILL)
        except ProcessLookupError:
            child.kill()


@pytest.mark.parametrize("kills", [3, pytest.param(25, marks=pytest.mark.full)])
def test_no_acknowledged_check_is_lost_and_none_is_doubled(kills):
    r = random.Random(100 + kills)
    with open_place() as place:
        files = write_lists(place)
        first = run(place, "-m", "sizao", "import", *files, "--store", str(place / "store"), "--json")
        assert first.returncode == 0, first.stderr
        tried, acknowledged, n = set(), set(), 0
        for _ in range(kills):
            child = subprocess.Popen([sys.executable, "-c", RECORD, str(place / "store"), str(n)], env=environment(place), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            time.sleep(r.uniform(1.0, 2.0))
            kill_somebody(r, place, child)
            said, _ = child.communicate(timeout=60)
            for line in said.splitlines():
                word, key, *_ = line.split()
                (tried if word == "try" else acknowledged).add(key)
                n = max(n, int(key[1:]))  # the last one is tried again: it may have been written before the answer was lost
        end = count(place)
        assert acknowledged
        assert acknowledged <= set(end["keys"]) <= tried
        assert len(end["keys"]) == len(set(end["keys"])) == end["checks"]
