"""What a plan may ask of the laboratory."""

from sizao.kernel.facts import ActKind, FactsColumn, FactsLink, FactsTable

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
            C("sample_of", "text", "sample_of", "采样对象", "what the sample is of", codes="specimen-subject"),
            C("pooled", "bool", "(tube_id IS NOT NULL)", "混检", "pooled"),
            C("received_at", "instant", "received_at", "实验室接收时间", "time the laboratory received it"),
            C("imported", "bool", "imported", "输入病例样本", "of an imported case"),
            C("in_cluster", "bool", "in_cluster", "聚集性疫情样本", "of a cluster"),
        ),
        links=(FactsLink("tube", "tube", "tube_id", "混检管", "tube"), FactsLink("unit", "reporting_unit", "unit_id", "采样场所", "where it was taken"), FactsLink("retest_of", "specimen", "retest_of_id", "复检自", "sample it is the retest of")),
    ),
    FactsTable(
        name="tube",
        relation="laboratory_tube",
        zh="混检管",
        en="pooled tube",
        person=None,
        columns=(
            C("size", "int", "size", "每管人数", "samples to a tube", unit="samples"),
            C("sealed_at", "instant", "sealed_at", "封管时间", "time it was closed"),
            C("received_at", "instant", "received_at", "实验室接收时间", "time the laboratory received it"),
            C("result", "text", "result", "检测结果", "result", codes="test-result"),
            C("resulted_at", "instant", "resulted_at", "出结果时间", "time of the result"),
        ),
    ),
)
ACTS = (
    ActKind("lab.sampled", "person", "采样", "sample taken"),
    ActKind("lab.received", "subject", "实验室接收", "sample received"),
    ActKind("lab.resulted", "person", "检测出结果", "result told", outcomes="test-result"),
    ActKind("lab.sequenced", "subject", "完成测序", "sequenced"),
    ActKind("animal.acted", "subject", "动物（环境）阳性处置", "finding in an animal or place acted on"),
    ActKind("lab.retest_asked", "person", "要求单管复检", "retest asked for"),
    ActKind("lab.antibodies", "person", "抗体检测出结果", "antibodies looked for", outcomes="test-result"),
    ActKind("recall.found", "person", "召回对象已找到", "person called again was found"),
    ActKind("tube.handed", "subject", "样本交转运", "tube handed to the courier"),
    ActKind("tube.tested", "subject", "样本上机", "tube in a run", outcomes="test-result"),
    ActKind("lab.held", "subject", "检测存疑", "result or tube held", outcomes="lab-hold"),
    ActKind("lab.hold_decided", "subject", "存疑处理", "hold decided", outcomes="lab-hold-resolution"),
)
