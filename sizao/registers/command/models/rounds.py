"""Rounds of inspection drawn by lot, and the units that the lot fell on. The seed and the frame stand with the round, so that anybody can draw it again."""

from django.db import models

from sizao.kernel.register import Declaration, Field, Filter, Record, natural_key

from .areas import GROUP


class InspectionRound(Record):
    """One draw: of which units (`frame` of them, `frame_digest` over their ids and strata), by which seed, how many.

    Attributes:
        strata: The strata with their shares as content said them, id@date, for whoever draws again.
        kinds: Kinds of unit in the frame, separated by spaces; empty: all.
    """

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    title = models.TextField()
    practice = models.TextField()
    kinds = models.TextField(blank=True, default="")
    drawn_at = models.DateTimeField()
    due_at = models.DateTimeField()
    seed = models.TextField()
    frame = models.PositiveIntegerField()
    frame_digest = models.TextField()
    strata = models.TextField()
    run = models.BigIntegerField(null=True, blank=True)
    drawn_by = models.ForeignKey("kernel.Post", models.PROTECT, null=True, blank=True, related_name="+")

    REGISTER = Declaration(
        zh="抽查轮次",
        en="Round of inspection",
        fields={
            "title": Field("名称", "Title", sensitivity="open"),
            "area": Field("地区", "Area"),
            "practice": Field("检查项目", "Practice", codes="practice"),
            "kinds": Field("单位类别", "Kinds of unit"),
            "drawn_at": Field("抽取时间", "Drawn"),
            "due_at": Field("完成期限", "Due"),
            "seed": Field("随机种子", "Seed"),
            "frame": Field("总体单位数", "Units in the frame", unit="units"),
            "frame_digest": Field("总体摘要", "Digest of the frame"),
            "strata": Field("分层与比例", "Strata and shares", type="long"),
            "run": Field("所据运算", "Run that told the risk"),
            "drawn_by": Field("抽取岗位", "Drawn by"),
        },
        name="inspection-rounds",
        read="plan.read",
        person="",
        title="title",
        columns=("title", "area", "practice", "drawn_at", "due_at", "frame"),
        **GROUP,
    )

    class Meta:
        constraints = [natural_key("inspection_round_natural_key")]
        indexes = [models.Index(fields=["area", "drawn_at"], name="inspection_round_area")]


class DrawnUnit(Record):
    """A unit on which the lot fell; in its stratum `drawn_of` units stood, of which this was the `place`-th by lot. The inspection is there once somebody has looked."""

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    round = models.ForeignKey(InspectionRound, models.PROTECT, related_name="drawn")
    unit = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, related_name="+")
    stratum = models.TextField()
    place = models.PositiveIntegerField()
    drawn_of = models.PositiveIntegerField()
    inspection = models.ForeignKey("command.Inspection", models.PROTECT, null=True, blank=True, related_name="+")

    REGISTER = Declaration(
        zh="抽中单位",
        en="Unit drawn for inspection",
        fields={
            "round": Field("抽查轮次", "Round", to="inspection-rounds"),
            "area": Field("所在地", "Area"),
            "unit": Field("单位", "Unit", to="reporting-units"),
            "stratum": Field("风险层", "Stratum", codes="inspection-stratum"),
            "place": Field("抽签次序", "Place by lot"),
            "drawn_of": Field("该层单位数", "Units in the stratum", unit="units"),
            "inspection": Field("检查记录", "Inspection", to="inspections"),
        },
        name="drawn-units",
        read="plan.read",
        person="",
        columns=("round", "unit", "area", "stratum", "inspection"),
        filters=(Filter("not-seen", "未检查", "Not looked at yet", {"inspection__isnull": True}),),
        **GROUP,
    )

    class Meta:
        constraints = [natural_key("drawn_unit_natural_key"), models.UniqueConstraint(fields=["round", "unit"], name="drawn_unit_once")]
        indexes = [models.Index(fields=["area"], name="drawn_unit_to_see", condition=models.Q(inspection=None))]
