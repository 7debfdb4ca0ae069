"""`sizao open`, the command itself, on published lists: rows balance, and its answer equals the count made without the program (`counted`, `owed`)."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from kernel.postgres_help import open_place
from open import owed, page

ROOT = Path(__file__).resolve().parents[2]
STATES = ("met", "late", "overdue", "open", "ahead", "waiting", "closed", "cannot_tell")


def test_what_the_command_answers_is_what_was_counted(shared):
    one = page.SETS["godata"]
    of = one.read(shared / "data")
    with open_place() as place:
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SIZAO_USER": "office", "SIZAO_LANG": "en"}
        said = ["--store", str(place / "store"), "--time-zone", one.zone, "--disease", one.disease, "--no-serve", "--json"]
        command = [sys.executable, "-m", "sizao", "open", *map(str, one.paths(shared / "data")), *said]
        done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
    report, coverage = answer["import"], answer["coverage"]
    for f in [*report["files"], report["totals"]]:
        assert f["rows"] == f["accepted"] + f["updated"] + f["duplicate"] + f["rejected"]
    assert [f["rows"] for f in report["files"]] == [56, 66, 100, 437, 40]
    assert (report["cases"], report["contacts"], report["samples"]) == (len(of.cases), len(of.contacts), len(of.samples))
    assert coverage["as_of"][:10] == of.last.isoformat()
    duties = owed.duties("contact-tracing-basic", of)
    for m in coverage["measures"]:
        mine = Counter(d.state for d in duties if d.measure == m["id"])
        assert {s: m[s] for s in STATES} == {s: mine[s] for s in STATES}, m["id"]
        assert m["owed"] == mine["met"] + mine["late"] + mine["overdue"]
        assert m["missing"] == sum(d.measure == m["id"] and d.state == "overdue" and d.doable for d in duties)
