"""What a plan may ask of command: what is decided about areas."""

from sizao.kernel.facts import ActKind, AreaFact, FactsTable

TABLES: tuple[FactsTable, ...] = ()
ACTS = (ActKind("area.graded", "subject", "地区定级", "area graded"), ActKind("inspection.seen", "subject", "现场核查", "seen on the spot"))
AREAS = (
    AreaFact("grade", "text", "risk", "风险等级", "risk grade", codes="risk-grade"),
    AreaFact("response_level", "text", "response", "应急响应级别", "response level", codes="response-level"),
    AreaFact("population", "number", "population", "常住人口", "population", field="number", unit="persons"),
    AreaFact("sweep_from", "instant", "order", "全域排查开始时间", "start of the sweep", field="starts_at", only="sweep", ended=True),
)
