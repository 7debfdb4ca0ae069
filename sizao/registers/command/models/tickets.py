"""Tickets (what was found, asked or ordered, with an owner and a clock) and inspections (somebody went and looked)."""

from django.db import models
from django.db.models import Q

from sizao.kernel.register import Declaration, Field, Filter, Record, natural_key

from .areas import GROUP


class Ticket(Record):
    """Something found, asked, or ordered. It is owned, done by a time, and closed by the one who raised it; `repeated` is found again where it was closed before.

    Attributes:
        part_of: The ticket that this one was broken down from: a directive handed on to a lower level.
        about_order: The order that goes further than it may, of a ticket of that kind; `rule` names the bound that it passes.
    """

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.TextField()
    topic = models.TextField(null=True, blank=True)
    what = models.TextField(blank=True, default="")
    raised_at = models.DateTimeField()
    raised_by = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True, related_name="+")
    due_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    assigned_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True, default="")
    verified_at = models.DateTimeField(null=True, blank=True)
    reopened_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    repeated = models.BooleanField(null=True, blank=True)
    part_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="parts")
    about_order = models.ForeignKey("command.Order", models.PROTECT, null=True, blank=True, related_name="+")
    rule = models.TextField(blank=True, default="", db_default="")

    REGISTER = Declaration(
        zh="事项",
        en="Ticket",
        fields={
            "kind": Field("类别", "Kind", codes="ticket-kind", required=True),
            "topic": Field("主题", "Topic", codes="ticket-topic"),
            "area": Field("责任地", "Area that answers", required=True),
            "unit": Field("责任单位", "Unit that answers", to="reporting-units"),
            "what": Field("内容（不写姓名）", "What (no names)", type="long"),
            "raised_at": Field("提出时间", "Raised", required=True),
            "raised_by": Field("提出岗位", "Raised by", writable=False),
            "due_at": Field("要求办结时间", "Due"),
            "acknowledged_at": Field("签收时间", "Acknowledged"),
            "assigned_at": Field("分派时间", "Assigned"),
            "answered_at": Field("办理答复时间", "Answered"),
            "answer": Field("答复", "Answer", type="long"),
            "verified_at": Field("提出人确认时间", "Verified by who raised it"),
            "reopened_at": Field("退回重办时间", "Reopened"),
            "published_at": Field("答复公开时间", "Answer published"),
            "repeated": Field("再次发现", "Found again", writable=False),
            "part_of": Field("分解自", "Broken down from", to="tickets", writable=False),
            "about_order": Field("所涉命令", "About the order", to="orders", writable=False),
            "rule": Field("超出的边界", "Bound that is passed", sensitivity="open", writable=False),
        },
        acts=("ticket.raised", "ticket.acknowledged", "ticket.assigned", "ticket.answered", "ticket.verified", "ticket.reopened", "ticket.published"),
        name="tickets",
        read="plan.read",
        write="ticket.write",
        person="",
        columns=("kind", "topic", "area", "unit", "raised_at", "due_at", "verified_at"),
        filters=(
            Filter("open", "未办结", "Open", {"verified_at__isnull": True}),
            Filter("to-verify", "待提出人确认", "To be verified", {"answered_at__isnull": False, "verified_at__isnull": True}),
            Filter("again", "再次发现", "Found again", {"repeated": True}),
        ),
        verb="sizao.registers.command.actions:save_tickets",
        **GROUP,
    )

    class Meta:
        constraints = [natural_key("ticket_natural_key")]
        indexes = [
            models.Index(fields=["area", "raised_at"], name="ticket_area"),
            models.Index(fields=["unit", "topic"], name="ticket_again", condition=Q(unit__isnull=False)),
            models.Index(fields=["area", "kind"], name="ticket_open", condition=Q(verified_at=None)),
            models.Index(fields=["part_of"], name="ticket_parts", condition=Q(part_of__isnull=False)),
        ]


class Inspection(Record):
    """Somebody went and looked: at a unit, a household, a seat, or, as the leader of an area, at his area. What was seen is set beside what was said.

    Where he names the practice that he saw, it is held against what was said of that practice alone. A practice that was not kept becomes a finding: a ticket for the unit, raised by who looked.
    """

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    household = models.ForeignKey("population.Household", models.PROTECT, null=True, blank=True, related_name="+")
    consignment = models.ForeignKey("resources.Consignment", models.PROTECT, null=True, blank=True, related_name="+")
    led_by = models.ForeignKey("ledgers.Entry", models.PROTECT, null=True, blank=True, related_name="+")
    practice = models.TextField(null=True, blank=True)
    announced = models.BooleanField(null=True, blank=True)
    seen_at = models.DateTimeField()
    outcome = models.TextField()
    what = models.TextField(blank=True, default="")

    REGISTER = Declaration(
        zh="督导检查",
        en="Inspection",
        fields={
            "area": Field("所在地", "Area", required=True),
            "unit": Field("被查单位", "Unit", to="reporting-units"),
            "household": Field("被查家庭户", "Household", to="households", sensitivity="personal"),
            "consignment": Field("被查货运", "Consignment", to="consignments"),
            "led_by": Field("包片领导（结对包联）", "Leader of the area (pairing)", to="ledger-entries"),
            "practice": Field("检查项目", "Practice", codes="practice"),
            "announced": Field("事先通知", "Announced before"),
            "seen_at": Field("检查时间", "Seen", required=True),
            "outcome": Field("所见", "As seen", codes="seen-outcome", required=True),
            "what": Field("发现的问题（不写姓名）", "What was found (no names)", type="long"),
        },
        acts=("inspection.seen", "practice.seen", "leader.visited"),
        name="inspections",
        read="plan.read",
        write="inspection.write",
        person="",
        columns=("unit", "practice", "outcome", "seen_at", "area"),
        filters=(Filter("not-kept", "未落实", "Not kept", {"outcome": "not_kept"}),),
        verb="sizao.registers.command.actions:save_inspections",
        **GROUP,
    )

    class Meta:
        constraints = [natural_key("inspection_natural_key")]
        indexes = [models.Index(fields=["area", "seen_at"], name="inspection_area")]
