"""How values are said to a reader: numbers, days, clocks, ages, labels. One reader's language and one time zone at a time."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from sizao.kernel import clock
from sizao.kernel.codes import code_list, diseases, label

NONE = "—"


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one answer.

    Attributes:
        language: "zh-hans" or "en".
        zone: Where clocks on the page are read; a page about one area uses that area's.
    """

    language: str
    zone: str = "Asia/Shanghai"

    def at(self, zone: str) -> "Words":
        """The same words read in another time zone."""
        return Words(self.language, zone)

    @property
    def is_zh(self) -> bool:
        return self.language.startswith("zh")

    def both(self, pair: Any, fallback: str = "") -> str:
        """The side of a {zh, en} pair, or of an object with `zh` and `en`, that the reader reads."""
        if pair is None:
            return fallback
        get = pair.get if isinstance(pair, dict) else lambda k: getattr(pair, k, None)
        return str(get("zh" if self.is_zh else "en") or get("zh") or get("en") or fallback)

    def name(self, area: Any) -> str:
        """The name of an area or unit in the reader's language."""
        if area is None:
            return NONE
        return str(
            (getattr(area, "name_zh", "") if self.is_zh else getattr(area, "name_en", "") or getattr(area, "name_zh", ""))
            or getattr(area, "code", NONE)
        )

    def title(self, post: Any) -> str:
        """The title of a post in the reader's language."""
        return str(post.title(self.language)) if post is not None else NONE

    def sender(self, told: str | None) -> str:
        """Who told something, in words where it is one of ours: a program of this house, a post here, another installation. What others call themselves stays."""
        kind, _colon, _rest = (told or "").partition(":")
        ours = {
            "city": _("the invented city"), "demo": _("the invented city"), "post": _("entered here"), "peer": _("another installation"), "door": _("the person’s own page"),
            "needs": _("a need that was settled"), "left-alone": _("left alone by isolation"), "signals": _("the watch"), "machine": _("reckoned here"), "": NONE,
        }  # fmt: skip
        return ours.get(kind, told or NONE)

    def code(self, codelist: str, value: str | None) -> str:
        """The label of a code, a dash when there is none."""
        return label(codelist, value, self.language) or NONE

    def matter(self, ticket: Any) -> str:
        """What a ticket is about: the words of who raised it; of one that came of an inspection without words, which practice was not kept."""
        if ticket.sender == "inspection" and ticket.what in code_list("practice"):
            return ("未落实：" if self.is_zh else "not kept: ") + self.code("practice", ticket.what)
        return str(ticket.what)

    def number(self, value: Any) -> str:
        """A whole number with thin groups: 12,345. None is a dash, never 0."""
        return NONE if value is None else f"{value:,}"

    def unit(self, unit: str | None) -> str:
        """A field's unit as it stands behind its label: " (beds)". Persons and years go without saying; a full label says the rest.

        >>> Words("zh-hans").unit("beds"), Words("en").unit("persons"), Words("en").unit(None)
        (' (张)', '', '')
        """
        return "" if unit in (None, "", "persons", "years", "year") else f" ({self.code('field-unit', unit)})"

    def percent(self, done: int | None, owed: int | None) -> str:
        """Coverage for people: cut, not rounded, so that 999 of 1000 never reads 100%. A dash when nothing was owed.

        >>> Words("en").percent(999, 1000), Words("en").percent(1, 3), Words("en").percent(0, 0)
        ('99.9%', '33.3%', '—')
        """
        if not owed:
            return NONE
        tenths = (done or 0) * 1000 // owed
        return "100%" if tenths == 1000 else f"{tenths // 10}.{tenths % 10}%"

    def amount(self, value: Any) -> str:
        """An amount, also one that stands as text, with groups, and decimals only where it has some.

        >>> Words("en").amount(Decimal("1200.000")), Words("en").amount("2.50"), Words("en").amount(None)
        ('1,200', '2.5', '—')
        """
        if value is None:
            return NONE
        value = Decimal(value) if isinstance(value, str) else value
        return f"{int(value):,}" if value == int(value) else f"{value:,.3f}".rstrip("0")

    def share(self, value: float | None) -> str:
        """A proportion that was estimated, rounded to a tenth of a percent."""
        return NONE if value is None else f"{value:.1%}"

    def figure(self, kind: str, value: float | None, instant: datetime | None = None) -> str:
        """A figure that a plan shows: a share, a count, a span, a moment."""
        if kind == "moment":
            return self.moment(instant)
        if value is None:
            return NONE
        said = f"{value:,.1f}".removesuffix(".0")
        return self.share(value) if kind == "share" else _("%(n)s h") % {"n": said} if kind == "hours" else _("%(n)s d") % {"n": said} if kind == "days" else said

    def moment(self, instant: datetime | None) -> str:
        """Day and clock, with the year only when it is another one: 06-30 20:00."""
        if instant is None:
            return NONE
        here, today = instant.astimezone(ZoneInfo(self.zone)), clock.now().astimezone(ZoneInfo(self.zone))
        return here.strftime("%m-%d %H:%M" if here.year == today.year else "%Y-%m-%d %H:%M")

    def full(self, instant: datetime | None) -> str:
        """Everything, for a title: 2020-06-30 20:00:00 Asia/Shanghai."""
        return NONE if instant is None else f"{instant.astimezone(ZoneInfo(self.zone)):%Y-%m-%d %H:%M:%S} {self.zone}"

    def told(self, value: Any) -> str:
        """A fact as the plan tells it: an instant in ISO form becomes a moment, yes and no are words, nothing is a dash.

        >>> Words("en").told("2020-06-30"), Words("en").told(None)
        ('2020-06-30', '—')
        """
        if value is None or value == "":
            return NONE
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(value, str) and "T" in value:
            try:
                return self.moment(datetime.fromisoformat(value))
            except ValueError:
                return value
        return str(value)

    def fit(self, text: str, room: float) -> str:
        """A name cut to about `room` wide characters; Latin letters take little more than half of one."""
        used = 0.0
        for i, c in enumerate(text):
            used += 1 if ord(c) > 0x2E80 else 0.62
            if used > room:
                return text[: max(i - 1, 1)] + "…"
        return text

    def day(self, value: date | datetime | None) -> str:
        """A calendar day, ISO."""
        if value is None:
            return NONE
        return (value.astimezone(ZoneInfo(self.zone)).date() if isinstance(value, datetime) else value).isoformat()

    def when(self, value: date | datetime | None) -> str:
        """A moment as such, a bare day as a day."""
        return self.moment(value) if isinstance(value, datetime) else self.day(value)

    def disease(self, code: str) -> str:
        """What a disease is called."""
        return self.both(diseases().get(code), code)

    def clock(self, instant: datetime | None) -> str:
        return NONE if instant is None else f"{instant.astimezone(ZoneInfo(self.zone)):%H:%M}"

    def span(self, length: timedelta) -> str:
        """A length of time in its largest sensible unit: 3 分钟, 5 小时, 12 天."""
        seconds = int(length.total_seconds())
        if seconds < 60:
            return _("less than a minute")
        if seconds < 5400:
            return _("%(n)d min") % {"n": seconds // 60}
        if seconds < 172800:
            return _("%(n)d h") % {"n": seconds // 3600}
        return _("%(n)d d") % {"n": seconds // 86400}

    def ago(self, instant: datetime | None, now: datetime | None = None) -> str:
        """How old something is, said; what lies ahead is said as such."""
        if instant is None:
            return NONE
        length = (now or clock.now()) - instant
        return _("%(span)s ago") % {"span": self.span(length)} if length >= timedelta() else _("in %(span)s") % {"span": self.span(-length)}
