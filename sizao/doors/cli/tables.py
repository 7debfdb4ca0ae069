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


#: Columns of the table of measures that stand though nothing is in them.
ALWAYS = ("owed", "met", "late", "overdue", "missing", "cannot_tell")


def coverage(data: dict[str, Any]) -> None:
    """Measures and what became of their occasions; coverage never without what cannot be told beside it. So that it can be read in a window of eighty
    columns, a state in which nothing is has no column, and measures of which nothing is owed or said stand in a line below."""
    keys = ["owed", "met", "late", "overdue", "missing", "open", "ahead", "waiting", "closed", "cannot_tell", "ownerless", "unlisted", "told_late"]
    zh = ["应办", "按时", "迟办", "逾期", "缺办", "未到期", "提前", "等待", "关闭", "无法判定", "无责任人", "未入名单", "迟报"]
    en = ["owed", "met", "late", "overdue", "missing", "open", "ahead", "waiting", "closed", "cannot tell", "ownerless", "unlisted", "told late"]
    for key, chinese, english in (("short", "名单不足", "list short"), ("no_list", "无名单", "no list"), ("untrue", "不实", "untrue"), ("risen", "上升到本级", "risen here")):
        if any(m[key] for m in data["measures"]):
            keys, zh, en = [*keys, key], [*zh, chinese], [*en, english]
    filled = [any(m[k] for m in data["measures"]) or k in ALWAYS for k in keys]
    keys, words = ([x for x, has in zip(some, filled, strict=True) if has] for some in (keys, zh if context.language() == "zh" else en))
    silent = [m for m in data["measures"] if not any(m[k] for k in keys)]
    table = _table(f"{data['plan']} · {data['as_of']}", _t("措施", "measure"), _t("覆盖率", "coverage"), *words)
    table.columns[0].min_width = 20
    for m in data["measures"]:
        if m in silent:
            continue
        share = f"{(m['met'] + m['late']) / m['owed']:.1%}" if m["owed"] else "—"
        table.add_row(m[context.language()], share, *(f"{m[k]:,}" if m[k] is not None else "—" for k in keys))
    context.out.print(table)
    if silent:
        context.out.print(_t(f"另有 {len(silent)} 项措施在此没有对象：", f"{len(silent)} more measures have nobody here: ") + _t("；", "; ").join(m[context.language()] for m in silent), markup=False)


def beside(data: dict[str, Any]) -> None:
    """Under the table: amounts in their units, the figures of the plan, what was said and seen."""
    lang = context.language()
    for m in data["measures"]:
        said = []
        for a in m.get("amounts", []):
            share = f"{a['coverage']:.1%}" if a["coverage"] is not None else "—"
            said.append(_t(f"应有 {a['need']:,} {a['unit']['zh']}，现有 {a['have']:,}，达到 {share}", f"{a['have']:,} of {a['need']:,} {a['unit']['en']}, {share} reached"))
        for f in m.get("shown", []):
            value = "—" if f["value"] is None else f["value"] if isinstance(f["value"], str) else f"{f['value']:.1%}" if f["kind"] == "share" else f"{f['value']:g}"
            said.append(f"{f[lang]}: {value} (n={f['n']:,})")
        if (c := m.get("checked")) and c["looked"]:
            interval = f"{c['low']:.1%}–{c['high']:.1%}"
            said.append(_t(f"核查 {c['looked']:,}，不实 {c['untrue']:,}（{c['gap']:.1%}，95% 区间 {interval}）", f"looked at {c['looked']:,}, untrue {c['untrue']:,} ({c['gap']:.1%}, 95% interval {interval})"))
        for line in said:
            context.out.print(f"{m[lang]} · {line}", markup=False)


def missing(rows: list[dict[str, Any]], names: dict[str, str] | None = None) -> None:
    table = _table(_t("名单", "List"), _t("对象", "subject"), _t("期限", "due"), _t("责任岗位", "by"), _t("区划", "area"), _t("原因", "why"))
    for r in rows:
        why = str(r["why"]) + (_t(f" · 上升 {r['levels_up']} 级", f" · risen {r['levels_up']} up") if r["levels_up"] else "")
        table.add_row((names or {}).get(str(r["subject"]), str(r["subject"])), str(r["due"] or "—"), str(r["by"] or "—"), str(r["area"] or "—"), why)
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


def ledgers(rows: list[dict[str, Any]]) -> None:
    """The ledgers and their cost; those in force first, and what they cost together."""
    table = _table(
        _t("台账", "Ledgers"), _t("编号", "id"), _t("名称", "title"), _t("填报", "filed by"), _t("频次", "rhythm"), _t("项数", "fields"), _t("分钟/条", "min a line"),
        _t("每单位每天", "min a day each"), _t("全部单位每天", "min a day, all units"), _t("施行", "in force"),
    )  # fmt: skip
    for r in rows:
        each = f"{r['minutes_a_day_each']:g}" if r["rhythm"] != "event" else "—"
        together = f"{r['minutes_a_day_if_asked']:,g}" if r["rhythm"] != "event" else "—"
        when = " ".join([r["rhythm"], *r["at"]])
        table.add_row(r["ledger"], r[context.language()], r["filed_by"], when, str(len(r["fields"])), f"{r['minutes']:g}", each, together, "✓" if r["in_force"] else "")
    context.out.print(table)
    total = sum(r["minutes_a_day_if_asked"] for r in rows if r["in_force"])
    context.out.print(_t(f"施行中的台账每天共 {total:,g} 人·分钟", f"ledgers in force: {total:,g} worker-minutes a day"))


def loads(rows: list[dict[str, Any]]) -> None:
    """What the ledgers in force take of a day, by who files them."""
    from sizao.kernel.codes import roles

    table = _table(
        _t("每岗每天用时（应报台账按频次，其余按近7天所填）", "Minutes a day of one post (due ledgers by their rhythm, others as filed in the last 7 days)"),
        _t("岗位", "role"), _t("在岗数", "posts"), _t("每岗分钟/天", "min a day each"), _t("合计分钟/天", "min a day together"),
    )  # fmt: skip
    for r in rows:
        known = roles().get(r["role"], {})
        table.add_row(known.get(context.language(), r["role"]), f"{r['posts']:,}", "—" if r["minutes_a_day_each"] is None else f"{r['minutes_a_day_each']:g}", f"{r['minutes_a_day']:,g}")
    context.out.print(table)


def reports(day: str, rows: list[dict[str, Any]], counts: tuple[str, ...]) -> None:
    """The receiver's table: due = received + zero + silent + not due yet."""
    zh = {"due": "应报", "received": "已报", "zero": "零报告", "silent": "未报", "open": "未到时", "late": "迟报", "corrected": "更正"}
    table = _table(_t(f"应报情况 {day}", f"Reports due {day}"), _t("区划", "area"), *(zh[c] if context.language() == "zh" else c for c in counts))
    for r in rows:
        table.add_row(r[context.language()], *(f"{r[c]:,}" for c in counts))
    context.out.print(table)


def feeds(rows: list[dict[str, Any]]) -> None:
    """Senders; an alarm in words."""
    zh = {"silence": "中断", "loop": "循环重复", "volume": "数量异常", "certificate": "证书到期"}
    table = _table(_t("数据来源", "Feeds"), _t("来源", "sender"), _t("约定", "agreed"), _t("已过（分）", "age (min)"), _t("行数", "rows"), _t("平常", "usual"), _t("告警", "alarms"))
    for r in rows:
        alarms = "、".join(zh[a] for a in r["alarms"]) if context.language() == "zh" else ", ".join(r["alarms"])
        table.add_row(r["sender"], r["expected"] or "—", *(f"{r[k]:,g}" if r[k] is not None else "—" for k in ("age_minutes", "rows", "usual")), alarms or "✓")
    context.out.print(table)
