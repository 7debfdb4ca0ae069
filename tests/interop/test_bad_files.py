"""Files that mean harm or are broken: refused or answered row by row, soon, and in little memory."""

import contextlib
import io
import struct
import time
import tracemalloc
import zipfile
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from interop.containers import ods, xls, xlsb
from interop.test_tables import bomb, opened, put

from sizao.interop import sheet_tables
from sizao.interop.dates import read_when
from sizao.interop.values import read_age, read_count, read_id, read_national_id
from sizao.kernel.errors import Refused

HEADER = "病例编号,姓名,性别,发病日期"
#: Seconds on a busy machine of two cores; on an idle one a fifth of it.
SOON = 5
MEGABYTES = 512


def answer(path) -> str:
    """What becomes of a file: the code of its refusal, or how many of its rows are fatal."""
    began = time.perf_counter()
    tracemalloc.start()
    try:
        fatal = sum(any(f.fatal for f in faults) for block in opened(path).blocks() for faults in block.faults.values())
        said = f"{fatal} fatal"
    except Refused as refused:
        said = refused.code
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert time.perf_counter() - began < SOON
    assert peak < MEGABYTES << 20
    return said


def picture_book() -> bytes:
    """A workbook whose sheet holds nothing but a picture."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    pixel = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082")
    book.add_worksheet().insert_image(0, 0, "p.png", {"image_data": io.BytesIO(pixel)})
    book.close()
    return out.getvalue()


FILES = {
    "ten-megabytes.csv": (f'{HEADER}\n1,"{"x" * (10 << 20)}",男,2020-01-03\n2,b,男,2020-01-03\n'.encode(), "1 fatal"),
    "one-line.csv": (b"x" * (12 << 20), "file-"),
    "nuls.csv": ((HEADER + "\n1,\0\0a,男,2020-01-03\n").encode(), "0 fatal"),
    "quote.csv": (f'{HEADER}\n1,"never closed,男,2020-01-03\n'.encode() + b"a,b,c,d\n" * 1000, ""),
    "pictures.xlsx": (picture_book(), "file-empty"),
    "entities.json": (b'{"a": ' * 50_000, "file-"),
    "digits.json": (b'[{"id": ' + b"9" * 200_000 + b', "name": "a"}]', ""),
    "bomb.ods": (bomb({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b" " * (90 << 20)}), "file-bomb"),
    "cut.ods": (ods([HEADER.split(","), ["1", "a", "男", ""]])[:-40], "file-cut-off"),
    "cut.xls": (xls([HEADER.split(","), ["1", "a", "男", ""]])[:1500], "file-"),
    "empty.xls": (xls([["", ""]]), "file-"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_gets_its_answer_soon_and_in_little_memory(tmp_path, name):
    content, code = FILES[name]
    assert code in answer(put(tmp_path, content, name))


def test_a_sheet_with_one_cell_far_out_or_one_row_a_million_times_is_not_opened(tmp_path):
    out, far = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for n, row in enumerate((HEADER.split(","), ["1", "a", "男", "2020-01-03"])):
            sheet.write_row(n, 0, row)
        sheet.write_string(1_048_000, 16_000, "x")
    assert answer(put(tmp_path, out.getvalue(), "far.xlsx")) == "file-bomb"
    with zipfile.ZipFile(io.BytesIO(ods([HEADER.split(","), ["1", "a", "男", ""]]))) as old, zipfile.ZipFile(far, "w") as new:
        for e in old.infolist():
            text = old.read(e)
            new.writestr(e.filename, text[::-1].replace(b"<table:table-row>"[::-1], b'<table:table-row table:number-rows-repeated="1048576">'[::-1], 1)[::-1])
    assert answer(put(tmp_path, far.getvalue(), "often.ods")) == "file-bomb"


def rewritten(book: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """An archive with some words of one part replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for e in before.infolist():
            text = before.read(e)
            assert e.filename != part or old in text
            after.writestr(e.filename, text.replace(old, new, 1) if e.filename == part else text)
    return out.getvalue()


def small_book() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        for n, row in enumerate((HEADER.split(","), ["1", "a", "男", "2020-01-03"])):
            book.worksheets() or book.add_worksheet()
            book.worksheets()[0].write_row(n, 0, row)
    return out.getvalue()


def too_large() -> dict[str, bytes]:
    """Workbooks of a few hundred bytes that claim a hall of cells, written so that looking at their text does not show it."""
    header, row = list(enumerate(HEADER.split(","))), ["1", "a", "男", "2020-01-03"]
    page = ods([HEADER.split(","), row])
    return {
        "far.xlsb": xlsb([(0, header), (1, list(enumerate(row))), (1_048_575, [(16_383, "x")])]),
        "far.xlsx": rewritten(small_book(), "xl/worksheets/sheet1.xml", b'r="D2"', b"r='XFD1048576'"),
        "often.ods": rewritten(page, "content.xml", b"<table:table-row>", b"<table:table-row  table:number-rows-repeated = '100000000'>"),
    }


def test_a_binary_workbook_opens_like_any_other(tmp_path):
    rows = [list(enumerate(r)) for r in (HEADER.split(","), ["007", "a", "男", "2020-01-03"])]
    table = opened(put(tmp_path, xlsb(list(enumerate(rows))), "list.xlsb"))
    assert table.header == HEADER.split(",")
    assert [r for block in table.blocks() for r in block.rows] == [["007", "a", "男", "2020-01-03"]]


@pytest.mark.parametrize("name", sorted(too_large()))
def test_a_workbook_that_would_take_all_memory_is_refused_by_a_process_that_may_die_of_it(tmp_path, name):
    path = put(tmp_path, too_large()[name], name)
    began = time.perf_counter()
    with pytest.raises(Refused, match="file-not-readable") as refused:
        opened(path)
    assert time.perf_counter() - began < SOON
    assert refused.value.values["reason"] is sheet_tables.TOO_MUCH


@pytest.mark.parametrize(("place", "value"), [(512 + 4, 1), (1024 + 128 + 120, 0x7FFFFFF0)], ids=["a chain that leads to itself", "a stream longer than any file"])
def test_an_old_workbook_that_kills_whoever_reads_it_is_refused_in_words(tmp_path, place, value):
    """The first entry after the header: the directory's chain; the size of the second entry of the directory, whose chain then turns in a circle."""
    spoiled = bytearray(xls([HEADER.split(","), ["1", "a", "男", "2020-01-03"]]))
    struct.pack_into("<I", spoiled, place, value)
    struct.pack_into("<I", spoiled, 512 + 4 * 2, 2)  # the workbook's own chain: its first sector leads to itself
    path = put(tmp_path, bytes(spoiled), "list.xls")
    began = time.perf_counter()
    with pytest.raises(Refused, match="file-not-readable") as refused:
        opened(path)
    assert time.perf_counter() - began < SOON
    assert refused.value.values["reason"] is sheet_tables.TOO_MUCH  # a process of its own, with its own limit, did not live through it
    assert "内存" in refused.value.text("zh") and "memory" in refused.value.text("en") and refused.value.cure("zh")


def test_entities_that_grow_or_reach_out_are_not_followed(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    content = ods([["病例编号", "姓名"], ["1", "NAME"]])
    kinds = {
        "reach": f'<!DOCTYPE d [<!ENTITY a SYSTEM "file://{secret}">]>',
        "grow": "<!DOCTYPE d [" + '<!ENTITY l0 "xxxxxxxxxx">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9)) + '<!ENTITY a "&l8;">]>',
    }
    for name, declared in kinds.items():
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
            for e in old.infolist():
                text = old.read(e)
                new.writestr(e.filename, text.replace(b"?>", f"?>{declared}".encode(), 1).replace(b"NAME", b"&a;") if e.filename == "content.xml" else text)
        path = put(tmp_path, out.getvalue(), f"{name}.ods")
        with contextlib.suppress(Refused):
            assert "SECRET" not in str([row for block in opened(path).blocks() for row in block.rows])
        answer(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@example(b"\xff\xfe", ".csv")
@example(b'[{"a":1},', ".json")
@example(b"PK\x03\x04" + b"\0" * 60, ".xlsx")
@given(st.one_of(st.binary(max_size=400), st.text(max_size=300).map(lambda t: (HEADER + "\n" + t).encode("utf-8", "surrogatepass"))), st.sampled_from([".csv", ".json", ".xlsx", ".xls", ".ods", ".tsv"]))
def test_whatever_the_bytes_a_file_is_read_or_refused(tmp_path, content, suffix):
    try:
        table = opened(put(tmp_path, content, "a" + suffix))
        assert all(len(row) == len(table.header) for block in table.blocks() for row in block.rows)
    except Refused:
        pass


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=60), st.from_regex(r"\d{1,4}[-/.年 ]\d{1,2}[-/.月 ]\d{1,4}([ T]\d{1,2}:\d\d(:\d\d)?)?( ?[AaPp][Mm])?(Z|\+\d\d:\d\d)?", fullmatch=True)))
def test_whatever_a_cell_says_a_reader_answers(text):
    for order in (None, "dmy", "mdy"):
        found = read_when(text, order=order, zone=ZoneInfo("Asia/Shanghai"))
        assert (found.value is None) <= (found.code is not None)
    for read in (read_age, read_count, read_id, read_national_id):
        read(text)
