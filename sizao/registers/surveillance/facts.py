"""What a plan may ask of surveillance."""

from sizao.kernel.facts import ActKind, FactsColumn, FactsLink, FactsTable

C = FactsColumn
TABLES = (
    FactsTable(
        name="symptom",
        relation="surveillance_symptomline",
        zh="可疑症状登记",
        en="symptom line",
        columns=(
            C("channel", "text", "channel", "发现渠道", "channel", codes="symptom-channel"),
            C("found_at", "instant", "found_at", "发现时间", "time found"),
            C("temperature", "number", "temperature", "体温", "temperature", unit="°C"),
            C("referred_at", "instant", "referred_at", "转诊时间", "time of referral"),
            C("arrived_at", "instant", "arrived_at", "到达时间", "time of arrival"),
            C("outcome", "text", "outcome", "处置结果", "outcome", codes="symptom-outcome"),
            C("closed_at", "instant", "closed_at", "结案时间", "time it was closed"),
            C("open", "bool", "", "未结案", "open", expression="closed_at is null"),
        ),
        links=(
            FactsLink("found_unit", "reporting_unit", "found_unit_id", "发现单位", "unit that found"),
            FactsLink("to_unit", "reporting_unit", "to_unit_id", "转往单位", "unit referred to"),
        ),
        made_by="symptom.found",
    ),
    FactsTable(
        name="signal",
        relation="surveillance_signal",
        zh="预警信号",
        en="signal",
        person=None,
        columns=(
            C("kind", "text", "kind", "类型", "kind", codes="signal-kind"),
            C("raised_at", "instant", "raised_at", "发出时间", "time raised"),
            C("observed", "number", "observed", "观察值", "observed", unit="as counted"),
            C("expected", "number", "expected", "预期值", "expected", unit="as counted"),
            C("judgement", "text", "judgement", "判定", "judgement", codes="signal-judgement"),
            C("judged_at", "instant", "judged_at", "判定时间", "time judged"),
            C("action", "text", "action", "处置", "answer", codes="signal-action"),
            C("acted_at", "instant", "acted_at", "处置时间", "time answered"),
        ),
        made_by="signal.raised",
    ),
    FactsTable(
        name="case_card",
        relation="surveillance_casecard",
        zh="病例报告卡",
        en="case report card",
        columns=(
            C("diagnosed_at", "instant", "diagnosed_at", "诊断时间", "time of diagnosis"),
            C("received_at", "instant", "received_at", "收到时间", "time received"),
            C("outcome", "text", "outcome", "审核结果", "review", codes="card-outcome"),
            C("reviewed_at", "instant", "reviewed_at", "审核时间", "time reviewed"),
        ),
        links=(FactsLink("about_case", "case", "about_case_id", "病例", "case"), FactsLink("from_unit", "reporting_unit", "from_unit_id", "报告单位", "unit that reports")),
        made_by="card.received",
    ),
)
ACTS = (
    ActKind("symptom.found", "subject", "发现可疑症状", "symptoms found"),
    ActKind("symptom.referred", "subject", "转诊", "referred"),
    ActKind("symptom.arrived", "subject", "转诊到达", "arrived where referred"),
    ActKind("symptom.judged", "subject", "查明病因", "cause found"),
    ActKind("symptom.closed", "subject", "症状登记结案", "symptom line closed", outcomes="symptom-outcome"),
    ActKind("signal.raised", "subject", "发出信号", "signal raised"),
    ActKind("signal.judged", "subject", "信号判定", "signal judged", outcomes="signal-judgement"),
    ActKind("signal.acted", "subject", "信号处置", "signal answered"),
    ActKind("stream.tuned", "subject", "调整预警阈值", "threshold changed"),
    ActKind("card.received", "subject", "收到报告卡", "report card received"),
    ActKind("card.reviewed", "subject", "审核报告卡", "report card reviewed", outcomes="card-outcome"),
    ActKind("card.corrected", "subject", "订正报告卡", "report card corrected"),
    ActKind("card.final", "subject", "报告卡终审", "report card made final"),
)
