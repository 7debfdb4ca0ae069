"""The same relations read from PostgreSQL and from the mirror, side by side."""

from datetime import UTC, datetime, timedelta

from sizao.plan import evaluation, relations
from sizao.plan.facts import vocabulary


def both(mirror, zone, known_at=None):
    """relation → (rows in PostgreSQL, rows in the mirror), with UUIDs, sorted."""
    there = relations.build(vocabulary(), zone, known_at, one_zone=len(evaluation.zones()) == 1)
    here = mirror.relations(zone, known_at)
    names = {name: f"facts {name}" for name in looked_at(there.facts)}
    texts = [(label, there.facts[name], here.facts[name]) for name, label in names.items()]
    texts += [(name, getattr(there, name), getattr(here, name)) for name in ("act", "area", "up", "post", "kept")]
    free = there.area_fact.replace("g.value", "CASE WHEN g.scale <> 'population' THEN g.value END AS value")  # whatever somebody wrote stays away
    texts.append(("area_fact", free, here.area_fact))
    return {label: common(from_postgres(theirs), from_mirror(mirror, ours, label)) for label, theirs, ours in texts}


def from_postgres(sql):
    return sorted((plain(row) for row in evaluation.rows(f"SELECT * FROM ({sql}) x")), key=repr)


def common(theirs, ours):
    """The mirror may have a column more."""
    wanted = {key for row in theirs[:1] for key, _ in row}
    return theirs, sorted((tuple(pair for pair in row if pair[0] in wanted) for row in ours), key=repr) if wanted else ours


def from_mirror(mirror, sql, label):
    links = vocabulary().tables[label.removeprefix("facts ")].links if label.startswith("facts") else ()
    uuids = {"id", "person", *(link.name for link in links if link.table != "area")} if label.startswith("facts") else {"subject", "person", "other"} if label == "act" else set()
    cursor = mirror.duck.execute(f"SELECT * FROM ({sql}) x")
    names = [c[0] for c in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    numbers = dict(mirror.query("SELECT n, id FROM subject"))
    return sorted((plain({k: numbers[v] if k in uuids and v is not None else v for k, v in row.items()}) for row in rows), key=repr)


def plain(row):
    """An act's own id is a number of ours in the mirror; numbers compare as floats."""
    kept = {k: v for k, v in row.items() if not (k == "id" and "told_at" in row)}
    if kept.get("number") is not None:
        kept["number"] = float(kept["number"])
    return tuple(sorted((k, str(v) if v is not None else None) for k, v in kept.items()))


def differences(mirror, known_at=None):
    found = {}
    for zone in evaluation.zones():
        for label, (theirs, ours) in both(mirror, zone, known_at).items():
            if theirs != ours:
                found[zone, label] = ([r for r in theirs if r not in ours][:3], [r for r in ours if r not in theirs][:3])
    return found


def at(day, hour=0):
    """A local time of June 2020 as an instant."""
    return datetime(2020, 6, day, tzinfo=UTC) + timedelta(hours=hour - 8)


def looked_at(tables):
    """All ledgers are one table seen through views of one making: `household_visit` stands for them."""
    from sizao.registers.ledgers.catalogue import ledgers

    return [name for name in tables if name not in ledgers() or name == "household_visit"]
