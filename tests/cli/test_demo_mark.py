"""The demo is made anew when what it was made from is another."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from sizao.doors.cli import service
from sizao.kernel.content_dir import shipped_digest


def test_other_content_is_another_demo(tmp_path, monkeypatch):
    here, folder = service._mark(7), tmp_path / "plans" / "own"
    assert here == service._mark(7)
    folder.mkdir(parents=True)
    (folder / "edition.yaml").write_text("id: own\n")
    monkeypatch.setenv("SIZAO_CONTENT", str(tmp_path))
    with_own = service._mark(7)
    (folder / "edition.yaml").write_text("id: other\n")
    assert len({here["content"], with_own["content"], shipped_digest()}) == 3


def test_it_is_asked_before_any_store_is_open():
    code = "from sizao.doors.cli import service; print(len(service._mark(7)['content']))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60).stdout == "64\n"


def test_a_command_typed_wrong_is_answered_with_its_usage_and_no_trace():
    done = subprocess.run([sys.executable, "-m", "sizao", "plan", "check", "--no-such"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "--no-such" in done.stderr and "Traceback" not in done.stderr


#: Seat → how many reports its unit owes today, and what was found there or asked of it.
TO_DO = """
import json, sys
from sizao.wiring.database import boot
boot(sys.argv[1])
from sizao.doors.desk import home_unit
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.models import User
from sizao.kernel.scope import Scope
from sizao.rehearsal.seated import SEATS
parts = {s.username: home_unit.part(Scope.open(User.objects.get(username=s.username)), Words("zh-hans"), clock.now()) for s in SEATS if s.username != "sampler"}
from sizao.situation.publication import questions, store
[gifts] = store.gifts_out()
told = gifts.body["gifts"]
out = {"two": gifts.prepared_by_id != gifts.signed_by_id, "kinds": sorted({s["kind"] for s in told["sums"]}), "named": sum(bool(g["giver"]) for g in told["givers"]), "anonymous": sum(not g["giver"] for g in told["givers"]), "to": len(told["to"]), "answers": len(questions.out()), "tables": sorted(r.type for r in store.out())}
print(json.dumps({"seats": {name: [len(p["units"]), p["to_file"], len(p["findings"]) + len(p["questions"])] for name, p in parts.items()}, "out": out}))
"""


@pytest.mark.full
def test_the_demo_is_a_city_under_two_plans_and_starts_again_in_a_moment(tmp_path_factory):
    place = Path(tempfile.mkdtemp(prefix="sizao-demo-"))
    place.chmod(0o755)
    environment = {**os.environ, "SIZAO_USER": "commander", "SIZAO_LANG": "en"}

    def run(*command):
        return subprocess.run([sys.executable, "-m", "sizao", *command, "--store", str(place / "demo")], capture_output=True, text=True, timeout=600, env=environment, check=True).stdout

    try:
        run("demo", "--no-serve")
        counted = json.loads(run("coverage", "--json"))
        assert len({m["id"] for m in counted["measures"] if m["missing"]}) > 20
        done = subprocess.run([sys.executable, "-c", TO_DO, str(place / "demo")], capture_output=True, text=True, timeout=120, env=environment, check=True)
        found = json.loads(done.stdout)
        seats, out = found["seats"], found["out"]
        assert out["two"] and out["kinds"] == ["currency", "item"] and out["named"] > 1 and out["anonymous"] and out["to"] > 2, out
        assert out["tables"] == ["donations", "official-totals"] and out["answers"] == 3, out
        assert len(seats) == 7 and all(units for units, _, _ in seats.values()) and all(to_file + asked for _, to_file, asked in seats.values()), seats
        began = time.process_time()
        run("demo", "--no-serve")
        assert time.process_time() - began < 5
    finally:
        run("stop")
        shutil.rmtree(place, ignore_errors=True)
