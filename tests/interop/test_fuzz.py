"""Files that chance has spoiled: read or refused, soon, in little memory, and every row of what is read answers. Ten minutes with --full."""

import io
import random
import resource
import sys
import time
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter
from interop.containers import ods, xls

from sizao.interop.dialects import dialects
from sizao.interop.mapping import map_columns
from sizao.interop.opening import open_table
from sizao.interop.reading import Reader
from sizao.interop.survey import look_through
from sizao.interop.units import units
from sizao.kernel.errors import Refused, texts

ROWS = [
    ["病例编号", "姓名", "性别", "年龄", "身份证号", "省", "发病日期", "报告日期", "病例分类", "关联病例编号", "备注"],
    ["A01", "张三", "男", "30", "110105194912310021", "甲省", "2020-01-03", "2020/1/5", "确诊病例", "", "首例"],
    ["A02", "=李四", "F", "5月龄", "", "乙省", "43838", "3/4/2020", "疑似", "A01", ""],
    ["4.1E+17", "王五", "?", "50s", "0012", "", "昨天", "2020-01-19T16:00:00.000Z", "x", "A1、A2", "a\tb"],
]  # fmt: skip
#: What files break at: quotes, delimiters, ends of lines, marks of order, half characters, huge and strange numbers, markup.
TOKENS = [
    b'"', b'""', b",", b";", b"\t", b"\r", b"\n", b"\r\n", b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"\xb2\xa1", b"\xe7\x97", b"\x81\x30\x81\x30", b"1e999", b"-1", b"NaN",
    b"9" * 400, b"{", b"}", b"[", b"]", b'\\"', b"\\ud800", b"&a;", b"<", b">", b"<!DOCTYPE", b'r="A1048576"', b'table:number-rows-repeated="1048576"', b"0000-00-00", b"9999-12-31",
    "٣".encode(), "\u202e".encode(), "😀".encode(), b"sep=;\n", b"##", b"," * 300,
]  # fmt: skip
SLOWEST = 5.0  # seconds, on a busy machine
MEGABYTES = 512


def corpus() -> dict[str, bytes]:
    lines = "\n".join(",".join(row) for row in ROWS) + "\n"
    objects = "[" + ",".join("{" + ",".join(f'"{h}": "{c}"' for h, c in zip(ROWS[0], row, strict=True)) + "}" for row in ROWS[1:]) + "]"
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"strings_to_formulas": False})
    sheet = book.add_worksheet()
    sheet.merge_range(0, 0, 0, 3, "病例一览表")
    for n, row in enumerate(ROWS, 1):
        sheet.write_row(n, 0, row)
    book.close()
    return {
        "utf8.csv": lines.encode(), "gb.csv": lines.encode("gb18030"), "tabs.tsv": lines.replace(",", "\t").encode("utf-16"), "list.json": objects.encode(),
        "lines.jsonl": objects[1:-1].replace("},{", "}\n{").encode(), "book.xlsx": out.getvalue(), "open.ods": ods(ROWS), "old.xls": xls(ROWS),
    }  # fmt: skip


def spoil(r: random.Random, data: bytes) -> bytes:
    """One to six accidents."""
    out = bytearray(data)
    for _ in range(r.choice((1, 1, 2, 3, 6))):
        at = r.randrange(len(out) + 1)
        end = min(len(out), at + r.choice((1, 2, 8, 64, 700)))
        kind = r.randrange(6)
        if kind == 0 and at < len(out):
            out[at] ^= 1 << r.randrange(8)
        elif kind == 1:
            out[at:at] = r.choice(TOKENS)
        elif kind == 2:
            del out[at:end]
        elif kind == 3:
            out[at:at] = out[at:end] * r.choice((1, 2, 30))
        elif kind == 4:
            out[at:end] = r.choice(TOKENS)
        else:
            del out[at:]
    return bytes(out)


def spoiled(r: random.Random, data: bytes) -> bytes:
    """The file spoiled; half of the archives inside, so that the reader behind the archive sees it."""
    if data[:2] != b"PK" or r.random() < 0.3:
        return spoil(r, data)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        victim = r.choice([e.filename for e in old.infolist() if not e.is_dir()])
        for e in old.infolist():
            new.writestr(e.filename, spoil(r, old.read(e)) if e.filename == victim else old.read(e))
    return out.getvalue()


def take_in(path: Path) -> str:
    """Reads a file as an import does, up to the registers; the code of its refusal, or "read"."""
    known, zone, today = dialects(), ZoneInfo("Asia/Shanghai"), date(2026, 1, 1)
    try:
        table = open_table(path, knows=known.knows)
        mapping = map_columns(table.header, known, table.name)
        survey = look_through(table, mapping, zone=zone, today=today)
        rows = 0
        for some in units(table, Reader(mapping, survey, zone="Asia/Shanghai", secret=bytes(32)), survey, mapping):
            for unit in some:
                rows += len(unit.rows)
                assert all(n.code in texts() for row in unit.rows for n in row.notes)
                assert all(len(row.raw) == len(table.header) for row in unit.rows)
        assert rows == survey.rows
    except Refused as refused:
        return refused.code
    return "read"


@pytest.mark.parametrize("seconds", [3, pytest.param(600, marks=pytest.mark.full)])
def test_a_file_that_chance_has_spoiled_is_read_or_refused(tmp_path, seconds):
    files, seed, end, said = corpus(), random.randrange(10**9) if seconds > 10 else 20_200_123, time.monotonic() + seconds, Counter()
    r, slowest = random.Random(seed), 0.0
    if seconds > 10 and sys.platform == "linux":  # a reader that asks for more ends this process, not the machine
        resource.setrlimit(resource.RLIMIT_AS, (6 << 30, resource.getrlimit(resource.RLIMIT_AS)[1]))
    while time.monotonic() < end:
        name = r.choice(list(files))
        content = spoiled(r, files[name])
        path = tmp_path / name
        path.write_bytes(content)
        began = time.process_time()
        try:
            said[take_in(path)] += 1
        except BaseException:
            (tmp_path / f"found-{name}").write_bytes(content)
            print(f"seed {seed}, file {sum(said.values())}: {content[:300]!r}", file=sys.stderr)
            raise
        slowest = max(slowest, time.process_time() - began)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    print(f"{sum(said.values())} files, {said['read']} read, the slowest {slowest:.2f} s, {megabytes:.0f} MB in all; {said.most_common(6)}")
    assert slowest < SLOWEST
    assert said["read"] > sum(said.values()) // 10
    assert seconds < 10 or megabytes < MEGABYTES
