"""The same county, outbreak and publishing office as elsewhere."""

from doors.conftest import outbreak  # noqa: F401
from publication.conftest import office  # noqa: F401
