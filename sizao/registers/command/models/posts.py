"""Seats and guard posts with their shifts, test calls, who answers for which measure where, and the forms that somebody sends down."""

from django.db import models
from django.db.models import Q

from sizao.kernel.register import Bulk, Declaration, Field, Filter, Record, natural_key

from .areas import GROUP


class GuardPost(Record):
    """A seat of a command, a duty desk, the leader in charge, a point at a gateway, a grid. Who sits there is no name here: filled or not, with a backup or not."""

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.TextField()
    title = models.TextField()
    holder = models.BooleanField(null=True, blank=True)
    backup = models.BooleanField(null=True, blank=True)
    reachable = models.BooleanField(null=True, blank=True)
    shift_hours = models.PositiveSmallIntegerField(null=True, blank=True)
    shift_starts = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField()

    REGISTER = Declaration(
        zh="岗位",
        en="Seat or guard post",
        fields={
            "title": Field("名称（不写姓名）", "Title (no name)", sensitivity="open", required=True),
            "kind": Field("类别", "Kind", codes="post-kind", required=True),
            "area": Field("所在地", "Area", required=True),
            "unit": Field("所属单位", "Unit", to="reporting-units"),
            "holder": Field("有人任职", "Held by somebody"),
            "backup": Field("有替补", "Has a backup"),
            "reachable": Field("联系得上", "Can be reached"),
            "shift_hours": Field("每班小时数", "Length of a shift", unit="hours"),
            "shift_starts": Field("首班开始时间", "Start of the first shift"),
            "told_at": Field("登记时间", "As of", required=True),
        },
        acts=("call.made", "call.answered", "shift.checked_in"),
        name="guard-posts",
        read="plan.read",
        write="post.write",
        person="",
        title="title",
        columns=("title", "kind", "area", "holder", "backup", "reachable"),
        filters=(Filter("empty", "无人任职", "Held by nobody", {"holder": False}), Filter("no-backup", "无替补", "No backup", {"backup": False})),
        verb="sizao.registers.command.actions:save_posts",
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("guard_post_natural_key"),
            models.CheckConstraint(condition=Q(shift_hours=None) | Q(shift_hours__range=(1, 24)), name="guard_post_shift_fits_a_day"),
        ]
        indexes = [models.Index(fields=["area", "kind"], name="guard_post_area")]


class TestCall(Record):
    """A call to see whether somebody answers."""

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    guard_post = models.ForeignKey(GuardPost, models.PROTECT, related_name="calls")
    called_at = models.DateTimeField()
    outcome = models.TextField()

    REGISTER = Declaration(
        zh="抽查电话",
        en="Test call",
        fields={
            "guard_post": Field("岗位", "Seat or guard post", to="guard-posts", required=True),
            "area": Field("所在地", "Area", required=True),
            "called_at": Field("拨打时间", "Called", required=True),
            "outcome": Field("结果", "Result", codes="call-outcome", required=True),
        },
        acts=("call.made", "call.answered", "call.unanswered"),
        name="test-calls",
        read="plan.read",
        write="inspection.write",
        person="",
        filters=(Filter("no-answer", "无人接听", "No answer", {"outcome": "no_answer"}),),
        verb="sizao.registers.command.actions:save_calls",
        **GROUP,
    )

    class Meta:
        constraints = [natural_key("test_call_natural_key")]
        indexes = [models.Index(fields=["guard_post", "called_at"], name="test_call_post")]


class Duty(Record):
    """One measure of the plan in force at one area: who is accountable, which unit does it, and since when that is accepted."""

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    measure = models.TextField()
    edition = models.TextField(blank=True, default="")
    in_force_from = models.DateTimeField()
    in_force_until = models.DateTimeField(null=True, blank=True)
    accountable = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True, related_name="+")
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    accepted_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="责任清单",
        en="Responsibility",
        fields={
            "measure": Field("措施", "Measure", required=True, names="measure"),
            "area": Field("地区", "Area", required=True),
            "edition": Field("预案", "Edition", names="edition"),
            "in_force_from": Field("生效时间", "In force from", required=True),
            "in_force_until": Field("停用时间", "In force until"),
            "accountable": Field("责任岗位", "Post that answers", writable=False),
            "unit": Field("承办单位", "Unit that does it", to="reporting-units"),
            "accepted_at": Field("签收时间", "Accepted"),
        },
        acts=("duty.accepted",),
        name="duties",
        read="plan.read",
        write="command.write",
        person="",
        title="measure",
        columns=("measure", "area", "unit", "in_force_from", "accepted_at"),
        filters=(Filter("not-accepted", "未签收", "Not accepted", {"accepted_at__isnull": True}), Filter("no-unit", "无承办单位", "No unit does it", {"unit__isnull": True}), Filter("no-post", "无责任岗位", "Nobody's", {"accountable__isnull": True})),
        bulk=(Bulk("accept", "签收", "Accept", "command.write", ("accepted_at",)), Bulk("assign", "指定承办单位", "Name the unit that does it", "command.write", ("unit",))),
        verb="sizao.registers.command.actions:save_duties",
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("duty_natural_key"),
            models.UniqueConstraint(fields=["area", "edition", "measure", "in_force_from"], name="duty_once"),
            models.CheckConstraint(condition=Q(in_force_until=None) | Q(in_force_until__gte=models.F("in_force_from")), name="duty_ends_after_it_begins"),
        ]
        indexes = [models.Index(fields=["area", "in_force_from"], name="duty_area")]


class FormRequest(Record):
    """Somebody wants a form filled in below. It is registered before it goes out, and what is known already is counted: nobody is asked twice.

    `asks` holds ids of the field dictionary, separated by spaces; `fields_already_held` is counted from them, never typed.
    """

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    title = models.TextField()
    asks = models.TextField(blank=True, default="")
    minutes = models.PositiveIntegerField(null=True, blank=True)
    known_at = models.DateTimeField()
    first_sent_at = models.DateTimeField(null=True, blank=True)
    registered_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)
    fields_already_held = models.PositiveIntegerField(null=True, blank=True)

    REGISTER = Declaration(
        zh="报表下发登记",
        en="Form asked for",
        fields={
            "title": Field("报表名称", "Name of the form", sensitivity="open", required=True),
            "area": Field("下发范围", "Area asked", required=True),
            "unit": Field("要求单位", "Asked by", to="reporting-units"),
            "asks": Field("索要的字段（字段编号，空格分开）", "Fields asked (ids, separated by spaces)", required=True, type="long"),
            "minutes": Field("填一次所需时间", "Minutes to fill it in", unit="min"),
            "known_at": Field("获知时间", "Known", required=True),
            "first_sent_at": Field("首次下发时间", "First sent"),
            "registered_at": Field("登记时间", "Registered"),
            "refused_at": Field("退回时间", "Refused"),
            "fields_already_held": Field("已掌握而重复索要的字段", "Fields known already", unit="fields", writable=False),
        },
        acts=("form.registered", "form.refused"),
        name="form-requests",
        read="plan.read",
        write="command.write",
        person="",
        title="title",
        columns=("title", "area", "first_sent_at", "registered_at", "fields_already_held", "minutes"),
        filters=(Filter("asked-twice", "重复索要", "Asks for what is known", {"fields_already_held__gte": 1}), Filter("unregistered", "未登记", "Not registered", {"registered_at__isnull": True})),
        verb="sizao.registers.command.actions:save_forms",
        **GROUP,
    )

    class Meta:
        constraints = [natural_key("form_request_natural_key")]
        indexes = [models.Index(fields=["area", "known_at"], name="form_request_area")]
