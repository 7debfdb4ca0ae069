"""A person is asked into a hospital (referral) and takes a bed there (admission). A bed is taken once; who needs a doctor now is never turned away."""

from django.db import models
from django.db.models import F, Q

from sizao.kernel.register import Declaration, Field, Filter, Record, natural_key

from .hospitals import GROUP


class Referral(Record):
    """A hospital is asked to take a person, by a time. It takes him, naming the class of bed, or says why not and who is next; then he arrives.

    `area` is the hospital's: it must answer. An emergency cannot be refused (the database has no such row): he is taken in, and moved afterwards.
    """

    person = models.ForeignKey("population.Person", models.PROTECT, related_name="+")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    from_area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    disease = models.TextField()
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, related_name="+")
    bed_class = models.TextField()
    severity = models.TextField(null=True, blank=True)
    emergency = models.BooleanField(default=False)
    asked_at = models.DateTimeField()
    reply_by = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(null=True, blank=True)
    reason = models.TextField(null=True, blank=True)
    next_unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    arrived_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="转诊",
        en="Referral",
        fields={
            "person": Field("人员", "Person", sensitivity="personal", required=True, writable=False),
            "area": Field("接收医院所在地", "Area of the hospital", required=True, writable=False),
            "from_area": Field("转出地", "From", required=True, writable=False),
            "disease": Field("病种", "Disease", codes="disease", required=True, writable=False),
            "unit": Field("接收医院", "Hospital asked", to="reporting-units", required=True, writable=False),
            "bed_class": Field("床位类别", "Class of bed", codes="bed-class", required=True, writable=False),
            "severity": Field("病情", "Severity", codes="severity", writable=False),
            "emergency": Field("急救", "Emergency", writable=False),
            "asked_at": Field("提出时间", "Asked", writable=False),
            "reply_by": Field("答复时限", "Answer by", writable=False),
            "answered_at": Field("答复时间", "Answered", writable=False),
            "answer": Field("答复", "Answer", codes="referral-answer", writable=False),
            "reason": Field("不能接收的原因", "Why not", codes="referral-reason", writable=False),
            "next_unit": Field("建议转往", "Who is next", to="reporting-units", writable=False),
            "arrived_at": Field("到达时间", "Arrived", writable=False),
        },
        acts=("care.referred", "care.replied", "care.arrived"),
        name="referrals",
        columns=("person", "unit", "bed_class", "asked_at", "answer", "arrived_at"),
        sorts=("reply_by",),
        filters=(Filter("unanswered", "未答复", "Not answered", {"answer__isnull": True}), Filter("on-the-way", "在途", "On the way", {"answer": "accepted", "arrived_at__isnull": True})),
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("referral_natural_key"),
            models.CheckConstraint(condition=Q(answer=None, answered_at=None) | Q(answer__isnull=False, answered_at__gte=F("asked_at")), name="referral_is_answered_after_it_was_asked"),
            models.CheckConstraint(condition=Q(answer=None) | ~Q(answer="refused") | Q(reason__isnull=False), name="referral_is_refused_for_a_reason"),
            models.CheckConstraint(condition=Q(emergency=False) | Q(answer=None) | ~Q(answer="refused"), name="referral_in_an_emergency_is_not_refused"),
            models.UniqueConstraint(fields=["person", "disease"], condition=Q(answer=None), name="referral_open_once"),
        ]
        indexes = [models.Index(fields=["unit", "asked_at"], name="referral_unit"), models.Index(fields=["area", "reply_by"], name="referral_area")]


class Admission(Record):
    """A person has a bed of a class in a hospital, from an instant until another. What is free there is counted from these and the beds last told."""

    person = models.ForeignKey("population.Person", models.PROTECT, related_name="+")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    disease = models.TextField()
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, related_name="+")
    bed_class = models.TextField()
    emergency = models.BooleanField(default=False)
    referral = models.ForeignKey(Referral, models.PROTECT, null=True, blank=True, related_name="+")
    admitted_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    left_as = models.TextField(null=True, blank=True)
    criteria = models.JSONField(default=dict, blank=True)
    criteria_ref = models.TextField(blank=True, default="")

    #: Which criteria held and by which text, the ward's page says in words.
    APART = frozenset({"criteria"})

    REGISTER = Declaration(
        zh="住院",
        en="Admission",
        fields={
            "person": Field("人员", "Person", sensitivity="personal", required=True, writable=False),
            "area": Field("医院所在地", "Area of the hospital", required=True, writable=False),
            "disease": Field("病种", "Disease", codes="disease", required=True, writable=False),
            "unit": Field("医院", "Hospital", to="reporting-units", required=True, writable=False),
            "bed_class": Field("床位类别", "Class of bed", codes="bed-class", required=True, writable=False),
            "emergency": Field("急救收入", "Taken in as an emergency", writable=False),
            "referral": Field("转诊", "Referral", to="referrals", writable=False),
            "admitted_at": Field("入院时间", "Admitted", writable=False),
            "left_at": Field("离开时间", "Left", writable=False),
            "left_as": Field("离开方式", "How it ended", codes="admission-end", writable=False),
            "criteria_ref": Field("出院标准依据", "Criteria used", writable=False),
        },
        acts=("care.admitted", "care.left"),
        name="admissions",
        columns=("person", "unit", "bed_class", "admitted_at", "left_at"),
        sorts=("admitted_at",),
        filters=(Filter("here", "在院", "Here now", {"left_at__isnull": True}),),
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("admission_natural_key"),
            models.CheckConstraint(condition=Q(left_at=None, left_as=None) | Q(left_at__gte=F("admitted_at"), left_as__isnull=False), name="admission_ends_after_it_begins"),
            models.UniqueConstraint(fields=["person"], condition=Q(left_at=None), name="admission_in_one_bed"),
        ]
        indexes = [models.Index(fields=["unit", "bed_class"], name="admission_here", condition=Q(left_at=None))]
