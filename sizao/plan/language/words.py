"""The third reading of a checked tree: a sentence in Chinese and in English, for those who sign a rule and those who are under it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sizao.kernel.codes import diseases
from sizao.kernel.facts import FactsColumn

from . import nodes as n
from . import sayings, terms
from .done import Holds, Never
from .durations import Duration
from .measure import Measure
from .parameters import Line, Param
from .schedule import DAY, KNOWN, Before, Days, Every, Fresh, Shifts, When, Within
from .subjects import Lines, Pair, derived
from .vocabulary import Vocabulary

OPERATORS = {
    "zh": {"=": "为", "<>": "不为", "<": "早于", "<=": "不晚于", ">": "晚于", ">=": "不早于"},
    "en": {"=": "is", "<>": "is not", "<": "is before", "<=": "is not after", ">": "is after", ">=": "is not before"},
}
NUMBERS = {
    "zh": {"<": "小于", "<=": "不大于", ">": "大于", ">=": "不小于"},
    "en": {"<": "is below", "<=": "is at most", ">": "is above", ">=": "is at least"},
}
PLACES = {
    "parent": ("上级地区", "the area above"),
    "country": ("国家", "country"),
    "province": ("省级", "province"),
    "city": ("市级", "city"),
    "county": ("县级", "county"),
    "township": ("乡镇（街道）", "township"),
    "village": ("村（社区）", "village"),
    "grid": ("网格", "grid"),
}


class Speaker:
    """Says expressions over one table in one language ("zh" or "en")."""

    def __init__(
        self,
        language: str,
        columns: Mapping[str, FactsColumn],
        params: Mapping[str, Param],
        vocabulary: Vocabulary,
        owner: Mapping[str, FactsColumn] | None = None,
        called: Mapping[str, Mapping[str, str]] | None = None,
    ):
        """`called`: what other measures of the edition, and under `part:…` the steps of this one, are called in both languages."""
        self.zh, self.columns, self.params, self.vocabulary = language.startswith("zh"), columns, params, vocabulary
        self.language, self.owner, self.called = "zh" if self.zh else "en", owner, called or {}

    def about(self, columns: Mapping[str, FactsColumn], owner: Mapping[str, FactsColumn] | None) -> Speaker:
        """The same voice, about another row; `owner` has the columns of the measure's subject."""
        return Speaker(self.language, columns, self.params, self.vocabulary, owner, self.called)

    def both(self, zh: str, en: str) -> str:
        return zh if self.zh else en

    def say(self, node: Any) -> str:
        """A condition or a point in time, in words."""
        match node:
            case n.Column(name, _) if name.startswith("part:"):
                step = self.called.get(name, {}).get(self.language) or name.removeprefix("part:")
                return self.both(f"环节“{step}”完成", f"the step “{step}” is done")
            case n.Column(name, _) if name in sayings.OCCASION_WORDS and name not in self.columns:
                return self.both(*sayings.OCCASION_WORDS[name])
            case n.Column(name, kind):
                if name not in self.columns:
                    return self.identity(name)
                column = self.columns[name]
                label = column.zh if self.zh else column.en
                return self.both(f"{label}：是", f"{label}: yes") if kind == n.BOOL else label
            case n.Literal(value, _):
                return self.value(value)
            case n.Parameter(name, _):
                return self.param(name)
            case n.Moment(name, _):
                return self.both("此刻" if name == "now" else "当日", "now" if name == "now" else "today")
            case n.Compare(op, left, right):
                return self.compare(op, left, right)
            case n.OneOf(operand, options):
                listed = self.listed([self.code(operand, option) for option in options], "、", "或", " or ")
                return self.both(f"{self.say(operand)}为{listed}", f"{self.say(operand)} is {listed}")
            case n.Missing(operand):
                return self.both(f"{self.say(operand)}未登记", f"{self.say(operand)} is not recorded")
            case n.Negated(n.Missing(operand)):
                return self.both(f"{self.say(operand)}已登记", f"{self.say(operand)} is recorded")
            case n.Negated(n.Column(name, _)):
                column = self.columns[name]
                return self.both(f"{column.zh}：否", f"{column.en}: no")
            case n.Negated(part):
                return self.both(f"并非（{self.say(part)}）", f"not ({self.say(part)})")
            case n.All(parts):
                return self.both("，且", " and ").join(self.group(part, n.Some) for part in parts)
            case n.Some(parts):
                return self.both("，或", " or ").join(self.group(part, n.All) for part in parts)
            case n.Elapsed(unit, start, end):
                zh, en = ("小时", "hours") if unit == "hours" else ("天", "days")
                return self.both(f"从{self.say(start)}到{self.say(end)}的{zh}数", f"{en} from {self.say(start)} to {self.say(end)}")
            case n.Shifted(point, span, sign, _):
                after = sign > 0
                return self.both(
                    f"{self.say(point)}{'后' if after else '前'}{self.say(span)}",
                    f"{self.say(span)} {'after' if after else 'before'} {self.say(point)}",
                )
            case n.Extreme(name, parts):
                least, two = name == "least", len(parts) == 2
                listed = self.listed([self.say(part) for part in parts], "、", "与", " and ")
                if node.type in (n.DATE, n.INSTANT):
                    return self.both(
                        f"{listed}中{'较' if two else '最'}{'早' if least else '晚'}者",
                        f"the {('earlier' if two else 'earliest') if least else 'later' if two else 'latest'} of {listed}",
                    )
                return self.both(
                    f"{listed}中{'较' if two else '最'}{'小' if least else '大'}者",
                    f"the {('smaller' if two else 'smallest') if least else 'larger' if two else 'largest'} of {listed}",
                )
            case n.Edge(point, _):
                return self.say(point)
        said = sayings.node(self, node)
        if said is None:
            raise TypeError(f"no words for {node!r}")
        return said

    def identity(self, name: str) -> str:
        """What leads to another row, or the person of one side of a pair."""
        if name.endswith(".person"):
            table = self.vocabulary.tables.get(name.partition(".")[0])
            return self.both(f"{table.zh if table else ''}的人员", f"the person of the {table.en if table else ''}")
        link = next((link for t in self.vocabulary.tables.values() for link in t.links if link.name == name), None)
        return name if link is None else self.both(link.zh, f"the {link.en}")

    def group(self, part: Any, inner: type) -> str:
        said = self.say(part)
        return self.both(f"（{said}）", f"({said})") if isinstance(part, inner) else said

    def compare(self, op: str, left: Any, right: Any) -> str:
        words = OPERATORS if left.type in (n.DATE, n.INSTANT) or op in ("=", "<>") else NUMBERS
        return f"{self.say(left)}{self.both('', ' ')}{words[self.language][op]}{self.both('', ' ')}{self.code(left, right)}"

    def code(self, column: Any, node: Any) -> str:
        """A code by its label where the column has a code list."""
        if isinstance(node, n.Literal) and node.type == n.TEXT:
            listed = self.vocabulary.codes.get(self.codes_of(column) or "", {}).get(node.value)
            if listed:
                return f"“{listed['zh']}”" if self.zh else f"“{listed['en']}”"
        return self.say(node)

    def codes_of(self, node: Any) -> str | None:
        """The code list of a column, whatever way it is named."""
        if isinstance(node, (n.Column, n.Derived)) and node.name in self.columns:
            return self.columns[node.name].codes
        if isinstance(node, n.Subject) and self.owner:
            return self.owner[node.name].codes if node.name in self.owner else None
        if isinstance(node, terms.OfArea):
            return node.fact.codes
        if isinstance(node, terms.Linked):
            return self.vocabulary.columns(node.tables[-1])[node.column].codes
        if isinstance(node, terms.Tally) and not node.acts and node.field:
            return self.vocabulary.columns(node.source)[node.field].codes
        return None

    def listed(self, parts: list[str], comma: str, zh: str, en: str) -> str:
        if len(parts) == 1:
            return parts[0]
        return (comma if self.zh else ", ").join(parts[:-1]) + (zh if self.zh else en) + parts[-1]

    def value(self, value: Any) -> str:
        if isinstance(value, Duration):
            return value.words(self.language)
        if isinstance(value, bool):
            return self.both("是" if value else "否", "yes" if value else "no")
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M}"
        return value.isoformat() if isinstance(value, date) else f"“{value}”" if isinstance(value, str) else str(value)

    def param(self, name: str) -> str:
        """The value now and before, with its dates: a rule is read as what it says, not as a name."""
        lines = self.params[name].lines
        if not lines:
            return f"${name}"
        said = [self.line(line) for line in lines]
        return said[0] if len(lines) == 1 else self.both("；", "; ").join(said)

    def line(self, line: Line) -> str:
        """One line of a parameter: for whom, where and from when."""
        whom = [self.disease(line.disease)] if line.disease else []
        whom += [self.coded(column, code) for column, code in line.codes] + ([line.area] if line.area else [])
        dated = len(whom) > 0 or line.since is not None
        from_ = [self.both(f"自{line.since:%Y-%m-%d}", f"from {line.since:%Y-%m-%d}")] if line.since and self.several(line) else []
        begun = [self.both("已开始的仍按原值", "those begun keep theirs")] if line.read == "start" else []
        notes = [*whom, *from_, *begun] if dated or begun else []
        said = self.many(line.value)
        return said + (self.both(f"（{'，'.join(notes)}）", f" ({', '.join(notes)})") if notes else "")

    def disease(self, code: str) -> str:
        found = diseases().get(code)
        return code if found is None else str(found[self.language])

    def coded(self, column: str, code: str) -> str:
        """A code of a column of the subject, by its label where it has one."""
        lists = self.vocabulary.codes.get((self.columns[column].codes if column in self.columns else None) or "", {})
        return str(lists[code][self.language]) if code in lists else code

    def several(self, line: Line) -> bool:
        """It is one line of several: then its date is said too."""
        return any(line in param.lines and len(param.lines) > 1 for param in self.params.values())

    def many(self, value: Any) -> str:
        if isinstance(value, tuple):
            return self.listed([self.clock(v) if isinstance(v, timedelta) else str(v) for v in value], "、", "、", " and ")
        return self.value(value)

    def clock(self, at: timedelta) -> str:
        minutes = int(at.total_seconds()) // 60
        return f"{minutes // 60:02}:{minutes % 60:02}"

    def early(self, early: timedelta) -> str:
        """From how long before the opening evidence counts."""
        if not early:
            return ""
        hours = early.total_seconds() / 3600
        zh, en = (f"{hours / 24:g}天", f"{hours / 24:g} days") if hours % 24 == 0 else (f"{hours:g}小时", f"{hours:g} hours")
        return self.both(f"（此前{zh}内已做的也算）", f" (done in the {en} before counts too)")

    def when(self, w: When) -> str:
        """A timetable in words."""
        match w:
            case Within(of, span, early):
                return self.both(f"{self.say(of)}后{self.say(span)}内", f"within {self.say(span)} of {self.say(of)}") + self.early(early)
            case Before(point, _, early):
                return self.both(f"不晚于{self.say(point)}", f"before {self.say(point)}") + self.early(early)
            case Every():
                return self.every(w)
            case Days(days, of, at):
                listed = self.param(days) if isinstance(days, str) else self.many(days)
                by = "" if at == DAY else self.both(f" {self.clock(at)} 前", f" by {self.clock(at)}")
                return self.both(f"{self.say(of)}后第{listed}天{by}", f"on day {listed} after {self.say(of)}{by}")
            case Shifts(hours, start, until):
                said = self.both(f"自{self.say(start)}起，按其{self.say(hours)}轮班，每班一次", f"once every shift ({self.say(hours)}), from {self.say(start)}")
                return said + ("" if until is None else self.both(f"，至{self.say(until)}止", f" until {self.say(until)}"))
            case Fresh(span, start):
                said = self.both(f"不得早于{self.say(span)}前", f"never longer ago than {self.say(span)}")
                return said + ("" if start is None else self.both(f"（自{self.say(start)}起）", f" (from {self.say(start)})"))
        raise TypeError(f"no words for {w!r}")


    # the timetable of periods

    def every(self, w: Every) -> str:
        if isinstance(w.step, n.Parameter):
            often = self.both(f"每{self.say(w.step)}", f"every {self.say(w.step)}")
        else:
            often = self.both(
                "每天" if w.step.text == "1d" else f"每{w.step.words('zh')}",
                "every day" if w.step.text == "1d" else f"every {w.step.words('en').removeprefix('1 ')}",
            )
        if isinstance(w.at, str):
            by = self.both(f" {self.param(w.at)} 前", f" by {self.param(w.at)}")
        elif w.at == (DAY,):
            by = ""
        else:
            by = self.both(f" {'、'.join(self.clock(t) for t in w.at)} 前", f" by {' and by '.join(self.clock(t) for t in w.at)}")
        said = f"{often}{by}"
        if w.start != KNOWN:
            said = self.both(f"自{self.say(w.start)}起，{often}{by}", f"{often}{by}, from {self.say(w.start)}")
        if w.until is not None:
            said += self.both(f"，至{self.say(w.until)}止", f" until {self.say(w.until)}")
        if w.times is not None:
            said += self.both(f"，共{self.say(w.times)}次", f", {self.say(w.times)} times")
        return said


def summaries(m: Measure, vocabulary: Vocabulary) -> dict[str, dict[str, str]]:
    """The figures that a measure shows: name → what it is, in zh and en."""
    voices = {lang: Speaker(lang, vocabulary.columns(m.facts), dict(m.params), vocabulary, called=called(m)) for lang in ("zh", "en")}
    return {s.name: {lang: sayings.summary(voice, m, s.tree) for lang, voice in voices.items()} for s in m.shows}


def called(m: Measure) -> dict[str, Mapping[str, str]]:
    """What the measures of its edition are called, and the other parts of its own ("part:…") by the word after their title."""
    own = {f"part:{id_.partition('.')[2]}": {lang: text.rpartition(" · ")[2] for lang, text in other.title.items()} for id_, other in m.all.items() if other.part_of == m.part_of and "." in id_}
    whole = {other.part_of: {lang: text.partition(" · ")[0] for lang, text in other.title.items()} for other in m.all.values() if other.part_of}
    return whole | {id_: other.title for id_, other in m.all.items()} | own


def sentence(m: Measure, vocabulary: Vocabulary, language: str) -> dict[str, str]:
    """A measure in words: who (`should`), when, what counts as done, who answers, what ends it; and the whole as one text under "all"."""
    vocabulary = m.vocabulary(vocabulary)
    columns = vocabulary.columns(m.facts)
    speak = Speaker(language, columns, dict(m.params), vocabulary, called=called(m))
    table = vocabulary.tables[m.facts]
    role = vocabulary.roles.get(m.by.role, {}).get(speak.language, m.by.role)
    subject = speak.both(table.zh, table.en)
    each = "每一对" if isinstance(m.table, Pair) else "每一行" if isinstance(m.table, Lines) else "每一名" if m.table.person else "每一个"
    that = "for which" if derived(m.table) else "whose"
    who = speak.both(
        f"{each}{subject}" if m.should is None else f"{each}{subject}，凡{speak.say(m.should)}",
        f"every {subject}" if m.should is None else f"every {subject} {that} {speak.say(m.should)}",
    )
    when = speak.when(m.when)
    done = sayings.evidence(speak, m.done)
    if m.by.place == "area":
        by = speak.both(f"所在地的{role}", f"the {role} of the area")
    else:
        zh, en = PLACES[m.by.place]
        by = speak.both(f"{zh}的{role}", f"the {role} of {en if m.by.place == 'parent' else 'the ' + en}")
    ends = speak.both("；", "; ").join(
        f"{vocabulary.acts[c.act].zh if speak.zh else vocabulary.acts[c.act].en} → {c.reason.get(speak.language, '')}" for c in m.close
    )
    must = "" if isinstance(m.done, Holds | Never) else "须有"
    whole = speak.both(f"对{who}：{when}，{must}{done}，由{by}负责。", f"For {who}: {when}, {done}, by {by}.")
    edges = sayings.edges(speak, m)
    if edges["while"]:
        whole = speak.both(f"{edges['while']}：{whole}", f"{edges['while'][0].upper()}{edges['while'][1:]}: {whole[0].lower()}{whole[1:]}")
    if ends:
        whole += speak.both(f"下列情形义务结束：{ends}。", f" The duty ends on: {ends}.")
    for name, zh, en in (("yields", "", ""), ("listed", "名单核对：", "Is the list complete: "), ("shown", "另看：", "Watched beside it: ")):
        if edges[name]:
            said = f"{zh}{edges[name]}。" if speak.zh else f" {en}{edges[name]}."
            whole += said if speak.zh or en else f" {said[1].upper()}{said[2:]}"
    return {"who": who, "when": when, "done": done, "by": by, "ends": ends, **edges, "all": whole}
