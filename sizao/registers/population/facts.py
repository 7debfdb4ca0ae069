"""What a plan may ask of persons."""

from sizao.kernel.facts import ActKind, FactsColumn, FactsLink, FactsTable

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
        links=(FactsLink("household", "household", "household_id", "家庭户", "household"),),
        only="same_as_id IS NULL",
    ),
    FactsTable(
        name="household",
        relation="population_household",
        zh="家庭户",
        en="household",
        person=None,
        disease=None,
        columns=(FactsColumn("members", "int", "members", "人口数", "members", unit="persons"),),
    ),
)
ACTS: tuple[ActKind, ...] = ()
