"""Stays (at home, in a centre, in hospital, held where found) and the daily checks on the people in them."""

from django.db import models
from django.db.models import F, Q

from sizao.kernel.register import Bulk, Declaration, Field, Filter, Record, natural_key


class Stay(Record):
    """A person is somewhere for a disease, from an instant until another. It says what is so. Only an order binds: a stay without one, as lists from
    elsewhere tell of, takes no freedom from anybody, and shows on no pass."""

    person = models.ForeignKey("population.Person", models.PROTECT, related_name="+")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    disease = models.TextField()
    kind = models.TextField(null=True, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True, db_column="released_at")
    left_at = models.DateTimeField(null=True, blank=True)
    order = models.ForeignKey("isolation.Order", models.PROTECT, null=True, blank=True, related_name="stays", db_index=False, db_constraint=False)  # asked by `guard.STAY`

    REGISTER = Declaration(
        zh="隔离",
        en="Stay",
        fields={
            "person": Field("人员", "Person", sensitivity="personal", required=True),
            "area": Field("所在地", "Area", required=True),
            "disease": Field("病种", "Disease", codes="disease", required=True),
            "kind": Field("隔离方式", "Kind", codes="stay-kind"),
            "started_at": Field("开始时间", "Started", required=True),
            "ended_at": Field("解除时间", "Released"),
            "left_at": Field("未经解除离开时间", "Left before release", help_zh="离开的原因多半是需要帮助：食物、药品、照料。这里不作为对个人的记录评价。", help_en="Whoever leaves mostly needs something: food, medicine, somebody to care for. It is no mark on a person."),
            "order": Field("依据的命令", "Order", to="isolation-orders", writable=False),
        },
        acts=("stay.admitted", "stay.released", "stay.left"),
        name="stays",
        write="stay.write",
        columns=("person", "kind", "started_at", "ended_at", "area"),
        sorts=("started_at",),
        filters=(Filter("held", "隔离中", "Held now", {"ended_at__isnull": True}),),
        bulk=(Bulk("release", "解除隔离", "Release", "stay.write", ("ended_at",)),),
        verb="sizao.registers.isolation.actions:save_stays",
        group_zh="隔离管控",
        group_en="Isolation",
    )

    class Meta:
        constraints = [
            natural_key("stay_natural_key"),
            models.CheckConstraint(condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")), name="stay_ends_after_it_begins"),
        ]
        indexes = [
            models.Index(fields=["person", "started_at"], name="stay_person"),
            models.Index(fields=["order"], name="stay_order", condition=Q(order__isnull=False)),
        ]


class DailyCheck(Record):
    """One look at a person under observation: temperature, symptoms, or why there was none."""

    person = models.ForeignKey("population.Person", models.PROTECT, related_name="+")
    subject = models.UUIDField()
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    disease = models.TextField()
    happened_at = models.DateTimeField()
    outcome = models.TextField()
    temperature = models.DecimalField(null=True, blank=True, max_digits=4, decimal_places=1)
    symptoms = models.JSONField(default=list, blank=True)

    REGISTER = Declaration(
        zh="每日健康监测",
        en="Daily health check",
        fields={
            "person": Field("人员", "Person", sensitivity="personal", required=True),
            "subject": Field("监测对象", "Whom the check is about", type="text", writable=False),
            "area": Field("所在地", "Area", required=True),
            "disease": Field("病种", "Disease", codes="disease", required=True),
            "happened_at": Field("监测时间", "Time"),
            "outcome": Field("结果", "Result", codes="check-outcome"),
            "temperature": Field("体温", "Temperature", unit="°C", sensitivity="personal"),
            "symptoms": Field("症状", "Symptoms", codes="symptom", sensitivity="personal"),
        },
        acts=("isolation.daily_check",),
        name="daily-checks",
        subject="subject",
        columns=("person", "happened_at", "outcome", "temperature", "area"),
        sorts=("happened_at",),
        filters=(Filter("symptoms", "有症状", "Has symptoms", {"outcome": "symptoms"}), Filter("today", "今日", "Today", {"happened_at__gte": "today"})),
        group_zh="隔离管控",
        group_en="Isolation",
    )

    class Meta:
        constraints = [
            natural_key("daily_check_natural_key"),
            models.CheckConstraint(condition=Q(temperature=None) | Q(temperature__range=(30, 45)), name="daily_check_temperature_is_a_body_s"),
        ]
        indexes = [models.Index(fields=["person", "happened_at"], name="daily_check_person")]
