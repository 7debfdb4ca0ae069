"""What an operator does on the command line: users, keys, backup and restore, the audit trail. Refusals are words, never traces."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from kernel.postgres_help import open_place

ROOT = Path(__file__).resolve().parents[2]
CASES = """病例编号,姓名,性别,年龄,联系电话,报告日期,确诊日期,病例分类,现住址
C1,张小明,男,34,13800138000,2020-02-03,2020-02-03,确诊病例,某县
C2,李芳,女,51,13900139000,2020-02-04,,疑似病例,某县
"""


class Place:
    def __init__(self, path: Path):
        self.path = path
        self.store = path / "store"
        (path / "cases.csv").write_text(CASES, encoding="utf-8")

    def sizao(self, *command: str, store: Path | None = None, user: str = "ana", **env: str) -> subprocess.CompletedProcess:
        place = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SIZAO_LANG": "en", "SIZAO_USER": user, **env}
        return subprocess.run(
            [sys.executable, "-m", "sizao", *command, "--store", str(store or self.store)], env=place, cwd=ROOT, capture_output=True, text=True, timeout=120
        )

    def json(self, *command: str, **kw):
        done = self.sizao(*command, "--json", **kw)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def place():
    with open_place() as path:
        made = Place(path)
        made.json("import", str(path / "cases.csv"), "--disease", "covid-19")
        yield made


def test_the_first_user_becomes_the_desk_and_adds_others(place):
    assert place.json("users", "add", "bo", "--name", "Bo")["user"] == "bo"
    assert place.json("users", "grant", "bo", "commander")["role"] == "commander"
    refused = place.sizao("users", "add", "cy", user="bo")
    assert refused.returncode == 2
    assert "not-allowed" in refused.stderr


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("users", "grant", "nobody", "cdc"), "user-unknown"),
        (("users", "grant", "ana", "wizard"), "role-unknown"),
        (("users", "grant", "ana", "cdc", "--area", "nowhere"), "area-unknown"),
        (("import", "absent.csv"), "file-not-readable"),
        (("missing", "contact-daily-check", "--names"), "names-need-purpose"),
        (("coverage", "--as-of", "yesterday"), "bad-value"),
    ],
)
def test_a_refusal_is_words_a_cure_and_a_code(place, command, code):
    done = place.sizao(*command)
    assert done.returncode == 2
    assert f"[{code}]" in done.stderr
    assert "→" in done.stderr
    assert "Traceback" not in done.stderr


def test_somebody_the_store_does_not_know_may_do_nothing(place):
    assert "user-unknown" in place.sizao("users", "add", "x", user="stranger").stderr


def test_a_backup_restores_everything_but_the_keys(place):
    archive = place.path / "backup.sizao"
    place.json("backup", str(archive))
    blob = archive.read_bytes()
    assert b"13800138000" not in blob
    other = place.path / "other"
    back = place.sizao("restore", str(archive), store=other)
    assert back.returncode == 0, back.stderr
    assert not (place.path / "other.keys").exists()
    again = place.sizao("import", str(place.path / "cases.csv"), "--disease", "covid-19", "--json", store=other)
    assert "keys-missing" in again.stderr  # read-only, and it says why
    shutil.copytree(place.path / "store.keys", place.path / "other.keys")
    totals = json.loads(place.sizao("import", str(place.path / "cases.csv"), "--disease", "covid-19", "--json", store=other).stdout)["totals"]
    assert (totals["rows"], totals["duplicate"]) == (2, 2)


def test_the_keys_of_another_store_write_nothing(place):
    other = place.path / "foreign"
    (place.path / "more.csv").write_text(CASES.replace("C1", "C8").replace("C2", "C9"), encoding="utf-8")
    assert place.sizao("keys", "new", store=other).returncode == 0
    refused = place.sizao("import", str(place.path / "more.csv"), "--disease", "covid-19", SIZAO_KEYS=str(place.path / "foreign.keys"))
    assert "[keys-of-another-store]" in refused.stderr
    assert place.json("import", str(place.path / "more.csv"), "--disease", "covid-19")["totals"]["accepted"] == 2


def test_keys_are_exported_under_a_passphrase_and_rotated(place):
    target = place.path / "keys.export"
    done = place.sizao("keys", "export", str(target), SIZAO_PASSPHRASE="a long and private sentence")
    assert done.returncode == 0, done.stderr
    assert target.stat().st_mode & 0o777 == 0o600
    done = place.sizao("keys", "rotate")
    assert done.returncode == 0, done.stderr
    assert "4 persons" in done.stderr


def test_the_audit_trail_verifies_and_tampering_is_found(place):
    assert place.json("audit", "verify")["ok"]


def test_stop_ends_the_server_and_says_when_there_is_none(place):
    assert "Stopped" in place.sizao("stop").stderr
    assert "not running" in place.sizao("stop").stderr
    assert place.json("audit", "verify")["ok"]  # and the next command starts it again
