"""Each ledger as a typed view in the database: what plans, roll-ups and the mirror read."""

import hashlib
import json

from django.db import DatabaseError, connection, transaction
from psycopg.types.json import Jsonb

from sizao.kernel.errors import Refused

from .catalogue import ledgers
from .items import Ledger

#: Type of a field → type of its column in the view.
SQL = {
    "int": "bigint", "decimal": "numeric", "bool": "boolean", "code": "text", "date": "date", "instant": "timestamp with time zone",
    "text": "text", "area": "bigint", "person": "uuid", "household": "uuid", "unit": "uuid",
}  # fmt: skip


def columns(one: Ledger) -> list[dict[str, str]]:
    """The columns of its view beyond those that every entry has. Of several codes the view says whether there is any: `<field>_any`."""
    return [{"name": f"{f.id}_any", "type": "any"} if f.type == "codes" else {"name": f.id, "type": SQL[f.type]} for f in one.fields]


def make_views() -> list[str]:
    """Makes or widens the view of every ledger that is not as its file says; the ids of those. Refused ledger-view-refused where a field was retyped."""
    wanted = {one.id: columns(one) for one in ledgers().values()}
    prints = {id_: hashlib.sha256(json.dumps(of).encode()).hexdigest()[:24] for id_, of in wanted.items()}
    with connection.cursor() as cursor:
        cursor.execute("SELECT substr(relname, 8), obj_description(oid, 'pg_class') FROM pg_class WHERE relkind = 'v' AND relname LIKE 'ledger\\_%'")
        there = dict(cursor.fetchall())
    changed = [id_ for id_, digest in prints.items() if there.get(id_) != digest]
    for id_ in changed:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT ledgers_make_view(%s, %s, %s)", [id_, Jsonb(wanted[id_]), prints[id_]])
        except DatabaseError as e:
            raise Refused("ledger-view-refused", ledger=id_) from e
    return changed
