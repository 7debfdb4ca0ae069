"""Isolation orders: who must stay where, on what evidence, by which rule, until when. The database itself refuses one that lacks any of it (`guard.py`)."""

from django.db import models
from django.db.models import F, Q

from sizao.kernel.ids import uuid7
from sizao.kernel.models.audit import Xid8
from sizao.kernel.register import Declaration, Field, Filter, Record, natural_key


class Issue(models.Model):
    """Orders that one post issued at once. They stand together: when there are too many, or the role is none of the rule's, until a second unit agrees.

    The database fills what is decided here: `unit`, `count`, `waits`, `why`; who seconds, refuses or holds them names himself, once.

    Attributes:
        unit: The issuer's unit, or area and role of a post without one. A second unit is another.
        xid: The transaction that made it: no order is added later.
        waits: Not in force before `seconded_at`.
        why: many · role · held (another unit took it back for a second look).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    post = models.ForeignKey("kernel.Post", models.PROTECT, related_name="+")
    user = models.ForeignKey("kernel.User", models.PROTECT, related_name="+")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    unit = models.TextField(blank=True, default="")
    issued_at = models.DateTimeField()
    xid = Xid8(null=True)
    count = models.IntegerField(null=True)
    waits = models.BooleanField(default=True)
    why = models.TextField(blank=True, default="")
    seconded_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    second_post = models.ForeignKey("kernel.Post", models.PROTECT, null=True, related_name="+")
    second_user = models.ForeignKey("kernel.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["unit", "issued_at"], name="issue_unit")]


class Order(Record):
    """An order that one person stays somewhere for a disease. Whether it is in force is computed when it is asked (`rules.standing`), never by a job."""

    person = models.ForeignKey("population.Person", models.PROTECT, related_name="+")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    disease = models.TextField()
    kind = models.TextField()
    number = models.TextField(blank=True, default="")
    rule = models.ForeignKey("kernel.ContentItem", models.PROTECT, related_name="+")
    basis = models.TextField()
    appeal_route = models.TextField()
    issue = models.ForeignKey(Issue, models.PROTECT, related_name="orders")
    issuer = models.ForeignKey("kernel.Post", models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lift_reason = models.TextField(null=True, blank=True)
    lifted_by = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True, related_name="+")

    #: Shown on the order's own page: the rule as it was enacted, and those who were ordered with it.
    APART = frozenset({"rule", "issue"})

    REGISTER = Declaration(
        zh="隔离命令",
        en="Isolation order",
        fields={
            "number": Field("文号", "Number", writable=False),
            "person": Field("人员", "Person", sensitivity="personal", required=True, writable=False),
            "area": Field("所在地", "Area", required=True, writable=False),
            "disease": Field("病种", "Disease", codes="disease", required=True, writable=False),
            "kind": Field("隔离方式", "Kind", codes="stay-kind", required=True, writable=False),
            "basis": Field("法律依据", "Legal basis", required=True, writable=False),
            "appeal_route": Field("异议途径", "How to object", required=True, writable=False),
            "issuer": Field("签发岗位", "Issued by", required=True, writable=False),
            "issued_at": Field("签发时间", "Issued", writable=False),
            "starts_at": Field("开始时间", "From", required=True, writable=False),
            "ends_at": Field("到期时间", "Until", required=True, writable=False, help_zh="到期自动失效。", help_en="It ends by itself."),
            "lifted_at": Field("提前解除时间", "Lifted", writable=False),
            "lift_reason": Field("解除原因", "Reason for lifting", codes="lift-reason", writable=False),
            "lifted_by": Field("解除岗位", "Lifted by", writable=False),
        },
        acts=("isolation.ordered", "isolation.lifted"),
        name="isolation-orders",
        columns=("person", "kind", "starts_at", "ends_at", "lifted_at", "area"),
        sorts=("starts_at", "ends_at"),
        page="isolation-order",
        filters=(Filter("lifted", "已提前解除", "Lifted early", {"lifted_at__isnull": False}),),
        group_zh="隔离管控",
        group_en="Isolation",
    )

    class Meta:
        constraints = [
            natural_key("isolation_order_natural_key"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="isolation_order_ends_after_it_begins"),
            models.CheckConstraint(condition=~Q(basis="") & ~Q(appeal_route=""), name="order_says_basis_and_appeal"),
            models.CheckConstraint(condition=Q(lifted_at=None, lift_reason=None) | Q(lifted_at__isnull=False, lift_reason__isnull=False), name="order_is_lifted_for_a_reason"),
        ]
        indexes = [models.Index(fields=["person", "starts_at"], name="isolation_order_person")]


class Evidence(Record):
    """One record of a register that an order rests on, about this very person. A list of people is none."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="evidence")
    person = models.ForeignKey("population.Person", models.PROTECT, related_name="+", db_index=False)
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+", db_index=False)
    kind = models.TextField()
    record = models.UUIDField()
    fact_at = models.DateTimeField(null=True, blank=True)

    #: Which row of which register it is, the order's page shows in words.
    APART = frozenset({"record"})

    REGISTER = Declaration(
        zh="隔离命令的依据",
        en="Evidence for an order",
        fields={
            "order": Field("命令", "Order", to="isolation-orders", required=True, writable=False),
            "person": Field("人员", "Person", sensitivity="personal", required=True, writable=False),
            "area": Field("所在地", "Area", required=True, writable=False),
            "kind": Field("依据", "Evidence", codes="restriction-evidence", required=True, writable=False),
            "fact_at": Field("事实时间", "Time of the fact", writable=False),
        },
        name="order-evidence",
        columns=("person", "kind", "fact_at"),
        group_zh="隔离管控",
        group_en="Isolation",
    )

    class Meta:
        constraints = [
            natural_key("order_evidence_natural_key"),
            models.UniqueConstraint(fields=["order", "record"], name="evidence_once"),
        ]
        indexes = [models.Index(fields=["record"], name="order_evidence_record")]
