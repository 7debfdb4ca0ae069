"""Every event that the code writes into the audit trail has words in both languages: an auditor reads what was done, not a code."""

import ast
import re
from pathlib import Path

from sizao.kernel.codes import code_list

ROOT = Path(__file__).resolve().parents[2] / "sizao"
KIND = re.compile(r"[a-z]+\.[a-z_]+")
#: Whoever takes an event's kind as a positional argument; elsewhere it is called `event` or `what`.
TAKES = {"write", "names_of", "record_read", "change_search", "_change"}


def written() -> dict[str, str]:
    """kind → where it is written, of all that stand in the code as they are."""
    found = {}
    for path in ROOT.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            told = [k.value for k in call.keywords if k.arg in ("event", "what")] + (list(call.args) if name in TAKES else [])
            for value in (v for one in told for v in ((one.body, one.orelse) if isinstance(one, ast.IfExp) else (one,))):
                if isinstance(value, ast.Constant) and isinstance(value.value, str) and KIND.fullmatch(value.value):
                    found[value.value] = f"{path.relative_to(ROOT)}:{call.lineno}"
    return found


def test_every_event_has_words():
    found, known = written(), code_list("audit-event")
    assert len(found) > 120  # the scan sees them
    assert {kind: where for kind, where in found.items() if kind not in known} == {}


def test_a_registers_events_are_told_by_its_label(db):
    from sizao.doors.account.auditing import said

    assert said("cases.saved", "zh-hans") == "病例 · 保存"
    assert said("cases.exported_with_names", "en") == "Case · exported with names"
    assert said("isolation.appealed", "en") == "appeal made"
    assert said("nothing.known", "en") == ""
