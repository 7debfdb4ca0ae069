"""What a plan may ask of the ledgers."""

from sizao.kernel.facts import ActKind, FactsColumn, FactsTable

C = FactsColumn
TABLES = (
    FactsTable(
        name="reporting_unit",
        relation="ledgers_reportingunit",
        zh="报告单位",
        en="reporting unit",
        person=None,
        disease=None,
        columns=(
            C("kind", "text", "NULLIF(kind, '')", "类别", "kind", codes="unit-kind"),
            C("in_use", "bool", "in_use", "正常运转", "in use"),
        ),
    ),
)
ACTS = (
    ActKind("report.filed", "subject", "报告", "report filed"),
    ActKind("household.visited", "subject", "入户排查", "household visited"),
)
