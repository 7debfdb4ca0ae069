"""What a hospital is there for, and how the illness of a case goes: severity, treatment, a place in the unit for the severe."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from sizao.kernel.register import Declaration, Field, Filter, Record, natural_key

GROUP: dict[str, Any] = {"group_zh": "救治与关怀", "group_en": "Care"}


class Hospital(Record):
    """A medical institution in the plan: its level, whether it is designated and in which batch, with how many beds, whether it treats cases now."""

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    unit = models.OneToOneField("ledgers.ReportingUnit", models.PROTECT, related_name="+")
    level = models.TextField(null=True, blank=True)
    designated = models.BooleanField(default=False)
    treating = models.BooleanField(default=False)
    fever_clinic = models.BooleanField(default=False)
    severe_unit = models.BooleanField(default=False)
    batch_no = models.PositiveSmallIntegerField(null=True, blank=True)
    batch_beds = models.PositiveIntegerField(null=True, blank=True)
    told_at = models.DateTimeField()

    REGISTER = Declaration(
        zh="医疗机构定位",
        en="Hospital in the plan",
        fields={
            "unit": Field("医疗机构", "Institution", to="reporting-units", required=True),
            "area": Field("所在地", "Area", required=True),
            "level": Field("级别", "Level", codes="hospital-level"),
            "designated": Field("定点医院", "Designated"),
            "batch_no": Field("启用批次", "Batch"),
            "batch_beds": Field("批次应开床位", "Beds that its batch owes", unit="beds"),
            "treating": Field("收治病例", "Treats cases"),
            "fever_clinic": Field("设发热门诊", "Has a fever clinic"),
            "severe_unit": Field("重症集中收治", "Unit for the severe"),
            "told_at": Field("登记时间", "As of", required=True),
        },
        name="hospitals",
        read="plan.read",
        write="care.write",
        person="",
        columns=("unit", "level", "designated", "batch_no", "batch_beds", "treating", "area"),
        filters=(Filter("designated", "定点", "Designated", {"designated": True}), Filter("treating", "在收治", "Treating", {"treating": True})),
        verb="sizao.registers.care.actions:save_hospitals",
        **GROUP,
    )

    class Meta:
        constraints = [natural_key("hospital_natural_key"), models.CheckConstraint(condition=Q(batch_no=None) | Q(batch_no__range=(1, 20)), name="hospital_batch_is_a_number")]
        indexes = [models.Index(fields=["area", "batch_no"], name="hospital_area")]


class Course(Record):
    """How the illness of one case goes. One row a case; each change of severity is a version that stands from when it was seen."""

    person = models.ForeignKey("population.Person", models.PROTECT, related_name="+")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    disease = models.TextField()
    about_case = models.OneToOneField("cases.Case", models.PROTECT, related_name="+")
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    severity = models.TextField(null=True, blank=True)
    seen_at = models.DateTimeField()
    severe_at = models.DateTimeField(null=True, blank=True)
    treated_at = models.DateTimeField(null=True, blank=True)
    placed_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="病程",
        en="Course of illness",
        fields={
            "person": Field("人员", "Person", sensitivity="personal", required=True),
            "about_case": Field("病例", "Case", to="cases", required=True),
            "area": Field("收治地", "Area", required=True),
            "disease": Field("病种", "Disease", codes="disease", required=True),
            "unit": Field("收治机构", "Treated in", to="reporting-units"),
            "severity": Field("病情", "Severity", codes="severity"),
            "seen_at": Field("评估时间", "As seen at", required=True),
            "treated_at": Field("开始治疗时间", "Treatment began"),
            "severe_at": Field("转重时间", "Turned severe", writable=False),
            "placed_at": Field("进入重症单元时间", "Placed in a unit for the severe"),
        },
        acts=("case.treated", "case.worsened"),
        name="courses",
        read="case.read",
        write="care.write",
        columns=("person", "severity", "seen_at", "treated_at", "severe_at", "area"),
        filters=(
            Filter("severe", "重型、危重型", "Severe and critical", {"severity__in": ["severe", "critical"]}),
            Filter("waiting", "重症待转", "Severe, waiting", {"severe_at__isnull": False, "placed_at__isnull": True}),
            Filter("untreated", "未治疗", "Not treated", {"treated_at__isnull": True}),
        ),
        verb="sizao.registers.care.actions:save_courses",
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("course_natural_key"),
            models.CheckConstraint(condition=Q(placed_at=None) | Q(severe_at=None) | Q(placed_at__gte=F("severe_at")), name="course_is_placed_after_it_turned_severe"),
        ]
        indexes = [models.Index(fields=["person"], name="course_person"), models.Index(fields=["area", "seen_at"], name="course_area")]
