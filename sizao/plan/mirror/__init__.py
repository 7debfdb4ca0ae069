"""The mirror: a columnar copy of what the plan engine needs, in one DuckDB file of the store, kept fresh by pulling changes.

    from sizao.plan.mirror.mirror import Mirror

    with Mirror.open() as mirror:            # Refused mirror-owned when the worker has it
        mirror.refresh()                     # now it equals PostgreSQL at one moment
        mirror.query(sql)                    # SQL over mirror.relations(zone, known_at)

It holds ids, codes, dates and areas: no name, identifier, address or text. It can be thrown away at any time: the next refresh makes it again.

    layout      which columns it has, and where each comes from        refreshing   taking in what changed
    source      one snapshot of PostgreSQL, and what it streams out    checking     whether it still equals the registers
    owner       the lock, and the file                                 relations    the canonical relations over it
    once        what the measures of a run share                       whole        all of them evaluated beside each other
    engine      statements, and the way to PostgreSQL                 choice       which engine a run takes

Importing this package loads no DuckDB: `choice` does when a run needs it.
"""
