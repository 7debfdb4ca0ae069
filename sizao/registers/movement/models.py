"""Persons handed from one area to another, and the answers: a hand-over counts when it is accepted, not when it is sent."""

from django.db import models
from django.db.models import F, Q

from sizao.kernel.register import Declaration, Field, Filter, Record, natural_key


class Handover(Record):
    """Somebody announced to the area that must answer. `area` is that area."""

    person = models.ForeignKey("population.Person", models.PROTECT, null=True, blank=True, related_name="+")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    from_area = models.ForeignKey("kernel.Area", models.PROTECT, null=True, blank=True, related_name="+")
    disease = models.TextField()
    kind = models.TextField(default="lead")
    sent_at = models.DateTimeField()
    answer = models.TextField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="移交协查",
        en="Hand-over",
        fields={
            "person": Field("人员", "Person", sensitivity="personal"),
            "area": Field("接收地", "Area that must answer"),
            "from_area": Field("发出地", "Area that sent it"),
            "disease": Field("病种", "Disease", codes="disease"),
            "kind": Field("类别", "Kind", codes="handover-kind"),
            "sent_at": Field("发出时间", "Sent"),
            "answer": Field("答复", "Answer", codes="handover-answer"),
            "answered_at": Field("答复时间", "Answered"),
        },
        acts=("handover.sent", "handover.answered"),
        name="handovers",
        filters=(Filter("unanswered", "未答复", "Not answered", {"answer__isnull": True}),),
        group_zh="流动与关口",
        group_en="Movement",
    )

    class Meta:
        constraints = [
            natural_key("handover_natural_key"),
            models.CheckConstraint(condition=Q(answered_at=None) | Q(answered_at__gte=F("sent_at")), name="handover_answered_after_it_was_sent"),
        ]
        indexes = [models.Index(fields=["area", "sent_at"], name="handover_area")]
