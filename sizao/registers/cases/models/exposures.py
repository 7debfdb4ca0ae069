"""Places and windows at which others may have been infected, the searches for who was there, and whom they named, with the reason."""

from datetime import timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from sizao.kernel.register import Declaration, Field, Filter, Record, natural_key

from .cases import Case, Contact

GROUP: dict[str, Any] = {"group_zh": "病例与密接", "group_en": "Cases and contacts"}


class ExposedPlace(Record):
    """A place and a window [opens_at, closes_at) in which somebody infectious was there: announced as such, or a stay of a case's trajectory.

    Whatever it rests on, nobody is looked for from it until it is confirmed and its place is one of the register's. `elsewhere` says in words where it
    was, for a place that is not in the register or lies where its writer sees nothing: `area` is then the area told, or the case's own for a place
    outside the jurisdiction. No window is longer than fourteen days.
    """

    place = models.ForeignKey("ledgers.ReportingUnit", models.PROTECT, null=True, blank=True, related_name="+")
    elsewhere = models.TextField(blank=True, default="")
    case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="trajectory")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    disease = models.TextField()
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    vehicle = models.TextField(blank=True, default="")
    carriage = models.TextField(blank=True, default="")
    seat = models.TextField(blank=True, default="")
    purpose = models.TextField(null=True, blank=True)
    mask = models.TextField(null=True, blank=True)
    exception = models.TextField(blank=True, default="")
    basis = models.TextField(blank=True, default="")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    REGISTER = Declaration(
        zh="涉疫场所与病例活动轨迹",
        en="Exposed place or stay of a case",
        fields={
            "place": Field("场所（车辆）", "Place or vehicle", to="reporting-units"),
            "elsewhere": Field(
                "其他地方（文字）", "Elsewhere, in words", sensitivity="personal", help_zh="场所未登记、在外县区或辖区以外时填写", help_en="Where the place is not registered, lies in another area, or outside the jurisdiction"
            ),
            "area": Field("场所所在地", "Area of the place", required=True),
            "disease": Field("病种", "Disease", codes="disease", required=True),
            "opens_at": Field("起", "From", required=True),
            "closes_at": Field("止", "Until", required=True, help_zh="不含这一刻；最长十四天", help_en="This moment does not belong to it; fourteen days at most"),
            "case": Field("轨迹所属病例", "Case whose stay it is", to="cases"),
            "vehicle": Field("车次、航班、车牌", "Train, flight or plate", sensitivity="personal"),
            "carriage": Field("车厢", "Carriage", sensitivity="personal"),
            "seat": Field("座位、包间、摊位", "Seat, room or stall", sensitivity="personal"),
            "purpose": Field("目的", "Purpose", codes="stay-purpose"),
            "mask": Field("佩戴口罩", "Mask", codes="mask-worn"),
            "exception": Field(
                "仍要登记的理由", "Why all the same", sensitivity="personal", help_zh="与另一段停留重叠、或远离发病日期时填写", help_en="Asked where it overlaps another stay, or lies far from the onset"
            ),
            "basis": Field("依据", "What it rests on", type="long", sensitivity="personal"),
            "confirmed_at": Field("核实时间", "Confirmed"),
            "withdrawn_at": Field("撤销时间", "Withdrawn"),
        },
        name="exposed-places",
        read="case.read",
        write="case.write",
        person="case__person",
        columns=("place", "opens_at", "closes_at", "case", "confirmed_at", "area"),
        sorts=("opens_at",),
        filters=(
            Filter("confirmed", "已核实", "Confirmed", {"confirmed_at__isnull": False, "withdrawn_at__isnull": True}),
            Filter("unconfirmed", "待核实", "Not confirmed", {"confirmed_at__isnull": True, "withdrawn_at__isnull": True}),
        ),
        verb="sizao.registers.cases.exposing:save_places",
        **GROUP,
    )

    class Meta:
        constraints = [
            natural_key("exposed_place_natural_key"),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="exposed_place_closes_after_it_opens"),
            models.CheckConstraint(condition=Q(closes_at__lte=F("opens_at") + timedelta(days=14)), name="exposed_place_at_most_14_days"),
            models.CheckConstraint(condition=Q(place__isnull=False) | ~Q(elsewhere=""), name="exposed_place_is_told"),
        ]
        indexes = [models.Index(fields=["area", "id"], name="exposed_place_area")]

    @property
    def where(self) -> str:
        """What the place is called: by the register, else in the words of who told it."""
        return self.place.name if self.place is not None else self.elsewhere


class ExposureSearch(Record):
    """One look for those who were at confirmed places in their windows: who asked, how many it would name, who agreed, how many it named.

    Attributes:
        places: Ids of exposed places; nothing else can be asked.
        at_least: Minutes together from which somebody is named.
        counted: Visitors found when it was asked, of them `visitors` persons.
    """

    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    disease = models.TextField()
    case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="+")
    places = ArrayField(models.UUIDField(), default=list)
    at_least = models.PositiveIntegerField(default=0)
    contact_class = models.TextField(default="general")
    asked_by = models.ForeignKey("kernel.User", models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    visits = models.PositiveIntegerField(null=True, blank=True)
    visitors = models.PositiveIntegerField(null=True, blank=True)
    seconded_by = models.ForeignKey("kernel.User", models.PROTECT, null=True, blank=True, related_name="+")
    seconded_at = models.DateTimeField(null=True, blank=True)
    named_at = models.DateTimeField(null=True, blank=True)
    named = models.PositiveIntegerField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    #: Shown on the search's own page.
    APART = frozenset({"places", "asked_by", "seconded_by"})

    REGISTER = Declaration(
        zh="到访查找",
        en="Search for visitors",
        fields={
            "area": Field("地区", "Area", writable=False),
            "disease": Field("病种", "Disease", codes="disease", writable=False),
            "case": Field("病例", "Case", to="cases", writable=False),
            "asked_at": Field("提出时间", "Asked", writable=False),
            "at_least": Field("至少同处", "Together at least", unit="min", writable=False),
            "contact_class": Field("列为", "Named as", codes="contact-class", writable=False),
            "visits": Field("到访次数", "Visits", writable=False),
            "visitors": Field("到访人数", "Visitors", unit="persons", writable=False),
            "seconded_at": Field("第二人同意时间", "Agreed to by a second person", writable=False),
            "named_at": Field("列出时间", "Named at", writable=False),
            "named": Field("列出人数", "Named", unit="persons", writable=False),
            "withdrawn_at": Field("撤回时间", "Withdrawn", writable=False),
        },
        name="exposure-searches",
        read="case.read",
        person="",
        columns=("asked_at", "area", "visitors", "seconded_at", "named_at", "named"),
        sorts=("asked_at",),
        **GROUP,
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(named_at=None) | Q(asked_by__isnull=False), name="exposure_search_is_somebody_s"),
            models.CheckConstraint(condition=Q(seconded_by=None) | ~Q(seconded_by=F("asked_by")), name="exposure_search_needs_another"),
            # The same bound stands in the function that tells visits: content may ask for the second person earlier, and never later.
            models.CheckConstraint(condition=Q(named_at=None) | Q(visitors__lte=1000) | Q(seconded_by__isnull=False), name="exposure_search_of_many_needs_two"),
        ]
        indexes = [models.Index(fields=["area", "id"], name="exposure_search_area")]


class Exposure(Record):
    """Why somebody was named: this place, from then until then, found by that search. It goes with the contact, and is all that is kept of the visit."""

    person = models.ForeignKey("population.Person", models.PROTECT, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="exposures")
    area = models.ForeignKey("kernel.Area", models.PROTECT, related_name="+")
    search = models.ForeignKey(ExposureSearch, models.PROTECT, related_name="exposures")
    exposed_place = models.ForeignKey(ExposedPlace, models.PROTECT, related_name="exposures")
    together_from = models.DateTimeField()
    together_until = models.DateTimeField()
    seconds = models.PositiveIntegerField()

    REGISTER = Declaration(
        zh="暴露（列出原因）",
        en="Exposure (why somebody was named)",
        fields={
            "person": Field("人员", "Person", sensitivity="personal", writable=False),
            "contact": Field("接触者", "Contact", to="contacts", writable=False),
            "exposed_place": Field("场所与时段", "Place and window", to="exposed-places", writable=False),
            "together_from": Field("同处起", "Together from", writable=False),
            "together_until": Field("同处止", "Together until", writable=False),
            "seconds": Field("同处时长", "Time together", unit="s", writable=False),
            "search": Field("查找", "Search", to="exposure-searches", writable=False),
            "area": Field("所在地", "Area", writable=False),
        },
        name="exposures",
        read="case.read",
        columns=("person", "exposed_place", "together_from", "together_until", "seconds"),
        **GROUP,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contact", "exposed_place", "together_from"], name="exposure_once"),
            models.CheckConstraint(condition=Q(together_until__gt=F("together_from")), name="exposure_ends_after_it_begins"),
        ]
        indexes = [models.Index(fields=["person"], name="exposure_person"), models.Index(fields=["area", "id"], name="exposure_area")]
