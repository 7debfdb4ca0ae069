"""What is noticed before anything is known for certain: lines of suspicious symptoms, signals and their answers, case report cards as they come in."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from sizao.kernel.register import Declaration, Field, Filter, Record, natural_key

GROUP: dict[str, Any] = {"group_zh": "监测与信号", "group_en": "Surveillance and signals"}


class SymptomLine(Record):
    """Somebody with suspicious symptoms, found through any channel. The line is open until it has an outcome."""

    person = models.ForeignKey("population.Person", models.PROTECT, related_name="+")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    disease = models.TextField(null=True, blank=True)
    channel = models.TextField()
    found_at = models.DateTimeField()
    found_unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    symptoms = models.JSONField(default=list, blank=True)
    temperature = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    to_unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    referred_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    outcome = models.TextField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    cause = models.TextField(null=True, blank=True)
    cause_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="可疑症状登记",
        en="Symptom line",
        fields={
            "person": Field("人员", "Person", sensitivity="personal", required=True),
            "area": Field("所在地", "Area", required=True),
            "channel": Field("发现渠道", "Channel", codes="symptom-channel", required=True),
            "found_at": Field("发现时间", "Found", required=True),
            "found_unit": Field("发现单位", "Found by", to="reporting-units"),
            "symptoms": Field("症状", "Symptoms", codes="symptom", sensitivity="personal"),
            "temperature": Field("体温", "Temperature", unit="°C", sensitivity="personal"),
            "disease": Field("疑似病种", "Disease thought of", codes="disease"),
            "to_unit": Field("转往单位", "Referred to", to="reporting-units"),
            "referred_at": Field("转诊时间", "Referred"),
            "arrived_at": Field("到达时间", "Arrived"),
            "outcome": Field("处置结果", "Outcome", codes="symptom-outcome"),
            "closed_at": Field("结案时间", "Closed"),
            "cause": Field("病因", "Cause", codes="symptom-cause", sensitivity="personal"),
            "cause_at": Field("查明病因时间", "Cause found"),
        },
        acts=("symptom.found", "symptom.referred", "symptom.arrived", "symptom.judged", "symptom.closed"),
        name="symptom-lines",
        write="check.write",
        columns=("person", "area", "channel", "found_at", "symptoms", "outcome"),
        sorts=("found_at",),
        filters=(
            Filter("open", "未结案", "Open", {"closed_at__isnull": True}),
            Filter("on-the-way", "已转诊未到达", "Referred, not arrived", {"referred_at__isnull": False, "arrived_at__isnull": True, "closed_at__isnull": True}),
        ),
        verb="sizao.flows.symptoms_followed:save_lines",
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("symptom_line_natural_key"),
            models.CheckConstraint(condition=Q(outcome=None, closed_at=None) | Q(outcome__isnull=False, closed_at__isnull=False), name="symptom_line_closes_with_an_outcome"),
            models.CheckConstraint(condition=Q(closed_at=None) | Q(closed_at__gte=F("found_at")), name="symptom_line_closes_after_it_opens"),
            models.CheckConstraint(condition=Q(arrived_at=None) | Q(referred_at=None) | Q(arrived_at__gte=F("referred_at")), name="symptom_arrives_after_referral"),
        ]
        indexes = [
            models.Index(fields=["person", "found_at"], name="symptom_person"),
            models.Index(fields=["found_unit", "found_at"], name="symptom_found_by", condition=Q(found_unit__isnull=False)),
            models.Index(fields=["area", "found_at"], name="symptom_open", condition=Q(closed_at=None)),
        ]


class Signal(Record):
    """An alert, by a machine or a person: raised, judged, answered. A machine that raises the same one again changes nothing (`source_id`).

    Attributes:
        stream: The stream (`content/streams/`) that it is of; empty for a person's, or another program's.
        unit: Where it is about one ward, class or other unit.
        threshold: The bound that `observed` lay above when it was raised.
        owner, judge_by: The post that judges, and until when. Nobody where no post of the role is there.
        why: The reason of the judgement; what a machine raised is judged with one.
        done: What was done, in words; `ticket` and `about_case` are where it goes on.
    """

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    disease = models.TextField(null=True, blank=True)
    kind = models.TextField()
    raised_at = models.DateTimeField()
    raised_by = models.TextField(default="person")
    window_from = models.DateField(null=True, blank=True)
    window_to = models.DateField(null=True, blank=True)
    observed = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    expected = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    what = models.TextField(blank=True, default="")
    stream = models.TextField(blank=True, default="")
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    threshold = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    owner = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True, related_name="+")
    judge_by = models.DateTimeField(null=True, blank=True)
    judgement = models.TextField(null=True, blank=True)
    judged_at = models.DateTimeField(null=True, blank=True)
    why = models.TextField(blank=True, default="")
    action = models.TextField(null=True, blank=True)
    acted_at = models.DateTimeField(null=True, blank=True)
    done = models.TextField(blank=True, default="")
    ticket = models.ForeignKey("command.Ticket", models.PROTECT, null=True, blank=True, related_name="+")
    about_case = models.ForeignKey("cases.Case", models.PROTECT, null=True, blank=True, related_name="+")

    REGISTER = Declaration(
        zh="预警信号",
        en="Signal",
        fields={
            "area": Field("地区", "Area", required=True),
            "kind": Field("类型", "Kind", codes="signal-kind", required=True),
            "disease": Field("病种", "Disease", codes="disease"),
            "raised_at": Field("发出时间", "Raised", required=True),
            "raised_by": Field("来源", "Raised by", codes="signal-source"),
            "window_from": Field("观察期起", "From"),
            "window_to": Field("观察期止", "To"),
            "observed": Field("观察值", "Observed"),
            "expected": Field("预期值", "Expected"),
            "threshold": Field("阈值", "Threshold"),
            "what": Field("说明（不写姓名）", "What (no names)", type="long"),
            "stream": Field("监测数据流", "Stream", names="stream", writable=False),
            "unit": Field("单位（病区、班级）", "Unit (ward, class)", to="reporting-units"),
            "owner": Field("判定岗位", "Post that judges", writable=False),
            "judge_by": Field("判定时限", "To be judged by", writable=False),
            "judgement": Field("判定", "Judgement", codes="signal-judgement"),
            "judged_at": Field("判定时间", "Judged"),
            "why": Field("判定理由（不写姓名）", "Reason of the judgement (no names)", type="long"),
            "action": Field("处置", "Answer", codes="signal-action"),
            "acted_at": Field("处置时间", "Answered"),
            "done": Field("处置情况（不写姓名）", "What was done (no names)", type="long"),
            "ticket": Field("事项", "Ticket", to="tickets"),
            "about_case": Field("病例（流调）", "Case (investigation)", to="cases"),
        },
        acts=("signal.raised", "signal.judged", "signal.acted"),
        name="signals",
        read="plan.read",
        write="signal.write",
        person="",
        columns=("kind", "stream", "area", "raised_at", "observed", "threshold", "judge_by", "judgement", "action"),
        sorts=("raised_at", "judge_by"),
        filters=(
            Filter("to-judge", "待判定", "To be judged", {"judged_at__isnull": True}),
            Filter("to-answer", "属实待处置", "Real, no answer yet", {"judgement": "real", "acted_at__isnull": True}),
        ),
        verb="sizao.registers.surveillance.actions:save_signals",
        page="signal",
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("signal_natural_key"),
            models.CheckConstraint(condition=Q(judgement=None, judged_at=None) | Q(judgement__isnull=False, judged_at__isnull=False), name="signal_judgement_is_whole"),
            models.CheckConstraint(condition=Q(action=None, acted_at=None) | Q(action__isnull=False, acted_at__isnull=False), name="signal_answer_is_whole"),
            models.CheckConstraint(condition=Q(judged_at=None) | Q(judged_at__gte=F("raised_at")), name="signal_is_judged_after_it_is_raised"),
        ]
        indexes = [
            models.Index(fields=["area", "raised_at"], name="signal_area"),
            models.Index(fields=["raised_at"], name="signal_to_judge", condition=Q(judged_at=None)),
            models.Index(fields=["stream", "raised_at"], name="signal_stream", condition=~Q(stream="")),
        ]


class StreamSetting(Record):
    """A person's change of how a stream is judged in an area and all below it, from a day through another (both included), with the reason.

    What is empty stays as it was. Of several that hold, the one of the smaller area counts, then the later one. `before`, `after` and `missed` are the
    consequence that was shown before it was saved: signals of the year before under the old and the new setting, and judged-real ones that the new would not have given.
    """

    stream = models.TextField()
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    starts_on = models.DateField()
    until = models.DateField()
    alpha = models.DecimalField(max_digits=9, decimal_places=7, null=True, blank=True)
    baseline = models.PositiveIntegerField(null=True, blank=True)
    min_sigma = models.DecimalField(max_digits=9, decimal_places=3, null=True, blank=True)
    least = models.PositiveIntegerField(null=True, blank=True)
    k = models.DecimalField(max_digits=6, decimal_places=3, null=True, blank=True)
    h = models.DecimalField(max_digits=6, decimal_places=3, null=True, blank=True)
    reason = models.TextField()
    issued_by = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True, related_name="+")
    issued_at = models.DateTimeField()
    before = models.PositiveIntegerField(null=True, blank=True)
    after = models.PositiveIntegerField(null=True, blank=True)
    missed = models.PositiveIntegerField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="预警阈值调整",
        en="Change of a threshold",
        fields={
            "stream": Field("监测数据流", "Stream", names="stream"),
            "area": Field("地区（含下级）", "Area and below"),
            "starts_on": Field("自", "From"),
            "until": Field("至（含）", "Through"),
            "alpha": Field("显著性水平 α", "Level α"),
            "baseline": Field("基线期数", "Baseline, periods"),
            "min_sigma": Field("标准差下限", "Least standard deviation"),
            "least": Field("最少报警数", "Least count"),
            "k": Field("CUSUM 参考值 k", "CUSUM reference value k"),
            "h": Field("CUSUM 决策限 h", "CUSUM decision limit h"),
            "reason": Field("理由（不写姓名）", "Reason (no names)", type="long"),
            "issued_by": Field("设置岗位", "Set by"),
            "issued_at": Field("设置时间", "Set"),
            "before": Field("原设置下信号数", "Signals under the old setting"),
            "after": Field("新设置下信号数", "Signals under the new setting"),
            "missed": Field("会漏掉的属实信号", "Real signals that would be missed"),
            "withdrawn_at": Field("撤销时间", "Withdrawn"),
        },
        acts=("stream.tuned",),
        name="stream-settings",
        read="plan.read",
        person="",
        columns=("stream", "area", "starts_on", "until", "alpha", "least", "reason", "issued_by"),
        filters=(Filter("standing", "未撤销", "Not withdrawn", {"withdrawn_at__isnull": True}),),
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("stream_setting_natural_key"),
            models.CheckConstraint(condition=Q(until__gte=F("starts_on")), name="stream_setting_ends_after_it_begins"),
            models.CheckConstraint(condition=~Q(reason=""), name="stream_setting_has_a_reason"),
            models.CheckConstraint(
                condition=Q(alpha__isnull=False) | Q(baseline__isnull=False) | Q(min_sigma__isnull=False) | Q(least__isnull=False) | Q(k__isnull=False) | Q(h__isnull=False),
                name="stream_setting_changes_something",
            ),
        ]
        indexes = [models.Index(fields=["stream", "until"], name="stream_setting_stream")]


class CaseCard(Record):
    """A case report card (病例报告卡): received, reviewed, returned or accepted, corrected, final. The case itself is in the register of cases.

    What the paper card asks of the patient and of the illness stands in the registers of persons and cases, and is not asked again here; this row keeps what
    only the card has. A final card is changed only with a reason, and is then to be reviewed again. `report_by` and `review_by` are when its
    two clocks run out, by the class of the disease on that day.
    """

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    disease = models.TextField()
    person = models.ForeignKey("population.Person", models.PROTECT, null=True, blank=True, related_name="+")
    about_case = models.ForeignKey("cases.Case", models.PROTECT, null=True, blank=True, related_name="+")
    from_unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.TextField(default="initial")
    guardian = models.TextField(blank=True, default="")
    work_unit = models.TextField(blank=True, default="")
    belongs_to = models.TextField(null=True, blank=True)
    people_group = models.TextField(null=True, blank=True)
    course = models.TextField(null=True, blank=True)
    doctor = models.TextField(blank=True, default="")
    unit_phone = models.TextField(blank=True, default="")
    filled_on = models.DateField(null=True, blank=True)
    remark = models.TextField(blank=True, default="")
    former_disease = models.TextField(null=True, blank=True)
    diagnosed_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    report_by = models.DateTimeField(null=True, blank=True)
    review_by = models.DateTimeField(null=True, blank=True)
    outcome = models.TextField(null=True, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    returned_for = models.TextField(blank=True, default="")
    corrected_at = models.DateTimeField(null=True, blank=True)
    corrected_because = models.TextField(blank=True, default="")
    final_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="病例报告卡",
        en="Case report card",
        fields={
            "disease": Field("病种", "Disease", codes="disease", required=True),
            "area": Field("所在地", "Area", required=True),
            "person": Field("人员", "Person", sensitivity="personal"),
            "about_case": Field("病例", "Case", to="cases"),
            "kind": Field("报卡类别", "Kind of card", codes="card-kind", writable=False),
            "guardian": Field("家长姓名（14岁以下）", "Parent or guardian (under 14)", sensitivity="personal"),
            "work_unit": Field("工作单位（学校）", "Employer or school", sensitivity="personal"),
            "belongs_to": Field("病人属于", "Patient belongs to", codes="residence-level"),
            "people_group": Field("人群分类", "Occupation group", codes="population-group"),
            "course": Field("急性或慢性", "Acute or chronic", codes="acute-chronic"),
            "from_unit": Field("报告单位", "Reported by", to="reporting-units"),
            "unit_phone": Field("报告单位联系电话", "Telephone of the unit"),
            "doctor": Field("报告医生", "Doctor", sensitivity="personal"),
            "filled_on": Field("填卡日期", "Filled in on"),
            "diagnosed_at": Field("诊断时间", "Diagnosed"),
            "received_at": Field("收到时间", "Received", required=True),
            "report_by": Field("报告时限", "To be reported by", writable=False),
            "outcome": Field("审核结果", "Review", codes="card-outcome"),
            "reviewed_at": Field("审核时间", "Reviewed"),
            "review_by": Field("审核时限", "To be reviewed by", writable=False),
            "returned_for": Field("退卡原因", "Returned because", type="long", sensitivity="personal"),
            "former_disease": Field("订正前病名", "Disease before correction", codes="disease", writable=False),
            "corrected_at": Field("订正时间", "Corrected", writable=False),
            "corrected_because": Field(
                "订正原因", "Corrected because", type="long", sensitivity="personal", help_zh="终审后再改必须填写", help_en="Needed when a final card is changed"
            ),
            "final_at": Field("终审时间", "Final"),
            "remark": Field("备注", "Remark", type="long", sensitivity="personal"),
        },
        acts=("card.received", "card.reviewed", "card.corrected", "card.final"),
        name="case-cards",
        read="case.read",
        write="case.write",
        columns=("disease", "person", "from_unit", "diagnosed_at", "received_at", "review_by", "outcome", "final_at"),
        sorts=("diagnosed_at", "received_at", "review_by"),
        filters=(
            Filter("to-review", "待审核", "To be reviewed", {"reviewed_at__isnull": True}),
            Filter("returned", "已退回", "Returned", {"outcome": "returned"}),
            Filter("to-finish", "待终审", "To be made final", {"outcome": "accepted", "final_at__isnull": True}),
            Filter("final", "已终审", "Final", {"final_at__isnull": False}),
        ),
        verb="sizao.flows.card_filled:save_cards",
        page="report-card",
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("case_card_natural_key"),
            models.CheckConstraint(condition=Q(outcome=None, reviewed_at=None) | Q(outcome__isnull=False, reviewed_at__isnull=False), name="case_card_review_is_whole"),
            models.CheckConstraint(condition=Q(outcome=None) | ~Q(outcome="returned") | ~Q(returned_for=""), name="case_card_returned_with_reason"),
            models.CheckConstraint(condition=Q(final_at=None) | Q(outcome="accepted", outcome__isnull=False, reviewed_at__isnull=False, final_at__gte=F("reviewed_at")), name="case_card_final_was_accepted"),
        ]
        indexes = [models.Index(fields=["area", "received_at"], name="case_card_received")]
