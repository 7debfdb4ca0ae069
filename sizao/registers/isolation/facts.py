"""What a plan may ask of isolation: so far its acts."""

from sizao.kernel.facts import ActKind, FactsTable

TABLES: tuple[FactsTable, ...] = ()
ACTS = (
    ActKind("stay.admitted", "person", "落实隔离", "isolation began", restricts=True),
    ActKind("stay.released", "person", "解除隔离", "isolation ended"),
    ActKind("isolation.daily_check", "person", "每日健康监测", "daily health check"),
)
