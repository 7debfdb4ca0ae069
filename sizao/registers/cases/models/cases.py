"""Cases, contacts, links and investigations. A case does not know that a duty exists: duties are derived from it."""

from django.db import models
from django.db.models import F, Func, Q, Value

from sizao.kernel.register import Bulk, Declaration, Field, Filter, Record, natural_key


class Case(Record):
    """One person's episode of one disease."""

    person = models.ForeignKey("population.Person", models.PROTECT, related_name="+", db_index=False)
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+", db_index=False)
    disease = models.TextField()
    classification = models.TextField(null=True, blank=True)
    onset_on = models.DateField(null=True, blank=True)
    first_care_at = models.DateTimeField(null=True, blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.TextField(null=True, blank=True)
    outcome_at = models.DateTimeField(null=True, blank=True)
    source = models.TextField(blank=True, default="")
    contact_total = models.PositiveIntegerField(null=True, blank=True)

    REGISTER = Declaration(
        zh="病例",
        en="Case",
        fields={
            "person": Field("人员", "Person", sensitivity="personal", required=True),
            "area": Field("现住地", "Area", required=True),
            "disease": Field("病种", "Disease", codes="disease", required=True),
            "classification": Field("病例分类", "Classification", codes="case-class"),
            "onset_on": Field("发病日期", "Date of onset"),
            "first_care_at": Field("首诊时间", "First care"),
            "reported_at": Field("报告时间", "Reported"),
            "confirmed_at": Field("确诊时间", "Confirmed"),
            "outcome": Field("转归", "Outcome", codes="case-outcome"),
            "outcome_at": Field("转归时间", "Time of outcome"),
            "source": Field("感染来源（原文）", "Source as written"),
            "contact_total": Field("报告的密接人数", "Contacts told by the sender", unit="persons"),
        },
        acts=("case.reported", "case.classified", "case.investigated"),
        name="cases",
        read="case.read",
        write="case.write",
        columns=("person", "source_id", "classification", "onset_on", "reported_at", "outcome", "area"),
        sorts=("onset_on", "reported_at"),
        filters=(
            Filter("confirmed", "确诊病例", "Confirmed", {"classification": "confirmed"}),
            Filter("suspected", "疑似病例", "Suspected", {"classification": "suspected"}),
            Filter("no-outcome", "尚无转归", "No outcome yet", {"outcome__isnull": True}),
            Filter("no-class", "尚未定类", "No class yet", {"classification__isnull": True}),
            Filter("no-onset", "发病日期不详", "No onset told", {"onset_on__isnull": True}),
            Filter("not-investigated", "尚未流调", "Not investigated", {"investigations__isnull": True}),
            Filter("mine", "我承办的", "Mine", {"assignments__holder": "me"}),
            Filter("nobodys", "无人承办", "Nobody's", {"assignments__holder": "nobody", "investigations__isnull": True}),
            Filter("assigned-late", "承办逾期", "Somebody's, overdue", {"assignments__due_at__lt": "now", "investigations__isnull": True}),
        ),
        bulk=(Bulk("outcome", "登记转归", "Tell the outcome", "case.write", ("outcome", "outcome_at")), Bulk("class", "定分类", "Give a class", "case.write", ("classification",)), Bulk("assign", "分派承办人", "Give to an investigator", "case.write", page="case-assign")),
        verb="sizao.flows.case_reported:save_cases",
        page="case",
        group_zh="病例与密接",
        group_en="Cases and contacts",
    )

    class Meta:
        constraints = [natural_key("case_natural_key")]
        indexes = [
            models.Index(fields=["person"], name="case_person"),
            models.Index(fields=["area", "id"], name="case_area"),
            # A number that lost its leading zeros in a spreadsheet is looked up without them: only of numbers that have zeros to lose. The others are
            # found as they stand, and no whole number is looked for by walking along all of its sender's, which the planner took for few.
            models.Index(F("sender"), Func(F("source_id"), Value("0"), function="LTRIM"), name="case_number_without_zeros", condition=Q(source_id__startswith="0")),
        ]


class Contact(Record):
    """A person who met a case and is to be observed. `area` is where the contact stays."""

    person = models.ForeignKey("population.Person", models.PROTECT, related_name="+", db_index=False)
    case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="contacts", db_index=False)
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+", db_index=False)
    disease = models.TextField()
    classification = models.TextField(null=True, blank=True)
    named_at = models.DateTimeField(null=True, blank=True)
    last_exposure_on = models.DateField(null=True, blank=True)
    observation_from = models.DateField(null=True, blank=True)
    observation_until = models.DateField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    became_case_at = models.DateTimeField(null=True, blank=True)
    located_at = models.DateTimeField(null=True, blank=True)
    classed_at = models.DateTimeField(null=True, blank=True)
    status = models.TextField(blank=True, default="")
    followed_as = models.TextField(null=True, blank=True)
    degree = models.PositiveSmallIntegerField(null=True, blank=True)
    of_contact = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    certainty = models.TextField(null=True, blank=True)
    reason = models.TextField(null=True, blank=True)
    exception = models.TextField(null=True, blank=True)
    decided_by = models.ForeignKey("kernel.User", models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    #: Who decided the class; shown with the contact, never told by a form.
    APART = frozenset({"decided_by"})

    REGISTER = Declaration(
        zh="密切接触者",
        en="Contact",
        fields={
            "person": Field("人员", "Person", sensitivity="personal", required=True),
            "case": Field("关联病例", "Related case", to="cases"),
            "area": Field("观察地点所在地", "Area where the contact stays", required=True),
            "disease": Field("病种", "Disease", codes="disease", required=True),
            "classification": Field("接触者分类", "Class", codes="contact-class"),
            "named_at": Field("判定时间", "Named"),
            "last_exposure_on": Field("末次接触日期", "Last exposure"),
            "observation_from": Field("观察开始日期", "Observation from"),
            "observation_until": Field("观察结束日期", "Observation until"),
            "released_at": Field("解除时间", "Released"),
            "became_case_at": Field("转为病例时间", "Became a case"),
            "located_at": Field("找到本人时间", "Found"),
            "classed_at": Field("分类时间", "Classed"),
            "status": Field("随访状态（原文）", "Follow-up status as written"),
            "followed_as": Field("随访状态", "Follow-up", codes="contact-followed-as"),
            "degree": Field("接触层级", "Degree", help_zh="1 为病例的接触者，2 为密接的密接", help_en="1 met the case, 2 met a contact"),
            "of_contact": Field("经由哪位密接", "Met which contact", to="contacts"),
            "certainty": Field("判定把握", "Certainty", codes="link-certainty"),
            "reason": Field("判定理由", "Reason", codes="contact-reason"),
            "exception": Field(
                "仍要登记的理由", "Why all the same", sensitivity="personal", help_zh="末次接触早于病例可能传染之时等，须写明", help_en="Asked where the last exposure lies before the case could infect"
            ),
        },
        acts=("contact.named", "contact.released", "contact.located", "contact.classed"),
        name="contacts",
        read="case.read",
        write="contact.write",
        columns=("person", "source_id", "classification", "last_exposure_on", "observation_until", "released_at", "area"),
        sorts=("last_exposure_on", "observation_until"),
        filters=(
            Filter("under-observation", "观察中", "Under observation", {"released_at__isnull": True, "observation_until__gte": "today"}),
            Filter("over-not-released", "到期未解除", "Over, not released", {"released_at__isnull": True, "observation_until__lt": "today"}),
            Filter("no-case", "未关联病例", "No related case", {"case__isnull": True}),
            Filter("mine", "我承办病例的密接", "Of my cases", {"case__assignments__holder": "me"}),
        ),
        bulk=(Bulk("release", "解除观察", "Release", "contact.write", ("released_at",)),),
        verb="sizao.registers.cases.actions:save_contacts",
        group_zh="病例与密接",
        group_en="Cases and contacts",
    )

    class Meta:
        constraints = [
            natural_key("contact_natural_key"),
            models.CheckConstraint(
                condition=Q(observation_from=None) | Q(observation_until=None) | Q(observation_until__gte=F("observation_from")), name="contact_observation_ends_after_it_begins"
            ),
            models.CheckConstraint(condition=Q(degree=None) | Q(degree__gte=1, degree__lte=9), name="contact_degree_is_near"),
            models.CheckConstraint(condition=Q(of_contact=None) | ~Q(of_contact=F("id")), name="contact_of_another_than_himself"),
        ]
        indexes = [
            models.Index(fields=["person"], name="contact_person"),
            models.Index(fields=["area", "id"], name="contact_area"),
            models.Index(fields=["case"], name="contact_case"),
            # As of cases, but only of numbers that have zeros to lose: the others are found as they stand.
            models.Index(
                F("sender"), Func(F("source_id"), Value("0"), function="LTRIM"), name="contact_number_without_zeros", condition=Q(source_id__startswith="0")
            ),
        ]


class Link(Record):
    """Who infected whom, as somebody says."""

    infector = models.ForeignKey(Case, models.PROTECT, related_name="infected", db_index=False)
    infectee = models.ForeignKey(Case, models.PROTECT, related_name="infectors")
    disease = models.TextField()
    certainty = models.TextField(default="stated")

    REGISTER = Declaration(
        zh="传播链",
        en="Link",
        fields={
            "infector": Field("传染源病例", "Infector", to="cases", required=True),
            "infectee": Field("续发病例", "Infectee", to="cases", required=True),
            "disease": Field("病种", "Disease", codes="disease", required=True),
            "certainty": Field("确定程度", "Certainty", codes="link-certainty"),
        },
        name="links",
        read="case.read",
        write="case.write",
        area="infectee__area",
        person="infectee__person",
        columns=("infector", "infectee", "disease", "certainty"),
        group_zh="病例与密接",
        group_en="Cases and contacts",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["infector", "infectee"], name="link_once"),
            models.CheckConstraint(condition=~Q(infector=F("infectee")), name="nobody_infects_himself"),
        ]


class Investigation(Record):
    """One epidemiological investigation of a case."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="investigations")
    happened_at = models.DateTimeField()
    findings = models.TextField(blank=True, default="")

    REGISTER = Declaration(
        zh="流行病学调查",
        en="Investigation",
        fields={
            "case": Field("病例", "Case", to="cases", required=True),
            "happened_at": Field("调查时间", "Time", required=True),
            "findings": Field("结论", "Findings", sensitivity="personal", type="long"),
        },
        acts=("case.investigated",),
        name="investigations",
        read="case.read",
        write="case.write",
        area="case__area",
        person="case__person",
        subject="case",
        verb="sizao.registers.cases.actions:save_investigations",
        group_zh="病例与密接",
        group_en="Cases and contacts",
    )
