"""Samples taken of persons, and what the laboratory found in them."""

from django.db import models
from django.db.models import F, Q

from sizao.kernel.register import Bulk, Declaration, Field, Filter, Record, natural_key


class Specimen(Record):
    """A sample of a person for a disease; its result when there is one."""

    person = models.ForeignKey("population.Person", models.PROTECT, related_name="+")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    disease = models.TextField()
    kind = models.TextField(null=True, blank=True)
    sampled_at = models.DateTimeField()
    result = models.TextField(null=True, blank=True)
    resulted_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="样本",
        en="Specimen",
        fields={
            "person": Field("人员", "Person", sensitivity="personal", required=True),
            "area": Field("所在地", "Area", required=True),
            "disease": Field("病种", "Disease", codes="disease", required=True),
            "kind": Field("样本类型", "Kind"),
            "sampled_at": Field("采样时间", "Sampled", required=True),
            "result": Field("检测结果", "Result", codes="test-result"),
            "resulted_at": Field("出结果时间", "Resulted"),
        },
        acts=("lab.sampled", "lab.resulted"),
        name="specimens",
        write="specimen.write",
        columns=("person", "source_id", "kind", "sampled_at", "result", "resulted_at", "area"),
        filters=(
            Filter("positive", "阳性", "Positive", {"result": "positive"}),
            Filter("no-result", "未出结果", "No result yet", {"result__isnull": True}),
        ),
        bulk=(Bulk("result", "登记结果", "Tell the result", "specimen.write", ("result", "resulted_at")),),
        verb="sizao.registers.laboratory.actions:save",
        group_zh="采样与检测",
        group_en="Laboratory",
    )

    class Meta:
        constraints = [
            natural_key("specimen_natural_key"),
            models.CheckConstraint(condition=Q(resulted_at=None) | Q(resulted_at__gte=F("sampled_at")), name="specimen_result_after_sample"),
            models.CheckConstraint(condition=Q(result=None, resulted_at=None) | Q(result__isnull=False, resulted_at__isnull=False), name="specimen_result_is_whole"),
        ]
        indexes = [models.Index(fields=["person", "sampled_at"], name="specimen_person")]
