"""What commands print when they do not print JSON."""

from typing import Any

from rich.table import Table

from . import context


def _t(zh: str, en: str) -> str:
    return zh if context.language() == "zh" else en


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold", pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right", overflow="fold")
    return table


def intake(report: Any) -> None:
    """The row ledger: every file balances, every problem has line, column, value and cure."""
    data = report.as_json()
    table = _table(_t("导入", "Import"), _t("文件", "file"), _t("行", "rows"), _t("新增", "accepted"), _t("更新", "updated"), _t("重复", "duplicate"), _t("拒收", "rejected"))
    for f in [*data["files"], {"file": _t("合计", "total"), **data["totals"]}]:
        table.add_row(str(f["file"]), *(f"{f[k]:,}" for k in ("rows", "accepted", "updated", "duplicate", "rejected")))
    context.out.print(table)
    context.out.print(
        _t(
            f"人员 {data['persons']:,} · 病例 {data['cases']:,} · 密接 {data['contacts']:,} · 关联 {data['links']:,}",
            f"persons {data['persons']:,} · cases {data['cases']:,} · contacts {data['contacts']:,} · links {data['links']:,}",
        )
    )
    for f in data["files"]:
        if f["unmapped"]:
            context.out.print(_t(f"{f['file']}：未识别的列（随行保存）：", f"{f['file']}: columns not recognised (kept with the row): ") + ", ".join(map(str, f["unmapped"])), markup=False)
        for code, found in _by_code(f["problems"]).items():
            first = found[0]
            where = f"{f['file']}:{first['row']}" + (f" {first['column']}" if first["column"] else "")
            context.out.print(f"  {len(found):>6,} × {code} · {where}: {first[context.language()]}", markup=False)
    if any(f["problems"] for f in data["files"]):
        context.out.print(_t("（每条问题取首例；全部见 --json）", "(the first of each kind; all of them with --json)"))


def _by_code(problems: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for p in problems:
        found.setdefault(p["code"], []).append(p)
    return dict(sorted(found.items(), key=lambda kv: -len(kv[1])))


def coverage(data: dict[str, Any]) -> None:
    """Measures and what became of their occasions; coverage never without what cannot be told beside it."""
    keys = ("owed", "met", "late", "overdue", "missing", "open", "ahead", "waiting", "closed", "cannot_tell", "ownerless", "unlisted", "told_late")
    zh = ("应办", "按时", "迟办", "逾期", "缺办", "未到期", "提前", "等待", "关闭", "无法判定", "无责任人", "未入名单", "迟报")
    en = ("owed", "met", "late", "overdue", "missing", "open", "ahead", "waiting", "closed", "cannot tell", "ownerless", "unlisted", "told late")
    table = _table(f"{data['plan']} · {data['as_of']}", _t("措施", "measure"), _t("覆盖率", "coverage"), *(zh if context.language() == "zh" else en))
    for m in data["measures"]:
        share = f"{(m['met'] + m['late']) / m['owed']:.1%}" if m["owed"] else "—"
        table.add_row(m[context.language()], share, *(f"{m[k]:,}" if m[k] is not None else "—" for k in keys))
    context.out.print(table)


def missing(rows: list[dict[str, Any]], names: dict[str, str] | None = None) -> None:
    table = _table(_t("缺办名单", "Missing"), _t("对象", "subject"), _t("期限", "due"), _t("责任岗位", "by"), _t("区划", "area"), _t("原因", "why"))
    for r in rows:
        table.add_row((names or {}).get(str(r["subject"]), str(r["subject"])), str(r["due"]), str(r["by"]), str(r["area"]), str(r["why"]))
    context.out.print(table)
    context.out.print(_t(f"共 {len(rows):,} 条", f"{len(rows):,} in all"))


def whom(found: Any) -> None:
    """Whom a change of plan touches: by measure, then by post; what was cut is said."""
    changes = ("obliged", "released", "changed", "unchanged", "cannot_tell")
    zh, en = ("新增义务", "解除", "期限改变", "不变", "无法判定"), ("newly obliged", "released", "another due", "unchanged", "cannot tell")
    table = _table(f"{found.area.code} · {found.as_of.isoformat()}", _t("措施", "measure"), *(zh if context.language() == "zh" else en), _t("无人负责", "ownerless"))
    for m in found.measures:
        table.add_row(m.title[context.language()], *(("—" if m.cut else f"{m.count(c):,}") for c in changes), "—" if m.cut else f"{m.ownerless:,}")
    context.out.print(table)
    costs = _table(_t("当日所需人·分钟", "Worker-minutes that day"), _t("岗位", "post"), _t("现在", "as it is"), _t("届时", "then"), _t("逾期补办", "overdue, once"))
    for c in found.costs:
        costs.add_row(c.post.title(context.language()) if c.post else _t("无人负责", "nobody"), f"{c.before:,.0f}", f"{c.after:,.0f}", f"{c.backlog:,.0f}")
    context.out.print(costs)
    if found.cut:
        context.out.print(_t("限时内未算完：", "not worked out in time: ") + ", ".join(m.id for m in found.cut), style="bold", markup=False)
