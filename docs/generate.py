"""Writes the reference pages that follow from the program: commands, error codes, roles and addresses. `python docs/generate.py [folder]`."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sizao.wiring.settings")


def commands() -> str:
    import typer

    from sizao.doors.cli import main

    lines = ["# Commands", "", "`python3 run sizao COMMAND …`. Every command takes `--store DIR`; `--help` says the rest.", ""]

    def walk(command, words: list[str]) -> None:
        if hasattr(command, "commands"):
            for name in sorted(command.commands):
                walk(command.commands[name], [*words, name])
            return
        arguments = "".join(f" {p.metavar or (p.name or '').upper()}" for p in command.params if p.param_type_name == "argument")
        lines.extend([f"## `{' '.join(words)}{arguments}`", "", (command.help or "").strip(), ""])
        for p in command.params:
            if p.param_type_name == "option" and p.name not in ("help", "store"):
                words_of = getattr(p, "help", None)
                lines.append(f"- `{p.opts[0]}`{f' — {words_of}' if words_of else ''}")
        lines.append("")

    walk(typer.main.get_command(main.app), [])
    return "\n".join(lines).rstrip() + "\n"


def errors() -> str:
    from sizao.kernel.errors import texts

    lines = ["# Error codes", "", "Every refusal has a code that stays the same, words in both languages, and a cure.", "", "| code | 中文 | English | what now |", "|---|---|---|---|"]
    for code, t in sorted(texts().items()):
        cell = lambda text: text.replace("|", "\\|").replace("\n", " ")  # noqa: E731
        lines.append(f"| `{code}` | {cell(t.zh)} {cell(t.cure_zh)} | {cell(t.en)} | {cell(t.cure_en)} |")
    return "\n".join(lines) + "\n"


def access() -> str:
    from sizao.doors.policy import ROUTES
    from sizao.kernel.codes import roles

    lines = ["# Roles and addresses", "", "A grant gives a post a role below an area. Out of the area everything answers as if it did not exist.", "", "| role | 中文 | may |", "|---|---|---|"]
    lines += [f"| `{name}` {r['en']} | {r['zh']} | {', '.join(r['permissions'])} |" for name, r in roles().items()]
    lines += ["", "| address | for | permission | methods |", "|---|---|---|---|"]
    lines += [f"| `/{r.address}` | {r.audience} | {r.permission or '—'} | {', '.join(r.methods)} |" for r in ROUTES]
    return "\n".join(lines) + "\n"


def plan_language() -> str:
    from sizao.plan.language import pages

    return pages.grammar()


def vocabulary() -> str:
    from sizao.plan.facts import vocabulary as known
    from sizao.plan.language import pages

    return pages.vocabulary(known())


def line_lists() -> str:
    """Dialects, fields and notes of the intake, from the files that it reads."""
    from sizao.interop.dialects import OTHER, dialects, labels
    from sizao.interop.fields import FIELDS
    from sizao.kernel.errors import texts

    known, cell = dialects(), lambda text: str(text).replace("|", "\\|").replace("\n", " ")
    words = labels()["labels"]
    lines = ["# Line lists", "", "What [the intake](../how-to/open-a-line-list.md) understands without being told, and what it notes on a row.", "", "## Known exports", ""]
    lines += ["| dialect | table | known by |", "|---|---|---|"]
    lines += [f"| `{f.dialect}` | {f.kind if f.kind != OTHER else f'refused: {cell(f.what[1])}'} | {cell(', '.join(f.known_by))} |" for f in known.forms]
    lines += ["", "## Fields and their names", "", "| field | 中文 | English | tables | headers in general use |", "|---|---|---|---|---|"]
    for name, f in FIELDS.items():
        heads = dict.fromkeys(h for g in known.general for h in g.written.get(name, ()))
        lines.append(f"| `{name}` | {words[name]['zh']} | {words[name]['en']} | {', '.join(f.tables)} | {cell(', '.join(heads)) or '—'} |")
    lines += ["", "## Notes on rows", "", "Each is counted for the file. Those that reject the row say so in [the error codes](errors.md).", "", "| note | 中文 | English |", "|---|---|---|"]
    room = ("row-", "cell-", "date-", "age-", "id-", "digits-", "link-", "place-", "status-", "outcome-", "observation-", "value-", "number-", "column-", "header-", "sheet-not", "follow-up-", "contact-of", "sample-", "result-", "number-of")
    lines += [f"| `{code}` | {cell(t.zh)} | {cell(t.en)} |" for code, t in sorted(texts().items()) if code.startswith(room)]
    return "\n".join(lines) + "\n"


def diseases() -> str:
    """What the content says of each disease: within what time it is reported, how long until it shows, when it can be passed on; and where it has no figure."""
    from sizao.kernel.codes import diseases as every

    def said(body: dict, what: str, words) -> str:
        return "<br>".join(f"from {line['from']}: {words(line)} ({line['source']})" for line in body.get(what, ())) or "no figure"

    lines = ["# Diseases and their periods", "", "Written from `content/diseases/`. Where the content has no infectious period counted from the onset, exposures before the onset are taken without a question,", "and the case's page says that there is none. 未见原文: the source was not read in the original.", ""]
    lines += ["| disease | 中文 | reported within | incubation, days | infectious, days before and after the onset |", "|---|---|---|---|---|"]
    for code, body in every().items():
        within = said(body, "notifiable", lambda line: f"{line['report_within']} {line['unit']}")
        incubation = said(body, "incubation", lambda line: f"{line['days'][0]} to {line['days'][1]}")
        infectious = said(body, "infectious", lambda line: f"{line['before_onset']} before to {line['after_onset']} after")
        lines.append(f"| `{code}` {body['en']} | {body['zh']} | {within} | {incubation} | {infectious} |")
    return "\n".join(lines) + "\n"


def streams() -> str:
    """What is watched, from the files that the watch reads."""
    from sizao.kernel.codes import roles
    from sizao.registers.surveillance.streams import streams as every

    def judged(one) -> str:
        if one.together:
            return f"{one.together.cases} cases at one place, less than {one.together.hours} h apart, within {one.together.days} days"
        if one.cluster:
            return f"{one.cluster.cases} persons in one unit ({', '.join(one.cluster.kinds) or 'any'}) within {one.cluster.days} days"
        rule = one.rule
        told = f"baseline {rule.baseline}, standard deviation at least {rule.min_sigma}" if rule.method in ("C1", "C2", "C3") else f"{rule.years or 'its own number of'} years back"
        seasons = "".join(f"<br>{s.first} to {s.last}: {', '.join(f'{k} {v}' for k, v in s.other)}" for s in one.seasons)
        if rule.method == "cusum":
            told = f"k {rule.k if rule.k is not None else 'its own'}, h {rule.h if rule.h is not None else 'its own'}"
        told += f", holidays of `{one.calendar}`" if one.calendar else ""
        return f"{rule.method}, α {rule.alpha}, {told}, no alarm below {rule.least}{seasons}"

    def counted(one) -> str:
        where = "".join(f", {name} is {' or '.join(map(str, values))}" for name, values in one.where)
        heard = {"reports": f"a report of `{one.heard_ledger}`", "rows": "any row", "always": "nothing: reports are owed by law"}[one.heard]
        share = f", from {one.heard_share:.0%} of the usual number on" if one.heard_share else ""
        return f"{f'sum of `{one.total}` of' if one.total else 'rows of'} `{one.register}` by `{one.at}`{where}; told by {heard}{share}"

    lines = ["# Streams", "", "Written from `content/streams/`. Every stream is counted in every area of its levels, and judged; [how a signal is judged](../how-to/judge-a-signal.md).", ""]
    lines += ["| stream | 中文 | counted | levels | judged | who, within | minutes | silent, repeated |", "|---|---|---|---|---|---|---|---|"]
    for one in every().values():
        broken = ", ".join(filter(None, (f"{one.silent} {one.every}s without a sound" if one.silent else "", f"{one.loop} equal counts of {one.loop_least} or more" if one.loop else ""))) or "—"
        lines.append(
            f"| `{one.id}` {one.en} | {one.zh} | {counted(one)} | {', '.join(one.levels)}, each {one.every} | {judged(one)} | {roles()[one.role]['en']} ({one.role_level}), {one.hours} h | {one.minutes} | {broken} |"
        )
    from sizao.registers.surveillance.alarms import alarms

    lines += ["", "## Signals that no stream raised", "", "Written from `content/alarms/`.", "", "| kind | 中文 | who, within | minutes |", "|---|---|---|---|"]
    lines += [f"| `{one.kind}` {one.en} | {one.zh} | {roles()[one.role]['en']} ({one.level}), {one.hours} h | {one.minutes} |" for one in alarms().values()]
    lines += ["", "## Sources", "", *(f"- `{one.id}`: {one.source}" for one in every().values())]
    return "\n".join(lines) + "\n"


def grade_rules() -> str:
    """Sets of rules for grades, in words and as written, and what a condition may ask."""
    from sizao.plan.grading.figures import FIGURES, MOST_DAYS, UNITS
    from sizao.plan.grading.rulesets import shipped

    lines = ["# Rules for grades of areas", "", "Written from `content/grades/` and `plan/grading/figures.py`. A set counts where two people have put it in force; one that stood by itself counts where nobody has decided.", "[How an area is graded](../how-to/grade-an-area.md).", ""]
    for rules in sorted(shipped().values(), key=lambda r: (r.example is not None, r.id)):
        lines += [f"## `{rules.id}`: {rules.title['zh']} · {rules.title['en']}", ""]
        if rules.example:
            lines += [f"An example of ours, no authority's text. {rules.example['zh']}。 {rules.example['en']}.", ""]
        lines += ["| grade | when | 中文 | English |", "|---|---|---|---|"]
        lines += [f"| {line.grade} | {f'`{line.text}`' if line.text else '—'} | {line.say('zh')} | {line.say('en')} |" for line in rules.lines]
        by_itself = f" Stands by itself from {rules.since} until {rules.until}." if rules.since else ""
        part = f", or a part of it ({', '.join(rules.smallest)})" if rules.smallest else ""
        lines += ["", f"Graded: {', '.join(rules.levels)}{part}. Cases: {', '.join(rules.classes)}. A cluster: {rules.cluster_cases} new cases or more in one {rules.cluster_level}. Looked at again after {rules.review} days; stale after {rules.stale} days without a word of a case.{by_itself}", "", f"Source: {rules.source}", ""]
    lines += ["## What a condition may ask", "", f"`_Nd`: over the last N local days, 1 to {MOST_DAYS}, the judged day included. What cannot be told is not 0: the line stays open, and with it the grade, unless every line that is open would give the same.", ""]
    lines += ["| word | 中文 | English | unit | how it is counted | cannot be told where |", "|---|---|---|---|---|---|"]
    lines += [f"| `{f.name}{'_Nd' if f.days else ''}` | {f.zh.replace('{n}', 'N')} | {f.en.replace('{n}', 'N')} | {UNITS[f.unit][1] or 'yes or no'} | {f.how[0]} {f.how[1]} | {f.untold[0]} {f.untold[1] or '—'} |" for f in FIGURES]
    return "\n".join(lines) + "\n"


def ledgers() -> str:
    from sizao.kernel.fields import dictionary
    from sizao.registers.ledgers import due
    from sizao.registers.ledgers.catalogue import ledgers as every

    lines = ["# Ledgers and fields", "", "Written from `content/ledgers/` and `content/fields/`. Minutes a day: of one who files, by the rhythm; for an event, of one line.", ""]
    lines += ["| ledger | 中文 | about | filed by | due | fields (* must be told; = known already, shown and not asked) | minutes |", "|---|---|---|---|---|---|---|"]
    for one in sorted(every().values(), key=lambda x: x.id):
        about = ", ".join(one.keys) + (f": {', '.join(one.kinds or one.levels)}" if one.kinds or one.levels else "")
        when = "when it happens" if not one.is_due else f"each {one.rhythm.kind}, {', '.join(one.rhythm.at)}"
        asked = ", ".join(f"`{f.id}`{'*' if f.id in one.required else ''}" for f in one.fields) or f"nothing: counted from `{one.counts}`"
        asked += "".join(f", `{f.id}`=" for f in one.filled_fields)
        lines.append(f"| `{one.id}` {one.en} | {one.zh} | {about} | {one.filed_by} | {when} | {asked} | {due.cost(one)[0]:.2g} |")
    lines += ["", *_served(every()), "## Fields"]
    lines += ["", "| field | 中文 | English | type | unit or codes | asked by |", "|---|---|---|---|---|---|"]
    asked_by: dict[str, list[str]] = {}
    for one in every().values():
        for f in one.fields:
            asked_by.setdefault(f.id, []).append(one.id)
    for f in sorted(dictionary().values(), key=lambda x: x.id):
        who = ", ".join(asked_by.get(f.id, [])) or (f"nobody: known from {f.known}" if f.known else f"nobody: counted from {f.counted}" if f.counted else "—")
        lines.append(f"| `{f.id}` | {f.zh} | {f.en} | {f.type} | {f.unit or f.codes or '—'} | {who} |")
    return "\n".join(lines) + "\n"


def _served(every: dict) -> list[str]:
    """Of each ledger the measures that ask for it, found in the editions, with the passages they come from; of one that none asks for, what its file says."""
    from sizao.plan.trace import named_by
    from sizao.plan.trace import trace as traced

    found = named_by()
    five = {m["id"]: m["sources"] for m in traced()["measures"]}
    lines = ["## What each serves", "", "Measures that name the ledger or its acts, and the passage each comes from: found in the editions, typed nowhere. What no edition says (a norm, a measure that does not name it) stands in the ledger's own file (`source`).", ""]
    for one in sorted(every.values(), key=lambda x: x.id):
        lines += [f"### {one.id}", "", f"{one.zh} · {one.en}", ""]
        named: dict[str, list] = {}
        for name in sorted({one.id, one.act, one.filing_act} - {""}):
            for measure, sources in found.get(name, {}).items():
                named.setdefault(measure, []).extend(s for s in sources if s not in named[measure])
        said = [s for s in one.source if s in five]
        lines += [f"- {s}" for s in one.source if s not in five]
        for measure, sources in sorted((named | {m: five[m] for m in said}).items()):
            quotes = dict.fromkeys(f"[{s['text']}] {s['quote']}" for s in sources)
            lines.append(f"- {f'[{measure}](trace.md#{measure})' if measure in five else f'`{measure}`'}: {'; '.join(quotes)}")
        lines.append("")
    return lines


def trace() -> str:
    from sizao.plan import tracepages

    return tracepages.trace_page()


def left_out() -> str:
    from sizao.plan import tracepages

    return tracepages.left_out_page()


def truth() -> str:
    from sizao.rehearsal import truthpage

    return truthpage.page()


def examples() -> str:
    """The worked examples, each as its page in `tests/examples/` has it; the tests hold the program to them."""
    pages = sorted((Path(__file__).parents[1] / "tests" / "examples").glob("*.md"))
    head = ["# Worked examples · 实例", "", "Tables that a planner can read. Each is a file in `tests/examples/`; the tests play it, on the reference and on a compiled engine, and fail", "when what comes out is not what stands here. Examples of single measures stand beside the editions (`content/scenarios/`) and on an edition's page.", ""]
    bodies = ["\n" + page.read_text(encoding="utf-8").replace("\n## ", "\n### ").replace("# ", "## ", 1) for page in pages]
    return "\n".join(head) + "\n".join(body.rstrip() + "\n" for body in bodies)


def answered() -> str:
    """Messages, tables and certificates that others wrote, and how each is answered; `tests/interop/test_answered.py` holds the counts."""
    import yaml

    from sizao.kernel.errors import texts

    told = yaml.safe_load((Path(__file__).parents[1] / "tests" / "interop" / "answered.yaml").read_text(encoding="utf-8"))
    lines = ["# Messages of others · 外来报文", "", "Sets of messages, tables, certificates and cards that other systems and other people published, and what becomes of each here. None of them is in the project;",
             "where they lie beside it, `tests/interop/test_answered.py` holds these counts. A message: one HL7 message, one bundle, one table, one certificate.", "",
             "| set | what it is | messages | taken | refused |", "|---|---|---|---|---|"]
    lines += [f"| `{name}` | {one['what']} | {one['taken'] + sum(n for n, _ in one['refused'].values())} | {one['taken']} | {sum(n for n, _ in one['refused'].values())} |" for name, one in told.items()]
    lines += ["", "## Why each refusal is right", "", "| set | code | messages | 中文 | why |", "|---|---|---|---|---|"]
    lines += [f"| `{name}` | [`{code}`](errors.md) | {count} | {texts()[code].zh.replace('|', '、')} | {why} |" for name, one in told.items() for code, (count, why) in one["refused"].items()]
    return "\n".join(lines) + "\n"


PAGES = {"messages-of-others.md": answered, "examples.md": examples, "line-lists.md": line_lists, "ledgers.md": ledgers, "streams.md": streams, "diseases.md": diseases, "commands.md": commands, "errors.md": errors, "access.md": access, "plan-language.md": plan_language, "vocabulary.md": vocabulary, "trace.md": trace, "left-out.md": left_out, "truth.md": truth, "grades.md": grade_rules}


def main() -> None:
    import django

    django.setup()
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
