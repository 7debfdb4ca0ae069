"""Files as they come: encodings, delimiters, ragged and damaged ones."""

import io
import zipfile
from datetime import datetime

import pytest
import xlsxwriter

from sizao.interop import tables, text_tables
from sizao.interop.dialects import dialects
from sizao.interop.opening import open_table
from sizao.kernel.errors import Refused

ZH = "病例编号,姓名,性别,发病日期\n001,张三,男,2020-01-03\n002,李四,女,2020-01-04\n"


def opened(path, **said):
    return open_table(path, knows=dialects().knows, **said)


def rows(table):
    return [row for block in table.blocks() for row in block.rows]


def faults(table):
    return {(block.lines[i], f.code) for block in table.blocks() for i, fs in block.faults.items() for f in fs}


def put(tmp_path, content: bytes | str, name="list.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "big5hkscs", "utf-16"])
def test_the_same_list_in_any_encoding_reads_the_same(tmp_path, encoding):
    text = ZH.replace("发", "發") if encoding == "big5hkscs" else ZH
    if encoding == "big5hkscs":
        text = "病例編號,姓名,性別,年齡\n001,張三,男,30\n002,李四,女,40\n".replace("病例編號", "姓名2")
    table = opened(put(tmp_path, text.encode(encoding)))
    assert rows(table)[0][1] in ("张三", "張三")
    assert rows(table)[0][0] == "001"


def test_spanish_in_latin_1_is_not_taken_for_chinese(tmp_path):
    text = "Fecha de notificación,Sexo,Edad,Clasificación,Teléfono\n2020-01-03,MASCULINO,40,SOSPECHOSO,1\n"
    table = opened(put(tmp_path, text.encode("latin-1")))
    assert table.encoding == "cp1252"
    assert table.header[3] == "Clasificación"


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", "，"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    assert rows(opened(put(tmp_path, ZH.replace(",", delimiter))))[1] == ["002", "李四", "女", "2020-01-04"]


def test_titles_and_empty_rows_above_the_header_are_passed_over(tmp_path):
    table = opened(put(tmp_path, "某县病例一览表,,,\n\n填报单位：某局,,,\n" + ZH))
    assert table.header == ["病例编号", "姓名", "性别", "发病日期"]
    assert [line for b in table.blocks() for line in b.lines] == [5, 6]


def test_ragged_rows_embedded_newlines_and_nuls(tmp_path):
    table = opened(put(tmp_path, '病例编号,姓名,性别,发病日期\n1,"张\n三",男,2020-01-03\n2,李四\n3,王五,男,2020-01-05,多出来的\n4,赵\0六,女,2020-01-06\n5,a,b,c,\n'))
    assert rows(table)[0][1] == "张\n三"
    assert rows(table)[3][1] == "赵六"
    assert faults(table) == {(3, "row-short"), (4, "row-too-long"), (5, "cell-nul")}


def test_empty_rows_within_count_and_empty_rows_at_the_end_do_not(tmp_path):
    table = opened(put(tmp_path, ZH + ",,,\n003,a,男,2020-01-05\n,,,\n,,,\n"))
    assert len(rows(table)) == 4
    assert faults(table) == {(4, "row-empty")}


def test_a_truncated_last_row_is_not_believed(tmp_path):
    assert faults(opened(put(tmp_path, ZH + "003,王五"))) == {(4, "row-cut-off")}
    assert faults(opened(put(tmp_path, ZH + "003,王五,男,2020-01-05"))) == set()


def test_a_truncated_row_at_the_end_of_a_full_block_is_not_believed_either(tmp_path, monkeypatch):
    monkeypatch.setattr(text_tables, "BLOCK", 3)
    assert faults(opened(put(tmp_path, ZH + "003,王五"))) == {(4, "row-cut-off")}


def test_bytes_of_another_encoding_spoil_their_row_only(tmp_path):
    lines = [f"{n:03},张三,男,2020-01-03\n".encode() for n in range(40)]
    lines[7] = "007,李四,男,2020-01-03\n".encode("gb18030")
    table = opened(put(tmp_path, ZH.split("\n")[0].encode() + b"\n" + b"".join(lines)))
    assert table.encoding == "utf-8"
    assert faults(table) == {(9, "cell-undecodable")}


def test_broken_units_of_utf_16_spoil_their_row_only(tmp_path):
    text = "病例编号,姓名,性别\n1,张三,男\n2,李四,女\n3,王五,男\n".encode("utf-16")
    at = text.index("李".encode("utf-16-le"))
    table = opened(put(tmp_path, text[:at] + b"\x00\xdc" + text[at + 2 :], "half.csv"))
    [block] = table.blocks()
    assert [r[0] for r in block.rows] == ["1", "2", "3"]
    assert {i: [f.code for f in faults] for i, faults in block.faults.items()} == {1: ["cell-undecodable"]}
    assert opened(put(tmp_path, text[:-1], "cut.csv")).header == ["病例编号", "姓名", "性别"]


def test_half_of_one_and_half_of_another_encoding_is_refused(tmp_path):
    lines = [f"{n:03},张三丰丁,男,2020-01-03\n".encode("utf-8" if n % 2 else "gb18030") for n in range(40)]
    with pytest.raises(Refused, match="file-encoding-unknown"):
        opened(put(tmp_path, ZH.split("\n")[0].encode() + b"\n" + b"".join(lines)))


def test_a_cell_of_two_megabytes_is_rejected_and_the_next_row_read(tmp_path):
    table = opened(put(tmp_path, ZH + f'003,"{"x" * (2 << 20)}",男,2020-01-03\n004,王五,男,2020-01-03\n'))
    assert faults(table) == {(4, "cell-too-long")}
    assert rows(table)[-1][0] == "004"


def test_repeated_headers_are_numbered_and_noted(tmp_path):
    table = opened(put(tmp_path, "病例编号,姓名,姓名\n1,a,b\n"))
    assert table.header == ["病例编号", "姓名", "姓名 (2)"]
    assert [n.code for n in table.notes] == ["header-repeated"]


@pytest.mark.parametrize("content, code", [(b"", "file-empty"), (b"%PDF-1.7 ...", "file-kind-unknown"), (b"\x89PNG\r\n\x1a\n....", "file-kind-unknown"), (bytes(range(256)) * 40, "file-")])
def test_what_is_no_table_is_refused(tmp_path, content, code):
    with pytest.raises(Refused, match=code):
        opened(put(tmp_path, content))


def test_a_full_sheet_stops_and_asks(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "FULL_SHEETS", (4,))
    path = put(tmp_path, ZH + "003,王五,男,2020-01-05\n")
    with pytest.raises(Refused, match="sheet-full"):
        rows(opened(path))
    assert len(rows(opened(path, accept_full_sheet=True))) == 3


@pytest.fixture
def workbook(tmp_path):
    path = tmp_path / "list.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("病例")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.merge_range(0, 0, 0, 4, "某县病例一览表")
    sheet.write_row(1, 0, ["病例编号", "身份证号", "发病日期", "省", "年龄"])
    sheet.write_string(2, 0, "00012")
    sheet.write_number(2, 1, 110105194912310021)
    sheet.write_datetime(2, 2, datetime(2020, 1, 3), day)
    sheet.write_number(2, 4, 30)
    sheet.write_number(3, 0, 13)
    sheet.write_datetime(3, 2, datetime(2020, 1, 4, 8, 30), day)
    sheet.write_formula(3, 4, "=30+1", None, 31)
    sheet.write_string(4, 0, "=cmd|' /C calc'!A0")
    sheet.write_boolean(4, 4, True)
    sheet.merge_range(2, 3, 4, 3, "某省")
    book.add_worksheet("说明").write(0, 0, "注")
    book.close()
    return path


def test_a_workbook_reads_as_text_and_says_what_it_lost(workbook):
    table = opened(workbook)
    assert table.header == ["病例编号", "身份证号", "发病日期", "省", "年龄"]
    found = rows(table)
    assert [r[0] for r in found] == ["00012", "13", "=cmd|' /C calc'!A0"]
    assert [r[2] for r in found] == ["2020-01-03", "2020-01-04 08:30:00", ""]
    assert [r[3] for r in found] == ["某省"] * 3
    assert [r[4] for r in found] == ["30", "31", "TRUE"]
    assert faults(table) == {(3, "digits-lost"), (4, "cell-merged"), (5, "cell-merged")}
    assert [n.value for n in table.notes] == ["说明"]


def test_a_truncated_workbook_is_refused(workbook):
    whole = workbook.read_bytes()
    for end in (len(whole) // 2, len(whole) - 30):
        workbook.write_bytes(whole[:end])
        with pytest.raises(Refused, match="file-cut-off"):
            rows(opened(workbook))


def bomb(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, content in entries.items():
            z.writestr(name, content)
    return out.getvalue()


def test_archives_that_unpack_beyond_the_limits_are_not_opened(tmp_path):
    with pytest.raises(Refused, match="file-bomb"):
        opened(put(tmp_path, bomb({"xl/workbook.xml": b"", **{f"x{n}": b"" for n in range(2_000)}}), "many.xlsx"))
    with pytest.raises(Refused, match="file-bomb"):
        opened(put(tmp_path, bomb({"xl/workbook.xml": b"", "xl/worksheets/sheet1.xml": b"0" * (80 << 20)}), "dense.xlsx"))


def test_an_entry_that_lies_about_its_size_is_found(tmp_path):
    packed = bytearray(bomb({"xl/workbook.xml": b"0" * (300 << 20)}))
    size = (300 << 20).to_bytes(4, "little")
    for _ in range(2):
        at = packed.index(size)
        packed[at : at + 4] = (1000).to_bytes(4, "little")
    with pytest.raises(Refused, match="file-bomb"):
        opened(put(tmp_path, bytes(packed), "liar.xlsx"))


def test_a_word_document_is_no_workbook(tmp_path):
    with pytest.raises(Refused, match="file-kind-unknown"):
        opened(put(tmp_path, bomb({"word/document.xml": b"<a/>"}), "a.xlsx"))


def test_external_entities_of_a_workbook_are_not_followed(workbook, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    out = io.BytesIO()
    with zipfile.ZipFile(workbook) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for e in old.infolist():
            content = old.read(e)
            if e.filename == "xl/sharedStrings.xml":
                content = content.replace(b"?>", f'?><!DOCTYPE x [<!ENTITY a SYSTEM "file://{secret}">]>'.encode(), 1).replace("病例编号".encode(), b"&a;")
            new.writestr(e.filename, content)
    path = put(tmp_path, out.getvalue(), "xxe.xlsx")
    try:
        table = opened(path)
        assert "SECRET" not in str(table.header) + str(rows(table))
    except Refused:
        pass


