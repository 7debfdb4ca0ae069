"""How fast, and in how little memory. Long drills; their figures are printed."""

import csv
import random
import time
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from sizao.interop.dialects import dialects
from sizao.interop.intake import import_files
from sizao.interop.mapping import map_columns
from sizao.interop.opening import open_table
from sizao.interop.reading import Reader
from sizao.interop.survey import look_through

pytestmark = pytest.mark.full
HEADER = "病例编号 姓名 性别 年龄 身份证号 联系电话 现住址 省 市 区县 发病日期 报告日期 确诊日期 病例分类 转归 关联病例编号 密接人数 备注".split()  # noqa: SIM905


def messy(path, rows: int) -> None:
    """An invented list with every habit of writing."""
    chance = random.Random(1)

    def day() -> str:
        month, of_month = chance.randint(1, 6), chance.randint(1, 28)
        return chance.choice([f"2020-{month:02}-{of_month:02}", f"2020/{month}/{of_month}", f"2020.{month}.{of_month}", f"{month}月{of_month}日", "", "不详"])

    with path.open("w", encoding="utf-8", newline="") as f:
        out = csv.writer(f)
        out.writerow(HEADER)
        for n in range(rows):
            out.writerow(
                (
                    f"{n:08}", chance.choice("赵钱孙李周吴郑王") + chance.choice("一二三四五六七八九"), chance.choice("男女MF?"), chance.choice(["34", "50s", "3岁", "5月龄"]),
                    f"1101051949{chance.randint(10**7, 10**8 - 1)}", f"138{chance.randint(0, 10**8 - 1):08}", f"{n}号楼", chance.choice(["甲省", "乙省"]),
                    chance.choice("ABCDEFGH") + "市", chance.choice("abcdefgh") + "区", day(), day(), day(), chance.choice(["确诊病例", "疑似", "x"]),
                    chance.choice(["治愈", ""]), f"{max(0, n - 7):08}" if n % 3 == 0 else "", chance.choice(["", "3"]), f"备注{n}",
                )
            )  # fmt: skip


def test_parsing_mapping_and_values_run_at_five_thousand_rows_a_second(tmp_path):
    path = tmp_path / "big.csv"
    messy(path, 100_000)
    start = time.perf_counter()
    table = open_table(path, knows=dialects().knows)
    mapping = map_columns(table.header, dialects(), table.name)
    survey = look_through(table, mapping, zone=ZoneInfo("Asia/Shanghai"), today=date(2026, 1, 1))
    reader = Reader(mapping, survey, zone="Asia/Shanghai", secret=bytes(32))
    rows = sum(len(reader.read(block)) for block in table.blocks())
    rate = rows / (time.perf_counter() - start)
    print(f"{rate:,.0f} rows/s")
    assert rows == 100_000
    assert rate > 5_000


@pytest.mark.django_db
def test_a_whole_import_keeps_pace(system, tmp_path):
    path = tmp_path / "big.csv"
    messy(path, 10_000)
    start = time.perf_counter()
    report = import_files(system, [path], disease="covid-19")
    first = time.perf_counter()
    again = import_files(system, [path], disease="covid-19")
    print(f"{10_000 / (first - start):,.0f} rows/s new, {10_000 / (time.perf_counter() - first):,.0f} rows/s again")
    assert report.files[0].accepted == again.files[0].duplicate == 10_000
