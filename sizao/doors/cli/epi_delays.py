"""epi delays · epi nowcast: how long from one date of a line list to the next, and how many cases of the newest days are still to be reported."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from . import context
from .app import Json
from .epi import epi_app
from .epi_files import Order, Seed, tell, today

LineList = Annotated[Path, typer.Argument(metavar="FILE", help="个案表，每例一行 · a line list, a line a case")]
By = Annotated[str | None, typer.Option("--by", metavar="HEADER", help="分组列，如地区、发现途径 · header of groups, as area or route of discovery")]
Count = Annotated[str | None, typer.Option("--count", metavar="HEADER", help="例数列；缺省每行一例 · header of how many cases a line stands for; one")]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="资料齐全的最后一天；缺省为文件里最晚的日期 · last day whose dates are all there; the latest in the file")]


def _read(file: Path, first: str, second: str, by: str | None, count: str | None, as_of: str | None, order: str | None) -> tuple[Any, int]:
    """The lines, and the ordinal of the day of looking."""
    from sizao.interop.analysts import read_pairs
    from sizao.kernel.errors import Refused

    pairs = read_pairs(file, first=first, second=second, today=today(), by=by, count=count, order=order)
    if pairs.without:
        context.say(f"{pairs.without} 行没有“{first}”，未计入。", f'{pairs.without} lines have no "{first}" and were left out.')
    if pairs.reversed_at:
        n, line = len(pairs.reversed_at), pairs.reversed_at[0]
        context.say(f"{n} 行的“{second}”早于“{first}”（首见于第 {line} 行），不计入间隔。", f'{n} lines have "{second}" before "{first}" (the first one in line {line}) and were left out of the delays.')
    if as_of is None:
        return pairs, max(int(pairs.first.max()), int(pairs.second.max()))
    try:
        return pairs, date.fromisoformat(as_of).toordinal()
    except ValueError:
        raise Refused("bad-value", field="as-of", value=as_of, expected="2020-04-29") from None


@epi_app.command("delays")
def delays(
    file: LineList,
    first: Annotated[str, typer.Option("--from", metavar="HEADER", help="前一日期列，如发病日期 · header of the first date, as onset")],
    second: Annotated[str, typer.Option("--to", metavar="HEADER", help="后一日期列，如报告日期 · header of the second date, as report")],
    by: By = None,
    family: Annotated[Literal["lognormal", "gamma", "weibull"] | None, typer.Option("--family", help="分布族；缺省取 AIC 最低者 · distribution; the one of the lowest AIC")] = None,
    truncation: Annotated[bool, typer.Option("--truncation/--no-truncation", help="校正右截断：最近的长间隔尚未看到 · right truncation: the newest long delays are not seen yet")] = True,
    as_of: AsOf = None,
    count: Count = None,
    seed: Seed = 1,
    order: Order = None,
    json: Json = False,
) -> None:
    """间隔天数 · days from one date to the next, both known to the day (Park, Charniga 2024). Columns: group, cases, pairs, open (no second date yet), reversed (left out), family, median, mean, p90 with 95 % intervals (_low, _high), observed_median, unseen (share of delays not seen yet), reason (where there is no fit)"""
    import numpy as np

    from sizao.epi.delays import LEAST, fit

    pairs, looked = _read(file, first, second, by, count, as_of, order)
    rows: list[dict[str, Any]] = []
    for g, name in enumerate(pairs.groups):
        mine = (pairs.group == g) & (pairs.first <= looked)
        done = mine & (pairs.second >= pairs.first) & (pairs.second <= looked)
        back = mine & (pairs.second >= 0) & (pairs.second < pairs.first)
        days, often = (pairs.second - pairs.first)[done], pairs.often[done]
        row: dict[str, Any] = {"group": name, "cases": int(pairs.often[mine].sum()), "pairs": int(often.sum()), "open": int(pairs.often[mine & ~back].sum() - often.sum()), "reversed": int(pairs.often[back].sum())}
        found = fit(days, looked - pairs.first[done] if truncation else None, families=(family,) if family else ("lognormal", "gamma", "weibull"), weights=often, seed=seed) if often.sum() else None
        row |= {"family": found.family if found else None}
        for what in ("median", "mean", "p90"):
            value = getattr(found, what) if found else None
            row |= {what: value and value.value, f"{what}_low": value and value.low, f"{what}_high": value and value.high}
        row |= {"observed_median": float(np.median(np.repeat(days, often))) if often.sum() else None, "unseen": found.cut if found and truncation else None}
        rows.append(row | {"reason": "fitted" if found else f"fewer than {LEAST}" if often.sum() < LEAST else "no end in sight"})
    tell(rows, list(rows[0]), json)


@epi_app.command("nowcast")
def nowcast(
    file: LineList,
    onset: Annotated[str, typer.Option("--onset", metavar="HEADER", help="发病日期列 · header of the onset")],
    report: Annotated[str, typer.Option("--report", metavar="HEADER", help="报告日期列 · header of the report")],
    by: By = None,
    newest: Annotated[int, typer.Option("--newest", min=1, help="估计最近几天 · how many of the newest days")] = 14,
    window: Annotated[int, typer.Option("--window", min=1, help="由最近多少天学习报告延迟 · days from which delays are learned")] = 28,
    max_delay: Annotated[int, typer.Option("--max-delay", min=1, help="最长报告延迟 D，天 · longest delay D, days; longer ones are left out")] = 28,
    spread: Annotated[float, typer.Option("--spread", min=1, help="未报告数的方差与均值之比 · variance over mean of what is still to come")] = 1.0,
    draws: Annotated[int, typer.Option("--draws", min=100, help="模拟次数 · draws")] = 4000,
    as_of: AsOf = None,
    count: Count = None,
    seed: Seed = 1,
    order: Order = None,
    json: Json = False,
) -> None:
    """现报：最近几天的实际病例数 · cases of the newest days, reports still to come included (Höhle 2014). Columns: group, date, seen, reported (share of the day's cases reported by now), mean, and quantiles"""
    import numpy as np

    from sizao.epi.nowcast import QUANTILES, triangle
    from sizao.epi.nowcast import nowcast as estimate

    pairs, looked = _read(file, onset, report, by, count, as_of, order)
    days = max(newest, window + max_delay)
    known = pairs.second >= pairs.first
    triangles = []
    for g in range(len(pairs.groups)):
        mine = known & (pairs.group == g)
        triangles.append(triangle(np.repeat(pairs.first[mine], pairs.often[mine]), np.repeat(pairs.second[mine], pairs.often[mine]), looked, days, max_delay))
    found = estimate(np.stack(triangles), newest=newest, window=window, draws=draws, seed=seed, spread=spread)
    titles = [f"q{q:g}" for q in QUANTILES]
    rows = (
        {"group": name, "date": date.fromordinal(looked - newest + 1 + i), "seen": int(found.seen[g, i]), "reported": found.reported[g, i], "mean": found.mean[g, i]} | dict(zip(titles, found.quantiles[g, i], strict=True))
        for g, name in enumerate(pairs.groups)
        for i in range(newest)
    )  # fmt: skip
    tell(rows, ["group", "date", "seen", "reported", "mean", *titles], json)
