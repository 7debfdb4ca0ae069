"""What a plan may ask of movement: hand-overs, areas outside, journeys."""

from sizao.kernel.facts import ActKind, FactsColumn, FactsLink, FactsTable

C = FactsColumn
TABLES = (
    FactsTable(
        name="handover",
        relation="movement_handover",
        zh="移交协查",
        en="hand-over",
        columns=(
            C("kind", "text", "CASE WHEN recalled_at IS NULL THEN kind ELSE 'recalled' END", "类别", "kind", codes="handover-kind"),
            C("sent_at", "instant", "sent_at", "发出时间", "time sent"),
            C("answer", "text", "answer", "答复", "answer", codes="handover-answer"),
            C("answered_at", "instant", "answered_at", "答复时间", "time of the answer"),
            C("arrived_at", "instant", "arrived_at", "到达时间", "time of arrival"),
        ),
        links=(FactsLink("from_area", "area", "from_area_id", "发出地", "area that sent it"),),
    ),
    FactsTable(
        name="outside_area",
        relation="movement_outsidearea",
        zh="外地地区",
        en="area outside",
        person=None,
        disease=None,
        columns=(
            C("grade", "text", "grade", "风险等级", "risk grade", codes="risk-grade"),
            C("graded_at", "instant", "graded_at", "定级时间", "time graded"),
            C("listed", "bool", "(listed_at IS NOT NULL AND delisted_at IS NULL)", "在疫情严重地区名单", "on the list of affected areas"),
        ),
    ),
    FactsTable(
        name="journey",
        relation="movement_journey",
        zh="行程",
        en="journey",
        disease=None,
        columns=(
            C("kind", "text", "kind", "类别", "kind", codes="journey-kind"),
            C("origin", "text", "CASE WHEN origin ~ '^[0-9]{2,12}$' THEN origin END", "来源地代码", "code of the origin", code=True),
            C("outbound", "bool", "(kind = 'exit')", "离开本地", "leaves the area"),
            C("employed", "bool", "employed", "有工作单位", "has an employer"),
            C("known_at", "instant", "known_at", "获知时间", "time known"),
            C("left_on", "date", "left_on", "离开来源地日期", "left on"),
            C("left_at", "instant", "left_at", "出发时间", "time of leaving"),
            C("planned_arrival", "instant", "planned_arrival", "计划到达时间", "planned arrival"),
            C("arrived_on", "date", "arrived_on", "到达日期", "arrived on"),
            C("open", "bool", "(closed_at IS NULL)", "仍在跟踪", "still followed"),
        ),
        links=(FactsLink("came_from", "outside_area", "came_from_id", "来源地", "origin"), FactsLink("unit", "reporting_unit", "unit_id", "接收单位", "unit")),
        made_by="journey.known",
    ),
)
ACTS = (
    ActKind("handover.sent", "subject", "发出移交", "handed over"),
    ActKind("handover.answered", "subject", "答复移交", "hand-over answered", outcomes="handover-answer"),
    ActKind("handover.arrived", "subject", "移交人员到达", "arrived after the hand-over"),
    ActKind("outside.told", "subject", "外地情况更新", "situation outside told"),
    ActKind("outside.listed", "subject", "列入疫情严重地区名单", "listed as an affected area"),
    ActKind("journey.known", "subject", "获知行程", "journey known"),
    ActKind("journey.located", "subject", "找到本人", "person found"),
    ActKind("journey.registered", "subject", "返乡（到达）登记", "arrival registered"),
    ActKind("journey.declared", "subject", "本人申报", "declared"),
    ActKind("employer.told", "subject", "告知单位", "employer told"),
    ActKind("journey.scanned", "subject", "扫码登记", "code scanned"),
    ActKind("journey.announced", "subject", "告知目的地", "destination told"),
)
