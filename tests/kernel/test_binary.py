"""What is copied in PostgreSQL's binary form is what was given: every type, nulls and limits included."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.db import DataError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sizao.kernel.binary import ENCODERS, encode
from sizao.kernel.copying import copy_into

pytestmark = pytest.mark.django_db

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)
INSTANT = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))]))
NUMBER = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12)
VALUES = {
    "uuid": st.uuids(), "text": TEXT, "bytea": st.binary(max_size=20), "jsonb": st.integers().map(str), "text[]": st.lists(TEXT, max_size=4),
    "bigint": st.integers(-(2**63), 2**63 - 1), "integer": st.integers(-(2**31), 2**31 - 1), "smallint": st.integers(-(2**15), 2**15 - 1),
    "double precision": st.floats(allow_nan=False), "boolean": st.booleans(), "date": st.dates(), "timestamp with time zone": INSTANT, "numeric": NUMBER,
}  # fmt: skip


def table(kind: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS copied (n integer, v {kind}) ON COMMIT DROP; TRUNCATE copied")


def read(kind: str) -> list[object]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {'v::text' if kind == 'jsonb' else 'v'} FROM copied ORDER BY n")
        return [bytes(v) if isinstance(v, memoryview) else v for (v,) in cursor.fetchall()]


def test_every_type_that_is_encoded_is_tried():
    assert set(VALUES) == set(ENCODERS)


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_what_is_copied_is_what_stands_there(kind):
    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.none() | VALUES[kind], max_size=30))
    def hold(values):
        with transaction.atomic():
            table(kind)
            copy_into("copied", {"n": ("integer", range(len(values))), "v": (kind, values)})
            assert read(kind) == values
            transaction.set_rollback(True)

    hold()


@pytest.mark.parametrize("kind, value", [("text", "x"), ("text", None), ("numeric", Decimal("1.50")), ("double precision", -0.0), ("boolean", False), ("text[]", ["a"])])
def test_a_column_of_one_value_is_written_once_and_stands_in_every_row(kind, value):
    table(kind)
    copy_into("copied", {"v": (kind, [value] * 3), "n": ("integer", [1, 2, 3])})
    assert read(kind) == [value] * 3
    with pytest.raises(ValueError):
        encode([(kind, [value] * 3), ("integer", [1, 2])])


@pytest.mark.parametrize("number", ["0", "0.000", "0.0001", "-0.5", "10000", "99999999", "1E+7", "12345.6789", "0.417", "120"])
def test_a_number_keeps_its_value_and_its_scale(number):
    table("numeric")
    copy_into("copied", {"n": ("integer", [1]), "v": ("numeric", [Decimal(number)])})
    with connection.cursor() as cursor:
        cursor.execute("SELECT v::text FROM copied")
        assert cursor.fetchone()[0] == f"{Decimal(number):f}"


@pytest.mark.parametrize(
    "kind, value", [("integer", 2**31), ("smallint", 40_000), ("numeric", Decimal("NaN")), ("text", "a\0b"), ("numeric(3, 1)", Decimal(1000))]
)
def test_what_does_not_fit_is_refused_as_the_database_would(kind, value):
    table(kind)
    with pytest.raises(DataError), transaction.atomic():
        copy_into("copied", {"n": ("integer", [1]), "v": (kind, [value])})


def test_a_day_before_the_epoch_and_one_after():
    table("date")
    days = [date(1, 1, 1), date(1999, 12, 31), date(2000, 1, 1), date(9999, 12, 31)]
    copy_into("copied", {"n": ("integer", range(4)), "v": ("date", days)})
    assert read("date") == days


def test_columns_of_different_length_are_a_fault_and_no_row_is_lost_in_silence():
    with pytest.raises(ValueError):
        encode([("integer", [1, 2, 3]), ("text", ["a", "b"])])
