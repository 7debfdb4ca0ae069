"""Goods and people where they are needed: stock at a site, needs with an amount and a day, consignments on their way, shifts, projects with their milestones."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from sizao.kernel.register import Declaration, Field, Filter, Record, natural_key

GROUP: dict[str, Any] = {"group_zh": "床位、物资、队伍", "group_en": "Beds, goods, teams"}
AMOUNT: dict[str, Any] = {"max_digits": 14, "decimal_places": 3, "null": True, "blank": True}


class Stock(Record):
    """One item at one unit, as last told: what there is, what is used a day, what is idle or expires. `told_at` is the age of the number."""

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    item = models.TextField()
    reserve = models.BooleanField(default=False)
    front_line = models.BooleanField(default=False)
    target = models.DecimalField(**AMOUNT)
    on_hand = models.DecimalField(**AMOUNT)
    expiring = models.DecimalField(**AMOUNT)
    idle = models.DecimalField(**AMOUNT)
    use_per_day = models.DecimalField(**AMOUNT)
    told_at = models.DateTimeField()
    counted_at = models.DateTimeField(null=True, blank=True)
    counted = models.DecimalField(**AMOUNT)

    REGISTER = Declaration(
        zh="库存",
        en="Stock",
        fields={
            "item": Field("物品", "Item", codes="item", required=True),
            "unit": Field("单位", "Unit", to="reporting-units"),
            "area": Field("所在地", "Area", required=True),
            "reserve": Field("储备物资", "Held as a reserve"),
            "front_line": Field("一线单位", "Of a front-line unit"),
            "on_hand": Field("现有量", "On hand", unit="item's unit"),
            "use_per_day": Field("日用量", "Use a day", unit="item's unit"),
            "target": Field("储备目标", "Target", unit="item's unit"),
            "expiring": Field("即将过期", "Expiring", unit="item's unit"),
            "idle": Field("闲置", "Idle", unit="item's unit"),
            "told_at": Field("数据时间", "As of", required=True),
            "counted_at": Field("盘点时间", "Counted"),
            "counted": Field("盘点数", "Count", unit="item's unit"),
        },
        acts=("stock.counted",),
        name="stocks",
        read="plan.read",
        write="resource.write",
        person="",
        title="item",
        columns=("item", "unit", "on_hand", "use_per_day", "told_at", "area"),
        filters=(Filter("reserves", "储备", "Reserves", {"reserve": True}), Filter("none", "告罄", "None left", {"on_hand": 0})),
        verb="sizao.registers.resources.actions:save_stocks",
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("stock_natural_key"),
            models.UniqueConstraint(fields=["unit", "item", "reserve"], condition=Q(unit__isnull=False), name="stock_once_a_unit"),
            models.CheckConstraint(condition=Q(on_hand=None) | Q(on_hand__gte=0), name="stock_is_no_debt"),
        ]
        indexes = [models.Index(fields=["area", "item"], name="stock_area")]


class Need(Record):
    """So much of something is needed by a time: goods, staff, seats, volunteers. What is served, and in which tier, is decided with a reason."""

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.TextField()
    item = models.TextField(null=True, blank=True)
    scarce = models.BooleanField(default=False)
    bulk = models.BooleanField(default=False)
    partner = models.BooleanField(default=False)
    tier = models.PositiveSmallIntegerField(null=True, blank=True)
    amount = models.DecimalField(**AMOUNT)
    amount_ordered = models.DecimalField(**AMOUNT)
    arrived = models.DecimalField(**AMOUNT)
    accepted = models.DecimalField(**AMOUNT)
    raised_at = models.DateTimeField()
    needed_by = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.TextField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="需求",
        en="Need",
        fields={
            "kind": Field("类别", "Kind", codes="need-kind", required=True),
            "item": Field("物品", "Item", codes="item"),
            "area": Field("所在地", "Area", required=True),
            "unit": Field("需求单位", "Unit in need", to="reporting-units"),
            "amount": Field("需要量", "Amount", unit="item's unit"),
            "raised_at": Field("提出时间", "Raised", required=True),
            "needed_by": Field("需要时间", "Needed by"),
            "scarce": Field("紧缺", "Scarce"),
            "bulk": Field("大宗", "Bulk"),
            "partner": Field("由对口单位承担", "Asked of the partner"),
            "tier": Field("优先级（1 最先）", "Tier (1 first)"),
            "decided_at": Field("决定时间", "Decided"),
            "decision": Field("决定", "Decision", codes="need-decision"),
            "amount_ordered": Field("已订量", "Ordered", unit="item's unit"),
            "arrived": Field("已到量", "Arrived", unit="item's unit"),
            "accepted": Field("验收合格量", "Accepted", unit="item's unit"),
            "told_at": Field("到货数据时间", "As of"),
        },
        acts=("need.raised", "need.decided"),
        name="needs",
        read="plan.read",
        write="resource.write",
        person="",
        title="kind",
        columns=("kind", "item", "amount", "arrived", "needed_by", "tier", "area"),
        filters=(Filter("undecided", "未决定", "Not decided", {"decided_at__isnull": True}), Filter("first-tier", "一线", "First tier", {"tier": 1})),
        verb="sizao.registers.resources.actions:save_needs",
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("need_natural_key"),
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gte=0), name="need_is_some"),
            models.CheckConstraint(condition=Q(tier=None) | Q(tier__range=(1, 9)), name="need_tier_is_one_to_nine"),
        ]
        indexes = [models.Index(fields=["area", "raised_at"], name="need_area")]


class Consignment(Record):
    """Goods on their way, donations too: passed, held up, received, accepted; a donation also matched with a need and published."""

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    for_need = models.ForeignKey(Need, models.PROTECT, null=True, blank=True, related_name="consignments")
    item = models.TextField(null=True, blank=True)
    amount = models.DecimalField(**AMOUNT)
    donated = models.BooleanField(default=False)
    giver_named = models.TextField(null=True, blank=True)
    epidemic_goods = models.BooleanField(default=True)
    known_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    pass_issued_at = models.DateTimeField(null=True, blank=True)
    held_at = models.DateTimeField(null=True, blank=True)
    held_minutes = models.PositiveIntegerField(null=True, blank=True)
    matched_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="货运与捐赠",
        en="Consignment",
        fields={
            "item": Field("物品", "Item", codes="item", required=True),
            "amount": Field("数量", "Amount", unit="item's unit"),
            "area": Field("接收地", "Where it goes", required=True),
            "unit": Field("接收单位", "To", to="reporting-units"),
            "for_need": Field("对应需求", "For the need", to="needs"),
            "donated": Field("捐赠", "Donated"),
            "giver_named": Field("同意公开的捐赠人（不同意的不填）", "Giver who agreed to be named in public (else left empty)"),
            "epidemic_goods": Field("防疫物资", "Epidemic goods"),
            "known_at": Field("登记时间", "Known", required=True),
            "left_at": Field("发出时间", "Leaves"),
            "due_at": Field("应到时间", "Due"),
            "pass_issued_at": Field("通行证发放时间", "Pass issued"),
            "held_at": Field("受阻时间", "Held up"),
            "held_minutes": Field("停留分钟数", "Held for", unit="min"),
            "matched_at": Field("对接需求时间", "Matched"),
            "sent_at": Field("发放时间", "Sent on"),
            "received_at": Field("接收时间", "Received"),
            "accepted_at": Field("验收时间", "Accepted"),
            "published_at": Field("公示时间", "Published"),
        },
        acts=(
            "consignment.pass_issued", "consignment.held", "consignment.matched", "consignment.sent", "consignment.received", "consignment.accepted", "consignment.published",
        ),
        name="consignments",
        read="plan.read",
        write="resource.write",
        person="",
        title="item",
        columns=("item", "amount", "unit", "due_at", "received_at", "donated", "area"),
        filters=(Filter("on-the-way", "在途", "On the way", {"received_at__isnull": True}), Filter("unpublished", "捐赠未公示", "Donations not published", {"donated": True, "published_at__isnull": True})),
        verb="sizao.registers.resources.actions:save_consignments",
        **GROUP,
    )  # fmt: skip

    class Meta:
        constraints = [natural_key("consignment_natural_key")]
        indexes = [models.Index(fields=["area", "known_at"], name="consignment_area"), models.Index(fields=["for_need"], name="consignment_need", condition=Q(for_need__isnull=False))]


class Shift(Record):
    """One shift: of a guard post, of a person, or both. Coming in and going off are acts; the hours are counted from them."""

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    guard_post = models.ForeignKey("command.GuardPost", models.PROTECT, null=True, blank=True, related_name="+")
    person = models.ForeignKey("population.Person", models.PROTECT, null=True, blank=True, related_name="+")
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    starts_at = models.DateTimeField()
    checked_in_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, db_column="over_at")
    hours = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)

    REGISTER = Declaration(
        zh="班次",
        en="Shift",
        fields={
            "guard_post": Field("岗位", "Seat or guard post", to="guard-posts"),
            "person": Field("人员", "Person", sensitivity="personal"),
            "unit": Field("单位", "Unit", to="reporting-units"),
            "area": Field("所在地", "Area", required=True),
            "starts_at": Field("应到岗时间", "Begins", required=True),
            "checked_in_at": Field("到岗签到时间", "Checked in"),
            "ended_at": Field("离岗时间", "Went off"),
            "hours": Field("工时", "Hours", unit="h", writable=False),
        },
        acts=("shift.checked_in", "shift.worked"),
        name="shifts",
        write="post.write",
        columns=("guard_post", "unit", "starts_at", "checked_in_at", "ended_at", "hours"),
        filters=(Filter("empty", "未到岗", "Nobody came", {"checked_in_at__isnull": True}),),
        verb="sizao.registers.resources.actions:save_shifts",
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("shift_natural_key"),
            models.CheckConstraint(condition=Q(ended_at=None) | Q(checked_in_at=None) | Q(ended_at__gte=F("checked_in_at")), name="shift_ends_after_it_begins"),
        ]
        indexes = [models.Index(fields=["area", "starts_at"], name="shift_area"), models.Index(fields=["person", "starts_at"], name="shift_person", condition=Q(person__isnull=False))]


class Project(Record):
    """Something that is to be there by a day: a laboratory, a ward, beds, a fever clinic, a trial."""

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.TextField()
    title = models.TextField()
    known_at = models.DateTimeField()
    starts_on = models.DateField(null=True, blank=True)
    milestone_due = models.DateField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    enrolled = models.PositiveIntegerField(null=True, blank=True)
    target = models.PositiveIntegerField(null=True, blank=True)
    result_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="项目",
        en="Project",
        fields={
            "title": Field("名称", "Title", sensitivity="open", required=True),
            "kind": Field("类别", "Kind", codes="project-kind", required=True),
            "area": Field("所在地", "Area", required=True),
            "unit": Field("承担单位", "Unit", to="reporting-units"),
            "known_at": Field("立项时间", "Known", required=True),
            "starts_on": Field("开始日期", "Starts"),
            "milestone_due": Field("下一节点日期", "Next milestone due"),
            "due_on": Field("完成日期", "Due"),
            "enrolled": Field("已入组", "Enrolled", unit="persons"),
            "target": Field("目标", "Target", unit="persons"),
            "result_at": Field("结果时间", "Result"),
            "published_at": Field("结果公开时间", "Result published"),
        },
        acts=("project.published",),
        name="projects",
        read="plan.read",
        write="resource.write",
        person="",
        title="title",
        columns=("title", "kind", "unit", "milestone_due", "due_on", "area"),
        verb="sizao.registers.resources.actions:save_projects",
        **GROUP,
    )

    class Meta:
        constraints = [natural_key("project_natural_key")]
        indexes = [models.Index(fields=["area", "due_on"], name="project_area")]


class Milestone(Record):
    """A step of a project that was reached."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="milestones")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    outcome = models.TextField()
    reached_at = models.DateTimeField()

    REGISTER = Declaration(
        zh="项目节点",
        en="Milestone",
        fields={
            "project": Field("项目", "Project", to="projects", required=True),
            "area": Field("所在地", "Area", required=True),
            "outcome": Field("节点", "Milestone", codes="project-step", required=True),
            "reached_at": Field("达到时间", "Reached", required=True),
        },
        acts=("project.milestone",),
        name="milestones",
        read="plan.read",
        write="resource.write",
        person="",
        verb="sizao.registers.resources.actions:save_milestones",
        **GROUP,
    )

    class Meta:
        constraints = [natural_key("milestone_natural_key")]
        indexes = [models.Index(fields=["project", "reached_at"], name="milestone_project")]
