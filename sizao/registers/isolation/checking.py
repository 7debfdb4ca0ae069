"""What a restriction rule must say before it is loaded: everything that an order will be held against."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sizao.kernel.codes import code_list, roles
from sizao.kernel.content import ContentFault
from sizao.kernel.marked import plain

from . import rules

KEYS = {"title", "measures", "kinds", "longest", "counts_from", "evidence", "basis", "issuers", "at_once", "release_on", "exit_test", "appeal", "source"}
#: What may stand within a key; beside it nothing, for nobody would read it: `basis` alone has names of its own, each with zh and en.
WITHIN = {"title": {"zh", "en"}, "release_on": {"negatives", "apart", "after"}, "exit_test": {"within", "missing"}, "appeal": {"within", "late", "zh", "en"}}
NEEDED = KEYS - {"measures", "at_once", "release_on", "exit_test"}


def faults(path: Path, text: str) -> Iterable[ContentFault]:
    """Every fault of a rule's text."""
    body = plain(text)
    if not isinstance(body, dict):
        yield _fault(path, "restriction-rule-lacks", "内容应为键值。", "Expected keys at the top level.")
        return
    for key in sorted(NEEDED - body.keys()):
        yield _fault(path, "restriction-rule-lacks", f"缺少“{key}”。", f'"{key}" is missing.')
    for key in sorted(set(map(str, body)) - KEYS):
        yield _fault(path, "restriction-rule-unknown", f"没有“{key}”这个键。", f'There is no key "{key}".')
    inner = [(where, known, body.get(where)) for where, known in WITHIN.items()]
    basis = body.get("basis")
    inner += [(f"basis.{name}", {"zh", "en"}, one) for name, one in (basis.items() if isinstance(basis, dict) else ())]
    for where, known, told in inner:
        for key in sorted(set(map(str, told)) - known) if isinstance(told, dict) else ():
            yield _fault(path, "restriction-rule-unknown", f"“{where}”没有“{key}”这个键。", f'"{where}" has no key "{key}".')
    if not NEEDED - body.keys():
        yield from _values(path, body)


def _values(path: Path, body: Mapping[str, Any]) -> Iterable[ContentFault]:
    for key, known in (("kinds", set(code_list("stay-kind"))), ("evidence", set(code_list("restriction-evidence"))), ("issuers", set(roles()))):
        told = body[key] if isinstance(body[key], list) else []
        if not told or set(map(str, told)) - known:
            yield _fault(path, "restriction-rule-value", f"“{key}”应列出已知的代码：{'、'.join(sorted(known))}。", f'"{key}" lists known codes: {", ".join(sorted(known))}.')
    if body["counts_from"] not in ("start", "evidence"):
        yield _fault(path, "restriction-rule-value", "“counts_from”为 start 或 evidence。", '"counts_from" is start or evidence.')
    if not isinstance(body["basis"], dict) or not body["basis"]:
        yield _fault(path, "restriction-rule-value", "“basis”至少有一条法律依据。", '"basis" needs one legal basis at least.')
    release = body.get("release_on") or {}
    appeal = body["appeal"] if isinstance(body["appeal"], dict) else {}
    wanted = body.get("exit_test") or {}
    if wanted and wanted.get("missing") not in ("ends", "ask"):  # there is no third: an order ends at its end whatever is missing
        yield _fault(path, "restriction-rule-value", "“exit_test.missing”为 ends 或 ask：缺结果也到期失效。", '"exit_test.missing" is ends or ask: without a result the order ends all the same.')
    if appeal.get("late", "rises") not in ("lifts", "rises"):
        yield _fault(path, "restriction-rule-value", "“appeal.late”为 lifts（逾期即解除）或 rises（逾期由上一级决定）。", '"appeal.late" is lifts (unanswered in time, the order is over) or rises (the level above decides).')
    for where, told in (("longest", body["longest"]), ("appeal.within", appeal.get("within")), *((("exit_test.within", wanted.get("within")),) if wanted else ()), *((f"release_on.{k}", release.get(k)) for k in ("apart", "after") if release)):
        try:
            if rules.length(str(told)).total_seconds() <= 0 and where in ("longest", "appeal.within"):
                raise ValueError
        except ValueError:
            yield _fault(path, "restriction-rule-value", f"“{where}”应为时长，如 14d、24h。", f'"{where}" is a time such as 14d or 24h.')
    if not 1 <= int(body.get("at_once", rules.AT_ONCE)) <= rules.AT_ONCE:
        yield _fault(path, "restriction-rule-value", f"“at_once”为 1 至 {rules.AT_ONCE}。", f'"at_once" is 1 to {rules.AT_ONCE}.')
    if not all(appeal.get(lang) for lang in ("zh", "en")):
        yield _fault(path, "restriction-rule-value", "“appeal”须写明申诉途径（zh、en）。", '"appeal" says how to object, in zh and en.')


def _fault(path: Path, code: str, zh: str, en: str) -> ContentFault:
    return ContentFault(path.name, None, code, zh, en)
