"""Areas as the plan asks of them: each area itself, what is decided about it (one line a scale, from an instant until another), and each review of that."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from sizao.kernel.register import Declaration, Field, Record, natural_key

from ..rules import SCALES

GROUP: dict[str, Any] = {"group_zh": "指挥", "group_en": "Command"}


class AreaGrade(Record):
    """One thing said of an area on one scale: `value` is a code, `number` a figure, `basis` what it rests on.

    Attributes:
        rule: The set of rules that a grade was decided or worked out by, as id@SHA-256; empty where there was none.
        review_by: By when a person is to look again.
    """

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    scale = models.TextField()
    value = models.TextField()
    number = models.DecimalField(null=True, blank=True, max_digits=12, decimal_places=3)
    basis = models.TextField(blank=True, default="")
    rule = models.TextField(blank=True, default="", db_default="")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    review_by = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="地区分级与命令",
        en="Grade or order of an area",
        fields={
            "area": Field("地区", "Area"),
            "scale": Field("类别", "Scale", codes="area-scale"),
            "value": Field("取值", "Value", codes_by=("scale", SCALES)),
            "number": Field("数值", "Figure"),
            "basis": Field("依据", "Basis", sensitivity="open"),
            "rule": Field("定级规则（编号@摘要）", "Rules (id@digest)", sensitivity="open"),
            "starts_at": Field("开始时间", "From"),
            "ends_at": Field("结束时间", "Until"),
            "review_by": Field("复核期限", "To be looked at again by"),
        },
        acts=("area.graded",),
        name="area-grades",
        read="plan.read",
        person="",
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("area_grade_natural_key"),
            models.CheckConstraint(condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="area_grade_ends_after_it_begins"),
        ]
        indexes = [models.Index(fields=["area", "scale", "starts_at"], name="area_grade_scale")]


class AreaUnit(Record):
    """An area as a subject of measures: one row for each area of the tree. The database makes it with the area and ends it with the area; nobody types it."""

    area = models.OneToOneField("kernel.Area", models.DO_NOTHING, related_name="+")
    level = models.TextField()
    outside = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="地区",
        en="Area",
        fields={
            "area": Field("地区", "Area", writable=False),
            "level": Field("层级", "Level", codes="area-level", writable=False),
            "outside": Field("本辖区以外", "Outside the jurisdiction", writable=False),
            "closed_at": Field("撤并时间", "Merged or abolished", writable=False),
        },
        name="area-units",
        read="plan.read",
        person="",
        **GROUP,
    )

    class Meta:
        constraints = [natural_key("area_unit_natural_key")]


class AreaReview(Record):
    """Somebody looked again at what is decided about an area: kept, raised or lowered, and on what basis. Staleness is counted from it."""

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    scale = models.TextField(default="risk")
    reviewed_at = models.DateTimeField()
    outcome = models.TextField(null=True, blank=True)
    basis = models.TextField(blank=True, default="")

    REGISTER = Declaration(
        zh="等级复核",
        en="Review of a grade",
        fields={
            "area": Field("地区", "Area", required=True),
            "scale": Field("类别", "Scale", codes="area-scale", required=True),
            "reviewed_at": Field("复核时间", "Reviewed", required=True),
            "outcome": Field("结论", "Conclusion", codes="review-outcome", required=True),
            "basis": Field("依据", "Basis", type="long"),
        },
        acts=("area.reviewed",),
        name="area-reviews",
        read="plan.read",
        write="command.write",
        person="",
        verb="sizao.registers.command.actions:save_reviews",
        **GROUP,
    )

    class Meta:
        constraints = [natural_key("area_review_natural_key")]
        indexes = [models.Index(fields=["area", "reviewed_at"], name="area_review_area")]
