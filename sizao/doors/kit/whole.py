"""Whole numbers as an address or a form brings them."""

#: No number that a page asks for is larger: rows of a table, changes, runs.
MOST = 10**15


def whole(text: str, most: int = MOST) -> int | None:
    """A number from 0 to `most`, in the digits 0 to 9 alone; None for anything else (², ٣ and five thousand nines are digits to Python too).

    >>> whole("12"), whole(" 7"), whole(""), whole("-1"), whole("²"), whole("٣"), whole("9" * 5000), whole("1441", 1440)
    (12, None, None, None, None, None, None, None)
    """
    return int(text) if len(text) <= 16 and text.isascii() and text.isdigit() and int(text) <= most else None
