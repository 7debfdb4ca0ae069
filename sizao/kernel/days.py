"""Days as whole numbers from 1970-01-01, which is what epidemiology counts in; instants become days in the database, in the zone of the row's own area."""

from datetime import date, timedelta
from typing import Any

from django.db.models import F, FloatField, Func, IntegerField

EPOCH = date(1970, 1, 1)
#: Stands for a day that nobody told, in arrays of whole numbers.
NEVER = -1_000_000


def number(day: date) -> int:
    """
    >>> number(date(1970, 1, 2))
    1
    """
    return (day - EPOCH).days


def day(number: int) -> date:
    """The day of that number."""
    return EPOCH + timedelta(days=int(number))


def local_day_number(instant: str, zone: str = "area__zone") -> Any:
    """The number of the local day of an instant's column, as an expression; null where it is null."""
    return Func(F(zone), F(instant), template="(timezone(%(expressions)s)::date - DATE '1970-01-01')", output_field=IntegerField())


def seconds(instant: Any) -> Any:
    """An instant as seconds since 1970, as an expression."""
    return Func(instant, template="extract(epoch FROM %(expressions)s)::float8", output_field=FloatField())


def day_number(column: str) -> Any:
    """The same of a column of days."""
    return Func(F(column), template="(%(expressions)s - DATE '1970-01-01')", output_field=IntegerField())
