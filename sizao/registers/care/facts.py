"""What a plan may ask of care: hospitals, and the course of a case's illness."""

from sizao.kernel.facts import ActKind, FactsColumn, FactsLink, FactsTable

C = FactsColumn
TABLES = (
    FactsTable(
        name="hospital",
        relation="care_hospital",
        zh="医疗机构",
        en="hospital",
        person=None,
        disease=None,
        columns=(
            C("hospital_level", "text", "level", "级别", "level", codes="hospital-level"),
            C("designated", "bool", "designated", "定点医院", "designated"),
            C("treating", "bool", "treating", "收治病例", "treats cases"),
            C("fever_clinic", "bool", "fever_clinic", "设发热门诊", "has a fever clinic"),
            C("severe_unit", "bool", "severe_unit", "重症集中收治", "unit for the severe"),
            C("batch", "int", "batch_no", "启用批次", "batch of activation", unit="batch"),
            C("batch_beds", "int", "batch_beds", "批次应开床位", "beds that its batch owes", unit="beds"),
        ),
        links=(FactsLink("unit", "reporting_unit", "unit_id", "单位", "unit"),),
    ),
    FactsTable(
        name="course",
        relation="care_course",
        zh="病程",
        en="course of illness",
        columns=(
            C("severity", "text", "severity", "病情", "severity", codes="severity"),
            C("severe_at", "instant", "severe_at", "转重时间", "turned severe"),
            C("treated_at", "instant", "treated_at", "开始治疗时间", "treatment began"),
            C("placed_at", "instant", "placed_at", "进入重症单元时间", "placed in a unit for the severe"),
        ),
        links=(FactsLink("case", "case", "about_case_id", "病例", "case"), FactsLink("unit", "reporting_unit", "unit_id", "收治机构", "unit")),
    ),
)
ACTS = (
    ActKind("case.treated", "case", "开始治疗", "treatment began"),
    ActKind("care.referred", "person", "提出转诊", "referred to a hospital", outcomes="bed-class"),
    ActKind("care.replied", "person", "答复转诊", "referral answered", outcomes="referral-answer"),
    ActKind("care.arrived", "person", "转诊到达", "arrived after a referral"),
    ActKind("care.admitted", "person", "入院", "admitted to a bed", outcomes="bed-class"),
    ActKind("care.left", "person", "离院", "left the hospital", outcomes="admission-end"),
    ActKind("care.need_asked", "person", "提出需求", "asked for something", outcomes="care-need"),
    ActKind("care.need_taken", "person", "认领需求", "need taken", outcomes="care-need"),
    ActKind("care.need_met", "person", "办结需求", "need settled", outcomes="care-need-outcome"),
    ActKind("case.worsened", "case", "病情转重", "turned severe", outcomes="severity"),
)
