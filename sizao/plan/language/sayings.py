"""What terms, forms of evidence and the edges of a measure are called, in Chinese and in English. `Speaker` in `words` says the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from . import done as d
from . import nodes as n
from . import terms as t
from .measure import Filed, From, Measure, Total
from .names import OCCASION
from .vocabulary import ACT_COLUMNS, KEYS
from .voice import Voice

TALLIES = {
    "count": ("次数", "the number of times"),
    "total": ("合计", "the total of"),
    "latest": ("最近一次的", "the latest"),
    "gap": ("两次之间最短间隔的小时数", "the shortest pause in hours between"),
}
ROWS = {"count": ("条数", "the number of"), "total": ("合计", "the total of"), "latest": ("最近一条的", "the latest")}
PERIODS = {"day": ("日", "day"), "week": ("周", "week"), "month": ("月", "month")}
SUMMARIES = {
    "median": ("中位数", "the median of"),
    "p90": ("第90百分位数", "the 90th percentile of"),
    "share": ("占比", "the share for which"),
    "min": ("最小值", "the smallest"),
    "max": ("最大值", "the largest"),
    "count": ("数量", "the number for which"),
    "total": ("合计", "the total of"),
}
OCCASION_WORDS = {"due": ("应办时间", "the due time"), "opens": ("开始时间", "the opening"), "known": ("获知时间", "the time it became known")}


def of_act(s: Voice, act: str) -> Voice:
    """The same voice about an act of this kind: its outcome by the words of its own code list."""
    kind = s.vocabulary.acts.get(act)
    columns = {**ACT_COLUMNS, "outcome": replace(ACT_COLUMNS["outcome"], codes=kind.outcomes)} if kind else ACT_COLUMNS
    return s.about(columns, s.owner or s.columns)


def of_rows(s: Voice, table: str) -> Voice:
    return s.about(s.vocabulary.columns(table), s.owner or s.columns)


def node(s: Voice, x: Any) -> str | None:
    """A node beyond those of the row, in words; None when it is none of them."""
    match x:
        case n.Counted(op, left, right):
            sign = {"+": "＋" if s.zh else "+", "-": "－" if s.zh else "-", "*": "×"}[op]
            return f"{s.group(left, n.Counted)} {sign} {s.group(right, n.Counted)}"
        case n.Subject(name, _):
            label = (s.owner or s.columns).get(name)
            if label is None:
                return s.both(f"对象的{s.identity(name)}", f"{s.identity(name)} of the subject")
            return s.both(f"对象的{label.zh}", f"the subject's {label.en}")
        case n.Derived(name, _, kind):
            label = s.columns[name]
            return s.both(f"{label.zh}：是", f"{label.en}: yes") if kind == n.BOOL else s.both(label.zh, label.en)
        case n.OnList(name, _, what, day):
            listed = named_so(s, "list", name)
            return s.both(f"{s.say(what)}在{s.say(day)}列于名单“{listed}”", f"{s.say(what)} is on the list “{listed}” on {s.say(day)}")
        case n.Drawn(share, period, _):
            zh, en = PERIODS[period]
            return s.both(f"被抽中（每{zh}按{s.say(share)}抽取）", f"drawn (a share of {s.say(share)} each {en})")
    return term(s, x) if isinstance(x, t.TERMS) else None


def term(s: Voice, x: Any) -> str:
    """What is looked up beyond the row."""
    match x:
        case t.OfArea():
            return of_area(s, x)
        case t.Linked():
            column = s.vocabulary.columns(x.tables[-1])[x.column]
            table = s.vocabulary.tables[x.tables[-1]]
            said = s.both(f"所属{table.zh}的{column.zh}", f"the {column.en} of its {table.en}")
            return s.both(f"{said}：是", f"{said}: yes") if x.type == n.BOOL else said
        case t.Has(table, _, condition):
            there = s.vocabulary.tables[table]
            which = "" if condition is None else s.both("，且", ", and ") + of_rows(s, table).say(condition)
            return s.both(f"有{there.zh}登记{which}", f"there is a {there.en} on record{which}")
        case t.Tally():
            return tally(s, x)
        case t.Within(code):
            return s.both(f"位于{code}之内", f"the area lies in {code}")
        case t.Inside(inner, outer):
            low, high = (side_words(s, name) for name in (inner, outer))
            return s.both(f"{low}位于{high}的地区之内", f"the area of {low} lies in that of {high}")
        case t.Ordered(kind):
            listed = s.vocabulary.codes.get("order-kind", {}).get(kind, {"zh": kind, "en": kind})
            return s.both(f"当地“{listed['zh']}”令有效", f"an order “{listed['en']}” is in force there")
        case t.Met(measures, _):
            under = [titled(s, id_) for id_ in measures]
            return s.both(f"已纳入{'、'.join(under)}且无逾期", f"is under {' or '.join(under)} with nothing overdue")
    which = "" if x.condition is None else s.both("（{0}）", " ({0})").format(of_rows(s, x.table).say(x.condition))
    return s.both(f"当地{titled(s, x.measure)}{which}的覆盖率", f"the coverage of {titled(s, x.measure)}{which} there")


def titled(s: Voice, id_: str) -> str:
    """A measure of the same edition by its title."""
    found = s.called.get(id_)
    return id_ if found is None else s.both(f"“{found['zh']}”", f"“{found['en']}”")


def named_so(s: Voice, kind: str, name: str) -> str:
    """A list or a figure by its word, where there is one."""
    found = s.vocabulary.parts.get(f"{kind}:{name}")
    return name if found is None else s.both(found["zh"], found["en"])


def of_area(s: Voice, x: t.OfArea) -> str:
    """What is said of the row's area, or of the one that a link leads to."""
    fact = x.fact
    if x.at != "area" and not x.at.endswith(".area"):
        return s.both(f"{s.identity(x.at)}的{fact.zh}", f"the {fact.en} of {s.identity(x.at)}")
    if x.tables:
        table = s.vocabulary.tables[x.tables[-1]]
        return s.both(f"所属{table.zh}所在地{fact.zh}", f"the {fact.en} of the area of its {table.en}")
    if x.at != "area":
        return s.both(f"{side_words(s, x.at)}所在地{fact.zh}", f"the {fact.en} of the area of the {side_words(s, x.at)}")
    return s.both(f"所在地{fact.zh}", f"the area's {fact.en}")


def side_words(s: Voice, name: str) -> str:
    """The side of a pair to which a column belongs."""
    table = s.vocabulary.tables.get(name.partition(".")[0])
    return name.partition(".")[0] if table is None else s.both(table.zh, table.en)


def tally(s: Voice, x: t.Tally) -> str:
    source = s.vocabulary.acts[x.source] if x.acts else s.vocabulary.tables[x.source]
    inner = of_act(s, x.source) if x.acts else of_rows(s, x.source)
    which = "" if x.condition is None else s.both(f"（{inner.say(x.condition)}）", f" ({inner.say(x.condition)})")
    window = "" if x.window is None else s.both(f"近{x.window.words('zh')}内", f" in the last {x.window.words('en')}")
    zh, en = (TALLIES if x.acts else ROWS)[x.name]
    if x.field is None:
        return s.both(f"{window}{source.zh}{which}的{zh}", f"{en} {source.en}{which}{window}")
    field = inner.columns[x.field]
    return s.both(f"{window}{source.zh}{which}{field.zh}的{zh}" if x.name == "total" else f"{window}{zh}{source.zh}{which}的{field.zh}", f"{en} {source.en}{which}: {field.en}{window}")


# -- evidence


def evidence(s: Voice, form: d.Evidence) -> str:
    """What counts as done."""
    match form:
        case d.Done():
            return acted(s, form)
        case d.Amount(have, need, _):
            return s.both(f"{s.say(have)}不少于{s.say(need)}", f"{s.say(have)} reaches {s.say(need)}")
        case d.Holds(condition):
            return s.both(f"应当：{s.say(condition)}", f"it holds that {s.say(condition)}")
        case d.Never(act, _, where):
            return s.both(f"不得有{named(s, act, where)}", f"there is never any {named(s, act, where)}")
    listed = [evidence(s, part) for part in form.parts]
    if form.name == "any":
        return s.both("、".join(listed[:-1]) + "或" + listed[-1], "either " + " or ".join(listed))
    return s.both("、".join(listed[:-1]) + "并" + listed[-1], "both " + " and ".join(listed))


def named(s: Voice, act: str, where: Any) -> str:
    kind = s.vocabulary.acts[act]
    said = s.both(kind.zh, kind.en)
    return said if where is None else said + s.both(f"（{of_act(s, act).say(where)}）", f" ({of_act(s, act).say(where)})")


def acted(s: Voice, form: d.Done) -> str:
    said = named(s, form.act, form.where)
    if form.need is not None:
        said += s.both(f"{s.say(form.need)}次", f", {s.say(form.need)} times")
    if form.since is not None:
        since = s.about({**s.columns, **{k: replace(ACT_COLUMNS["at"], name=k, zh=OCCASION_WORDS[k][0], en=OCCASION_WORDS[k][1]) for k in OCCASION}}, s.owner)
        said += s.both(f"（自{since.say(form.since)}起算）", f" (counted from {since.say(form.since)})")
    return said


# -- the edges of a measure


def edges(s: Voice, m: Measure) -> dict[str, str]:
    """Gate, precedence, completeness of the list, figures shown; empty where there are none."""
    gate = "" if m.gate is None else s.both(f"仅当{s.say(m.gate)}", f"only while {s.say(m.gate)}")
    winners = [m.all[id_].title if id_ in m.all else {"zh": id_, "en": id_} for id_ in m.yields]
    yields = s.both("同一人另有下列要求时让位：" + "、".join(w["zh"] for w in winners), "for one person it yields to: " + ", ".join(w["en"] for w in winners)) if winners else ""
    listed = s.both("；", "; ").join(reconciled(s, entry) for entry in m.reconcile)
    shown = s.both("；", "; ").join(f"{named_so(s, 'figure', x.name)}{'＝' if s.zh else ' = '}{summary(s, m, x.tree)}" for x in m.shows)
    return {"while": gate, "yields": yields, "listed": listed, "shown": shown}


def reconciled(s: Voice, entry: From | Total | Filed) -> str:
    if isinstance(entry, Filed):
        return s.both(f"名单须按时交来（{named(s, entry.act, None)}）", f"the list must be handed in ({named(s, entry.act, None)})")
    if isinstance(entry, Total) and entry.fact:
        return s.both(f"与地区的{entry.fact.zh}核对总数", f"the total is checked against the {entry.fact.en} of the area")
    if isinstance(entry, Total):
        table = s.vocabulary.tables[entry.source]
        column = s.vocabulary.columns(entry.source)[entry.column]
        return s.both(f"与{table.zh}的{column.zh}核对总数", f"the total is checked against the {column.en} of {table.en}")
    if entry.acts:
        return s.both(f"凡有{named(s, entry.source, entry.where)}者应在名单上", f"whoever has {named(s, entry.source, entry.where)} should be listed")
    there = s.vocabulary.tables[entry.source]
    which = "" if entry.where is None else of_rows(s, entry.source).say(entry.where)
    return s.both(f"{there.zh}{'（' + which + '）' if which else ''}应在名单上", f"every {there.en}{' (' + which + ')' if which else ''} should be listed")


def summary(s: Voice, m: Measure, x: Any) -> str:
    from .showing import OWN

    zh, en = SUMMARIES[x.name]
    if x.of is None:
        return s.both("数量", "the number")
    said = s.about({**s.columns, **OWN}, s.owner).say(x.of)
    return s.both(f"{said}的{zh}", f"{en} {said}")


__all__ = ["KEYS", "edges", "evidence", "node"]
