"""Import of a table into any register, made from its declaration."""

from sizao.interop.kit.bringing import MOST_ROWS, Line, Told, bring_in
from sizao.interop.kit.columns import NUMBER, RECORD, Columns, map_header

__all__ = ["MOST_ROWS", "NUMBER", "RECORD", "Columns", "Line", "Told", "bring_in", "map_header"]
