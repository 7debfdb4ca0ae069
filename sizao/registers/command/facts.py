"""What a plan may ask of command: areas, what is decided about them, orders, tickets, texts, posts, responsibilities, forms."""

from sizao.kernel.facts import ActKind, AreaFact, FactsColumn, FactsLink, FactsTable

C = FactsColumn
#: The unit that a row is of.
UNIT = FactsLink("unit", "reporting_unit", "unit_id", "单位", "unit")


def _table(name: str, relation: str, zh: str, en: str, columns: tuple[FactsColumn, ...], links: tuple[FactsLink, ...] = (), made_by: str | None = None) -> FactsTable:
    return FactsTable(name=name, relation=f"command_{relation}", zh=zh, en=en, columns=columns, person=None, disease=None, links=links, made_by=made_by)


TABLES = (
    _table(
        "area", "areaunit", "地区", "area",
        (C("level", "text", "level", "层级", "level", codes="area-level"), C("outside", "bool", "outside", "本辖区以外", "outside the jurisdiction"),
         C("closed_at", "instant", "closed_at", "撤并时间", "merged or abolished")),
    ),
    _table(
        "area_grade", "areagrade", "地区定级", "what is decided about an area",
        (C("scale", "text", "scale", "类别", "scale", codes="area-scale"), C("based", "bool", "(basis <> '')", "有依据", "has a basis"),
         C("starts_at", "instant", "starts_at", "开始时间", "from"), C("ends_at", "instant", "ends_at", "结束时间", "until")),
    ),
    _table(
        "order", "order", "命令", "order",
        (C("kind", "text", "kind", "类别", "kind", codes="order-type"), C("restrictive", "bool", "restrictive", "限制性措施", "restricts"),
         C("strictness", "int", "strictness", "严格程度", "strictness", unit="steps"), C("touches_public", "bool", "touches_public", "涉及公众", "touches the public"),
         C("basis", "bool", "(basis <> '')", "载明依据", "has a legal basis"), C("scope", "bool", "(reach <> '')", "载明范围", "has a scope"),
         C("appeal_route", "bool", "(appeal_route <> '')", "载明申诉途径", "says how to appeal"), C("issued_at", "instant", "issued_at", "发布时间", "time issued"),
         C("starts_at", "instant", "starts_at", "开始时间", "start"), C("ends_at", "instant", "ends_at", "结束时间", "end"), C("over_at", "instant", "over_at", "终止时间", "time ended")),
    ),
    _table(
        "ticket", "ticket", "事项", "ticket",
        (C("kind", "text", "kind", "类别", "kind", codes="ticket-kind"), C("topic", "text", "topic", "主题", "topic", codes="ticket-topic"),
         C("raised_at", "instant", "raised_at", "提出时间", "time raised"), C("due_at", "instant", "due_at", "要求办结时间", "due"),
         C("owned", "bool", "(unit_id IS NOT NULL)", "已明确责任单位", "has an owner"), C("repeated", "bool", "repeated", "再次发现", "found again")),
        (UNIT,), made_by="ticket.raised",
    ),
    _table(
        "text", "publictext", "公开文本", "public text",
        (C("kind", "text", "kind", "类别", "kind", codes="text-kind"), C("in_force", "bool", "in_force", "现行有效", "in force"),
         C("published_at", "instant", "published_at", "发布时间", "time published"), C("figures_unequal", "int", "figures_unequal", "与内部数据不符的数字", "figures unlike the internal ones", unit="figures")),
        (UNIT,),
    ),
    _table(
        "post", "guardpost", "岗位", "post",
        (C("kind", "text", "kind", "类别", "kind", codes="post-kind"), C("holder", "bool", "holder", "有人任职", "held by somebody"), C("backup", "bool", "backup", "有替补", "has a backup"),
         C("reachable", "bool", "reachable", "联系得上", "can be reached"), C("shift_hours", "int", "shift_hours", "每班小时数", "length of a shift", unit="hours"),
         C("shift_starts", "instant", "shift_starts", "首班开始时间", "start of the first shift")),
        (UNIT,),
    ),
    _table(
        "measure", "duty", "在行措施", "measure in force",
        (C("in_force", "bool", "(in_force_until IS NULL)", "在行", "in force"), C("in_force_from", "instant", "in_force_from", "生效时间", "in force from"),
         C("assigned", "bool", "(unit_id IS NOT NULL)", "已明确承办单位", "a unit does it")),
        (UNIT,),
    ),
    _table(
        "form", "formrequest", "报表", "form",
        (C("first_sent_at", "instant", "first_sent_at", "首次下发时间", "first sent"), C("minutes", "int", "minutes", "填一次所需时间", "minutes to fill it in", unit="min"),
         C("fields_already_held", "int", "fields_already_held", "已掌握而重复索要的字段", "fields asked again", unit="fields")),
        (UNIT,),
    ),
)  # fmt: skip
ACTS = (
    ActKind("area.graded", "area", "地区定级", "area graded"),
    ActKind("area.reviewed", "area", "地区级别复核", "level of an area reviewed"),
    ActKind("inspection.seen", "subject", "现场核查", "seen on the spot", outcomes="seen-outcome"),
    ActKind("practice.seen", "subject", "项目核查", "practice seen on the spot", outcomes="practice"),
    ActKind("leader.visited", "subject", "领导到联系片区督导", "leader has been in his area"),
    ActKind("call.made", "subject", "拨打抽查电话", "test call made"),
    ActKind("call.answered", "subject", "接听抽查电话", "test call answered"),
    ActKind("call.unanswered", "subject", "抽查电话无人接听", "test call not answered"),
    ActKind("duty.accepted", "subject", "责任人签收", "duty accepted"),
    ActKind("form.registered", "subject", "报表登记", "form registered"),
    ActKind("form.refused", "subject", "报表退回", "form refused"),
    ActKind("order.issued", "subject", "发布命令", "order issued"),
    ActKind("order.reviewed", "subject", "命令复核", "order reviewed"),
    ActKind("order.extended", "subject", "命令延期", "order extended"),
    ActKind("order.ended", "subject", "命令终止", "order ended"),
    ActKind("order.done", "subject", "命令落实", "order carried out"),
    ActKind("ticket.raised", "subject", "提出事项", "ticket raised", outcomes="ticket-kind"),
    ActKind("ticket.acknowledged", "subject", "事项签收", "ticket acknowledged"),
    ActKind("ticket.assigned", "subject", "事项分派", "ticket assigned"),
    ActKind("ticket.answered", "subject", "事项办理答复", "ticket answered"),
    ActKind("ticket.verified", "subject", "提出人确认办结", "verified by the one who raised it"),
    ActKind("ticket.reopened", "subject", "退回重办", "sent back"),
    ActKind("ticket.published", "subject", "答复公开", "answer published"),
    ActKind("text.published", "subject", "公开发布", "published", outcomes="text-kind"),
    ActKind("text.adopted", "reporting_unit", "单位执行新版本", "adopted by a unit", other="text"),
    ActKind("text.reached", "household", "送达到户", "reached a household", other="text"),
    ActKind("bulletin.published", "subject", "发布疫情通报", "bulletin published"),
    ActKind("plan.filed", "subject", "预案备案", "plan filed"),
    ActKind("dataset.released", "subject", "数据集发布", "data set released"),
    ActKind("evaluation.published", "subject", "评估报告", "evaluation published"),
)
AREAS = (
    AreaFact("grade", "text", "risk", "风险等级", "risk grade", codes="risk-grade"),
    AreaFact("grade_by_criteria", "text", "risk_criteria", "按标准应为的风险等级", "risk grade by the criteria", codes="risk-grade"),
    AreaFact("response_level", "text", "response", "应急响应级别", "response level", codes="response-level"),
    AreaFact("level_by_criteria", "text", "response_criteria", "按标准应为的响应级别", "response level by the criteria", codes="response-level"),
    AreaFact("population", "number", "population", "常住人口", "population", field="number", unit="persons"),
    AreaFact("batch_called", "number", "batch", "已启用到的定点医院批次", "batch of hospitals called", field="number", unit="batch"),
    AreaFact("batch_called_at", "instant", "batch", "启用命令时间", "time the batch was called", field="starts_at"),
    AreaFact("strained_since", "instant", "strain", "力量薄弱（自）", "under strain since", field="starts_at"),
    AreaFact("sweep_from", "instant", "order", "全域排查开始时间", "start of the sweep", field="starts_at", only="sweep", ended=True),
)
