"""Samples of persons, animals and surfaces, the tubes they were pooled in, and what laboratories found, corrections included."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from sizao.kernel.register import Bulk, Declaration, Field, Filter, Record, natural_key

GROUP: dict[str, Any] = {"group_zh": "采样与检测", "group_en": "Laboratory"}


class Laboratory(Record):
    """A laboratory that may be sent samples. What it can do a day is told in the ledger `lab_capacity` of its reporting unit."""

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    name = models.TextField()
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    method = models.TextField(null=True, blank=True)
    opened_on = models.DateField(null=True, blank=True)
    in_use = models.BooleanField(null=True, blank=True)

    REGISTER = Declaration(
        zh="检测机构",
        en="Laboratory",
        fields={
            "name": Field("名称", "Name", sensitivity="open", required=True),
            "area": Field("所在地", "Area", required=True),
            "unit": Field("报告单位", "Reporting unit", to="reporting-units"),
            "method": Field("检测方法", "Method", codes="test-method"),
            "opened_on": Field("启用日期", "Opened"),
            "in_use": Field("在用", "In use"),
        },
        searches=("name",),
        name="laboratories",
        read="plan.read",
        write="unit.write",
        person="",
        title="name",
        **GROUP,
    )

    class Meta:
        constraints = [natural_key("laboratory_natural_key")]


class Tube(Record):
    """A pooled tube: several samples tested as one. A negative tube clears everybody in it; any other answer says nothing of a single one.

    A tube of one is a single sample's. `unit` is the sampling point; `version` counts how often the sampler closed it, for a phone may tell an older state later.
    The database refuses a result of a tube that no ended run lists (`guard`).
    """

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    disease = models.TextField()
    code = models.TextField(blank=True, default="")
    laboratory = models.ForeignKey(Laboratory, models.PROTECT, null=True, blank=True, related_name="+")
    size = models.PositiveSmallIntegerField(default=10)
    sealed_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True, blank=True)
    result = models.TextField(null=True, blank=True)
    resulted_at = models.DateTimeField(null=True, blank=True)
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    version = models.PositiveSmallIntegerField(default=1)

    REGISTER = Declaration(
        zh="混检管",
        en="Pooled tube",
        fields={
            "code": Field("管号", "Tube number", required=True),
            "area": Field("采样地", "Area", required=True),
            "disease": Field("病种", "Disease", codes="disease", required=True),
            "laboratory": Field("检测机构", "Laboratory", to="laboratories"),
            "size": Field("每管人数", "Samples to a tube", unit="samples"),
            "sealed_at": Field("封管时间", "Closed", required=True),
            "received_at": Field("实验室接收时间", "Received"),
            "result": Field("检测结果", "Result", codes="test-result", writable=False),
            "resulted_at": Field("出结果时间", "Resulted", writable=False),
            "unit": Field("采样点", "Sampling point", to="reporting-units"),
            "version": Field("封管次数", "Times closed", writable=False),
        },
        name="tubes",
        read="tube.read",
        write="specimen.write",
        person="",
        title="code",
        filters=(Filter("waiting", "待出结果", "Waiting for a result", {"result__isnull": True}), Filter("positive", "阳性管", "Positive", {"result": "positive"})),
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("tube_natural_key"),
            models.UniqueConstraint(fields=["code"], condition=~Q(code=""), name="tube_number_once"),
            models.CheckConstraint(condition=Q(size__gte=1, size__lte=50), name="tube_holds_some"),
            models.CheckConstraint(condition=Q(result=None, resulted_at=None) | Q(result__isnull=False, resulted_at__isnull=False), name="tube_result_is_whole"),
            models.CheckConstraint(condition=Q(resulted_at=None) | Q(resulted_at__gte=F("sealed_at")), name="tube_result_after_it_is_closed"),
        ]
        indexes = [models.Index(fields=["sealed_at"], name="tube_waiting", condition=Q(result=None))]


class Specimen(Record):
    """A sample for a disease, of a person or of something else; `result` is the one that stands now, `Result` has every one that was told.

    Attributes:
        sample_of: What it is of (code list `specimen-subject`); a person exactly when it is "person".
        site: What was swabbed or taken, where it is no person: "cutting board, stall 14". Never a name.
        retest_of: The sample whose pooled tube asked for this one; its result answers for both.
    """

    person = models.ForeignKey("population.Person", models.PROTECT, null=True, blank=True, related_name="+")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    disease = models.TextField()
    kind = models.TextField(null=True, blank=True)
    sampled_at = models.DateTimeField()
    result = models.TextField(null=True, blank=True)
    resulted_at = models.DateTimeField(null=True, blank=True)
    sample_of = models.TextField(default="person")
    site = models.TextField(blank=True, default="")
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    tube = models.ForeignKey(Tube, models.PROTECT, null=True, blank=True, related_name="specimens")
    laboratory = models.ForeignKey(Laboratory, models.PROTECT, null=True, blank=True, related_name="+")
    received_at = models.DateTimeField(null=True, blank=True)
    retest_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="retests")
    imported = models.BooleanField(null=True, blank=True)
    in_cluster = models.BooleanField(null=True, blank=True)
    sequenced_at = models.DateTimeField(null=True, blank=True)
    lineage = models.TextField(null=True, blank=True)
    acted_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="样本",
        en="Specimen",
        fields={
            "person": Field("人员", "Person", sensitivity="personal"),
            "sample_of": Field("采样对象", "Sample of", codes="specimen-subject"),
            "site": Field("采样部位（物体、场所，不写姓名）", "What was sampled (no names)"),
            "unit": Field("采样场所", "Where", to="reporting-units"),
            "area": Field("所在地", "Area", required=True),
            "disease": Field("病种", "Disease", codes="disease", required=True),
            "kind": Field("样本类型", "Kind", codes="specimen-kind"),
            "sampled_at": Field("采样时间", "Sampled", required=True),
            "tube": Field("混检管", "Tube", to="tubes"),
            "laboratory": Field("检测机构", "Laboratory", to="laboratories"),
            "received_at": Field("实验室接收时间", "Received"),
            "retest_of": Field("复检自", "Retest of", to="specimens"),
            "result": Field("检测结果", "Result", codes="test-result"),
            "resulted_at": Field("出结果时间", "Resulted"),
            "imported": Field("输入病例样本", "Of an imported case"),
            "in_cluster": Field("聚集性疫情样本", "Of a cluster"),
            "sequenced_at": Field("完成测序时间", "Sequenced"),
            "lineage": Field("谱系", "Lineage"),
            "acted_at": Field("动物（环境）阳性处置时间", "Finding in an animal or place acted on"),
        },
        acts=("lab.sampled", "lab.received", "lab.resulted", "lab.sequenced", "animal.acted"),
        name="specimens",
        write="specimen.write",
        columns=("person", "source_id", "kind", "sampled_at", "result", "resulted_at", "area"),
        sorts=("sampled_at", "resulted_at"),
        filters=(
            Filter("positive", "阳性", "Positive", {"result": "positive"}),
            Filter("no-result", "未出结果", "No result yet", {"result__isnull": True}),
            Filter("retest", "混管阳性待复检", "Positive tube, retest due", {"tube__result": "positive", "result__isnull": True}),
            Filter("environment", "物品与环境", "Not of persons", {"person__isnull": True}),
        ),
        bulk=(Bulk("result", "登记结果", "Tell the result", "result.write", ("result", "resulted_at")),),
        verb="sizao.registers.laboratory.actions:save",
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("specimen_natural_key"),
            models.CheckConstraint(condition=Q(resulted_at=None) | Q(resulted_at__gte=F("sampled_at")), name="specimen_result_after_sample"),
            # a list may tell a result and not its day: then it stands, and whether it came in time cannot be told
            models.CheckConstraint(condition=Q(resulted_at=None) | Q(result__isnull=False), name="specimen_result_has_its_time_or_none"),
            models.CheckConstraint(condition=Q(sample_of="person", person__isnull=False) | (~Q(sample_of="person") & Q(person=None)), name="specimen_of_a_person_or_not"),
        ]
        indexes = [
            models.Index(fields=["person", "sampled_at"], name="specimen_person"),
            models.Index(fields=["tube"], name="specimen_tube", condition=Q(tube__isnull=False)),
            models.Index(fields=["resulted_at"], name="specimen_resulted", condition=Q(resulted_at__isnull=False)),  # the tests of a day
        ]


class Result(Record):
    """What a laboratory told of a sample, once. A correction names the one it corrects, with the reason; the last one stands."""

    specimen = models.ForeignKey(Specimen, models.PROTECT, related_name="results")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    laboratory = models.ForeignKey(Laboratory, models.PROTECT, null=True, blank=True, related_name="+")
    method = models.TextField(null=True, blank=True)
    result = models.TextField()
    resulted_at = models.DateTimeField()
    ct = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    corrects = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="corrected_by")
    correction_reason = models.TextField(blank=True, default="")

    REGISTER = Declaration(
        zh="检测结果",
        en="Result",
        fields={
            "specimen": Field("样本", "Specimen", to="specimens", writable=False),
            "laboratory": Field("检测机构", "Laboratory", to="laboratories", writable=False),
            "method": Field("检测方法", "Method", codes="test-method", writable=False),
            "result": Field("结果", "Result", codes="test-result", writable=False),
            "resulted_at": Field("出结果时间", "Resulted", writable=False),
            "ct": Field("Ct 值", "Ct", unit="cycles", writable=False),
            "corrects": Field("更正自", "Corrects", to="results", writable=False),
            "correction_reason": Field("更正原因", "Corrected because", writable=False),
            "area": Field("所在地", "Area", writable=False),
        },
        acts=("lab.resulted",),
        name="results",
        person="specimen__person",
        columns=("specimen", "result", "resulted_at", "laboratory"),
        filters=(Filter("corrections", "更正", "Corrections", {"corrects__isnull": False}),),
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("result_natural_key"),
            models.CheckConstraint(condition=Q(corrects=None) | ~Q(correction_reason=""), name="a_correction_says_why"),
        ]
        indexes = [models.Index(fields=["specimen", "resulted_at"], name="result_specimen")]
