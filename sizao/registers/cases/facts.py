"""What a plan may ask of cases and contacts."""

from sizao.kernel.facts import ActKind, FactsColumn, FactsLink, FactsTable

C = FactsColumn

TABLES = (
    FactsTable(
        name="case",
        relation="cases_case",
        zh="病例",
        en="case",
        columns=(
            C("class", "text", "classification", "病例分类", "classification", codes="case-class"),
            C("onset_on", "date", "onset_on", "发病日期", "date of onset"),
            C("first_care_at", "instant", "first_care_at", "首诊时间", "first care"),
            C("reported_at", "instant", "reported_at", "报告时间", "time of report"),
            C("confirmed_at", "instant", "confirmed_at", "确诊时间", "time of confirmation"),
            C("outcome", "text", "outcome", "转归", "outcome", codes="case-outcome"),
            C("outcome_at", "instant", "outcome_at", "转归时间", "time of outcome"),
            C("contact_total", "int", "contact_total", "报告的密接人数", "contacts told of", unit="persons"),
        ),
    ),
    FactsTable(
        name="contact",
        relation="cases_contact",
        zh="密切接触者",
        en="contact",
        columns=(
            C("class", "text", "classification", "接触者分类", "class", codes="contact-class"),
            C("named_at", "instant", "named_at", "判定时间", "time named"),
            C("last_exposure_on", "date", "last_exposure_on", "末次接触日期", "last exposure"),
            C("observation_from", "date", "observation_from", "观察开始日期", "start of observation"),
            C("observation_until", "date", "observation_until", "观察结束日期", "end of observation"),
            C("released_at", "instant", "released_at", "解除时间", "time of release"),
            C("became_case_at", "instant", "became_case_at", "转为病例时间", "time of becoming a case"),
            C("open", "bool", "(released_at IS NULL AND became_case_at IS NULL)", "仍在观察", "under observation"),
        ),
        links=(FactsLink("case", "case", "case_id", "所属病例", "case"),),
        made_by="contact.named",
        custody=True,
    ),
)

ACTS = (
    ActKind("case.reported", "subject", "病例报告", "case reported", outcomes="case-class"),
    ActKind("case.classified", "subject", "病例分类判定", "case classified", outcomes="case-class"),
    ActKind("case.investigated", "subject", "流行病学调查", "case investigated"),
    ActKind("case.assigned", "subject", "病例任务分派", "case given to somebody"),
    ActKind("source.judged", "subject", "感染来源判定", "source judged"),
    ActKind("contact.named", "subject", "判定为密接", "contact named", outcomes="contact-class"),
    ActKind("contact.released", "subject", "密接解除", "contact released"),
    ActKind("contact.located", "subject", "找到密接", "contact found"),
    ActKind("contact.classed", "subject", "到访人员分类", "visitor classed", outcomes="contact-class"),
    ActKind("attempt", "subject", "尝试未成", "tried, not done", outcomes="attempt-reason"),
)
