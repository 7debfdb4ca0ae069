"""Pairs of records that may be one person: by keys that they share, then scored by Splink (Fellegi and Sunter 1969) with the weights of `weights.py`.

The table `person` of a DuckDB connection of one's own holds the records:

    n INTEGER (unique), name VARCHAR, sex VARCHAR, birth DATE, year INTEGER (born in, also where only an age is told), area BIGINT, home UBIGINT,
    document UBIGINT, phone UBIGINT, fresh BOOLEAN

Document, phone and home are digests: equal where the values are equal in their restored form, NULL where none is told. Pairs in which neither record is `fresh`
are not looked at. What is compared is the field, never the whole: nothing here decides, and nothing is written to a disk.
"""

import logging
import warnings
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np

from .names import heard
from .weights import LEVELS, Weights

COLUMNS = ("n", "name", "sex", "birth", "year", "area", "home", "document", "phone", "fresh")

#: When a level holds, of the records l and r; asked in order. What is not told on either side says nothing.
SQL = {
    "name": {
        "": "plain_l IS NULL OR plain_r IS NULL",
        "same": "plain_l = plain_r",
        "order": "han_l = han_r AND letters_l = letters_r",
        "sound": "sounds_l = sounds_r",
        "fewer": "len(list_intersect(parts_l, parts_r)) >= 2 AND len(list_intersect(parts_l, parts_r)) = least(len(parts_l), len(parts_r)) AND len(parts_l) <> len(parts_r) AND NOT (han_l AND han_r)",
        "near": "NOT (han_l AND han_r) AND length(said_l) >= 6 AND damerau_levenshtein(said_l, said_r) <= 1",
        "part": "list_has_any(parts_l, parts_r)",
    },
    "birth": {
        "": "(birth_l IS NULL OR birth_r IS NULL) AND (year_l IS NULL OR year_r IS NULL)",
        "same": "birth_l = birth_r",
        "swapped": "year(birth_l) = year(birth_r) AND month(birth_l) = day(birth_r) AND day(birth_l) = month(birth_r)",
        "digit": "hamming(strftime(birth_l, '%Y%m%d'), strftime(birth_r, '%Y%m%d')) = 1",
        "year": "(birth_l IS NULL OR birth_r IS NULL) AND abs(year_l - year_r) <= 1",
    },
    "document": {"": "document_l IS NULL OR document_r IS NULL", "same": "document_l = document_r"},
    "phone": {"": "phone_l IS NULL OR phone_r IS NULL", "same": "phone_l = phone_r"},
    "sex": {"": "sex_l IS NULL OR sex_r IS NULL", "same": "sex_l = sex_r"},
    "place": {"": "area_l IS NULL OR area_r IS NULL", "home": "home_l = home_r", "area": "area_l = area_r"},
}

#: Of what a field is compared: for Splink to carry along.
_READS = {"name": "plain", "birth": "birth", "document": "document", "phone": "phone", "sex": "sex", "place": "area"}

#: Two records are compared when they share one of these; each says how many records of one value there are at most before it says nothing.
KEYS = {
    "document": "SELECT n, hash(1, document) AS k FROM record WHERE document IS NOT NULL",
    "phone": "SELECT n, hash(2, phone) FROM record WHERE phone IS NOT NULL",
    "sound and birth": "SELECT n, hash(3, sounds, birth) FROM record WHERE sounds IS NOT NULL AND birth IS NOT NULL",
    "part and birth": "SELECT n, hash(4, part, birth) FROM (SELECT n, birth, unnest(parts) AS part FROM record WHERE birth IS NOT NULL)",
    "sound and year": "SELECT n, hash(5, sounds, year) FROM record WHERE sounds IS NOT NULL AND year IS NOT NULL",
    "sound and area": "SELECT n, hash(6, sounds, area) FROM record WHERE sounds IS NOT NULL AND area IS NOT NULL",
}


#: Records from elsewhere that are thought to stand beside the store's own, when it is asked how often a name is borne.
KNOWN = 100_000


@dataclass(frozen=True, slots=True)
class Linked:
    """What came of it: rows (l, r, bits, level of each field in the order of `LEVELS`, None where it was not told), l < r; how many pairs were looked at, and
    in how many records' keys were left out because too many shared them."""

    pairs: list[tuple[Any, ...]]
    compared: int
    left_out: int


def connect(threads: int = 2, memory: str = "4GB") -> duckdb.DuckDBPyConnection:
    """A DuckDB that lives in memory only, and spills nothing to a disk."""
    duck = duckdb.connect(":memory:")
    duck.execute(f"SET threads = {int(threads)}; SET memory_limit = '{memory}'; SET temp_directory = ''; SET preserve_insertion_order = false")
    return duck


def link(duck: duckdb.DuckDBPyConnection, w: Weights, least: float | None = None) -> Linked:
    """Pairs of at least so many bits (default: `w.doubtful`)."""
    hear(duck)
    compared, left_out = block(duck, w.largest_block)
    if not compared:
        return Linked([], 0, left_out)
    scored = score(duck, w, w.doubtful if least is None else least)
    found = duck.execute(f"SELECT * FROM {scored} ORDER BY 1, 2").fetchall()
    return Linked(found, compared, left_out)


def hear(duck: duckdb.DuckDBPyConnection) -> None:
    """`person` → `record`: each different name is worked out once."""
    names = [name for (name,) in duck.execute("SELECT DISTINCT name FROM person WHERE name IS NOT NULL AND name <> ''").fetchall()]
    told = [(name, h) for name in names if (h := heard(name)) is not None]
    columns = {"name": [name for name, _ in told]} | {c: [getattr(h, c) for _, h in told] for c in ("plain", "letters", "said", "sounds", "parts")}
    arrays: dict[str, Any] = {c: np.array(v, dtype=object) for c, v in columns.items()} | {"han": np.array([h.han for _, h in told], dtype=bool)}
    if told:
        duck.register("heard_now", arrays)
        duck.execute("CREATE OR REPLACE TABLE heard AS SELECT * REPLACE (string_split(parts, ' ') AS parts) FROM heard_now")
        duck.unregister("heard_now")
    else:
        duck.execute(
            "CREATE OR REPLACE TABLE heard (name VARCHAR, plain VARCHAR, letters VARCHAR, said VARCHAR, sounds VARCHAR, parts VARCHAR[], han BOOLEAN)"
        )
    duck.execute(
        "CREATE OR REPLACE TABLE record AS SELECT p.n, h.plain, h.letters, h.said, h.sounds, h.parts, h.han, p.sex, p.birth, coalesce(year(p.birth), p.year) AS year, "
        "p.area, p.home, p.document, p.phone, p.fresh FROM person p LEFT JOIN heard h ON h.name = p.name"
    )


def block(duck: duckdb.DuckDBPyConnection, largest: int) -> tuple[int, int]:
    """`record` → `pair` (l < r, each once): those that share a key. How many there are, and how many records' keys were left out."""
    duck.execute(f"CREATE OR REPLACE TEMP TABLE key AS {' UNION ALL '.join(KEYS.values())}")
    duck.execute("CREATE OR REPLACE TEMP TABLE shared AS SELECT k, count(*) AS many FROM key GROUP BY k HAVING count(*) > 1")
    left_out = duck.execute(f"SELECT coalesce(sum(many), 0) FROM shared WHERE many > {largest}").fetchall()[0][0]
    duck.execute(
        f"CREATE OR REPLACE TEMP TABLE few AS SELECT x.k, x.n, r.fresh FROM key x JOIN shared s ON s.k = x.k AND s.many <= {largest} JOIN record r ON r.n = x.n; DROP TABLE key"
    )
    duck.execute(
        "CREATE OR REPLACE TABLE pair AS SELECT DISTINCT a.n AS join_key_l, b.n AS join_key_r, '0' AS match_key FROM few a JOIN few b ON a.k = b.k AND a.n < b.n WHERE a.fresh OR b.fresh"
    )
    duck.execute("DROP TABLE few; DROP TABLE shared")
    return int(duck.execute("SELECT count(*) FROM pair").fetchall()[0][0]), int(left_out)


def often(duck: duckdb.DuckDBPyConnection, usual: float) -> None:
    """`often`: how often each name is borne. Few records say little of that, so as many as `KNOWN` stand beside them in which each name is borne `usual`ly."""
    duck.execute(
        f"CREATE OR REPLACE TABLE often AS SELECT plain, (count(*) + {KNOWN * usual}) / ((SELECT count(*) FROM record) + {KNOWN}) AS tf_plain "
        "FROM record WHERE plain IS NOT NULL GROUP BY plain"
    )


def score(duck: duckdb.DuckDBPyConnection, w: Weights, least: float) -> str:
    """`pair` → the name of a table with their scores, those of at least so many bits."""
    from splink import DuckDBAPI, Linker, SettingsCreator

    often(duck, w.fields["name"]["same"].u)
    duck.execute("CREATE OR REPLACE VIEW scored_record AS SELECT n AS unique_id, * EXCLUDE (n, fresh) FROM record")
    api = DuckDBAPI(connection=duck)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        linker = Linker(api.register("scored_record"), SettingsCreator(**_settings(w)), log_level=logging.ERROR, validate_settings=False)
        linker.table_management.register_term_frequency_lookup(api.register("often"), "plain")
        linker.table_management.register_blocked_pairs_for_predict(api.register("pair"))
        scored = linker.inference.predict(threshold_match_weight=float(least), warning_mode="never").physical_name
    levels = ", ".join(_named(field) for field in LEVELS)
    duck.execute(f"CREATE OR REPLACE TABLE scored AS SELECT unique_id_l AS l, unique_id_r AS r, match_weight AS bits, {levels} FROM {scored}")
    api.delete_table_from_database(scored)
    return "scored"


def _named(field: str) -> str:
    """The code of the level that held; Splink counts them down to 0, and -1 is not told."""
    highest = len(LEVELS[field]) - 1
    cases = " ".join(f"WHEN {highest - n} THEN '{level}'" for n, level in enumerate(LEVELS[field]))
    return f"CASE gamma_{field} {cases} END AS {field}"


def _settings(w: Weights) -> dict[str, Any]:
    comparisons = []
    for field, levels in LEVELS.items():
        found: list[dict[str, Any]] = [{"sql_condition": SQL[field][""], "label_for_charts": "null", "is_null_level": True}]
        for level in levels:
            held = w.fields[field][level]
            one: dict[str, Any] = {"sql_condition": SQL[field].get(level, "ELSE"), "label_for_charts": level, "m_probability": held.m, "u_probability": held.u}
            if field == "name" and level == "same":  # a name that many bear says less than a rare one
                one |= {"tf_adjustment_column": "plain", "tf_adjustment_weight": 1.0, "tf_minimum_u_value": 1e-7}
            found.append(one)
        comparisons.append({"output_column_name": field, "comparison_levels": found})
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "unique_id",
        "probability_two_random_records_match": w.prior,
        "blocking_rules_to_generate_predictions": [],
        "comparisons": comparisons,
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
        "additional_columns_to_retain": [],
    }


__all__ = ["COLUMNS", "Linked", "connect", "link"]
