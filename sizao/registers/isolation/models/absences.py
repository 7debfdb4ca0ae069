"""Somebody who is under an order was found absent or told to be gone: an alarm with a clock for who answers for him, and what was done."""

from django.db import models
from django.db.models import F, Q

from sizao.kernel.register import Declaration, Field, Filter, Record, natural_key

from .orders import Order
from .stays import Stay


class Absence(Record):
    """One absence. It says when it was found, by when somebody must have reached the person, what the person needed, and how it ended.

    It has no column for a fault, a penalty or a score, and none is to be added: whoever leaves mostly needs something (decision 034). No plan can ask for it.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="absences")
    stay = models.ForeignKey(Stay, models.PROTECT, null=True, blank=True, related_name="+")
    person = models.ForeignKey("population.Person", models.PROTECT, related_name="+")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    disease = models.TextField()
    found_at = models.DateTimeField()
    found_by = models.TextField()
    reach_by = models.DateTimeField()
    need_found = models.TextField(null=True, blank=True)
    outcome = models.TextField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="离开隔离",
        en="Absence",
        fields={
            "order": Field("命令", "Order", to="isolation-orders", required=True, writable=False),
            "stay": Field("离开的隔离", "Stay that was left", to="stays", writable=False),
            "person": Field("人员", "Person", sensitivity="personal", required=True, writable=False),
            "area": Field("所在地", "Area", required=True, writable=False),
            "disease": Field("病种", "Disease", codes="disease", required=True, writable=False),
            "found_at": Field("发现时间", "Found", writable=False),
            "found_by": Field("如何得知", "How it was found", codes="absence-found", writable=False),
            "reach_by": Field("应联系上的时限", "To be reached by", writable=False),
            "need_found": Field("本人的需要", "What the person needed", codes="need-found", writable=False),
            "outcome": Field("结果", "Outcome", codes="absence-outcome", writable=False),
            "closed_at": Field("了结时间", "Settled", writable=False),
        },
        acts=("isolation.absent", "isolation.reached"),
        name="absences",
        columns=("person", "found_at", "reach_by", "outcome", "area"),
        sorts=("reach_by",),
        filters=(Filter("open", "未了结", "Open", {"closed_at__isnull": True}),),
        group_zh="隔离管控",
        group_en="Isolation",
    )

    class Meta:
        constraints = [
            natural_key("absence_natural_key"),
            models.CheckConstraint(condition=Q(outcome=None, closed_at=None) | Q(outcome__isnull=False, closed_at__gte=F("found_at")), name="absence_is_settled_after_it_was_found"),
            models.UniqueConstraint(fields=["order"], condition=Q(closed_at=None), name="absence_open_once"),
        ]
        indexes = [models.Index(fields=["area", "reach_by"], name="absence_area")]
