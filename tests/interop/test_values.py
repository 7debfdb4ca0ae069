"""What cells mean, by example; then properties that hold for any text."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizao.interop.dates import Period, When, find_order, plausible_period, read_when
from sizao.interop.dialects import dialects
from sizao.interop.values import Age, code_reader, read_age, read_count, read_id, read_national_id, when_reader

SHANGHAI = ZoneInfo("Asia/Shanghai")

DATES = [
    # written              order   day or problem
    ("2020-01-03", None, date(2020, 1, 3)),
    ("2020/09/09 00:00:00", None, date(2020, 9, 9)),
    ("2022.3.1", None, date(2022, 3, 1)),
    ("2020年1月3日", None, date(2020, 1, 3)),
    ("2020年01月03日 ", None, date(2020, 1, 3)),
    ("20200103", None, date(2020, 1, 3)),
    ("43833", None, date(2020, 1, 3)),
    ("2020-01-19T16:00:00.000Z", None, date(2020, 1, 20)),
    ("13/02/2020", None, date(2020, 2, 13)),
    ("02/13/2020", None, date(2020, 2, 13)),
    ("3/4/2020", "dmy", date(2020, 4, 3)),
    ("3/4/2020", "mdy", date(2020, 3, 4)),
    ("4/4/2020", None, date(2020, 4, 4)),
    ("03.14.2020", None, date(2020, 3, 14)),
    ("3/4/2020", None, "date-order-unsure"),
    ("1月3日", None, "date-no-year"),
    ("3/4", None, "date-no-year"),
    ("2020-02-30", None, "date-unreadable"),
    ("31/11/2020", None, "date-unreadable"),
    ("20/1/20", None, "date-order-unsure"),
    ("yesterday", None, "date-unreadable"),
    ("2020-01-03; DROP TABLE", None, "date-unreadable"),
]


@pytest.mark.parametrize("text, order, means", DATES)
def test_a_date_is_read_or_says_why_not(text, order, means):
    found = read_when(text.strip(), order=order, zone=SHANGHAI)
    assert (found.value.day if found.value else found.code) == means


TIMES = [
    ("2020-01-03 14:30", datetime(2020, 1, 3, 6, 30, tzinfo=UTC)),
    ("2020/1/3 下午2:30", datetime(2020, 1, 3, 6, 30, tzinfo=UTC)),
    ("2020-01-03 02:30 PM", datetime(2020, 1, 3, 6, 30, tzinfo=UTC)),
    ("2020-01-03T06:30:00Z", datetime(2020, 1, 3, 6, 30, tzinfo=UTC)),
    ("2020-01-03T14:30:00+08:00", datetime(2020, 1, 3, 6, 30, tzinfo=UTC)),
    ("43833.604166666664", datetime(2020, 1, 3, 6, 30, tzinfo=UTC)),
]


@pytest.mark.parametrize("text, instant", TIMES)
def test_a_time_of_day_is_local_unless_it_says_otherwise(text, instant):
    assert read_when(text, order=None, zone=SHANGHAI).value == When(date(2020, 1, 3), instant)


@pytest.mark.parametrize("typed", ["1999-02-26", "2010-11-20"])
def test_a_typed_year_far_from_the_file_is_flagged_and_left_empty(typed):
    period = plausible_period({2020: 4000, 2021: 2, int(typed[:4]): 1}, date(2026, 1, 1))
    read = when_reader(order=None, zone=SHANGHAI, period=period, today=date(2026, 1, 1))
    assert read(typed) == (None, "date-year-doubtful")
    assert read("2020-02-26").value.day == date(2020, 2, 26)


def test_a_list_of_many_years_has_no_typed_years():
    assert plausible_period(dict.fromkeys(range(2003, 2012), 3), date(2026, 1, 1)) == Period(date(2003, 1, 1), date(2011, 12, 31))


def test_a_day_after_today_is_not_taken():
    read = when_reader(order=None, zone=SHANGHAI, period=Period(date(2020, 1, 1), date(2020, 6, 1)), today=date(2020, 6, 1))
    assert read("2020-06-02") == (None, "date-in-future")


def test_a_column_proves_its_own_order_and_one_that_contradicts_itself_has_none():
    assert find_order(["01/02/2020", "13/02/2020"], None) == "dmy"
    assert find_order(["01/02/2020", "02/13/2020"], "dmy") == "mdy"
    assert find_order(["13/02/2020", "02/13/2020"], "dmy") is None
    assert find_order(["01/02/2020"], "dmy") == "dmy"


AGES = [
    ("47", Age(Decimal(47), "")),
    ("50s", Age(None, "50s")),
    ("0s", Age(None, "0s")),
    ("3岁", Age(Decimal(3), "3岁")),
    ("5月龄", Age(Decimal("0.417"), "5月龄")),
    ("1岁6个月", Age(Decimal("1.5"), "1岁6个月")),
    ("28天", Age(Decimal("0.077"), "28天")),
    ("0.5", Age(Decimal("0.5"), "0.5")),
    ("40-49 años", Age(None, "40-49 años")),
    ("80+ años", Age(None, "80+ años")),
    ("６０岁", Age(Decimal(60), "６０岁")),
    ("150", "age-implausible"),
    ("-3", "age-unreadable"),
    ("old", "age-unreadable"),
]


@pytest.mark.parametrize("text, means", AGES)
def test_an_age_is_read_as_people_write_it(text, means):
    found = read_age(text)
    assert (found.value if found.value is not None else found.code) == means


IDS = [
    ("00123", "00123", None),
    ('="00123"', "00123", "cell-unwrapped"),
    ("'00123", "00123", "cell-unwrapped"),
    ("1.10105E+17", None, "digits-lost"),
    ("371000001.0", "371000001", None),
    ("A-1.0", "A-1.0", None),
]


@pytest.mark.parametrize("text, value, code", IDS)
def test_an_id_keeps_its_zeros_and_one_that_lost_digits_is_not_used(text, value, code):
    assert read_id(text) == (value, code)


def test_a_national_id_with_a_wrong_check_digit_is_kept_and_noted():
    assert read_national_id("11010519491231002x") == ("11010519491231002X", None)
    assert read_national_id("110105194912310021") == ("110105194912310021", "id-check-digit")


def test_words_of_three_languages_and_words_that_say_nothing():
    words = dialects().words["cases"]
    sex = code_reader({**words["*"], **words["sex"]})
    assert [sex(w).value for w in ("男", "F", "FEMENINO", "masculino", "女性", "1")] == ["male", "female", "female", "male", "female", "male"]
    assert [sex(w) for w in ("NA", "SIN DATOS", "不详", " - ")] == [(None, None)] * 4
    assert sex("Ｍａｌｅ").value == "male"
    assert sex("ERROR") == (None, "value-unknown")


@given(st.text(max_size=300))
def test_no_text_breaks_a_reader(text):
    for order in (None, "dmy"):
        read_when(text.strip(), order=order, zone=SHANGHAI)
    read_age(text)
    read_count(text)
    read_id(text)
    read_national_id(text)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)))
def test_every_way_of_writing_a_day_means_that_day(day):
    for text in (
        day.isoformat(),
        f"{day:%Y/%m/%d} 00:00:00",
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
    ):
        assert read_when(text, order=None, zone=SHANGHAI).value == When(day)
    assert read_when(f"{day:%d/%m/%Y}", order="dmy", zone=SHANGHAI).value == When(day)
    assert read_when(f"{day:%m-%d-%Y}", order="mdy", zone=SHANGHAI).value == When(day)
    told = read_when(f"{day:%d/%m/%Y}", order=None, zone=SHANGHAI)
    assert told.code == "date-order-unsure" or told.value == When(day)


@given(st.integers(20_000, 59_999))
def test_a_serial_number_is_the_day_that_a_spreadsheet_shows(number):
    found = read_when(str(number), order=None, zone=SHANGHAI)
    assert (found.value.day - date(1970, 1, 1)).days == number - 25_569
    assert found.code == "date-serial"


@pytest.mark.parametrize(
    "text, order, day, code",
    [
        ("18-May-14", None, date(2014, 5, 18), "date-short-year"),
        ("18 de mayo de 2020", None, date(2020, 5, 18), None),
        ("May 5, 2020", None, date(2020, 5, 5), None),
        ("12/20/21 9:00", "mdy", date(2021, 12, 20), "date-short-year"),
        ("20/12/21", "dmy", date(2021, 12, 20), "date-short-year"),
        ("1/2/03", None, None, "date-order-unsure"),
        ("12-Foo-2020", None, None, "date-unreadable"),
    ],
)
def test_names_of_months_and_short_years(text, order, day, code):
    found = read_when(text, order=order, zone=ZoneInfo("UTC"))
    assert (found.value.day if found.value else None, found.code) == (day, code)


def test_serial_numbers_of_the_1904_system_are_told_by_the_file_s_own_period():
    read = when_reader(order=None, zone=ZoneInfo("UTC"), period=Period(date(2020, 1, 1), date(2020, 12, 31)), today=date(2021, 1, 1))
    assert (read("43834").value.day, read("43834").code) == (date(2020, 1, 4), "date-serial")
    assert (read(str(43834 - 1462)).value.day, read(str(43834 - 1462)).code) == (date(2020, 1, 4), "date-serial-1904")
