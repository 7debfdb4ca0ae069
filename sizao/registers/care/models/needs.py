"""What somebody who cannot go out, or is ill for long, asks for: medicine, dialysis, food, a delivery. Asked, taken by somebody, met, each by a clock."""

from django.db import models
from django.db.models import F, Q

from sizao.kernel.register import Declaration, Field, Filter, Record, natural_key

from .hospitals import GROUP


class Need(Record):
    """One need of one person. Who asks says what; who takes it answers for it; a need that cannot be met says why, and stays on record as that."""

    person = models.ForeignKey("population.Person", models.PROTECT, related_name="+")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    kind = models.TextField()
    what = models.TextField(blank=True, default="")
    asked_at = models.DateTimeField()
    asked_self = models.BooleanField(default=False)
    take_by = models.DateTimeField()
    meet_by = models.DateTimeField()
    taken_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True, related_name="+")
    met_at = models.DateTimeField(null=True, blank=True)
    outcome = models.TextField(null=True, blank=True)

    REGISTER = Declaration(
        zh="个人需求",
        en="Need of a person",
        fields={
            "person": Field("人员", "Person", sensitivity="personal", required=True, writable=False),
            "area": Field("所在地", "Area", required=True, writable=False),
            "kind": Field("类别", "Kind", codes="care-need", required=True, writable=False),
            "what": Field("内容", "What", sensitivity="personal", type="long", writable=False),
            "asked_at": Field("提出时间", "Asked", writable=False),
            "asked_self": Field("本人提出", "Asked by the person", writable=False),
            "take_by": Field("认领时限", "To be taken by", writable=False),
            "meet_by": Field("办结时限", "To be met by", writable=False),
            "taken_at": Field("认领时间", "Taken", writable=False),
            "taken_by": Field("认领岗位", "Taken by", writable=False),
            "met_at": Field("办结时间", "Met", writable=False),
            "outcome": Field("结果", "Outcome", codes="care-need-outcome", writable=False),
        },
        acts=("care.need_asked", "care.need_taken", "care.need_met"),
        name="care-needs",
        columns=("person", "kind", "asked_at", "meet_by", "taken_by", "outcome"),
        sorts=("meet_by",),
        filters=(Filter("open", "未办结", "Open", {"met_at__isnull": True}),),
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("need_of_a_person_natural_key"),
            models.CheckConstraint(condition=Q(taken_at=None, taken_by=None) | Q(taken_at__gte=F("asked_at"), taken_by__isnull=False), name="need_is_taken_by_somebody"),
            models.CheckConstraint(condition=Q(met_at=None, outcome=None) | Q(met_at__gte=F("asked_at"), outcome__isnull=False), name="need_ends_with_a_word"),
        ]
        indexes = [models.Index(fields=["area", "meet_by"], name="need_open_there", condition=Q(met_at=None)), models.Index(fields=["person"], name="need_person")]
