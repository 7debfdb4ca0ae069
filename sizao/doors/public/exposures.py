"""For anyone: how often visits were looked through, and how many people were named by it."""

from django.http import HttpRequest, HttpResponse

from sizao.doors.kit.pages import page
from sizao.kernel import clock
from sizao.kernel.codes import threshold
from sizao.registers.cases import exposed


def counted(request: HttpRequest) -> HttpResponse:
    """For anyone, by month: how often visits were looked at, exactly, for that is counted of us; how many persons were named, small counts left out, for that is of them."""
    now = clock.now()
    least = int(threshold("public-few", now.date()))
    months = [(month, asked, ended, None if 0 < named < least else named) for month, asked, ended, named in exposed.public_counts("Asia/Shanghai")]
    return page(request, "public/exposures.html", {"months": months, "least": least, "now": now, "user": None, "scope": None, "post": None})
