"""Which records are told to a person as perhaps one: each claim is two records and what becomes of the pair."""

from datetime import date

import pytest

from sizao.kernel.codes import content_files
from sizao.kernel.marked import plain
from sizao.matching import link
from sizao.matching.names import heard
from sizao.matching.weights import LEVELS, weights

SHIPPED = plain(content_files("linkage")["persons"])
W = weights(SHIPPED, date(2026, 1, 1))
D = date(1984, 5, 17)
FIELDS = ("name", "sex", "birth", "year", "area", "home", "document", "phone")

#: what it is → two records (name, sex, birth, year, area, home, document, phone), what becomes of them: probable, asked, apart; and what is said of the name
PAIRS = {
    "the same, told by two": (("张伟明", "male", D, None, 7, None, None, 1380), ("张伟明", "male", D, None, 7, None, None, 1380), "probable", "same"),
    "pinyin, tones lost, family name last": (("张伟明", "male", D, None, 7, None, None, 1380), ("Weiming ZHANG", "male", D, None, 7, None, None, 1380), "probable", "sound"),
    "a family name with a reading of its own": (("曾小兰", "female", D, None, 7, None, None, None), ("Zeng Xiao Lan", "female", D, None, 7, None, None, None), "probable", "sound"),
    "ü as spreadsheets leave it": (("吕绿", "female", D, None, 7, None, None, 1), ("LYU Lv", "female", D, None, 7, None, None, 1), "probable", "sound"),
    "another character of one sound": (("李娜", "female", D, None, 7, None, None, 1380), ("李那", "female", D, None, 7, None, None, 1380), "probable", "sound"),
    "characters transposed": (("张伟明", "male", D, None, 7, None, None, None), ("张明伟", "male", D, None, 7, None, None, None), "probable", "order"),
    "one of two family names": (("María José García López", "female", D, None, 9, None, None, 55), ("Maria Garcia", "female", D, None, 9, None, None, 55), "probable", "fewer"),
    "moved, another telephone": (("欧阳明月", "female", D, None, 7, None, None, 1), ("欧阳明月", "female", D, None, 8, None, None, 2), "probable", "same"),
    "an age in place of a birthday": (("欧阳明月", "female", D, None, 7, None, None, 1), ("欧阳明月", "female", None, 1984, 7, None, None, 1), "probable", "same"),
    "twins at one telephone": (("张伟明", "male", D, None, 7, 3, None, 1380), ("张伟亮", "male", D, None, 7, 3, None, 1380), "apart", "part"),
    "Spanish twins": (("Ana García López", "female", D, None, 9, 4, None, 55), ("Rosa García López", "female", D, None, 9, 4, None, 55), "apart", "part"),
    "mother and daughter at one telephone": (("王秀英", "female", date(1950, 1, 2), None, 7, 3, None, 1380), ("李娜", "female", D, None, 7, 3, None, 1380), "apart", "other"),
    "one name, two documents, two birthdays": (("王芳", "female", D, None, 7, None, 11, None), ("王芳", "female", date(1990, 2, 3), None, 7, None, 12, None), "apart", "same"),
    "one document, all else other": (("王芳", "female", D, None, 7, None, 77, 1), ("陈刚", "male", date(1990, 2, 3), None, 8, None, 77, 2), "asked", "other"),
    "one name and birthday, two documents": (("欧阳明月", "female", D, None, 7, None, 11, None), ("欧阳明月", "female", D, None, 7, None, 12, None), "asked", "same"),
    "names not told": (("张某某", "male", D, None, 7, None, None, None), ("张某某", "male", D, None, 7, None, None, None), "apart", None),
}  # fmt: skip


@pytest.fixture(scope="module")
def found():
    """Every pair of the table alone in a register of its own would take Splink's second each time: they stand in one, apart by two centuries and their digests."""
    duck = link.connect(1)
    duck.execute("CREATE TABLE person (n INTEGER, name VARCHAR, sex VARCHAR, birth DATE, year INTEGER, area BIGINT, home UBIGINT, document UBIGINT, phone UBIGINT, fresh BOOLEAN)")
    rows = []
    for k, (one, other, _, _) in enumerate(PAIRS.values()):
        for n, told in enumerate((one, other)):
            name, sex, birth, year, area, *digests = told
            birth, year = birth and birth.replace(year=birth.year - 100 + 3 * k), year and year - 100 + 3 * k
            rows.append((2 * k + n, name, sex, birth, year, area + 100 * k, *(d and d + 10_000 * k for d in digests), True))
    duck.executemany(f"INSERT INTO person VALUES ({', '.join('?' * 10)})", rows)
    return {(one, other): (bits, levels) for one, other, bits, *levels in link.link(duck, W, -60).pairs}


@pytest.mark.parametrize("what", PAIRS)
def test_what_becomes_of_two_records(found, what):
    k = list(PAIRS).index(what)
    *_, expected, name = PAIRS[what]
    bits, levels = found.get((2 * k, 2 * k + 1), (-99.0, None))
    assert ("probable" if bits >= W.probable else "asked" if bits >= W.doubtful else "apart") == expected, bits
    if levels is not None:
        assert dict(zip(LEVELS, levels, strict=True))["name"] == name


def test_only_what_is_fresh_is_looked_at_again():
    duck = link.connect(1)
    duck.execute(
        "CREATE TABLE person AS SELECT n::INTEGER AS n, '欧阳明月' AS name, 'female' AS sex, DATE '1984-05-17' AS birth, NULL::INTEGER AS year, 7::BIGINT AS area, NULL::UBIGINT AS home, "
        "NULL::UBIGINT AS document, NULL::UBIGINT AS phone, n = 2 AS fresh FROM range(3) r(n)"
    )
    assert [(one, other) for one, other, *_ in link.link(duck, W).pairs] == [(0, 2), (1, 2)]


def test_a_number_that_too_many_share_joins_nobody_and_is_counted():
    duck = link.connect(1)
    duck.execute(
        "CREATE TABLE person AS SELECT n::INTEGER AS n, 'X' || n AS name, NULL AS sex, NULL::DATE AS birth, NULL::INTEGER AS year, NULL::BIGINT AS area, NULL::UBIGINT AS home, "
        "NULL::UBIGINT AS document, 5::UBIGINT AS phone, true AS fresh FROM range(200) r(n)"
    )
    assert link.link(duck, W) == link.Linked([], 0, 200)


def test_weights_that_are_not_whole_are_refused_with_every_fault():
    line = SHIPPED["values"][0]
    broken = {"values": [line | {"doubtful": 9, "fields": line["fields"] | {"sex": {"levels": {"same": {}}}}}]}
    with pytest.raises(ValueError, match="sex: levels same, other; doubtful <= probable"):
        weights(broken, date(2026, 1, 1))


def test_what_is_heard_does_not_hang_on_order_case_accents_or_spaces():
    assert len({heard(name).sounds for name in ("张伟明", "ZHANG WEIMING", "Wei-Ming Zhang", "zhāng wěi míng", "weiming zhang")}) == 1
    assert heard("José  PEÑA") == heard("jose pena")
    assert heard("吕") is not None and heard("吕").said == heard("Lyu").said == heard("lv").said
