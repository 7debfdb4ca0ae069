"""A worked example as its page has it: tables of what was there and what was done, and under each moment a table of what is owed then.

    areas   | area | level | in |
    posts   | post | at |
    rows    | contact | area | known | class | …      the head names the table; a second line of the same name says what changed, `from` when
    acts    | act | of | at | outcome |
    said    | said of | scale | value | from |
    ## 2020-06-17 21:00
    owed    | who | measure | occasion | state | in | answers | appears at |

`in`: whose area owes it; `appears at`: the areas above who answers where it is listed too; `nobody`: ownerless.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from unittest.mock import patch

import duckdb
import yaml

from sizao.kernel.content_dir import content_dir
from sizao.plan import handed as custody
from sizao.plan import scenario as scenarios
from sizao.plan.facts import vocabulary
from sizao.plan.language import load_edition
from sizao.plan.language.faults import Faults
from sizao.plan.language.measure import BEGINNING, FAR
from sizao.plan.language.source import read
from sizao.plan.playing import given, occasion_name
from sizao.plan.reference import Evaluator
from sizao.plan.register import Register
from sizao.plan.scenarios import Reader
from sizao.plan.sql import DUCKDB, compile_measure

MOMENT = re.compile(r"## (\d{4}-\d\d-\d\d \d\d:\d\d)")
GIVEN = ("area", "post", "act", "said of")


@dataclass
class Page:
    """What a page says. `owed`: moment → lines of its table."""

    title: str
    edition: str
    areas: list[dict] = field(default_factory=list)
    posts: list[dict] = field(default_factory=list)
    rows: dict[str, list[dict]] = field(default_factory=dict)
    acts: list[dict] = field(default_factory=list)
    said: list[dict] = field(default_factory=list)
    owed: dict[str, list[dict]] = field(default_factory=dict)


def tables(text: str):
    """(the second-level heading it stands under, its lines as head → cell) of every table."""
    heading, lines = "", []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            lines.append([cell.strip() for cell in line.strip().strip("|").split("|")])
            continue
        if lines:
            head, _, *body = lines
            yield heading, [dict(zip(head, cells, strict=True)) for cells in body]
            lines = []
        heading = line if line.startswith("## ") else heading


def page(text: str) -> Page:
    edition = re.search(r"edition `([\w-]+)`", text)
    found = Page(text.partition("\n")[0].removeprefix("# "), edition[1] if edition else "")
    for heading, body in tables(text):
        kind = next(iter(body[0]))
        if kind == "who":
            found.owed[MOMENT.match(heading)[1]] = body
        elif kind in GIVEN:
            {"area": found.areas, "post": found.posts, "act": found.acts, "said of": found.said}[kind].extend(body)
        elif kind in vocabulary().tables:
            found.rows.setdefault(kind, []).extend(body)
    return found


class Given:
    """The register that a page gives."""

    def __init__(self, p: Page):
        self.v = vocabulary()
        self.edition = load_edition((content_dir() / "plans" / p.edition / "edition.yaml").read_text(encoding="utf-8"), self.v)
        self.areas = {a["area"]: i for i, a in enumerate(p.areas, 1)}
        self.named = {i: name for name, i in self.areas.items()}
        tree = {self.areas[a["area"]]: (self.areas.get(a["in"]), a["level"]) for a in p.areas}
        self.posts = [{"id": i, "role": x["post"], "area": self.areas[x["at"]], "vf": BEGINNING, "vt": FAR} for i, x in enumerate(p.posts, 1)]
        facts, acts, self.subjects = self.read(p)
        kept = [{"kind": kind, "area": 1, "since": BEGINNING} for kind in self.v.acts]
        said = [
            {"id": i, "area": self.areas[x["said of"]], "scale": x["scale"], "value": x["value"], "number": None, "starts_at": at(x["from"]), "ends_at": FAR, "vf": at(x["from"]), "vt": FAR}
            for i, x in enumerate(p.said, 1)
        ]
        self.register = Register({t: facts.get(t, []) for t in self.v.tables}, acts, tree, self.posts, kept, said, self.areas)

    def read(self, p: Page):
        """Rows and acts by the reader of scenarios, each row in the area that its line names."""
        rows, places = {}, {}
        for table, lines in p.rows.items():
            for line in lines:
                name = line[table]
                said = {k: v for k, v in line.items() if v and k not in (table, "area")}
                rows.setdefault(table, {}).setdefault(name, []).append(said)
                places.setdefault((table, name), []).append(self.areas.get(line.get("area") or ""))
        acts = [{k: v for k, v in act.items() if v} for act in p.acts]
        text = yaml.safe_dump({"name": {"zh": "例"}, "as_of": "2020-01-01 00:00", "rows": rows, "acts": acts, "expect": {}}, allow_unicode=True)
        faults = Faults(p.title)
        with patch.dict(scenarios.CODES, self.areas, clear=True):
            one = Reader(next(iter(self.edition.measures.values())), self.v, faults).scenario(read(text, faults))
        assert faults.found == [], [f.text("en") for f in faults.found]
        number = {n: name for name, n in one.subjects.items()}
        for table, found in one.facts.items():
            seen: dict[int, list] = {}
            for row in found:
                told = places[table, number[row["id"]]]
                row["area"] = told[len(seen.setdefault(row["id"], []))] or seen[row["id"]][-1]
                seen[row["id"]].append(row["area"])
        for act in one.acts:
            act["area"] = next((r["area"] for found in one.facts.values() for r in found if r["id"] == act["subject"]), 1)
        return one.facts, one.acts, number

    def owed(self, measures, moment: datetime) -> list[dict]:
        """Every obligation of these measures then, as a table has it; both engines, or the example fails."""
        found = []
        for name in measures:
            m = self.edition.measures[name]
            evaluator = Evaluator(m, self.register, moment)
            mine = list(evaluator.all())
            sql = compile_measure(m, given(self.register, m, self.v, DUCKDB), moment, dialect=DUCKDB)
            compiled = duckdb.execute(sql).fetchall()
            assert sorted(map(repr, compiled)) == sorted(repr(tuple(getattr(o, f) for f in o.__dataclass_fields__)) for o in mine), name
            found += [self.line(m, o) for o in (*mine, *custody.handed(evaluator))]
        return found

    def line(self, m, o) -> dict:
        post = next((p for p in self.posts if p["id"] == o.post), None)
        chain = list(self.register.above(post["area"] if post else o.area))
        shown = chain[1 : o.raised + 1] if post else chain[: o.raised]
        reason = (o.reason or "").partition(":")
        why = f": {self.named[int(reason[2])]}" if reason[0] == "handed" else f": {reason[2]}" if reason[2] else f" ({reason[0]})" if reason[0] else ""
        return {
            "who": self.subjects[o.subject],
            "measure": m.id,
            "occasion": occasion_name(m, o) if o.occasion >= 0 else f"{o.opens:%Y-%m-%d}",
            "state": o.state.replace("_", " ") + (" and gone by" if o.state == "overdue" and not o.doable else "") + (f", {reason[0]}" if reason[2] else "") + why,
            "in": self.named[o.area],
            "answers": f"{post['role']}, {self.named[post['area']]}" if post else "nobody",
            "appears at": ", ".join(self.named[a] for a in shown) or "—",
        }


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)
