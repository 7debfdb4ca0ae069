"""What a plan may ask of the laboratory."""

from sizao.kernel.facts import ActKind, FactsColumn, FactsTable

C = FactsColumn
TABLES = (
    FactsTable(
        name="specimen",
        relation="laboratory_specimen",
        zh="样本",
        en="specimen",
        columns=(
            C("sampled_at", "instant", "sampled_at", "采样时间", "time of sampling"),
            C("result", "text", "result", "检测结果", "result", codes="test-result"),
            C("resulted_at", "instant", "resulted_at", "出结果时间", "time of the result"),
        ),
    ),
)
ACTS = (
    ActKind("lab.sampled", "person", "采样", "sample taken"),
    ActKind("lab.resulted", "person", "检测出结果", "result told"),
)
