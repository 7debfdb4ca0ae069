"""Pure rules about persons and their names."""

import re
from datetime import date
from functools import lru_cache
from itertools import accumulate

from sizao.kernel.identifiers import normalise_national_id, normalise_phone, restored_document, restored_phone

# Family names whose reading differs from the character's usual one (GB/T 28039-2011, the Chinese phonetic alphabet spelling rules for names).
FAMILY_NAME_INITIALS = {
    "单": "s", "曾": "z", "解": "x", "仇": "q", "区": "o", "查": "z", "朴": "p", "盖": "g", "乐": "y", "种": "c", "重": "c", "尉": "y", "万": "w", "洗": "x", "冼": "x",
    "翟": "z", "宓": "f", "召": "s", "折": "s", "覃": "q", "缪": "m", "员": "y", "逄": "p", "黑": "h", "秘": "b", "那": "n", "哈": "h", "晁": "c", "褚": "c", "璩": "q",
}  # fmt: skip
WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
HAN = re.compile("[㐀-鿿豈-\ufaff\U00020000-\U0003ffff]")


def is_han(char: str) -> bool:
    """A Chinese character, rare ones included."""
    return "㐀" <= char <= "鿿" or "豈" <= char <= "﫿" or "\U00020000" <= char <= "\U0003ffff"


@lru_cache(maxsize=30_000)
def initial(char: str) -> str:
    """The first letter of a character's reading; itself when it is no Chinese character."""
    if not is_han(char):
        return char.lower()
    from pypinyin import Style, lazy_pinyin

    return lazy_pinyin(char, style=Style.FIRST_LETTER)[0][:1].lower()


def name_keys(name: str) -> list[str]:
    """The keys by which a name is found: its pairs of characters, its words in small letters, and the pinyin initials (every beginning of them).

    >>> name_keys("张小明")
    ['z', 'zx', 'zxm', '小明', '张', '张小', '明']
    >>> name_keys("Anna Li")
    ['anna', 'li']
    """
    keys: set[str] = set()
    for word in WORD.findall(name):
        if word.isascii() or not HAN.search(word):
            keys.add(word.lower())
            continue
        letters = (FAMILY_NAME_INITIALS.get(word[0]) or initial(word[0])) + "".join([initial(char) for char in word[1:]])
        keys.update(word[0], word[-1], map(str.__add__, word, word[1:]), accumulate(letters))
    return sorted(keys)


def search_keys(text: str) -> list[str]:
    """The keys that a name must all have to be what somebody typed."""
    keys: set[str] = set()
    for word in WORD.findall(text):
        han = any(map(is_han, word))
        keys |= {word[i : i + 2] for i in range(len(word) - 1)} if han and len(word) > 1 else {word if han else word.lower()}
    return sorted(keys)


def restored(field: str, value: str) -> str | None:
    """The restored form of a document ("national_id") or telephone number, where it is another than its usual one; None where it is the same.

    >>> restored("national_id", "110105491231002"), restored("phone", "010-66554433"), restored("phone", "13800138000")
    ('11010519491231002X', '1066554433', None)
    """
    first = value[:1]
    if field == "phone":
        if first not in "0(（０+" and value.isdigit():
            return None
        normal = normalise_phone(value)
        form = restored_phone(normal) if normal else None
    else:
        if first not in "0０ " and len(value) == 18 and value.isascii():
            return None
        normal = normalise_national_id(value)
        form = restored_document(normal) if normal else None
    return form if form != normal else None


def masked(name: str) -> str:
    """A name as somebody sees it who may not see names: the family name and how long the rest is.

    >>> masked("张小明"), masked("Anna Li"), masked("")
    ('张＊＊', 'A＊＊＊ L＊', '')
    """
    if name and is_han(name[0]):
        return name[0] + "＊" * (len(name) - 1)
    return " ".join(word[0] + "＊" * (len(word) - 1) for word in name.split())


def age_on(day: date, birth_date: date | None, birth_year: int | None, age_years: float | None, told_on: date | None) -> int | None:
    """Whole years on a day by the best that is known: the birth date, the age told (and when), the year of birth; None where nothing is.

    >>> day = date(2020, 6, 15)
    >>> age_on(day, date(2002, 6, 16), None, None, None), age_on(day, None, None, 41.5, date(2019, 1, 1)), age_on(day, None, 1950, None, None), age_on(day, None, None, None, None)
    (17, 42, 70, None)
    """
    if birth_date is not None:
        return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))
    if age_years is not None:
        return int(float(age_years) + ((day - told_on).days / 365.25 if told_on is not None else 0))
    return day.year - birth_year if birth_year is not None else None
