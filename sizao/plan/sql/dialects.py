"""Where the engines' SQL differs. Texts of expressions in, text of an expression out; everything else in the compiler is common to all."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sizao.plan.language.durations import Duration


def seconds_of(delta: timedelta) -> str:
    """
    >>> seconds_of(timedelta(hours=-1, microseconds=1)), seconds_of(timedelta(days=1))
    ('-3599.999999', '86400')
    """
    micro = delta // timedelta(microseconds=1)
    return str(micro // 1_000_000) if micro % 1_000_000 == 0 else str(Decimal(micro) / 1_000_000)


class Dialect:
    """What PostgreSQL and DuckDB have in common."""

    name = "postgres"
    ordered = False  # it can find what comes last of a group without putting the group in order
    apart = False  # who never changed is quicker told apart than read once more
    again = ""  # before a sub-query that is quicker worked out twice than kept

    def literal(self, value: Any) -> str:
        """A value as SQL; texts are quoted, nothing is interpolated from them."""
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, int | Decimal):
            return str(value) if value >= 0 else f"({value})"
        if isinstance(value, datetime):
            return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
        if isinstance(value, date):
            return f"DATE '{value.isoformat()}'"
        return self.text(str(value))

    def exact(self, sql: str) -> str:
        """A number that adds up to the same whatever the order: 7.9 + 8.1 + … is 48 and not a little more."""
        return sql

    def text(self, value: str) -> str:
        return "'" + value.replace("'", "''") + "'"

    def timestamp(self, sql: str) -> str:
        return f"CAST({sql} AS TIMESTAMP)"

    def date(self, sql: str) -> str:
        return f"CAST({sql} AS DATE)"

    def plus(self, sql: str, delta: timedelta) -> str:
        """A timestamp moved by a fixed span."""
        return sql if not delta else f"({sql} + {self.interval(delta)})"

    def interval(self, delta: timedelta) -> str:
        return f"INTERVAL '{seconds_of(delta)} seconds'"

    def shifted(self, sql: str, span: Duration, sign: int, as_date: bool) -> str:
        """A date or timestamp moved by a duration of the language."""
        span_sql = f"INTERVAL '{span.months} months'" if span.months else self.interval(timedelta(seconds=span.seconds))
        moved = f"({sql} {'+' if sign > 0 else '-'} {span_sql})"
        return self.date(moved) if as_date else moved

    def plus_days(self, day: str, count: str) -> str:
        """A date, so many days later."""
        return f"({day} + CAST({count} AS INTEGER))"

    def plus_months(self, day: str, count: str) -> str:
        return self.date(f"({day} + make_interval(months => CAST({count} AS INTEGER)))")

    def days_between(self, start: str, end: str) -> str:
        """Whole days from one date to another."""
        return f"({end} - {start})"

    def hours_between(self, start: str, end: str) -> str:
        """Whole hours from one timestamp to another, downwards."""
        return f"CAST(floor(extract(epoch FROM ({end} - {start})) / 3600) AS BIGINT)"

    def months_between(self, start: str, end: str) -> str:
        """Months from the month of one date to that of another."""
        number = "CAST(extract(YEAR FROM {0}) * 12 + extract(MONTH FROM {0}) AS BIGINT)"
        return f"({number.format(end)} - {number.format(start)})"

    def series(self, last: str, first: str = "0") -> str:
        """first, first + 1, … last, one row each, in the SELECT list."""
        return f"generate_series(CAST({first} AS INTEGER), CAST({last} AS INTEGER))"

    def quotient(self, number: str, by: int | str) -> str:
        """Divided and rounded down (of what is not below 0)."""
        return number if by == 1 else f"({number} / {by})"

    def plus_hours(self, timestamp: str, count: str) -> str:
        """A timestamp, so many hours later."""
        return f"({timestamp} + make_interval(hours => CAST({count} AS INTEGER)))"

    def hour(self, timestamp: str) -> str:
        return f"CAST(extract(HOUR FROM {timestamp}) AS BIGINT)"

    def last(self, value: str, order: str, id_: str) -> str:
        """The value, which may be null, that comes last of a group; where `ordered`."""
        raise NotImplementedError

    def micros(self, timestamp: str) -> str:
        """Microseconds since 1970."""
        return f"CAST(extract(epoch FROM {timestamp}) * 1000000 AS BIGINT)"

    def first_day(self, period: str, timestamp: str) -> str:
        """The first day of the period in which a timestamp lies, a date."""
        return self.date(timestamp) if period == "day" else self.date(f"date_trunc('{period}', {timestamp})")

    def number_of_hex(self, text: str) -> str:
        """Eight hexadecimal digits as a number."""
        return f"CAST(CAST(('x' || {text}) AS bit(32)) AS bigint) & 4294967295"

    def row_id(self, text: str, uuids: bool) -> str:
        """The id of what a text names: see `subjects.id_of`."""
        return f"CAST(md5({text}) AS UUID)" if uuids else self.number_named(f"substr(md5({text}), 1, 15)")

    def named(self, text: str) -> str:
        """The UUID that a text names, as text: see `subjects.id_of`."""
        return f"CAST(CAST(md5({text}) AS UUID) AS VARCHAR)"

    def uuid(self, text: str) -> str:
        """A UUID from its text."""
        return f"CAST({text} AS UUID)"

    def number_named(self, digits: str) -> str:
        """Fifteen hexadecimal digits as a number."""
        return f"CAST(CAST(('x' || {digits}) AS bit(60)) AS bigint)"

    number = "NUMERIC"

    def whole(self, statement: str) -> str:
        """The last touch to a whole statement."""
        return statement


class Asked(Dialect):
    """PostgreSQL, with one instant asked for at each run of a statement: its text is the same at any time, so that it is planned once."""

    def __init__(self, instant: datetime, parameter: str):
        self.instant, self.parameter = instant, parameter

    def literal(self, value: Any) -> str:
        """That very instant by its parameter; another that happens to be equal stays what it is.

        >>> d = Asked(datetime(2020, 1, 20), "$1")
        >>> d.literal(d.instant), d.literal(datetime(2020, 1, 20))
        ('$1', "TIMESTAMP '2020-01-20 00:00:00'")
        """
        return self.parameter if value is self.instant else super().literal(value)


class DuckDB(Dialect):
    name = "duckdb"
    again = "NOT MATERIALIZED "
    ordered = apart = True

    def exact(self, sql: str) -> str:
        return f"CAST({sql} AS DECIMAL(38, 9))"  # kept as a double here

    def last(self, value: str, order: str, id_: str) -> str:
        # One number orders quicker than two in a row; ids are numbers where rows are put in order, below 2 to the 63.
        return f"arg_max_null({value}, CAST(epoch_us({order}) AS HUGEINT) * 18446744073709551616 + {id_})"

    def plus_months(self, day: str, count: str) -> str:
        return self.date(f"({day} + to_months(CAST({count} AS INTEGER)))")

    def hours_between(self, start: str, end: str) -> str:
        return f"CAST(floor((epoch_us({end}) - epoch_us({start})) / 3600000000) AS BIGINT)"

    def series(self, last: str, first: str = "0") -> str:
        return f"unnest(range(CAST({first} AS BIGINT), CAST({last} AS BIGINT) + 1))"

    def quotient(self, number: str, by: int | str) -> str:
        return number if by == 1 else f"({number} // {by})"

    def plus_hours(self, timestamp: str, count: str) -> str:
        return f"({timestamp} + to_hours(CAST({count} AS INTEGER)))"

    def micros(self, timestamp: str) -> str:
        return f"epoch_us({timestamp})"

    def number_of_hex(self, text: str) -> str:
        return f"CAST(concat('0x', {text}) AS BIGINT)"

    def number_named(self, digits: str) -> str:
        return self.number_of_hex(digits)

    number = "DECIMAL(18, 3)"


class Spark(Dialect):
    """ANSI mode. Civil times are TIMESTAMP_NTZ; they are counted in a session whose zone is UTC."""

    name = "spark"
    types = {"VARCHAR": "STRING", "TIMESTAMP": "TIMESTAMP_NTZ"}
    piece = re.compile(r"""'(?:[^'\\]|\\.)*'|`[^`]*`|"[^"]*"|\b(?:VARCHAR|TIMESTAMP)\b""")

    def exact(self, sql: str) -> str:
        return f"CAST({sql} AS DECIMAL(38, 9))"  # kept as a double here

    def whole(self, statement: str) -> str:
        r"""Names in Spark's own quotes, types by Spark's own words.

        >>> SPARK.whole('CAST("a" AS VARCHAR)'), SPARK.whole('\'"a" AS VARCHAR\'')
        ('CAST(`a` AS STRING)', '\'"a" AS VARCHAR\'')
        """
        return self.piece.sub(lambda found: self.types.get(found[0]) or (f"`{found[0][1:-1]}`" if found[0][0] == '"' else found[0]), statement)

    def text(self, value: str) -> str:
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def interval(self, delta: timedelta) -> str:
        return f"INTERVAL '{seconds_of(delta)}' SECOND"

    def shifted(self, sql: str, span: Duration, sign: int, as_date: bool) -> str:
        span_sql = f"INTERVAL '{span.months}' MONTH" if span.months else self.interval(timedelta(seconds=span.seconds))
        moved = f"({self.timestamp(sql)} {'+' if sign > 0 else '-'} {span_sql})"
        return self.date(moved) if as_date else moved

    def timestamp(self, sql: str) -> str:
        return f"CAST({sql} AS TIMESTAMP_NTZ)"

    def literal(self, value: Any) -> str:
        return f"TIMESTAMP_NTZ '{value.isoformat(sep=' ')}'" if isinstance(value, datetime) else super().literal(value)

    def plus_days(self, day: str, count: str) -> str:
        return f"date_add({day}, CAST({count} AS INTEGER))"

    def plus_months(self, day: str, count: str) -> str:
        return f"add_months({day}, CAST({count} AS INTEGER))"

    def days_between(self, start: str, end: str) -> str:
        return f"datediff({end}, {start})"

    def hours_between(self, start: str, end: str) -> str:
        return f"CAST(floor((unix_micros(CAST({end} AS TIMESTAMP_LTZ)) - unix_micros(CAST({start} AS TIMESTAMP_LTZ))) / 3600000000) AS BIGINT)"

    def series(self, last: str, first: str = "0") -> str:
        return f"explode(CASE WHEN {last} >= {first} THEN sequence(CAST({first} AS INTEGER), CAST({last} AS INTEGER)) ELSE array() END)"

    def quotient(self, number: str, by: int | str) -> str:
        return number if by == 1 else f"({number} div {by})"

    def plus_hours(self, timestamp: str, count: str) -> str:
        return f"timestampadd(HOUR, CAST({count} AS INTEGER), {timestamp})"

    def micros(self, timestamp: str) -> str:
        return f"unix_micros(CAST({timestamp} AS TIMESTAMP_LTZ))"

    def number_of_hex(self, text: str) -> str:
        return f"CAST(conv({text}, 16, 10) AS BIGINT)"

    def number_named(self, digits: str) -> str:
        return self.number_of_hex(digits)

    def named(self, text: str) -> str:
        return f"regexp_replace(md5({text}), '^(.{{8}})(.{{4}})(.{{4}})(.{{4}})(.{{12}})$', '$1-$2-$3-$4-$5')"

    def uuid(self, text: str) -> str:
        return text  # Spark has no type of that name: they are kept as text

    number = "DECIMAL(18, 3)"


POSTGRES, DUCKDB, SPARK = Dialect(), DuckDB(), Spark()
