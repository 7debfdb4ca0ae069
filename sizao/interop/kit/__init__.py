"""Import of a table into any register, made from its declaration."""

from sizao.interop.kit.bringing import MOST_ROWS, bring_in
from sizao.interop.kit.columns import NUMBER, RECORD, Columns, map_header
from sizao.interop.kit.ledger import KIND, columns_of, notes_of, register_of, standing
from sizao.interop.kit.told import Line, Told

__all__ = ["KIND", "MOST_ROWS", "NUMBER", "RECORD", "Columns", "Line", "Told", "bring_in", "columns_of", "map_header", "notes_of", "register_of", "standing"]
