"""Reviews of the situation that write themselves: a version a time, each with the run that its figures are of; and addresses of the calendar."""

from django.db import models
from django.db.models import Q

from sizao.kernel.register import Declaration, Field, Filter, Record, natural_key

from .areas import GROUP


class SituationReview(Record):
    """One version of the review of an area. It is never changed: another word of a group makes another version.

    Attributes:
        run: The run whose figures it gives; `as_of`, `known_at`: the moment judged and up to when we had been told.
        body: What it says, as JSON: groups with their figures, gaps and proposals, in zh and en.
    """

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True, related_name="+")
    run = models.BigIntegerField()
    as_of = models.DateTimeField()
    known_at = models.DateTimeField()
    body = models.JSONField(default=dict)

    #: Kept, and shown by no list: see the class.
    APART = frozenset({"body"})
    REGISTER = Declaration(
        zh="形势研判",
        en="Review of the situation",
        fields={
            "area": Field("地区", "Area"),
            "version": Field("版次", "Version"),
            "made_at": Field("形成时间", "Made"),
            "made_by": Field("形成岗位", "Made by"),
            "run": Field("所据运算", "Run of the figures"),
            "as_of": Field("判断时点", "As of"),
            "known_at": Field("所知截至", "Known up to"),
        },
        name="situation-reviews",
        read="plan.read",
        person="",
        columns=("area", "version", "made_at", "as_of", "made_by"),
        **GROUP,
    )

    class Meta:
        constraints = [natural_key("situation_review_natural_key"), models.UniqueConstraint(fields=["area", "version"], name="situation_review_version")]
        indexes = [models.Index(fields=["area", "-made_at"], name="situation_review_latest")]


class CalendarAddress(Record):
    """That a post reads the calendar of rhythms by an address. The address itself is kept nowhere, only its digest; another one ends it."""

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    post = models.ForeignKey("kernel.Post", models.PROTECT, related_name="+")
    digest = models.TextField(unique=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True, db_column="over_at")

    #: Kept, and shown by no list: see the class.
    APART = frozenset({"digest"})
    REGISTER = Declaration(
        zh="日历订阅地址",
        en="Address of the calendar",
        fields={
            "area": Field("地区", "Area"),
            "post": Field("岗位", "Post"),
            "made_at": Field("设立时间", "Made"),
            "ended_at": Field("停用时间", "Ended"),
        },
        name="calendar-addresses",
        read="plan.read",
        person="",
        filters=(Filter("live", "有效", "In use", {"ended_at__isnull": True}),),
        **GROUP,
    )

    class Meta:
        constraints = [natural_key("calendar_address_natural_key"), models.UniqueConstraint(fields=["post"], condition=Q(ended_at=None), name="calendar_address_one_a_post")]
