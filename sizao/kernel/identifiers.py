"""One spelling for each identifier, so that what is the same is found as the same."""

import re
import unicodedata

_SEPARATORS = re.compile(r"[\s\-‐‑–—−.·,/()（）]+")


def plain_text(value: str) -> str | None:
    """Compatibility forms folded (ＡＢ１２ becomes AB12), spaces at the ends and runs of them made one, letters small; None when empty.

    >>> plain_text("  人民路　１２ 号 ")
    '人民路 12 号'
    """
    return " ".join(unicodedata.normalize("NFKC", value).split()).casefold() or None


def normalise_national_id(value: str) -> str | None:
    """A Chinese resident id or another document's number: no separators, letters capital.

    Whether the check digit is right is for the intake to say; a wrong number is still found as the same wrong number.

    >>> normalise_national_id("１１０１０５ 19491231－002x")
    '11010519491231002X'
    """
    if value.isascii() and value.isalnum():
        return value.upper()
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", value)).upper() or None


def normalise_phone(value: str) -> str | None:
    """A telephone number as digits, without China's country code; other countries' keep theirs after a "+".

    >>> [normalise_phone(v) for v in ("＋86 138-0013-8000", "0086 13800138000", "138 0013 8000", "8613800138000")]
    ['13800138000', '13800138000', '13800138000', '13800138000']
    >>> normalise_phone("(010) 6655-4433"), normalise_phone("+502 5555 1234"), normalise_phone("无")
    ('01066554433', '+50255551234', None)
    """
    if len(value) == 11 and value.isascii() and value.isdigit() and value[:2] != "00":
        return value
    whole = _SEPARATORS.sub("", unicodedata.normalize("NFKC", value))
    digits = "".join(c for c in whole if c in "0123456789")
    abroad = whole.startswith("+")
    if whole.startswith("00") and len(digits) > 10:
        abroad, digits = True, digits[2:]
    if len(digits) < 3:
        return None
    if abroad:
        return digits[2:] if digits.startswith("86") else f"+{digits}"
    return digits[2:] if len(digits) == 13 and digits.startswith("861") else digits


_ID_17 = re.compile(r"[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")
_ID_15 = re.compile(r"([1-9]\d{5})(\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3})")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def restored_document(normal: str) -> str | None:
    """A document's number as it was before a spreadsheet or an old form shortened it: by which two spellings of one number are found equal.

    A Chinese resident id without its last sign gets it back (ISO 7064, MOD 11-2), one of 15 digits becomes one of 18 (GB 11643-1999); of other numbers the zeros
    at the front are left out on both sides. What is kept and shown stays as it was told. `normal`: as `normalise_national_id` answers; None where nothing is left.

    >>> restored_document("11010519491231002"), restored_document("110105491231002"), restored_document("0012345678")
    ('11010519491231002X', '11010519491231002X', '12345678')
    """
    if _ID_17.fullmatch(normal):
        return normal + check_digit(normal)
    if old := _ID_15.fullmatch(normal):
        whole = f"{old[1]}19{old[2]}"
        return whole + check_digit(whole)
    return normal.lstrip("0") or None


def check_digit(first_17: str) -> str:
    """The last sign of a Chinese resident id, from its 17 digits."""
    return "10X98765432"[sum(int(d) * w for d, w in zip(first_17, _WEIGHTS, strict=True)) % 11]


def restored_phone(normal: str) -> str | None:
    """A telephone number without the zeros at its front, which spreadsheets lose and some write before every number. `normal`: as `normalise_phone` answers.

    >>> restored_phone("01066554433"), restored_phone("1066554433"), restored_phone("+50255551234")
    ('1066554433', '1066554433', '+50255551234')
    """
    return normal.lstrip("0") or None
