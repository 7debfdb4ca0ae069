"""People on the move: journeys and what is done about them, the areas outside that are watched, hand-overs and their answers (one counts when it is accepted)."""

from django.db import models
from django.db.models import F, Q

from sizao.kernel.register import Declaration, Field, Filter, Record, natural_key

from .declared import GateTry, TravelDeclaration

__all__ = ["GateShift", "GateTry", "Handover", "Journey", "LeadLook", "OutsideArea", "TravelDeclaration"]


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
    arrived_at = models.DateTimeField(null=True, blank=True)
    purpose = models.TextField(default="verification")
    source = models.TextField(blank=True, default="")
    answer_by = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.TextField(blank=True, default="")
    reason = models.TextField(blank=True, default="")
    recalled_at = models.DateTimeField(null=True, blank=True)
    forgotten_at = models.DateTimeField(null=True, blank=True)

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
            "arrived_at": Field("到达时间", "Arrived"),
            "purpose": Field("目的", "Purpose", codes="handover-purpose"),
            "source": Field("来源", "Source"),
            "answer_by": Field("答复期限", "To be answered by"),
            "expires_at": Field("到期时间", "Expires"),
            "answered_by": Field("答复岗位", "Answered by"),
            "reason": Field("理由", "Reason", sensitivity="personal"),
            "recalled_at": Field("撤回时间", "Recalled"),
            "forgotten_at": Field("到期注销时间", "Forgotten"),
        },
        acts=("handover.sent", "handover.answered", "handover.arrived"),
        name="handovers",
        columns=("person", "kind", "sent_at", "answer_by", "answer", "answered_at", "area"),
        filters=(Filter("unanswered", "未答复", "Not answered", {"answer__isnull": True, "recalled_at__isnull": True, "forgotten_at__isnull": True}),),
        group_zh="流动与关口",
        group_en="Movement",
    )

    class Meta:
        constraints = [
            natural_key("handover_natural_key"),
            models.CheckConstraint(condition=Q(answered_at=None) | Q(answered_at__gte=F("sent_at")), name="handover_answered_after_it_was_sent"),
            models.CheckConstraint(condition=Q(recalled_at=None) | (Q(answer=None) & Q(recalled_at__gte=F("sent_at"))), name="handover_recalled_while_unanswered"),
            models.CheckConstraint(condition=~Q(kind="lead") | (Q(expires_at__isnull=False) & Q(expires_at__gt=F("sent_at"))), name="lead_has_an_end"),
            models.CheckConstraint(condition=~Q(purpose=""), name="handover_has_a_purpose"),
            models.CheckConstraint(condition=Q(forgotten_at=None) | Q(person=None), name="handover_forgotten_names_nobody"),
        ]
        indexes = [models.Index(fields=["area", "sent_at"], name="handover_area")]


class LeadLook(models.Model):
    """Somebody opened a lead or a hand-over: when, and for which post. Counted on the page, and kept as long as the hand-over."""

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="looks")
    post = models.ForeignKey("kernel.Post", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()


class OutsideArea(Record):
    """An area outside that people come from, and its risk there. `area` is who watches it; `listed_at` is when it came on the list of affected areas."""

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    code = models.TextField(db_collation="C")
    name = models.TextField()
    grade = models.TextField(null=True, blank=True)
    graded_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField()
    listed_at = models.DateTimeField(null=True, blank=True)
    delisted_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="外地疫情地区",
        en="Area outside",
        fields={
            "name": Field("名称", "Name", sensitivity="open", required=True),
            "code": Field("代码", "Code", sensitivity="open", required=True),
            "area": Field("跟踪地区", "Watched by", required=True),
            "grade": Field("风险等级", "Risk grade", codes="risk-grade"),
            "graded_at": Field("定级时间", "Graded"),
            "told_at": Field("情况更新时间", "Situation as of", required=True),
            "listed_at": Field("列入名单时间", "Listed"),
            "delisted_at": Field("移出名单时间", "Taken off the list"),
        },
        searches=("code", "name"),
        acts=("outside.told", "outside.listed"),
        name="outside-areas",
        read="plan.read",
        write="movement.write",
        person="",
        title="name",
        columns=("name", "grade", "graded_at", "told_at", "listed_at"),
        filters=(Filter("listed", "在名单", "Listed", {"listed_at__isnull": False, "delisted_at__isnull": True}),),
        verb="sizao.registers.movement.actions:save_outside",
        group_zh="流动与关口",
        group_en="Movement",
    )

    class Meta:
        constraints = [natural_key("outside_area_natural_key"), models.UniqueConstraint(fields=["area", "code"], name="outside_area_once")]
        indexes = [models.Index(fields=["code"], name="outside_area_code")]


class Journey(Record):
    """Somebody comes, comes back, leaves or is carried. What is done about it (found, registered, declared, employer told, code scanned) are its steps."""

    person = models.ForeignKey("population.Person", models.PROTECT, related_name="+")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.TextField()
    origin = models.TextField(blank=True, default="", db_collation="C")
    came_from = models.ForeignKey(OutsideArea, models.PROTECT, null=True, blank=True, related_name="+")
    employed = models.BooleanField(null=True, blank=True)
    known_at = models.DateTimeField()
    left_on = models.DateField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    planned_arrival = models.DateTimeField(null=True, blank=True)
    arrived_on = models.DateField(null=True, blank=True)
    located_at = models.DateTimeField(null=True, blank=True)
    registered_at = models.DateTimeField(null=True, blank=True)
    declared_at = models.DateTimeField(null=True, blank=True)
    employer_told_at = models.DateTimeField(null=True, blank=True)
    scanned_at = models.DateTimeField(null=True, blank=True)
    destination_told_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="行程",
        en="Journey",
        fields={
            "person": Field("人员", "Person", sensitivity="personal", required=True),
            "area": Field("所在地", "Area", required=True),
            "kind": Field("类别", "Kind", codes="journey-kind", required=True),
            "origin": Field("来源地代码", "Code of the origin"),
            "came_from": Field("来源地", "Origin", to="outside-areas", writable=False),
            "known_at": Field("获知时间", "Known", required=True),
            "left_on": Field("离开来源地日期", "Left on"),
            "left_at": Field("出发时间", "Left"),
            "planned_arrival": Field("计划到达时间", "Planned arrival"),
            "arrived_on": Field("到达日期", "Arrived on"),
            "employed": Field("有工作单位", "Has an employer"),
            "unit": Field("接收单位", "Received by", to="reporting-units"),
            "located_at": Field("找到本人时间", "Found"),
            "registered_at": Field("登记时间", "Registered"),
            "declared_at": Field("本人申报时间", "Declared"),
            "employer_told_at": Field("告知单位时间", "Employer told"),
            "scanned_at": Field("扫码时间", "Code scanned"),
            "destination_told_at": Field("告知目的地时间", "Destination told"),
            "closed_at": Field("跟踪结束时间", "No longer followed"),
        },
        acts=("journey.known", "journey.located", "journey.registered", "journey.declared", "employer.told", "journey.scanned", "journey.announced"),
        name="journeys",
        write="movement.write",
        columns=("person", "kind", "origin", "arrived_on", "declared_at", "located_at", "area"),
        filters=(
            Filter("followed", "仍在跟踪", "Still followed", {"closed_at__isnull": True}),
            Filter("not-found", "未找到", "Not found", {"located_at__isnull": True, "closed_at__isnull": True}),
            Filter("undeclared", "未申报", "Not declared", {"declared_at__isnull": True}),
        ),
        verb="sizao.registers.movement.actions:save_journeys",
        group_zh="流动与关口",
        group_en="Movement",
    )

    class Meta:
        constraints = [
            natural_key("journey_natural_key"),
            models.CheckConstraint(condition=Q(left_on=None) | Q(arrived_on=None) | Q(arrived_on__gte=F("left_on")), name="journey_arrives_after_it_leaves"),
        ]
        indexes = [models.Index(fields=["person", "known_at"], name="journey_person"), models.Index(fields=["area", "arrived_on"], name="journey_area")]


class GateShift(Record):
    """A shift at a gateway: a post is on from `begun_at`, hands over at `over_at` with what is open, and the next one takes it over."""

    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, related_name="+")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    post = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True, related_name="+")
    begun_at = models.DateTimeField()
    over_at = models.DateTimeField(null=True, blank=True)
    open_matters = models.TextField(blank=True, default="")
    before = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    taken_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="关口班次",
        en="Shift at a gateway",
        fields={
            "unit": Field("关口", "Gateway", to="reporting-units"),
            "area": Field("所在地", "Area"),
            "post": Field("值守岗位", "Post on duty"),
            "begun_at": Field("到岗时间", "On from"),
            "over_at": Field("交班时间", "Handed over"),
            "open_matters": Field("未了事项", "Left open", sensitivity="personal"),
            "before": Field("上一班", "Shift before", to="gate-shifts", writable=False),
            "taken_at": Field("接班时间", "Taken over"),
        },
        name="gate-shifts",
        read="plan.read",
        person="",
        columns=("unit", "post", "begun_at", "over_at", "taken_at"),
        filters=(
            Filter("on", "当班", "On duty", {"over_at__isnull": True}),
            Filter("not-taken", "无人接班", "Nobody took over", {"over_at__isnull": False, "taken_at__isnull": True}),
        ),
        group_zh="流动与关口",
        group_en="Movement",
    )

    class Meta:
        constraints = [
            natural_key("gate_shift_natural_key"),
            models.UniqueConstraint(fields=["unit"], condition=Q(over_at=None), name="gate_shift_one_on"),
            models.CheckConstraint(condition=Q(over_at=None) | Q(over_at__gte=F("begun_at")), name="gate_shift_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(taken_at=None) | Q(over_at__isnull=False), name="gate_shift_taken_once_handed"),
        ]
        indexes = [models.Index(fields=["area", "id"], name="gate_shift_area")]
