"""epi scan: where and since when there are more cases than expected."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from .app import Json
from .epi import epi_app
from .epi_files import CountColumn, DateColumn, Last, MissingIsZero, Order, Seed, daily, read, tell


def _header(option: str, help: str) -> Any:
    return typer.Option(option, metavar="HEADER", help=help)


@epi_app.command("scan")
def scan(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="病例数文件：place,date,count · counts: place,date,count")],
    places: Annotated[Path, typer.Option("--places", metavar="FILE", help="地点文件：place，lon、lat 或 x、y，population 或 expected（每期期望病例数）· places: place, lon and lat or x and y, population or expected (cases a period)")],
    model: Annotated[Literal["kulldorff", "expectation"] | None, typer.Option("--model", help="kulldorff：病例总数固定，圈内与圈外相比（有人口时）；expectation：与期望病例数相比（有期望病例数时）· kulldorff: all cases held, inside against outside (given populations); expectation: against expected counts (given these)")] = None,
    max_spatial: Annotated[float, typer.Option("--max-spatial", min=0, max=1, help="圈内人口占比上限 · maximum spatial cluster size, a share of the population at risk")] = 0.5,
    max_places: Annotated[int, typer.Option("--max-places", min=1, help="圈内地点数上限 · most places in a circle")] = 50,
    max_radius: Annotated[float | None, typer.Option("--max-radius", min=0, help="圈半径上限，公里（x、y 时为其单位）· largest radius, km (with x and y in their unit)")] = None,
    max_temporal: Annotated[int | None, typer.Option("--max-temporal", min=1, help="持续期数上限；缺省为一半 · maximum temporal cluster size, periods; half of those given")] = None,
    replications: Annotated[int, typer.Option("--replications", min=0, help="蒙特卡洛模拟次数 · Monte Carlo replications")] = 999,
    alpha: Annotated[float, typer.Option("--alpha", min=0, max=1, help="次要聚集的显著性水平；最强者总是给出 · level of secondary clusters; the strongest one is always told")] = 0.05,
    clusters: Annotated[int, typer.Option("--clusters", min=1, help="最多给出几个聚集 · most clusters told")] = 10,
    last: Last = None,
    missing_is_zero: MissingIsZero = False,
    seed: Seed = 1,
    place: Annotated[str | None, _header("--place", "两个文件里的地点列 · header of the place in both files")] = None,
    date_column: DateColumn = None,
    count: CountColumn = None,
    lon: Annotated[str | None, _header("--lon", "经度列，度 · header of longitudes, degrees")] = None,
    lat: Annotated[str | None, _header("--lat", "纬度列，度 · header of latitudes, degrees")] = None,
    x: Annotated[str | None, _header("--x", "平面横坐标列 · header of x on a plane")] = None,
    y: Annotated[str | None, _header("--y", "平面纵坐标列 · header of y on a plane")] = None,
    population: Annotated[str | None, _header("--population", "人口列 · header of populations")] = None,
    expected: Annotated[str | None, _header("--expected", "每期期望病例数列 · header of cases expected in a period")] = None,
    order: Order = None,
    json: Json = False,
) -> None:
    """时空聚集扫描 · space-time scan for clusters that end now (Kulldorff 2001; Neill 2005). Columns: cluster, places (the centre first), first, date, observed, expected, llr, p"""
    import numpy as np

    from sizao.epi.scan import chord, nearest, on_sphere, up_to
    from sizao.epi.scan import scan as search
    from sizao.interop.analysts import read_places
    from sizao.kernel.errors import Refused

    told = read(file, {"date": date_column, "count": count, "series": place}, order)
    where = read_places(places, {k: v for k, v in {"place": place, "lon": lon, "lat": lat, "x": x, "y": y, "population": population, "expected": expected}.items() if v})
    model = model or ("kulldorff" if where.population is not None else "expectation")
    base = where.population if model == "kulldorff" else where.expected
    if base is None:
        raise Refused("scan-place-without-base", file=places.name)
    number = {name: i for i, name in enumerate(where.names)}
    if unknown := [name for name in told.names if name not in number]:
        raise Refused("scan-place-not-among", place=unknown[0], file=places.name)
    counts = np.full((len(where.names), len(told.dates)), np.nan)
    counts[[number[name] for name in told.names]] = told.counts
    begin = 0 if last is None else max(len(told.dates) - last, 0)
    dates = told.dates[begin:]
    cases = daily(type(told)(where.names, dates, counts[:, begin:], told.step), missing_is_zero, whole=True).T
    if (wrong := np.flatnonzero((cases.sum(0) > 0) & (base == 0))).size:
        raise Refused("scan-place-cases-unexpected", place=where.names[int(wrong[0])])
    at, reach = (on_sphere(*where.at.T), None if max_radius is None else chord(max_radius)) if where.degrees else (where.at, max_radius)
    near = up_to(nearest(at, max_places, reach=reach), base, max_spatial)
    longest = max_temporal or max(len(dates) // 2, 1)
    found = search(cases, np.tile(base, (len(dates), 1)), near, replicates=replications, seed=seed, alpha=alpha, most=clusters, longest=longest, conditional=model == "kulldorff")
    rows = (
        {"cluster": rank, "places": [where.names[i] for i in one.places], "first": dates[len(dates) - one.periods], "date": dates[-1], "observed": int(one.cases), "expected": one.expected, "llr": one.score, "p": one.p}
        for rank, one in enumerate(found, 1)
    )  # fmt: skip
    tell(rows, ["cluster", "places", "first", "date", "observed", "expected", "llr", "p"], json)
