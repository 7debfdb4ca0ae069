"""What is decided about an area: its grade, its response level, an order in force there. One line a scale, from an instant until another."""

from django.db import models
from django.db.models import F, Q

from sizao.kernel.register import Declaration, Field, Record, natural_key


class AreaGrade(Record):
    """One thing said of an area on one scale: `value` is a code, `number` a figure, `basis` the document it rests on."""

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    scale = models.TextField()
    value = models.TextField()
    number = models.DecimalField(null=True, blank=True, max_digits=12, decimal_places=3)
    basis = models.TextField(blank=True, default="")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="地区分级与命令",
        en="Grade or order of an area",
        fields={
            "area": Field("地区", "Area"),
            "scale": Field("类别", "Scale", codes="area-scale"),
            "value": Field("取值", "Value"),
            "number": Field("数值", "Figure"),
            "basis": Field("依据", "Basis", sensitivity="open"),
            "starts_at": Field("开始时间", "From"),
            "ends_at": Field("结束时间", "Until"),
        },
        acts=("area.graded",),
        name="area-grades",
        read="plan.read",
        person="",
        group_zh="指挥",
        group_en="Command",
    )

    class Meta:
        constraints = [
            natural_key("area_grade_natural_key"),
            models.CheckConstraint(condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="area_grade_ends_after_it_begins"),
        ]
        indexes = [models.Index(fields=["area", "scale", "starts_at"], name="area_grade_scale")]
