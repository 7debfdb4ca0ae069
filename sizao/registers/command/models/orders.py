"""Orders with basis, scope, end and a way to appeal; texts for the public; and that a text has come to whom it must reach."""

from django.db import models
from django.db.models import F, Q

from sizao.kernel.register import Declaration, Field, Filter, Record, natural_key

from .areas import GROUP

#: What an order and a proposed order say alike.
SAID = {
    "title": Field("标题", "Title", sensitivity="open", required=True),
    "area": Field("适用地区", "Area", required=True),
    "kind": Field("类别", "Kind", codes="order-type", required=True),
    "strictness": Field("严格程度（1—3）", "Strictness (1 to 3)", unit="steps"),
    "basis": Field("法律依据", "Legal basis", sensitivity="open"),
    "reach": Field("适用范围", "Scope", sensitivity="open", type="long"),
    "appeal_route": Field("申诉途径", "How to appeal", sensitivity="open"),
    "starts_at": Field("开始时间", "From", required=True),
    "ends_at": Field("结束时间", "Until"),
    "review_by": Field("复核期限", "To be looked at again by"),
}


class Order(Record):
    """One order of a command for an area. A restriction says on what it rests, how far it goes, until when, and how to appeal; it ends by itself."""

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    kind = models.TextField()
    title = models.TextField()
    restrictive = models.BooleanField(default=False)
    strictness = models.PositiveSmallIntegerField(null=True, blank=True)
    touches_public = models.BooleanField(default=False)
    basis = models.TextField(blank=True, default="")
    reach = models.TextField(blank=True, default="")
    appeal_route = models.TextField(blank=True, default="")
    issued_at = models.DateTimeField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    extended_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, db_column="over_at")
    done_at = models.DateTimeField(null=True, blank=True)
    review_by = models.DateTimeField(null=True, blank=True)
    issued_by = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True, related_name="+")
    seconded_by = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True, related_name="+")

    REGISTER = Declaration(
        zh="命令",
        en="Order",
        fields={
            "title": Field("标题", "Title", sensitivity="open", required=True),
            "area": Field("适用地区", "Area", required=True),
            "kind": Field("类别", "Kind", codes="order-type", required=True),
            "restrictive": Field("限制性措施", "Restricts"),
            "strictness": Field("严格程度（1—3）", "Strictness (1 to 3)", unit="steps"),
            "touches_public": Field("涉及公众", "Touches the public"),
            "basis": Field("法律依据", "Legal basis", sensitivity="open"),
            "reach": Field("适用范围", "Scope", sensitivity="open", type="long"),
            "appeal_route": Field("申诉途径", "How to appeal", sensitivity="open"),
            "issued_at": Field("发布时间", "Issued", required=True),
            "starts_at": Field("开始时间", "From", required=True),
            "ends_at": Field("结束时间", "Until"),
            "reviewed_at": Field("复核时间", "Reviewed"),
            "extended_at": Field("延期时间", "Extended"),
            "ended_at": Field("终止时间", "Ended"),
            "done_at": Field("落实时间", "Carried out"),
            "review_by": SAID["review_by"],
            "issued_by": Field("发布岗位", "Issued by", writable=False),
            "seconded_by": Field("同意岗位", "Agreed to by", writable=False),
        },
        acts=("order.issued", "order.reviewed", "order.extended", "order.ended", "order.done"),
        name="orders",
        read="plan.read",
        write="command.write",
        person="",
        title="title",
        columns=("title", "kind", "area", "starts_at", "ends_at"),
        filters=(
            Filter("in-force", "现行", "In force", {"ended_at__isnull": True}),
            Filter("no-end", "限制而无期限", "Restricts without an end", {"restrictive": True, "ends_at__isnull": True}),
        ),
        verb="sizao.registers.command.actions:save_orders",
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("order_natural_key"),
            models.CheckConstraint(condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="order_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(strictness=None) | Q(strictness__range=(1, 3)), name="order_strictness_is_one_to_three"),
        ]
        indexes = [models.Index(fields=["area", "issued_at"], name="order_area")]


class OrderProposal(Record):
    """An order that one person has written and another has not decided yet. Agreed to, it becomes an order; what the first was shown of its consequences stands with it.

    Attributes:
        shown: Whom it would newly oblige and release, as the page said it to who proposed it.
        decision: agreed, declined, or withdrawn by who proposed it; None while it waits.
    """

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    kind = models.TextField()
    title = models.TextField()
    strictness = models.PositiveSmallIntegerField()
    basis = models.TextField()
    reach = models.TextField()
    appeal_route = models.TextField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    review_by = models.DateTimeField()
    shown = models.TextField(blank=True, default="")
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True, related_name="+")
    proposed_as = models.ForeignKey("kernel.User", models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True, related_name="+")
    decision = models.TextField(null=True, blank=True)
    reason = models.TextField(blank=True, default="")
    made = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="+")

    #: Kept, and shown by no list: see the class.
    APART = frozenset({"proposed_as"})
    REGISTER = Declaration(
        zh="拟发布的命令",
        en="Proposed order",
        fields={
            **SAID,
            "shown": Field("拟稿时所示影响", "Consequences as shown", type="long"),
            "proposed_at": Field("提出时间", "Proposed"),
            "proposed_by": Field("提出岗位", "Proposed by"),
            "decided_at": Field("决定时间", "Decided"),
            "decided_by": Field("决定岗位", "Decided by"),
            "decision": Field("决定", "Decision", codes="proposal-decision"),
            "reason": Field("理由", "Reason", type="long"),
            "made": Field("所成命令", "Order that it became", to="orders"),
        },
        name="order-proposals",
        read="plan.read",
        person="",
        title="title",
        columns=("title", "kind", "area", "proposed_at", "decision"),
        filters=(Filter("waiting", "待决定", "Waiting", {"decided_at__isnull": True}),),
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("order_proposal_natural_key"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="order_proposal_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(strictness__range=(1, 3)), name="order_proposal_strictness"),
            models.CheckConstraint(condition=~Q(basis="") & ~Q(reach="") & ~Q(appeal_route=""), name="order_proposal_is_complete"),
        ]
        indexes = [models.Index(fields=["area"], name="order_proposal_waiting", condition=Q(decided_at=None))]


class PublicText(Record):
    """A text that others go by: the plain words of a rule, a bulletin, a message, a guide, a plan, a version of a treatment plan, an evaluation.

    Attributes:
        unit: The body that publishes it, or whose plan it is.
        about_order, about_duty, about_dataset: What it is the text of.
        figures, figures_unequal: Figures in it, and how many of them are other than the internal ones of the same moment (counted by who publishes).
    """

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.TextField()
    title = models.TextField()
    body = models.TextField(blank=True, default="")
    in_force = models.BooleanField(null=True, blank=True, default=True)
    published_at = models.DateTimeField(null=True, blank=True)
    about_order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="texts")
    about_duty = models.ForeignKey("command.Duty", models.PROTECT, null=True, blank=True, related_name="+")
    about_dataset = models.ForeignKey("ledgers.Entry", models.PROTECT, null=True, blank=True, related_name="+")
    figures_unequal = models.PositiveIntegerField(null=True, blank=True)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")

    REGISTER = Declaration(
        zh="公开文本",
        en="Public text",
        fields={
            "title": Field("标题", "Title", sensitivity="open", required=True),
            "area": Field("适用地区", "Area", required=True),
            "kind": Field("类别", "Kind", codes="text-kind", required=True),
            "unit": Field("发布单位", "Published by", to="reporting-units"),
            "body": Field("正文", "Text", sensitivity="open", type="long"),
            "in_force": Field("现行有效", "In force"),
            "published_at": Field("发布时间", "Published"),
            "about_order": Field("所解读的命令", "Order that it explains", to="orders"),
            "about_duty": Field("所评估的措施", "Measure that it is about", to="duties"),
            "about_dataset": Field("数据集", "Data set", to="ledger-entries"),
            "figures_unequal": Field("与内部数据不符的数字", "Figures unlike the internal ones", unit="figures"),
            "replaces": Field("更正（替代）", "Corrects", to="public-texts"),
        },
        acts=("text.published", "bulletin.published", "plan.filed", "dataset.released", "evaluation.published"),
        name="public-texts",
        read="plan.read",
        write="text.write",
        person="",
        title="title",
        columns=("title", "kind", "area", "published_at", "in_force"),
        filters=(Filter("not-published", "未发布", "Not published", {"published_at__isnull": True}), Filter("corrections", "更正", "Corrections", {"replaces__isnull": False})),
        verb="sizao.registers.command.actions:save_texts",
        **GROUP,
    )

    class Meta:
        constraints = [natural_key("public_text_natural_key")]
        indexes = [models.Index(fields=["area", "kind"], name="public_text_area")]


class TextReceipt(Record):
    """A text has come to whom it must reach: a unit works by it, a household has it."""

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    text = models.ForeignKey(PublicText, models.PROTECT, related_name="receipts")
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    household = models.ForeignKey("population.Household", models.PROTECT, null=True, blank=True, related_name="+")
    reached_at = models.DateTimeField()

    REGISTER = Declaration(
        zh="文本送达",
        en="Text reached",
        fields={
            "text": Field("文本", "Text", to="public-texts", required=True),
            "area": Field("所在地", "Area", required=True),
            "unit": Field("执行单位", "Unit that works by it", to="reporting-units"),
            "household": Field("家庭户", "Household", to="households", sensitivity="personal"),
            "reached_at": Field("送达（执行）时间", "Reached", required=True),
        },
        acts=("text.adopted", "text.reached"),
        name="text-receipts",
        read="plan.read",
        write="ledger.write",
        person="",
        verb="sizao.registers.command.actions:save_receipts",
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("text_receipt_natural_key"),
            models.CheckConstraint(condition=Q(unit=None) | Q(household=None), name="text_receipt_is_of_one"),
        ]
        indexes = [models.Index(fields=["text", "reached_at"], name="text_receipt_text")]
