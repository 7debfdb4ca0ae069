"""The same join in SQL, for engines of many machines, and to hold `overlap` against: one row, `pairs`, `seconds`, `persons`.

`visit` and `stay` are tables with the columns of `overlap.Intervals`; intervals are half-open, whoever visits himself is left out.
"""

#: Seconds of a slot: both sides are cut into slots, so that a busy place is spread over many workers, and a pair is counted in its first common slot only.
SLOT = 7200

_PLAIN = """
SELECT count(*) AS pairs, coalesce(sum(least(v.{end}, s.{end}) - greatest(v.{start}, s.{start})), 0) AS seconds, count(DISTINCT v.person) AS persons
FROM {visit} v JOIN {stay} s ON v.place = s.place{slots}
WHERE v.{start} < s.{end} AND s.{start} < v.{end} AND v.person <> s.person
  AND v.{start} < v.{end} AND s.{start} < s.{end} AND least(v.{end}, s.{end}) - greatest(v.{start}, s.{start}) >= {least}
"""

#: How an engine counts a row once for each slot that it touches.
_SLOTS = {
    "duckdb": "(SELECT *, unnest(range(floor({start} / {slot})::BIGINT, floor(({end} - 1) / {slot})::BIGINT + 1)) AS slot FROM {table} WHERE {start} < {end})",
    "spark": "(SELECT *, explode(sequence(CAST(floor({start} / {slot}) AS BIGINT), CAST(floor(({end} - 1) / {slot}) AS BIGINT))) AS slot FROM {table} WHERE {start} < {end})",
}


def table_sql(visit: str, stay: str, *, engine: str = "", at_least: int = 1) -> str:
    """The question for tables of these names. `engine`: "duckdb" or "spark" for the form in slots; "" for the plain one, which PostgreSQL takes too."""
    quote = "`" if engine == "spark" else '"'
    names = {"start": f"{quote}start{quote}", "end": f"{quote}end{quote}", "least": max(1, at_least)}
    if not engine:
        return _PLAIN.format(visit=visit, stay=stay, slots="", **names)
    cut = {n: _SLOTS[engine].format(table=t, slot=SLOT, **names) for n, t in (("visit", visit), ("stay", stay))}
    first = "greatest(v.{start}, s.{start})".format(**names)
    return _PLAIN.format(**cut, slots=f" AND v.slot = s.slot AND v.slot = floor({first} / {SLOT})", **names)
