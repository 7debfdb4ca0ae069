"""What was looked at, in words: by the room that an audit event's kind begins with."""

from django.utils.translation import gettext as _


def looked() -> dict[str, str]:
    """Room → what of a person or record was looked at or written."""
    return {
        "population": _("the person’s record"), "persons": _("the person’s record"), "isolation": _("an order, a stay or a check"), "cases": _("a case or contact record"), "contacts": _("a case or contact record"),
        "laboratory": _("tests"), "plan": _("a list of who is missing"), "passes": _("a pass"), "registers": _("a list"), "exposures": _("a search for visitors of a place where a case had been"),
        "access": _("asked who can see it"),
    }  # fmt: skip
