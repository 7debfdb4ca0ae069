"""What a plan may ask of persons."""

from sizao.kernel.facts import ActKind, FactsColumn, FactsTable

TABLES = (
    FactsTable(
        name="person",
        relation="population_person",
        zh="人员",
        en="person",
        person="id",
        disease=None,
        columns=(
            FactsColumn("sex", "text", "sex", "性别", "sex", codes="sex"),
            FactsColumn("age", "int", "CAST(floor(age_years) AS integer)", "年龄（周岁）", "age", unit="years"),
        ),
    ),
)
ACTS: tuple[ActKind, ...] = ()
