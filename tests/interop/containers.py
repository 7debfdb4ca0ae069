"""Small files of each container, made by hand: no library here writes the old ones."""

import io
import struct
import zipfile


def ods(rows: list[list[str]]) -> bytes:
    """An OpenDocument spreadsheet of text cells; a leading "#" makes a number, "@" a date."""

    def cell(text: str) -> str:
        if text.startswith("#"):
            return f'<table:table-cell office:value-type="float" office:value="{text[1:]}"><text:p>{text[1:]}</text:p></table:table-cell>'
        if text.startswith("@"):
            return f'<table:table-cell office:value-type="date" office:date-value="{text[1:]}"><text:p>{text[1:]}</text:p></table:table-cell>'
        return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>' if text else "<table:table-cell/>"

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.2"><office:body><office:spreadsheet>'
        f'<table:table table:name="S">{body}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        z.writestr("META-INF/manifest.xml", '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>')
        z.writestr("content.xml", content)
    return out.getvalue()


def xls(rows: list[list[str]]) -> bytes:
    """A workbook of Excel 97 (BIFF8): one sheet of text cells, each different text kept once; a leading "#" makes a number. As many rows as such a sheet holds: 65,536."""

    def record(kind: int, data: bytes) -> bytes:
        return struct.pack("<HH", kind, len(data)) + data

    texts: dict[str, int] = {}
    cells = []
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if value.startswith("#"):
                cells.append(record(0x0203, struct.pack("<HHHd", r, c, 0, float(value[1:]))))
            elif value:
                cells.append(record(0x00FD, struct.pack("<HHHI", r, c, 0, texts.setdefault(value, len(texts)))))
    told = [struct.pack("<HB", len(text), 1) + text.encode("utf-16-le") for text in texts]
    shared, part = b"", struct.pack("<II", len(told), len(told))
    kind = 0x00FC
    for text in told:  # a record holds 8,224 bytes at most; the rest goes on in the next
        if len(part) + len(text) > 8224:
            shared, part, kind = shared + record(kind, part), b"", 0x003C
        part += text
    shared += record(kind, part)
    bof = struct.pack("<HHHHII", 0x0600, 0, 0x0DBB, 0x07CC, 0, 6)
    sheet = record(0x0809, bof[:2] + b"\x10\x00" + bof[4:]) + record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0)) + b"".join(cells) + record(0x000A, b"")
    start = record(0x0809, bof[:2] + b"\x05\x00" + bof[4:]) + record(0x0042, struct.pack("<H", 1200))
    end = shared + record(0x000A, b"")
    name = struct.pack("<B", 1) + b"\x01" + "S".encode("utf-16-le")
    at = len(start) + 4 + 6 + len(name) + len(end)
    return _compound((start + record(0x0085, struct.pack("<IH", at, 0) + name) + end + sheet).ljust(4096, b"\0"))


def _compound(stream: bytes) -> bytes:
    """The old container with one stream, "Workbook". Sectors of 512 bytes: tables of sectors, where those lie beyond the first 109, directory, stream."""
    stream = stream.ljust(-(-len(stream) // 512) * 512, b"\0")
    sectors, tables, lists = len(stream) // 512, 1, 0
    while tables * 128 < sectors + 1 + tables + lists:
        tables += 1
        lists = -(-max(0, tables - 109) // 127)
    directory_at = tables + lists
    first = directory_at + 1
    chain = [0xFFFFFFFD] * tables + [0xFFFFFFFC] * lists + [0xFFFFFFFE, *range(first + 1, first + sectors), 0xFFFFFFFE]
    fat = struct.pack(f"<{tables * 128}I", *(chain + [0xFFFFFFFF] * (tables * 128 - len(chain))))
    beyond = list(range(109, tables))
    listed = b""
    for n in range(lists):
        part = beyond[n * 127 : (n + 1) * 127]
        listed += struct.pack("<128I", *part, *[0xFFFFFFFF] * (127 - len(part)), tables + n + 1 if n + 1 < lists else 0xFFFFFFFE)

    def entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
        raw = (name + "\0").encode("utf-16-le")
        head = raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        return head + b"\0" * 16 + struct.pack("<IQQIII", 0, 0, 0, first, size, 0)

    directory = (entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry("Workbook", 2, 0xFFFFFFFF, first, len(stream))).ljust(512, b"\0")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, tables, directory_at, 0, 4096, 0xFFFFFFFE, 0, tables if lists else 0xFFFFFFFE, lists)
    header += struct.pack("<109I", *[*range(min(tables, 109)), *[0xFFFFFFFF] * (109 - min(tables, 109))])
    return header + fat + listed + directory + stream


def xlsb(rows: list[tuple[int, list[tuple[int, str]]]]) -> bytes:
    """A binary workbook of text cells: (row, [(column, text), …]), both from 0."""

    def record(kind: int, data: bytes = b"") -> bytes:
        size, length = b"", len(data)
        while True:
            size += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
            length >>= 7
            if not length:
                break
        return (bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])) + size + data

    def text(value: str) -> bytes:
        return struct.pack("<I", len(value)) + value.encode("utf-16-le")

    cells = b""
    for r, row in rows:
        cells += record(0x00, struct.pack("<III", r, 0, 0).ljust(17, b"\0"))
        cells += b"".join(record(0x06, struct.pack("<II", c, 0) + text(value)) for c, value in row)
    last = (max(r for r, _ in rows), max(c for _, row in rows for c, _ in row))
    sheet = record(0x81) + record(0x94, struct.pack("<IIII", 0, last[0], 0, last[1])) + record(0x91) + cells + record(0x92) + record(0x82)
    book = record(0x83) + record(0x8F) + record(0x9C, struct.pack("<II", 0, 1) + text("rId1") + text("S")) + record(0x90) + record(0x84)
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    relations = f'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{kind}" Target="worksheets/sheet1.bin"/></Relationships>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("xl/workbook.bin", book)
        z.writestr("xl/_rels/workbook.bin.rels", relations)
        z.writestr("xl/worksheets/sheet1.bin", sheet)
    return out.getvalue()
