"""epi detect · epi rt: early warning and reproduction numbers of a file of counts, as tables on standard output. Needs no store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from .app import Json, app
from .epi_files import CountColumn, DateColumn, File, Last, MissingIsZero, Order, SeriesColumn, daily, kinds, read, tell

epi_app = typer.Typer(no_args_is_help=True, help="流行病学统计 · statistics of a file of counts or cases: warning, reproduction, delays, nowcast, clusters")
app.add_typer(epi_app, name="epi")

METHODS = ("C1", "C2", "C3", "farrington", "farringtonFlexible", "bayes", "cusum", "regression", "fusion")


@epi_app.command("detect")
def detect(
    file: File,
    method: Annotated[str, typer.Option("--method", help=" | ".join(METHODS))] = "farringtonFlexible",
    last: Last = None,
    alpha: Annotated[float | None, typer.Option("--alpha", help="显著性水平（EARS 0.001，C3 0.025，Farrington、bayes 0.05，其余 0.005）· level")] = None,
    baseline: Annotated[int | None, typer.Option("--baseline", min=2, help="EARS：基线期数（7）· periods of the baseline")] = None,
    min_sigma: Annotated[float | None, typer.Option("--min-sigma", min=0, help="EARS：标准差下限（0）· least standard deviation")] = None,
    years: Annotated[int | None, typer.Option("--years", min=0, help="回溯年数 b（Farrington 5，bayes 0，regression、fusion 每周 8、每日 5）· years back")] = None,
    window: Annotated[int | None, typer.Option("--window", min=0, help="半窗宽 w（Farrington 3，bayes 6）· half window")] = None,
    seasons: Annotated[int | None, typer.Option("--seasons", min=1, help="Flexible：季节水平数 noPeriods（10）· levels of the season")] = None,
    past_left_out: Annotated[int | None, typer.Option("--past-left-out", min=-1, help="不入基线的最近期数（Flexible 26，regression、fusion 每周 8、每日 14）· newest periods not in the baseline")] = None,
    threshold: Annotated[Literal["delta", "nbPlugin", "muan"] | None, typer.Option("--threshold", help="Farrington：界值方法 · how the bound is made")] = None,
    reweight: Annotated[bool | None, typer.Option("--reweight/--no-reweight", help="Farrington、regression、fusion：降低既往暴发的权重（是）· past outbreaks count less")] = None,
    trend: Annotated[bool | None, typer.Option("--trend/--no-trend", help="Farrington、regression、fusion：趋势项（有）· a trend")] = None,
    act_y: Annotated[bool | None, typer.Option("--act-y/--no-act-y", help="bayes：是否参考当年的前 w 期 actY（是）· whether the w periods just before count")] = None,
    k: Annotated[float | None, typer.Option("--k", min=0, help="cusum：参考值 k（1.04）· reference value")] = None,
    h: Annotated[float | None, typer.Option("--h", min=0, help="cusum：界限 h（2.26）· limit of the sum")] = None,
    m: Annotated[str | None, typer.Option("--m", help="cusum：期望值 · expected: regression | mean | glm | a number")] = None,
    trans: Annotated[str | None, typer.Option("--trans", help="cusum：残差 · residual: score | standard | rossi | anscombe | anscombe2nd | pearsonNegBin | anscombeNegBin | none")] = None,
    reset: Annotated[bool | None, typer.Option("--reset/--no-reset", help="cusum：报警后归零（否）· begin again after an alarm")] = None,
    family: Annotated[Literal["negbin", "poisson"] | None, typer.Option("--family", help="regression、fusion：分布（negbin）· distribution")] = None,
    waves: Annotated[int | None, typer.Option("--waves", min=0, help="regression、fusion：季节谐波数（3）· waves of the season")] = None,
    share: Annotated[float | None, typer.Option("--share", help="fusion：单期所占的误报份额（0.9）· share of alpha that a single period gets")] = None,
    reference: Annotated[float | None, typer.Option("--reference", help="fusion：累积和的参考值（1.25）· reference of its cumulative sum")] = None,
    holidays: Annotated[Path | None, typer.Option("--holidays", metavar="FILE", help="cusum、regression、fusion：节假日文件，每行 日期[,类别] · holidays, a line each: date[,kind 1-20]")] = None,
    as_package: Annotated[bool, typer.Option("--as-package", help="按 R surveillance 1.20.3 的算法 · compute as R's surveillance 1.20.3 does")] = False,
    date_column: DateColumn = None,
    count: CountColumn = None,
    series: SeriesColumn = None,
    order: Order = None,
    json: Json = False,
) -> None:
    """病例数是否异常升高 · are the newest counts more than was to be expected? Columns: series, date, observed, expected, threshold, alarm, reason"""
    from sizao.epi.warning.methods import judge
    from sizao.epi.warning.series import REASONS, BadSeries
    from sizao.kernel.errors import Refused

    told = read(file, {"date": date_column, "count": count, "series": series}, order)
    options = {"alpha": alpha, "baseline": baseline, "min_sigma": min_sigma, "years": years, "window": window, "seasons": seasons, "past_left_out": past_left_out, "threshold": threshold,
               "reweight": reweight, "trend": trend, "act_y": act_y, "k": k, "h": h, "m": _number_or_word(m), "trans": trans, "reset": reset, "family": family, "waves": waves, "share": share,
               "reference": reference}  # fmt: skip
    try:
        found = judge(method, told.counts, step=told.step, last=last, holidays=kinds(holidays, told) if holidays else None, as_package=as_package, **options)
    except BadSeries as bad:
        raise Refused(bad.code, series=told.names[bad.series], date=told.dates[bad.at], value=bad.value) from None
    except ValueError as wrong:
        raise Refused("epi-options", why=wrong) from None
    first = len(told.dates) - found.alarm.shape[1]
    rows = (
        {"series": name, "date": told.dates[first + i], "observed": told.counts[s, first + i], "expected": found.expected[s, i], "threshold": found.threshold[s, i], "alarm": found.alarm[s, i], "reason": REASONS[found.reason[s, i]]}
        for s, name in enumerate(told.names)
        for i in range(found.alarm.shape[1])
    )  # fmt: skip
    tell(rows, ["series", "date", "observed", "expected", "threshold", "alarm", "reason"], json)


def _number_or_word(text: str | None) -> float | str | None:
    try:
        return float(text) if text else None
    except ValueError:
        return text


@epi_app.command("rt")
def rt(
    file: File,
    si_mean: Annotated[float | None, typer.Option("--si-mean", help="代间隔均值，天 · mean of the serial interval, days")] = None,
    si_sd: Annotated[float | None, typer.Option("--si-sd", help="代间隔标准差，天 · its standard deviation, days")] = None,
    si_file: Annotated[Path | None, typer.Option("--si-file", metavar="FILE", help="经验代间隔：lag,probability · an empirical serial interval instead: lag,probability")] = None,
    window: Annotated[int, typer.Option("--window", min=1, help="窗宽，天 · days of a window")] = 7,
    last: Last = None,
    method: Annotated[Literal["cori", "wallinga-teunis"], typer.Option("--method")] = "cori",
    prior_mean: Annotated[float, typer.Option("--prior-mean", help="先验均值 · mean of the prior")] = 5.0,
    prior_sd: Annotated[float, typer.Option("--prior-sd", help="先验标准差 · its standard deviation")] = 5.0,
    draws: Annotated[int, typer.Option("--draws", min=0, help="Wallinga–Teunis：模拟次数 · simulations for its interval")] = 100,
    missing_is_zero: MissingIsZero = False,
    date_column: DateColumn = None,
    count: CountColumn = None,
    series: SeriesColumn = None,
    order: Order = None,
    json: Json = False,
) -> None:
    """再生数 · reproduction numbers. Columns: series, date (the last day of the window), cases, mean, sd, and quantiles"""
    from sizao.epi import reproduction
    from sizao.interop.analysts import read_serial
    from sizao.kernel.errors import Refused

    told = read(file, {"date": date_column, "count": count, "series": series}, order)
    if told.step != 1:
        raise Refused("series-not-daily", file=file.name)
    counts = daily(told, missing_is_zero)
    try:
        if si_file is not None:
            serial = reproduction.checked(read_serial(si_file))
        elif si_mean is not None and si_sd is not None:
            serial = reproduction.serial_interval(si_mean, si_sd, max(len(told.dates), int(si_mean + 10 * si_sd) + 2))
        else:
            raise Refused("serial-not-given")
        if method == "cori":
            found, names = reproduction.cori(counts, serial / serial.sum(), window=window, prior_mean=prior_mean, prior_sd=prior_sd), reproduction.QUANTILES
        else:
            found, names = reproduction.wallinga_teunis(counts, serial / serial.sum(), window=window, draws=draws), (0.025, 0.975)
    except reproduction.BadSerialInterval as bad:
        raise (Refused("series-moments", mean=si_mean, sd=si_sd) if bad.code == "serial-moments" else Refused(bad.code, value=round(bad.value, 6))) from None
    titles = [f"q{q:g}" for q in names]
    begin = 0 if last is None else max(len(found.ends) - last, 0)
    rows = (
        {"series": name, "date": told.dates[int(found.ends[i])], "cases": found.cases[s, i], "mean": found.mean[s, i], "sd": found.sd[s, i]} | dict(zip(titles, found.quantiles[s, i], strict=True))
        for s, name in enumerate(told.names)
        for i in range(begin, len(found.ends))
    )  # fmt: skip
    tell(rows, ["series", "date", "cases", "mean", "sd", *titles], json)
