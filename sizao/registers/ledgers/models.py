"""Reports that are due, and visits to households: lines that somebody writes each day, zero included."""

from django.db import models
from django.db.models import Q

from sizao.kernel.register import Declaration, Field, Record, natural_key


class ReportingUnit(Record):
    """A body that owes a report: a village committee, a school, a fever clinic."""

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    name = models.TextField()
    kind = models.TextField(blank=True, default="")
    in_use = models.BooleanField(null=True, blank=True)

    REGISTER = Declaration(
        zh="报告单位",
        en="Reporting unit",
        fields={
            "area": Field("所在地", "Area"),
            "name": Field("名称", "Name", sensitivity="open"),
            "kind": Field("类别", "Kind", codes="unit-kind"),
            "in_use": Field("正常运转", "In use"),
        },
        searches=("name",),
        acts=("report.filed",),
        name="reporting-units",
        read="plan.read",
        person="",
        title="name",
        group_zh="台账与应报",
        group_en="Ledgers and due reports",
    )

    class Meta:
        constraints = [natural_key("reporting_unit_natural_key")]


class DueReport(Record):
    """What a unit reported for one day. Zero is a number; a day without a row is silence."""

    unit = models.ForeignKey(ReportingUnit, models.PROTECT, related_name="reports")
    period = models.DateField()
    number = models.DecimalField(max_digits=12, decimal_places=3)
    filed_at = models.DateTimeField()

    REGISTER = Declaration(
        zh="每日报告",
        en="Daily report",
        fields={
            "unit": Field("报告单位", "Unit", to="reporting-units"),
            "period": Field("所属日期", "Day"),
            "number": Field("报告数", "Number"),
            "filed_at": Field("报告时间", "Filed"),
        },
        acts=("report.filed",),
        name="due-reports",
        read="plan.read",
        area="unit__area",
        person="",
        group_zh="台账与应报",
        group_en="Ledgers and due reports",
    )

    class Meta:
        constraints = [
            natural_key("due_report_natural_key"),
            models.UniqueConstraint(fields=["unit", "period"], name="due_report_once_a_day"),
            models.CheckConstraint(condition=Q(number__gte=0), name="due_report_is_no_debt"),
        ]


class HouseholdVisit(Record):
    """Somebody stood before a door: reached, nobody there, refused; how many persons were seen."""

    household = models.ForeignKey("population.Household", models.PROTECT, related_name="+")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    happened_at = models.DateTimeField()
    outcome = models.TextField()
    persons_seen = models.PositiveIntegerField(null=True, blank=True)

    REGISTER = Declaration(
        zh="入户排查",
        en="Household visit",
        fields={
            "household": Field("家庭户", "Household", to="households"),
            "area": Field("所在地", "Area"),
            "happened_at": Field("入户时间", "Time"),
            "outcome": Field("结果", "Outcome", codes="visit-outcome"),
            "persons_seen": Field("见到人数", "Persons seen", unit="persons"),
        },
        acts=("household.visited",),
        name="household-visits",
        person="",
        group_zh="台账与应报",
        group_en="Ledgers and due reports",
    )

    class Meta:
        constraints = [natural_key("household_visit_natural_key")]
        indexes = [models.Index(fields=["household", "happened_at"], name="household_visit_when")]
