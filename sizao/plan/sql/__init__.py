"""The compiler: one checked tree, one SQL statement a measure, for every engine that sqlglot can write."""

from .compiler import compile_measure
from .dialects import DUCKDB, POSTGRES, SPARK, Dialect
from .parts import WHOLE, Part
from .relations import Relations
from .unlisted import compile_unlisted

__all__ = ["DUCKDB", "POSTGRES", "SPARK", "WHOLE", "Dialect", "Part", "Relations", "compile_measure", "compile_unlisted"]
