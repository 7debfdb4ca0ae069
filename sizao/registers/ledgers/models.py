"""Units that report, the entries of every ledger in one table, and a receipt for each report that was due."""

from typing import Any

from django.db import models
from django.db.models import Q

from sizao.kernel.register import Declaration, Field, Filter, Record, natural_key

GROUP: dict[str, Any] = {"group_zh": "台账与应报", "group_en": "Ledgers and due reports"}


class ReportingUnit(Record):
    """A body or place that owes reports: a village committee, a school and its classes, a pharmacy, a gateway.

    `parent` is the unit it is part of (a class, of its school); `post` files for it, and where there is none any reporter of its area does.
    """

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    name = models.TextField()
    kind = models.TextField(blank=True, default="")
    in_use = models.BooleanField(null=True, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="parts")
    post = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True, related_name="+")

    REGISTER = Declaration(
        zh="报告单位",
        en="Reporting unit",
        fields={
            "name": Field("名称", "Name", sensitivity="open", required=True),
            "kind": Field("类别", "Kind", codes="unit-kind", required=True),
            "area": Field("所在地", "Area", required=True),
            "in_use": Field("正常运转", "In use"),
            "parent": Field("上级单位", "Part of", to="reporting-units"),
            "post": Field("填报岗位", "Post that files", writable=False),
        },
        searches=("name",),
        acts=("report.filed",),
        name="reporting-units",
        read="plan.read",
        write="unit.write",
        person="",
        title="name",
        columns=("name", "kind", "area", "in_use"),
        filters=(Filter("in-use", "正常运转", "In use", {"in_use": True}),),
        verb="sizao.registers.ledgers.actions:save_units",
        **GROUP,
    )

    class Meta:
        constraints = [natural_key("reporting_unit_natural_key")]
        indexes = [models.Index(fields=["area", "kind"], name="reporting_unit_area")]


class DueReport(Record):
    """The receipt of one report: which ledger, for which period, with what number. Zero is a number; a period without a row is silence.

    `number` is counted, never typed, where lines stand behind it. `filed_at` is the first filing: lateness is judged by it; a correction
    replaces the number and counts in `corrections`; what it replaced stays in the history.
    """

    unit = models.ForeignKey(ReportingUnit, models.PROTECT, related_name="reports")
    ledger = models.TextField(default="daily_report")
    period = models.DateField()
    slot = models.PositiveSmallIntegerField(default=0)
    number = models.DecimalField(max_digits=20, decimal_places=3)
    filed_at = models.DateTimeField()
    corrections = models.PositiveIntegerField(default=0)

    REGISTER = Declaration(
        zh="应报回执",
        en="Report received",
        fields={
            "unit": Field("报告单位", "Unit", to="reporting-units"),
            "ledger": Field("报表", "Report", names="ledger"),
            "period": Field("所属日期", "Period"),
            "slot": Field("当日第几次（自0起）", "Slot of the day (from 0)"),
            "number": Field("报告数", "Number"),
            "filed_at": Field("报告时间", "Filed"),
            "corrections": Field("更正次数", "Corrections"),
        },
        acts=("report.filed",),
        name="due-reports",
        read="plan.read",
        area="unit__area",
        person="",
        filters=(Filter("zero", "零报告", "Zero reports", {"number": 0}), Filter("corrected", "有更正", "Corrected", {"corrections__gte": 1})),
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("due_report_natural_key"),
            models.UniqueConstraint(fields=["unit", "ledger", "period", "slot"], name="due_report_once"),
        ]
        indexes = [models.Index(fields=["ledger", "period"], name="due_report_period")]


class Entry(Record):
    """One line of one ledger. What its values mean says the ledger's text that `item_ref` names (id@SHA-256), and each ledger is a typed view.

    Attributes:
        person, household, unit: Whom it is about; which of them is its subject says the ledger.
        area: Where, as it stood when the line was written.
        period, slot: Of a report that is due, for which period and which cut-off of the day.
        once: What may stand once for its subject ("2020-06-15/0/severe"); empty where lines come as they come.
        post: Who wrote it, as a post.
    """

    ledger = models.TextField()
    item_ref = models.TextField(blank=True, default="")
    person = models.ForeignKey("population.Person", models.PROTECT, null=True, blank=True, related_name="+")
    household = models.ForeignKey("population.Household", models.PROTECT, null=True, blank=True, related_name="+")
    unit = models.ForeignKey(ReportingUnit, models.PROTECT, null=True, blank=True, related_name="entries")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    disease = models.TextField(null=True, blank=True)
    happened_at = models.DateTimeField()
    period = models.DateField(null=True, blank=True)
    slot = models.PositiveSmallIntegerField(default=0)
    once = models.TextField(null=True, blank=True)
    values = models.JSONField(default=dict)
    post = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True, related_name="+")

    #: Shown only ledger by ledger, under what each ledger's own declaration calls it and how sensitive it says it is.
    APART = frozenset({"person", "household", "disease", "slot", "once", "values", "post"})

    #: Entries are shown ledger by ledger; this one word is for all of them together.
    REGISTER = Declaration(
        zh="台账记录",
        en="Ledger entry",
        fields={
            "ledger": Field("台账", "Ledger", writable=False, names="ledger"),
            "unit": Field("报告单位", "Unit", to="reporting-units", writable=False),
            "area": Field("所在地", "Area", writable=False),
            "happened_at": Field("时间", "Time", writable=False),
            "period": Field("所属日期", "Period", writable=False),
            "item_ref": Field("依据", "Text it was checked against", writable=False),
        },
        name="ledger-entries",
        read="ledger.read",
        **GROUP,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source_id", "ledger", "sender"], condition=~Q(source_id=""), name="entry_natural_key"),
            models.UniqueConstraint(fields=["ledger", "unit", "once"], condition=Q(once__isnull=False), name="entry_once"),
        ]
        indexes = [
            models.Index(fields=["ledger", "happened_at", "id"], name="entry_when"),
            models.Index(fields=["ledger", "id"], name="entry_newest"),
            models.Index(fields=["ledger", "area"], name="entry_where"),
            models.Index(fields=["person", "ledger", "happened_at"], name="entry_person", condition=Q(person__isnull=False)),
            models.Index(fields=["household", "ledger", "happened_at"], name="entry_household", condition=Q(household__isnull=False)),
            models.Index(fields=["unit", "ledger", "period"], name="entry_unit", condition=Q(unit__isnull=False)),
        ]
