"""Where a case was infected: hypotheses beside each other, each with what speaks for and against it. At most one is accepted."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from sizao.kernel.register import Declaration, Field, Filter, Record, natural_key

from .cases import Case
from .exposures import ExposedPlace

GROUP: dict[str, Any] = {"group_zh": "病例与密接", "group_en": "Cases and contacts"}


class SourceHypothesis(Record):
    """One thought about the source of a case. The others stay on record when one is accepted; *unknown* can be thought, never accepted: it stays open."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="sources")
    disease = models.TextField(blank=True, default="")
    kind = models.TextField()
    infector = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="+")
    place = models.ForeignKey(ExposedPlace, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    origin = models.TextField(blank=True, default="")
    evidence_for = models.TextField(blank=True, default="")
    evidence_against = models.TextField(blank=True, default="")
    likelihood = models.TextField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    thought_by = models.ForeignKey("kernel.User", models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    APART = frozenset({"thought_by", "disease"})

    REGISTER = Declaration(
        zh="感染来源假设",
        en="Source hypothesis",
        fields={
            "case": Field("病例", "Case", to="cases", required=True),
            "kind": Field("来源类别", "Kind of source", codes="source-kind", required=True),
            "infector": Field("传染源病例", "Infector", to="cases"),
            "place": Field("场所与时段", "Place and window", to="exposed-places"),
            "origin": Field("输入地、货物或其他", "From where, which goods, other", sensitivity="personal"),
            "likelihood": Field("可能性", "Likelihood", codes="likelihood"),
            "evidence_for": Field("支持的证据", "Evidence for", type="long", sensitivity="personal"),
            "evidence_against": Field("不支持的证据", "Evidence against", type="long", sensitivity="personal"),
            "accepted_at": Field("采信时间", "Accepted"),
            "withdrawn_at": Field("撤回时间", "Withdrawn"),
        },
        acts=("source.judged",),
        name="source-hypotheses",
        read="case.read",
        write="case.write",
        area="case__area",
        person="case__person",
        subject="case",
        columns=("case", "kind", "infector", "likelihood", "accepted_at"),
        filters=(Filter("open", "尚未采信", "Not accepted", {"accepted_at__isnull": True, "withdrawn_at__isnull": True}), Filter("accepted", "已采信", "Accepted", {"accepted_at__isnull": False})),
        verb="sizao.registers.cases.sources:save_hypotheses",
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("source_hypothesis_natural_key"),
            models.UniqueConstraint(fields=["case"], condition=Q(accepted_at__isnull=False, withdrawn_at=None), name="one_source_is_accepted"),
            models.CheckConstraint(condition=~Q(kind="case") | Q(infector__isnull=False), name="source_case_is_named"),
            models.CheckConstraint(condition=Q(infector=None) | ~Q(infector=F("case")), name="source_is_another_case"),
            models.CheckConstraint(condition=Q(accepted_at=None) | ~Q(kind="unknown"), name="unknown_source_stays_open"),
            models.CheckConstraint(condition=Q(accepted_at=None) | Q(likelihood=None) | ~Q(likelihood="excluded"), name="excluded_source_is_not_accepted"),
        ]
