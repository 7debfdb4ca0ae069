"""Whose hands a tube is in, on which machine it was, what is held back because two things told of it do not go together, who of a tube is called again."""

from django.db import models
from django.db.models import F, Q

from sizao.kernel.register import Declaration, Field, Filter, Record, natural_key

from .samples import GROUP, Laboratory, Specimen, Tube


class TubeStep(Record):
    """One step of a tube's way: sealed, handed to the courier, received. Each once; `counted` is how many samples who took it counted."""

    tube = models.ForeignKey(Tube, models.PROTECT, related_name="steps")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    step = models.TextField()
    done_at = models.DateTimeField()
    counted = models.PositiveSmallIntegerField()
    laboratory = models.ForeignKey(Laboratory, models.PROTECT, null=True, blank=True, related_name="+")
    box = models.TextField(blank=True, default="")
    post = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True, related_name="+")

    REGISTER = Declaration(
        zh="样本交接",
        en="Custody step",
        fields={
            "tube": Field("混检管", "Tube", to="tubes", writable=False),
            "step": Field("环节", "Step", codes="tube-step", writable=False),
            "done_at": Field("时间", "When", writable=False),
            "counted": Field("清点份数", "Samples counted", unit="samples", writable=False),
            "laboratory": Field("检测机构", "Laboratory", to="laboratories", writable=False),
            "box": Field("转运箱号", "Box", writable=False),
            "post": Field("经办岗位", "Post", writable=False),
            "area": Field("采样地", "Area", writable=False),
        },
        acts=("tube.handed", "lab.received"),
        name="tube-steps",
        read="tube.read",
        person="",
        columns=("tube", "step", "done_at", "counted", "laboratory"),
        **GROUP,
    )

    class Meta:
        constraints = [natural_key("tube_step_natural_key"), models.UniqueConstraint(fields=["tube", "step"], name="tube_step_once")]


class Run(Record):
    """A run of an instrument: which machine, from when to when, by which method. Until it has ended it proves no result."""

    laboratory = models.ForeignKey(Laboratory, models.PROTECT, related_name="runs")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    number = models.TextField()
    instrument = models.TextField(blank=True, default="")
    method = models.TextField(default="pcr")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="上机检测批次",
        en="Instrument run",
        fields={
            "number": Field("批次号", "Run number", writable=False),
            "laboratory": Field("检测机构", "Laboratory", to="laboratories", writable=False),
            "instrument": Field("仪器编号", "Instrument", writable=False),
            "method": Field("检测方法", "Method", codes="test-method", writable=False),
            "started_at": Field("上机时间", "Started", writable=False),
            "finished_at": Field("结束时间", "Ended", writable=False),
            "area": Field("所在地", "Area", writable=False),
        },
        acts=("tube.tested",),
        name="lab-runs",
        read="tube.read",
        person="",
        title="number",
        filters=(Filter("running", "未结束", "Not ended", {"finished_at__isnull": True}),),
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("lab_run_natural_key"),
            models.UniqueConstraint(fields=["laboratory", "number"], name="lab_run_number_once"),
            models.CheckConstraint(condition=Q(finished_at=None) | Q(finished_at__gte=F("started_at")), name="lab_run_ends_after_it_starts"),
        ]
        indexes = [models.Index(fields=["laboratory", "started_at"], name="lab_run_day")]


class RunLine(Record):
    """A tube in a run: in which well, and what the machine itself called it. Two tubes in one well were mixed again."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="lines")
    tube = models.ForeignKey(Tube, models.PROTECT, related_name="lines")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    well = models.TextField(blank=True, default="")
    call = models.TextField(null=True, blank=True)
    ct = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)

    REGISTER = Declaration(
        zh="上机样本",
        en="Tube in a run",
        fields={
            "run": Field("批次", "Run", to="lab-runs", writable=False),
            "tube": Field("混检管", "Tube", to="tubes", writable=False),
            "well": Field("孔位", "Well", writable=False),
            "call": Field("仪器判读", "Called by the machine", codes="test-result", writable=False),
            "ct": Field("Ct 值", "Ct", unit="cycles", writable=False),
            "area": Field("采样地", "Area", writable=False),
        },
        name="lab-run-lines",
        read="tube.read",
        person="",
        **GROUP,
    )

    class Meta:
        constraints = [natural_key("lab_run_line_natural_key"), models.UniqueConstraint(fields=["run", "tube"], name="lab_run_line_once")]


class Hold(Record):
    """Something told that does not go together with what is known, kept as it was told until somebody decides. Nothing that is held counts as a result.

    Attributes:
        told: What was told: codes, moments, ids; never a name.
        owner: The post that decides; None is a hole, and shown as one.
    """

    kind = models.TextField()
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    laboratory = models.ForeignKey(Laboratory, models.PROTECT, null=True, blank=True, related_name="+")
    tube = models.ForeignKey(Tube, models.PROTECT, null=True, blank=True, related_name="holds")
    told = models.JSONField(default=dict)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    owner = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True, related_name="+")
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution = models.TextField(null=True, blank=True)
    reason = models.TextField(blank=True, default="")
    resolved_by = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True, related_name="+")

    REGISTER = Declaration(
        zh="检测存疑",
        en="Laboratory hold",
        fields={
            "kind": Field("事由", "Why", codes="lab-hold", writable=False),
            "laboratory": Field("检测机构", "Laboratory", to="laboratories", writable=False),
            "tube": Field("混检管", "Tube", to="tubes", writable=False),
            "told": Field("报来内容", "What was told", writable=False),
            "opened_at": Field("发现时间", "Found", writable=False),
            "due_at": Field("处理期限", "Decide by", writable=False),
            "owner": Field("责任岗位", "Who decides", writable=False),
            "resolved_at": Field("处理时间", "Decided", writable=False),
            "resolution": Field("处理结果", "Decision", codes="lab-hold-resolution", writable=False),
            "reason": Field("理由", "Because", writable=False),
            "resolved_by": Field("处理岗位", "Decided by", writable=False),
            "area": Field("所在地", "Area", writable=False),
        },
        acts=("lab.held", "lab.hold_decided"),
        name="lab-holds",
        read="tube.read",
        person="",
        columns=("kind", "tube", "laboratory", "opened_at", "due_at", "resolution"),
        sorts=("due_at",),
        filters=(Filter("open", "未处理", "Undecided", {"resolved_at__isnull": True}),),
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("lab_hold_natural_key"),
            models.UniqueConstraint(fields=["tube", "kind"], condition=Q(resolved_at=None, tube__isnull=False), name="lab_hold_open_once"),
            models.CheckConstraint(condition=Q(due_at__gte=F("opened_at")), name="lab_hold_has_a_deadline"),
            models.CheckConstraint(
                condition=Q(resolved_at=None, resolution=None) | (Q(resolved_at__isnull=False, resolution__isnull=False) & ~Q(reason="")), name="lab_hold_is_decided_for_a_reason"
            ),
        ]


class Recall(Record):
    """Somebody of a tube that was not negative, to be found and sampled alone. Nothing is said of the person until that sample has its result."""

    specimen = models.OneToOneField(Specimen, models.PROTECT, related_name="recall")
    tube = models.ForeignKey(Tube, models.PROTECT, related_name="recalls")
    person = models.ForeignKey("population.Person", models.PROTECT, null=True, blank=True, related_name="+")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    disease = models.TextField()
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    found_at = models.DateTimeField(null=True, blank=True)
    resampled_at = models.DateTimeField(null=True, blank=True)
    retest = models.OneToOneField(Specimen, models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.TextField(null=True, blank=True)

    REGISTER = Declaration(
        zh="混管阳性召回",
        en="Recall",
        fields={
            "person": Field("人员", "Person", sensitivity="personal", writable=False),
            "tube": Field("混检管", "Tube", to="tubes", writable=False),
            "specimen": Field("混管样本", "Sample in the tube", to="specimens", writable=False),
            "disease": Field("病种", "Disease", codes="disease", writable=False),
            "opened_at": Field("启动召回", "Called", writable=False),
            "due_at": Field("单采期限", "Sample alone by", writable=False),
            "found_at": Field("找到时间", "Found", writable=False),
            "resampled_at": Field("单采时间", "Sampled alone", writable=False),
            "retest": Field("单采样本", "Single sample", to="specimens", writable=False),
            "closed_at": Field("结束时间", "Closed", writable=False),
            "outcome": Field("单采结果", "Result of the single sample", codes="test-result", writable=False),
            "area": Field("所在地", "Area", writable=False),
        },
        acts=("lab.retest_asked", "recall.found"),
        name="recalls",
        columns=("person", "tube", "opened_at", "due_at", "found_at", "resampled_at", "outcome"),
        sorts=("due_at",),
        filters=(
            Filter("open", "未单采", "Not sampled alone yet", {"resampled_at__isnull": True, "closed_at__isnull": True}),
            Filter("not-found", "未找到", "Not found yet", {"found_at__isnull": True, "resampled_at__isnull": True, "closed_at__isnull": True}),
        ),
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("recall_natural_key"),
            models.CheckConstraint(condition=Q(due_at__gte=F("opened_at")), name="recall_has_a_deadline"),
            models.CheckConstraint(condition=Q(resampled_at=None, retest=None) | Q(resampled_at__isnull=False, retest__isnull=False), name="recall_names_its_sample"),
            models.CheckConstraint(condition=Q(outcome=None) | Q(closed_at__isnull=False), name="recall_outcome_closes_it"),
        ]
        indexes = [models.Index(fields=["tube"], name="recall_tube"), models.Index(fields=["person"], name="recall_open", condition=Q(closed_at=None))]
