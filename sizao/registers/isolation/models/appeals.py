"""Objections to an order: filed by the person or for him, answered by a human being of another unit, before a time that the rule sets."""

from django.db import models
from django.db.models import Q

from sizao.kernel.register import Declaration, Field, Filter, Record, natural_key

from .orders import Order


class Appeal(Record):
    """One objection. `answer_by` is set by the database from the rule; whoever decides is named, gives a reason, and is not of the issuer's unit."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="appeals")
    person = models.ForeignKey("population.Person", models.PROTECT, related_name="+")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    filed_at = models.DateTimeField()
    answer_by = models.DateTimeField(null=True, blank=True)
    grounds = models.TextField(blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.TextField(null=True, blank=True)
    reason = models.TextField(blank=True, default="")
    decided_by = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True, related_name="+")
    decided_user = models.ForeignKey("kernel.User", models.PROTECT, null=True, blank=True, related_name="+")

    #: Who decided is shown on the objection's own page, as a post of another unit than the issuer's.
    APART = frozenset({"decided_by", "decided_user"})

    REGISTER = Declaration(
        zh="异议",
        en="Objection",
        fields={
            "order": Field("命令", "Order", to="isolation-orders", required=True, writable=False),
            "person": Field("人员", "Person", sensitivity="personal", required=True, writable=False),
            "area": Field("所在地", "Area", required=True, writable=False),
            "filed_at": Field("提出时间", "Filed", writable=False),
            "answer_by": Field("答复期限", "Answer by", writable=False),
            "grounds": Field("理由", "Grounds", sensitivity="personal", type="long", writable=False),
            "decided_at": Field("决定时间", "Decided", writable=False),
            "decision": Field("决定", "Decision", codes="appeal-decision", writable=False),
            "reason": Field("决定理由", "Reason given", sensitivity="personal", type="long", writable=False),
        },
        acts=("isolation.appealed", "isolation.answered"),
        name="appeals",
        columns=("person", "filed_at", "answer_by", "decision", "area"),
        sorts=("answer_by",),
        filters=(Filter("open", "未答复", "Unanswered", {"decided_at__isnull": True}),),
        group_zh="隔离管控",
        group_en="Isolation",
    )

    class Meta:
        constraints = [
            natural_key("appeal_natural_key"),
            models.CheckConstraint(
                condition=Q(decided_at=None, decision=None, decided_user=None) | (Q(decided_at__isnull=False, decision__isnull=False, decided_user__isnull=False) & ~Q(reason="")),
                name="appeal_is_decided_by_somebody_for_a_reason",
            ),
            models.UniqueConstraint(fields=["order"], condition=Q(decided_at=None), name="appeal_open_once"),
        ]
