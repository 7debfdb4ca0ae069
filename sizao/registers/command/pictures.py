"""What a file is, by its first bytes, and a picture without the notes that a camera writes into it. Pure."""

JPEG, PNG, PDF = "image/jpeg", "image/png", "application/pdf"
_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
#: Chunks of a PNG that are notes: text, time, and what a camera told.
_PNG_NOTES = (b"tEXt", b"zTXt", b"iTXt", b"tIME", b"eXIf")


def kind_of(data: bytes) -> str:
    """The kind of a file; "" for one that nobody takes as proof. What its name says is not asked.

    >>> kind_of(b"\\xff\\xd8\\xff\\xe0"), kind_of(b"%PDF-1.7"), kind_of(b"<script>")
    ('image/jpeg', 'application/pdf', '')
    """
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(_PNG_HEAD):
        return PNG
    return PDF if data.startswith(b"%PDF-") else ""


def without_notes(data: bytes) -> bytes:
    """The picture without its notes; another file as it is. A JPEG loses APP1 to APP13 and comments (Exif, XMP, IPTC), a PNG its text and Exif chunks: where and
    with what somebody took it is nobody's business here.

    >>> without_notes(b"\\xff\\xd8" + b"\\xff\\xe1\\x00\\x04XX" + b"\\xff\\xda\\x00\\x02rest")
    b'\\xff\\xd8\\xff\\xda\\x00\\x02rest'
    """
    kind = kind_of(data)
    return _jpeg(data) if kind == JPEG or data.startswith(b"\xff\xd8") else _png(data) if kind == PNG else data


def _jpeg(data: bytes) -> bytes:
    kept, at = [data[:2]], 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        mark, size = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if mark == 0xDA:  # from here on the picture itself
            break
        if not (0xE1 <= mark <= 0xED or mark == 0xFE):
            kept.append(data[at : at + 2 + size])
        at += 2 + size
    return b"".join(kept) + data[at:]


def _png(data: bytes) -> bytes:
    kept, at = [data[:8]], 8
    while at + 8 <= len(data):
        size, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if name not in _PNG_NOTES:
            kept.append(data[at : at + 12 + size])
        at += 12 + size
    return b"".join(kept)
