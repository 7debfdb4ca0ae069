"""The audit trail, always on: who did or saw what, for what purpose, chained so that a change made afterwards shows.

`write` adds one event in the transaction of the act itself; when it cannot, the act does not happen either.
`sizao.kernel.audit.sealer` links the events, `sizao.kernel.audit.checking` finds what was done to them.
"""

from sizao.kernel.audit.checking import Fault, Report, verify
from sizao.kernel.audit.events import digest, head, listed, old_values, seen_by, write
from sizao.kernel.audit.sealer import note_restored, seal_once
from sizao.kernel.audit.sql import audit_grants_sql

__all__ = ["Fault", "Report", "audit_grants_sql", "digest", "head", "listed", "note_restored", "old_values", "seal_once", "seen_by", "verify", "write"]
