"""What a plan may ask of isolation: stays, orders, and its acts. What else ends an order by itself, a plan does not ask (decision 052)."""

from sizao.kernel.facts import ActKind, FactsColumn, FactsTable

C = FactsColumn
TABLES = (
    FactsTable(
        name="stay",
        relation="isolation_stay",
        zh="隔离",
        en="stay",
        columns=(
            C("kind", "text", "kind", "方式", "kind", codes="stay-kind"),
            C("started_at", "instant", "started_at", "开始时间", "start"),
            C("released_at", "instant", "released_at", "解除时间", "time of release"),
            C("open", "bool", "(released_at IS NULL)", "仍在隔离", "open"),
        ),
        made_by="stay.admitted",
    ),
    FactsTable(
        name="isolation_order",
        relation="isolation_order",
        zh="隔离命令",
        en="isolation order",
        columns=(
            C("kind", "text", "kind", "方式", "kind", codes="stay-kind"),
            C("starts_at", "instant", "starts_at", "开始时间", "start"),
            C("ends_at", "instant", "ends_at", "到期时间", "end"),
            C("lifted_at", "instant", "lifted_at", "提前解除时间", "time of lifting"),
            C("binding", "bool", "", "在有效期内", "within its time", expression="starts_at <= now and now < ends_at and lifted_at is null"),
        ),
        made_by="isolation.ordered",
    ),
)
ACTS = (
    ActKind("stay.admitted", "person", "落实隔离", "isolation began", restricts=True, outcomes="stay-kind"),
    ActKind("stay.released", "person", "解除隔离", "isolation ended", outcomes="stay-kind"),
    ActKind("stay.left", "person", "未经解除离开", "left before release", outcomes="stay-kind"),
    ActKind("isolation.ordered", "person", "下达隔离命令", "isolation ordered", restricts=True, outcomes="stay-kind"),
    ActKind("isolation.seconded", "person", "第二个单位复核同意", "order agreed by a second unit"),
    ActKind("isolation.lifted", "person", "解除隔离命令", "order lifted", outcomes="lift-reason"),
    ActKind("isolation.appealed", "person", "提出异议", "objection filed"),
    ActKind("isolation.answered", "person", "答复异议", "objection answered", outcomes="appeal-decision"),
    ActKind("isolation.absent", "person", "发现离开隔离", "found absent from isolation", outcomes="absence-found"),
    ActKind("isolation.reached", "person", "离开后联系上", "absence settled", outcomes="absence-outcome"),
    ActKind("isolation.daily_check", "person", "每日健康监测", "daily health check", outcomes="check-outcome"),
)
