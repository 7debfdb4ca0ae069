"""An invented messy line list with planted faults, and a count of them that shares nothing with the intake: it knows what it wrote."""

import csv
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

HEADER = ["病例编号", "姓名", "性别", "年龄", "身份证号", "联系电话", "现住址", "省", "市", "区县", "发病日期", "报告日期", "确诊日期", "病例分类", "转归", "关联病例编号", "密接人数", "备注"]
FAMILY, GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "一二三四五六七八九伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚"
AGES = ["34", "50s", "3岁", "5月龄", "61", "47", "28天", "70-79", "8"]


def rows(size: int, told: Counter[str], seed: int = 1, prefix: str = "") -> Iterator[list[str]]:
    """`size` rows; `told` counts what becomes of them and what was planted: the outcome names, and "note:code"."""
    chance = random.Random(seed)
    pick, number = chance.choice, chance.randint
    before: list[str] | None = None
    planted = ""
    for n in range(size):
        fate = number(0, 999)
        if fate < 4 and before is not None:  # the same row once more
            told["duplicate"] += 1
            told["note:row-repeated"] += 1
            told[planted] += 1  # what is odd about a row is odd about it each time
            yield before
            continue
        row = _row(n, chance, told, prefix)
        if fate < 8:
            row[0] = "4.10105E+17"  # the number lost its digits in a spreadsheet
            told["rejected"] += 1
        elif fate < 11:
            row.append("多出来的一格")
            told["rejected"] += 1
        elif fate < 13:
            row = [""] * len(HEADER)
            told["rejected"] += 1
        else:
            told["accepted"] += 1
            before, planted = row, ""
            if fate < 20:
                row[1], planted = "=" + row[1], "note:cell-formula"
            elif fate < 26:
                row[2], planted = pick(["雄", "X"]), "note:value-unknown"
            elif fate < 32:
                row[10], planted = f"1999-0{number(1, 9)}-11", "note:date-year-doubtful"
            elif fate < 40:
                row[11], planted = f"{number(1, 6)}月{number(1, 28)}日", "note:date-no-year"
            told[planted] += 1
        yield row
    # A last row that is whole, so that no empty row ends the file and is taken for none.
    told["accepted"] += 1
    del told[""]
    yield _row(size, chance, told, prefix)


def _row(n: int, chance: random.Random, told: Counter[str], prefix: str) -> list[str]:
    pick, number = chance.choice, chance.randint

    def day() -> str:
        month, at = number(1, 6), number(1, 28)
        return pick([f"2020-{month:02}-{at:02}", f"2020/{month}/{at}", f"2020.{month}.{at}", f"2020年{month}月{at}日", ""])

    return [
        f"{prefix}{n:08}", pick(FAMILY) + pick(GIVEN) + pick(GIVEN), pick("男女MF"), pick(AGES), f"11010519{number(30, 99)}{number(10**9, 10**10 - 1)}", f"138{number(0, 10**8 - 1):08}",
        f"{n % 977}号楼{number(1, 30)}层", pick(["甲省", "乙省"]), pick("ABCDEFGH") + "市", pick("abcdefgh") + "区", day(), day(), day(), pick(["确诊病例", "疑似", "无症状感染者"]),
        pick(["治愈", "", ""]), f"{prefix}{max(0, n - number(1, 9)):08}" if n % 3 == 0 and n else "", pick(["", "3", "12"]), f"备注{n}" if n % 4 == 0 else "",
    ]  # fmt: skip


def write_csv(path: Path, size: int, *, seed: int = 1, prefix: str = "", encoding: str = "utf-8") -> Counter[str]:
    """Writes about `size` rows (one more); what was planted."""
    told: Counter[str] = Counter()
    with path.open("w", encoding=encoding, newline="") as f:
        out = csv.writer(f)
        out.writerow(HEADER)
        out.writerows(rows(size, told, seed, prefix))
    return told


def write_xlsx(path: Path, size: int, *, seed: int = 1, prefix: str = "") -> Counter[str]:
    """The same as a workbook of text cells."""
    import xlsxwriter

    told: Counter[str] = Counter()
    book = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADER)
    for n, row in enumerate(rows(size, told, seed, prefix), 1):
        for i, cell in enumerate(row):
            if cell:
                sheet.write_string(n, i, cell)
    book.close()
    return told
