"""F1, played again: a laboratory's list goes through a container that holds less than the list, and rows are gone that nobody misses. Here each way of it is seen, and none is lost."""

import itertools
import time
from datetime import timedelta

import pytest
import xlsxwriter
from interop.containers import xls
from interop.test_tables import opened

from sizao.interop.feeds import watch
from sizao.interop.feeds.models import Alarm
from sizao.interop.intake import import_files
from sizao.interop.models import ImportFile, ImportRow
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.registers.cases.models import Case

HEADER = ["病例编号", "姓名", "性别", "年龄", "省", "市", "区县", "病例分类", "发病日期", "报告日期"]
SENDER = "lab:largest"
#: Rows that an old sheet and a newer one hold, the header's among them.
OLD, NEWER = 65_536, 1_048_576
FULL = pytest.mark.full


def line(n):
    return [f"{n:07}", "张" + "一二三四五六七八九十"[n % 10], "男女"[n % 2], str(20 + n % 60), "示例省", "示例市", "青禾县", "确诊病例", f"2020-09-{1 + n % 28:02}", "2020-09-30"]


def text(path, rows, cut=0):
    with path.open("w", encoding="utf-8") as f:
        f.write(",".join(HEADER) + "\n")
        f.writelines(",".join(line(n)) + "\n" for n in range(rows))
    if cut:
        with path.open("r+b") as f:
            f.truncate(path.stat().st_size - cut)
    return path


def old_sheet(path, lines):
    """`lines` of a sheet, the header among them: what the program that wrote it would have kept of any longer list."""
    path.write_bytes(xls([HEADER[:1] + HEADER[7:9], *([f"#{n}", "确诊病例", f"2020-09-{1 + n % 28:02}"] for n in range(lines - 1))]))
    return path


def newer_sheet(path, *sheets):
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    for begin, end in sheets:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER[:1] + HEADER[7:9])
        for at, n in enumerate(range(begin, end), 1):
            sheet.write_row(at, 0, [f"{n:07}", "确诊病例", f"2020-09-{1 + n % 28:02}"])
    book.close()
    return path


def test_f1_a_sheet_of_65536_rows_stops_and_one_row_fewer_is_read_to_its_last(tmp_path):
    with pytest.raises(Refused, match="sheet-full") as stopped:
        opened(old_sheet(tmp_path / "september.xls", OLD))
    assert f"{OLD:,}" in stopped.value.text("en") or str(OLD) in stopped.value.text("en")
    table = opened(old_sheet(tmp_path / "less.xls", OLD - 1))
    rows = [row for block in table.blocks() for row in block.rows]
    assert (len(rows), rows[-1][0]) == (OLD - 2, str(OLD - 3))


def test_f1_a_list_that_goes_on_in_a_second_sheet_is_not_read_by_half(tmp_path):
    path = newer_sheet(tmp_path / "two.xlsx", (0, 30), (30, 50))
    with pytest.raises(Refused, match="sheet-continues"):
        opened(path)
    table = opened(path, accept_full_sheet=True)  # somebody says that the first is all that is meant
    assert [(n.code, n.value) for n in table.notes] == [("sheet-not-read", "Sheet2")] and sum(len(b.rows) for b in table.blocks()) == 30


@FULL
def test_f1_a_newer_sheet_reads_beyond_the_old_limit_and_stops_at_its_own(tmp_path):
    table = opened(newer_sheet(tmp_path / "beyond.xlsx", (0, OLD + 1_000)))
    assert sum(len(b.rows) for b in table.blocks()) == OLD + 1_000
    with pytest.raises(Refused, match="sheet-full"):
        opened(newer_sheet(tmp_path / "full.xlsx", (0, NEWER - 1)))


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [3_000, pytest.param(1_200_000, marks=FULL)])
def test_f1_every_row_of_the_whole_list_is_stored_or_named_and_a_cut_one_says_where(system, tmp_path, rows):
    began = time.process_time()
    whole = import_files(system, [text(tmp_path / "september.csv", rows)], disease="covid-19", sender=SENDER)
    print(f"{rows:,} rows: {time.process_time() - began:.0f} s of this process, {whole.files[0].accepted:,} accepted")
    told = ImportFile.objects.get()
    assert (told.rows, told.accepted, told.updated, told.duplicate, told.rejected) == (rows, rows, 0, 0, 0)
    assert Case.objects.count() == ImportRow.objects.count() == rows and whole.files[0].accepted == rows
    cut = import_files(system, [text(tmp_path / "october.csv", rows // 10, cut=12)], disease="covid-19", sender=SENDER).files[0]
    assert (cut.rows, cut.accepted + cut.updated + cut.duplicate, cut.rejected) == (rows // 10, rows // 10 - 1, 1)  # cut in the middle of its last row
    assert cut.problem_counts["row-cut-off"] == 1 and [p["row"] for p in cut.problems if p["code"] == "row-cut-off"] == [rows // 10 + 1]
    assert Case.objects.count() == rows


@pytest.mark.django_db
def test_f1_a_feed_that_brings_much_less_than_it_did_is_an_alarm(county):
    now = clock.now() - timedelta(days=3)
    for n, rows in enumerate(itertools.chain(itertools.repeat(12_000, 20), [900])):
        watch.heard(SENDER, rows=rows, digest=f"{n}", at=now + n * timedelta(hours=1))
    found = watch.watch(now + 21 * timedelta(hours=1))
    assert found == {SENDER: ["volume"]} and Alarm.objects.get().kind == "volume"
