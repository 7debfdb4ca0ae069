"""The reference pages of the language, written from the checker's own tables, so that they cannot say other than it does."""

from __future__ import annotations

from . import edition, functions, measure, measures, paramlines, reader, schedule, showing
from .expressions import COMPARISONS, DEEPEST, MOST_NODES
from .lexing import KEYWORDS, LONGEST
from .vocabulary import ACT_COLUMNS, Vocabulary

KEYS = {
    "title": ("名称（zh、en）", "what it is called, zh and en"),
    "source": ("依据：文本编号与原文", "the text it rests on, and its words"),
    "kind": ("措施类别", "which of the twelve kinds"),
    "cost": ("每次所需分钟数", "minutes for one time"),
    "for": ("对象：一张事实表、一份名单 list:名称，或一对 [甲, 乙]", "whom it is about: a facts table, the lines of a list `list:name`, or a pair `[a, b]`"),
    "should": ("谁应办", "who owes; left out: everybody"),
    "while": ("何时何地有效", "when and where it is in force at all"),
    "when": ("期限；不写则每天24:00看状态", "when it is due; left out: a state, read each day at 24:00"),
    "done": ("什么算办到", "what counts as done"),
    "close": ("结束义务的行为", "acts that end the duty"),
    "by": ("责任岗位", "who answers: a role @ an area"),
    "urgency": ("紧急程度", "which ladder of escalation"),
    "slot": ("同一人同类只办一项", "one duty a person: the edition's precedence picks it"),
    "parts": ("环节：继承全部键，可逐项改写", "steps: each inherits every key and overrides what it states"),
    "reconcile": ("名单核对", "is the list complete: from, total, filed"),
    "check": ("抽查", "a second look: by, should, act, when, untrue; sees: which of what was seen is about which part"),
    "show": ("另看的数字", "figures watched beside coverage"),
}
DONE = {
    "act": "done: isolation.daily_check · {act: lab.sampled, where: outcome = 'negative', need: 2, since: due - 7d} · {act: report.filed, match: period}",
    "have": "{have: count(contact), need: contact_total}",
    "holds": "{holds: result is not null}",
    "never": "{never: stay.released, where: number < 2}",
    "any, all": "{any: [lab.sampled, {holds: open}]} · {all: [lab.sampled, isolation.daily_check]}",
}


def grammar() -> str:
    """How a plan is written."""
    lines = [
        "# The plan language",
        "",
        "A measure is one sentence: *while* this holds, *for* each subject that *should*, *when* due, it is *done*, *by* them; the list is *reconciled*,",
        "the “done” is *checked*. How states and times are read is in [the page of the room](../../sizao/plan/README.md).",
        "",
        "## An edition",
        "",
        f"Keys: {_listed(edition.KEYS)}. Lists: {_listed(edition.LIST_KEYS)}, and codes of the line's own. Precedence: slot → measures, the first first. Escalation: urgency → {{`value`: spans, `from`, `source`}}, or the spans alone.",
        f"A line of a parameter: {_listed(paramlines.KEYS)}, and any column of codes; the line that names most is taken, of equals the later.",
        "",
        "## A measure",
        "",
        "| key | 中文 | English |",
        "|---|---|---|",
        *(f"| `{key}` | {KEYS[key][0]} | {KEYS[key][1]} |" for key in sorted(measures.KEYS)),
        "",
        f"Kinds: {_listed(measure.KINDS)}. Urgency: {_listed(measure.URGENCIES)}. `by`: role @ area, area.parent, or area.LEVEL ({_listed(reader.PLACES[2:])}).",
        "",
        "A pair is joined by its `should`: an equality between a column of either side, or `inside(a.area, b.area)`; two registers without one are refused, the",
        "lines of a list need none. A side's column is written `side.column`, the row itself `side`. A pair lies in the area of its first side that is no list.",
        "",
        "An act closes every duty that agrees with it on its declared key: the subject it names, the person, the area, or a household, unit or place and whoever",
        "leads to it. With a pair it must agree on both sides: by its key, by the second row that it names, or by a column of that side in `where`.",
        "",
        "## when",
        "",
        "| shape | keys | example |",
        "|---|---|---|",
        *(f"| `{kind}` | {_listed(keys)} | `{schedule.EXAMPLES[kind]}` |" for kind, keys in schedule.KEYS.items()),
        "| `every: column` | `every`, `from`, `until` | `{every: shift_hours, from: starts_at}` |",
        "",
        "Spans: `30min 24h 1d 1w 1mo 1y`, or a parameter. A point: a column of time, a date, the name of a part, moved by spans, `least`, `greatest`.",
        "",
        "## done",
        "",
        "| form | example |",
        "|---|---|",
        *(f"| `{form}` | `{example}` |" for form, example in DONE.items()),
        "",
        "## Expressions",
        "",
        f"Operators: {_listed(sorted(set(COMPARISONS.values())))}, `+ - *` on numbers, a time ± a span; words: {_listed(KEYWORDS)}. `now` and `today` are the moment judged.",
        "Every other word is a name: no keyword of any database has power here. Unknown is neither yes nor no, and stays so.",
        f"At most {LONGEST} characters, {MOST_NODES} parts, {DEEPEST} levels; a path follows at most {functions.MOST_LINKS} links.",
        "",
        "| function | example |",
        "|---|---|",
        *(f"| `{name}` | `{functions.EXAMPLES.get(name, TIMES.get(name))}` |" for name in functions.FUNCTIONS),
        "",
        f"In `show` only: {_listed(showing.ALLOWED)}. Periods of a draw: {_listed(functions.PERIODS)}.",
        "A function may stand in the condition of another, and in one on an act: there it is asked of the subject, at the moment of the act. A path may end in an",
        "area fact: `area.grade`, `unit.area.level`, `from_area.grade`.",
        "",
        f"Of an act may be asked: {_listed(ACT_COLUMNS)}; of the measure's own subject, inside a condition on acts or rows: `subject.column`.",
    ]
    return "\n".join(lines) + "\n"


TIMES = {
    "hours": "hours(confirmed_at, now)",
    "days": "days(last_exposure_on, today)",
    "least": "least(released_at, last_exposure_on + $term)",
    "greatest": "greatest(named_at, last_exposure_on)",
}


def vocabulary(v: Vocabulary) -> str:
    """What a plan may name."""
    lines = ["# The vocabulary", "", "Everything that a plan may name, as the registers declare it.", "", "## Facts tables", ""]
    for table in sorted(v.tables.values(), key=lambda t: t.name):
        lines += [f"### `{table.name}` {table.zh} · {table.en}", ""]
        keys = [word for word, there in (("person", table.person), ("area", table.area), ("disease", table.disease)) if there]
        links = "".join(f", `{link.name}` → `{link.table}`" for link in table.links)
        lines += [f"Keys: {', '.join(keys)}{links}." + (f" Comes about by `{table.made_by}`." if table.made_by else ""), ""]
        lines += ["| column | type | 中文 | English | codes, unit or derived from |", "|---|---|---|---|---|"]
        for c in table.columns:
            codes = ", ".join(f"`{code}`" for code in v.codes.get(c.codes or "", {}))
            lines.append(f"| `{c.name}` | {c.type} | {c.zh} | {c.en} | {codes or c.unit or (f'`{c.expression}`' if c.expression else '')} |")
        lines.append("")
    lines += ["## Area facts", "", "| name | type | 中文 | English | codes or unit |", "|---|---|---|---|---|"]
    for fact in v.areas.values():
        codes = ", ".join(f"`{code}`" for code in v.codes.get(fact.codes or "", {}))
        lines.append(f"| `area.{fact.name}` | {fact.type} | {fact.zh} | {fact.en} | {codes or fact.unit or ''} |")
    if "order-kind" in v.codes:
        lines += ["", f"Orders for `ordered(…)`: {_listed(v.codes['order-kind'])}."]
    lines += ["", "## Acts", "", "| act | 中文 | English | closes duties by | restricts a person |", "|---|---|---|---|---|"]
    lines += [f"| `{a.kind}` | {a.zh} | {a.en} | {a.key}{f' and {a.other}' if a.other else ''} | {'yes' if a.restricts else ''} |" for a in sorted(v.acts.values(), key=lambda a: a.kind)]
    lines += ["", "## Roles", "", "| role | 中文 | English |", "|---|---|---|"]
    lines += [f"| `{name}` | {role['zh']} | {role['en']} |" for name, role in v.roles.items()]
    return "\n".join(lines) + "\n"


def _listed(words: object) -> str:
    return ", ".join(f"`{word}`" for word in (words if isinstance(words, (list, tuple)) else sorted(words)))  # type: ignore[call-overload]
