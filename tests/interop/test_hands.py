"""Chunks shared out to several processes: what is answered comes in order, nobody waits for ever, and what one process did is what several do."""

import json
import queue
import random
import subprocess
import sys
import threading
import time

import pytest
from drills.test_kill_checks import ROOT, environment
from kernel.postgres_help import open_place

from sizao.interop.hands import Hands

pytestmark = pytest.mark.django_db


class Fake:
    """A hand in this process that takes its time."""

    def __init__(self, pause: float):
        self.tasks: queue.Queue = queue.Queue()
        self.pause = pause

    def put(self, task):
        self.tasks.put(task)

    def get(self):
        time.sleep(self.pause)
        task = self.tasks.get(timeout=5)
        if task[1] == "bad":
            raise ValueError("a bad task")
        return task[1] * 2


def spread(tasks, pauses=(0.004, 0, 0)):
    crew = Hands(0, "s")
    crew.hands = [Fake(p) for p in pauses]
    got, over = [], threading.Event()

    def work():
        try:
            got.extend(crew._spread(("take", t) for t in tasks))
        except ValueError as fault:
            got.append(fault)
        over.set()

    threading.Thread(target=work, daemon=True).start()
    assert over.wait(20), f"still waiting after {len(got)} answers"
    return got


def test_answers_come_in_the_order_of_the_tasks_though_one_hand_is_slow():
    assert spread(range(600)) == [(n, n * 2) for n in range(600)]


def test_a_hand_s_fault_ends_the_work_and_is_told():
    got = spread([*range(40), "bad", *range(400)])
    assert isinstance(got[-1], ValueError)
    assert got[:-1] == [(n, n * 2) for n in range(len(got) - 1)]


SAME = """
import sys, json
from sizao.wiring.database import boot
boot(sys.argv[1])
from sizao.kernel import keys
from sizao.wiring.migrate import migrate
migrate("real")
keys.KeyRing.new(keys.folder())
from sizao.interop import tables
tables.BLOCK = 40
from sizao.interop.intake import import_files
from sizao.interop.models import ImportFile, ImportRow
from sizao.kernel.models import Act, Area
from sizao.kernel.scope import Scope
from sizao.registers.cases.models import Case, Link
said = {}
for sender, hands in (("one", 0), ("many", 2)):
    turns = [import_files(Scope.system("test"), [path], disease="covid-19", sender=sender, hands=hands).as_json() for path in (sys.argv[2], sys.argv[2], sys.argv[3])]
    for turn in turns:
        for f in turn["files"]: f.pop("id")
    cases = Case.objects.filter(sender=sender).order_by("source_id")
    said[sender] = [
        turns,
        [[str(v) for v in row] for row in cases.values_list("source_id", "person__name", "person__sex", "person__age_text", "area__code", "onset_on", "reported_at", "classification", "known_from")],
        sorted(map(list, Link.objects.filter(sender=sender).values_list("infector__source_id", "infectee__source_id"))),
        [[str(v) for v in row] for row in ImportRow.objects.filter(file__sender=sender).order_by("file__opened_at", "line").values_list("line", "outcome", "key", "mark", "problems")],
        Act.objects.filter(subject__in=list(cases.values_list("pk", flat=True))).count(),
    ]
print(json.dumps({"same": [a == b for a, b in zip(said["one"], said["many"])], "sizes": [len(x) for x in said["many"][:4]], "acts": said["many"][4], "totals": [t["totals"] for t in said["many"][0]]}))
"""


def test_what_one_process_does_is_what_several_do():
    from benchmarks import _import_list

    with open_place() as place:
        told = _import_list.write_csv(place / "list.csv", 600)
        lines = (place / "list.csv").read_text(encoding="utf-8").splitlines()
        r = random.Random(1)
        changed = [line.replace("疑似", "确诊病例") if r.random() < 0.3 else line for line in lines]
        (place / "changed.csv").write_text("\n".join([*changed, changed[5]]) + "\n", encoding="utf-8")
        command = [sys.executable, "-c", SAME, str(place / "store"), str(place / "list.csv"), str(place / "changed.csv")]
        done = subprocess.run(command, env=environment(place), cwd=ROOT, capture_output=True, text=True, timeout=170)
        assert done.returncode == 0, done.stderr[-3000:]
        said = json.loads(done.stdout.splitlines()[-1])
    assert said["same"] == [True] * 5
    first, again, changes = said["totals"]
    assert (first["accepted"], first["duplicate"], first["rejected"]) == tuple(told[n] for n in ("accepted", "duplicate", "rejected"))
    assert (again["accepted"], again["updated"]) == (0, 0)
    assert changes["updated"] > 30
