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
