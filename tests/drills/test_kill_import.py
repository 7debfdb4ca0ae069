"""kill -9 in the middle of imports: of the program, of one of its hands, of the database. Everything comes in exactly once, whatever is sent again."""

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
from drills.test_kill_checks import environment, run
from kernel.postgres_help import open_place, servers_below

ROOT = Path(__file__).resolve().parents[2]
CASES, CONTACTS, CHECKS, TABLE = 900, 120, 240, 60
TWICE = 15  # rows that stand there twice

IMPORT = """
import sys
from pathlib import Path
from sizao.wiring.database import boot
boot(sys.argv[1])
from sizao.interop import tables
tables.BLOCK = 60
from sizao.interop import intake, kit, resend
from sizao.interop.models import ImportRow
from sizao.kernel import areas, registry
from sizao.kernel.scope import Scope
sender, hands, files = sys.argv[2], int(sys.argv[3]), sys.argv[4:]
scope = Scope.system("drill")
print("begin", flush=True)
report = intake.import_files(scope, files, disease="covid-19", sender=sender, hands=hands)
print("lists", flush=True)
case_list = next(f for f in report.files if f.kind == "cases")
line = ImportRow.objects.filter(file=case_list.id, outcome="rejected").order_by("line").values_list("line", flat=True)[0]
resend.send_again(scope, case_list.id, line, {"病例编号": "C99999"})
print("mended", flush=True)
persons = registry.find("persons")
header = ["编号", "姓名", "现住地"]
rows = [[f"K{n}", f"周{n}", areas.root().code] for n in range(%d)]
kit.bring_in(scope, persons, kit.map_header(persons, header), rows, sender=f"{sender}-table", zone="Asia/Shanghai")
print("end", flush=True)
""" % TABLE  # noqa: UP031 - the program has braces of its own

COUNT = """
import sys, json
from sizao.wiring.database import boot
boot(sys.argv[1])
from django.db.models import Count
from sizao.interop.models import ImportChunk, ImportFile, ImportRow
from sizao.kernel.models import Act, Batch
from sizao.kernel.scope import visible
from sizao.registers.cases.models import Case, Contact, Link
from sizao.registers.isolation.models import DailyCheck
from sizao.registers.population.models import Person
def of(model, sender, **more): return model.objects.filter(sender=sender, **more).count()
found = {}
for sender in sys.argv[2:]:
    cases = Case.objects.filter(sender=sender)
    found[sender] = {
        "cases": cases.count(), "seen": cases.filter(visible()).count(), "numbers": cases.values("source_id").distinct().count(), "contacts": of(Contact, sender),
        "links": of(Link, sender), "checks": of(DailyCheck, sender), "persons": of(Person, sender), "table": of(Person, sender + "-table"),
        "reported": Act.objects.filter(kind="case.reported", subject__in=list(cases.values_list("pk", flat=True))).count(),
        "acts_of_checks": Act.objects.filter(kind="isolation.daily_check", record__in=list(DailyCheck.objects.filter(sender=sender).values_list("pk", flat=True))).count(),
        "open": ImportFile.objects.filter(sender=sender, closed_at=None).count(),
        "uneven": sum(f.rows != f.ledger.count() or f.rows != f.accepted + f.updated + f.duplicate + f.rejected for f in ImportFile.objects.filter(sender=sender)),
    }
found["chunks"] = ImportChunk.objects.count()
print(json.dumps(found))
"""


def write_lists(place: Path) -> list[str]:
    """A list of cases with repeated rows and one that is rejected, contacts, and a log of their follow-ups."""
    cases, contacts, checks = place / "cases.csv", place / "contacts.csv", place / "follow_ups.csv"
    with cases.open("w", encoding="utf-8", newline="") as f:
        w = csv.writer(f)
        w.writerow(["病例编号", "姓名", "性别", "年龄", "发病日期", "报告日期", "病例分类", "区县", "关联病例编号"])
        for n in range(CASES):
            row = [f"C{n:05d}", f"张{n}", "男女"[n % 2], n % 90, "2020-02-01", "2020-02-03", "确诊病例", f"{n % 7}县", f"C{n - 1:05d}" if n % 3 == 1 else "C77777" if n % 50 == 0 else ""]
            w.writerows([row] * (2 if n % (CASES // TWICE) == 0 else 1))
        w.writerow(["4.1E+17", "李一", "男", 30, "2020-02-01", "2020-02-03", "确诊病例", "1县", ""])
    with contacts.open("w", encoding="utf-8", newline="") as f:
        w = csv.writer(f)
        w.writerow(["密接编号", "姓名", "性别", "年龄", "关联病例", "末次接触日期", "判定日期"])
        w.writerows([f"M{n:05d}", f"李{n}", "男", 30, f"C{n:05d}", "2020-02-02", "2020-02-03"] for n in range(CONTACTS))
    with checks.open("w", encoding="utf-8", newline="") as f:
        w = csv.writer(f)
        w.writerow(["uuid", "contact_uuid", "date_of_followup", "followup_status"])
        w.writerows([f"F{n:05d}", f"M{n % CONTACTS:05d}", f"2020-02-{4 + n // CONTACTS:02d}", "SEEN_OK"] for n in range(CHECKS))
    return [str(cases), str(contacts), str(checks)]


def hands_of(pid: int) -> list[int]:
    """Processes of this installation below another one, the database's left out."""
    try:
        below = [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return [p for p in below if b"sizao.interop.hand" in Path(f"/proc/{p}/cmdline").read_bytes()]
    except FileNotFoundError:
        return []


def strike(r: random.Random, place: Path, child: subprocess.Popen) -> None:
    """The import itself, one of its hands, or one process of the database server."""
    victim = r.choice([child.pid, *hands_of(child.pid), *r.sample(servers := servers_below(place), min(2, len(servers)))])
    try:
        os.kill(victim, signal.SIGKILL)
    except ProcessLookupError:
        child.kill()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the hands of an import in /proc")
@pytest.mark.parametrize("kills", [3, pytest.param(100, marks=pytest.mark.full)])
def test_an_import_that_is_killed_again_and_again_comes_in_exactly_once(kills):
    r = random.Random(kills)
    with open_place() as place:
        files = write_lists(place)
        first = run(place, "-m", "sizao", "import", files[0], "--sender", "warm", "--store", str(place / "store"), "--json")
        assert first.returncode == 0, first.stderr
        senders, struck, whole, wait = ["s0"], 0, 0, (0.2, 2.5)
        while True:
            last = struck >= kills
            child = subprocess.Popen(
                [sys.executable, "-c", IMPORT, str(place / "store"), senders[-1], str((struck % 3 > 0) * 2), *files],
                env=environment(place), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
            if not last:
                if child.stdout.readline().strip() == "begin":
                    time.sleep(r.uniform(*wait))
                struck += child.poll() is None
                strike(r, place, child)
            try:
                said, wrong = child.communicate(timeout=300)
            except subprocess.TimeoutExpired:  # who hangs says where
                for pid in (*hands_of(child.pid), child.pid):
                    os.kill(pid, signal.SIGABRT)
                pytest.fail(f"hung at kill {struck}: {child.communicate()[1][-9000:]}")
            if child.returncode == 0 and "end" in said:
                whole += 1
                if last:
                    break
                senders.append(f"s{whole}")
            else:
                assert not last, wrong
                assert "import-unbalanced" not in wrong, wrong
        found = json.loads(run(place, "-c", COUNT, str(place / "store"), *senders).stdout)
        assert found.pop("chunks") == 0
        expected = {
            "cases": CASES + 1, "seen": CASES + 1, "numbers": CASES + 1, "contacts": CONTACTS, "links": sum(n % 3 == 1 for n in range(CASES)), "checks": CHECKS,
            "persons": CASES + 1 + CONTACTS, "table": TABLE, "reported": CASES + 1, "acts_of_checks": CHECKS, "open": 0, "uneven": 0,
        }  # fmt: skip
        assert found == dict.fromkeys(senders, expected)
        print(f"{struck} kills, {whole} whole imports")
