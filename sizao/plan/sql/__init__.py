"""The compiler: one checked tree, one SQL statement a measure, for every engine that sqlglot can write."""

from .completeness import compile_beside, compile_beside_in_zones
from .dialects import DUCKDB, POSTGRES, SPARK, Asked, Dialect
from .parts import WHOLE, Part
from .relations import Relations
from .wide import compile_measure

__all__ = ["DUCKDB", "POSTGRES", "SPARK", "WHOLE", "Asked", "Dialect", "Part", "Relations", "compile_beside", "compile_beside_in_zones", "compile_measure"]
