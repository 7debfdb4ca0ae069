"""What a name is compared by: how it is written, and how it sounds without tones, in whatever script and order it was told.

Readings are those of Hanyu Pinyin; a family name that is read otherwise than its character usually is (曾 Zēng, 单 Shàn) has that reading
(GB/T 28039-2011). Accents, tones and marks are lost on purpose: lists lose them.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

FAMILY_READINGS = {
    "单": "shan", "曾": "zeng", "解": "xie", "仇": "qiu", "区": "ou", "查": "zha", "朴": "piao", "盖": "ge", "乐": "yue", "种": "chong", "重": "chong", "尉": "wei", "冼": "xian", "洗": "xian",
    "翟": "zhai", "宓": "mi", "召": "shao", "折": "she", "覃": "qin", "缪": "miao", "员": "yun", "黑": "he", "秘": "bi", "那": "na", "哈": "ha", "褚": "chu", "逄": "pang", "万": "wan",
}  # fmt: skip

#: Little words within names of Spanish and its neighbours; lists leave them out as they like.
PARTICLES = frozenset({"de", "del", "la", "las", "los", "el", "y", "e", "da", "do", "dos", "das", "van", "von", "der", "den", "di", "bin", "al"})

#: What stands where a name was not told: 张某, 李*, 未知, unknown. Such a name says nothing of who it is.
_UNTOLD = re.compile(r"[某×＊*□?？]|^(?:未知|不详|无名氏?|佚名|匿名|保密|unknown|anonymous|desconocid[oa]|n/?a|no name)$")
_APART = re.compile(r"[\s·•・.,，、;/_\-‐‑–—'’`´()（）]+")


#: Names of characters alone, as most are: nothing in them has another form.
_CHARACTERS = re.compile(r"[一-鿿]+")


class Heard(NamedTuple):
    """A name as it is compared.

    Attributes:
        plain: As written, in one form: small letters, no accents, one space between words, none between characters.
        letters: The signs of `plain` in the order of the alphabet: equal for names whose parts stand in another order.
        said: How it sounds, letters only, in the order told: "zhangweiming".
        sounds: The letters of `said` in the order of the alphabet: equal for 张伟明, Zhang Weiming and WEI MING ZHANG.
        parts: Its syllables (Chinese) or words (others), each once, without little words.
        family: The first of the parts of a Chinese name; "" where it cannot be told which part that is.
        han: Whether it is written in Chinese characters.
    """

    plain: str
    letters: str
    said: str
    sounds: str
    parts: str
    family: str
    han: bool


def is_han(char: str) -> bool:
    """A Chinese character, rare ones included."""
    return "㐀" <= char <= "鿿" or "豈" <= char <= "﫿" or "\U00020000" <= char <= "\U0003ffff"


def heard(name: str) -> Heard | None:
    """What the name is compared by; None where none was told.

    >>> heard("张伟明").said, heard("Zhang Wei-Ming").said, heard("曾乐").parts
    ('zhangweiming', 'zhangweiming', 'zeng le')
    >>> heard("José de la Peña Gómez").parts
    'jose pena gomez'
    >>> heard("张某某"), heard("unknown")
    (None, None)
    """
    if _CHARACTERS.fullmatch(name):
        return None if _UNTOLD.search(name) else _of_characters(name)
    whole = unicodedata.normalize("NFKC", name).strip().casefold()
    if not whole or _UNTOLD.search(whole):
        return None
    words = [w for w in _APART.split(whole) if w]
    if any(is_han(c) for c in whole):
        return _of_characters("".join(words))
    bare = [b for w in words if (b := _bare(w))]
    told = [b for b in bare if b not in PARTICLES] or bare
    if not told:
        return None
    said_so = "".join(told)
    return Heard(" ".join(told), _sorted(said_so), said_so, _sorted(said_so), " ".join(dict.fromkeys(told)), "", False)


def _of_characters(plain: str) -> Heard:
    """Of a name in one form, in which there are Chinese characters."""
    said = [_said[c] for c in plain]
    said[0] = FAMILY_READINGS.get(plain[0], said[0])
    joined = "".join(said)
    return Heard(plain, _sorted(plain), joined, _sorted(joined), " ".join(dict.fromkeys(s for s in said if s)), said[0], True)


def _sorted(text: str) -> str:
    return "".join(sorted(text))


@lru_cache(maxsize=60_000)
def _bare(word: str) -> str:
    """Letters of a to z where there is such a letter, without marks; ü as its commonest spelling without one."""
    said = word.replace("ß", "ss").replace("ø", "o").replace("đ", "d").replace("ł", "l").replace("æ", "ae")
    return _umlaut("".join(c for c in unicodedata.normalize("NFKD", said) if c.isalnum()))


class _Said(dict[str, str]):
    """Character → its reading, worked out once; at most as many as there are characters."""

    def __missing__(self, char: str) -> str:
        from pypinyin import Style, lazy_pinyin

        self[char] = said = _bare(lazy_pinyin(char, style=Style.NORMAL)[0] if is_han(char) else char)
        return said


_said = _Said()


def _umlaut(word: str) -> str:
    """Lü is written lv, lyu, lue and lu.

    >>> _umlaut("lv"), _umlaut("lyu"), _umlaut("oliver")
    ('lu', 'lu', 'oliver')
    """
    return {"lv": "lu", "nv": "nu", "lyu": "lu", "nyu": "nu", "lve": "lue", "nve": "nue"}.get(word, word)


__all__ = ["Heard", "heard"]
