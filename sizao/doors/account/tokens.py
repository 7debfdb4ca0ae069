"""Tokens: ways in for programs, each with no more than its user's post may do, below an area, for a purpose, until a day."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.account import second
from sizao.doors.kit import picking
from sizao.doors.kit import tokens as kit
from sizao.doors.kit.pages import is_demo, page
from sizao.doors.kit.second import is_whole, wanted
from sizao.doors.kit.whole import whole
from sizao.kernel import clock
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope

DAYS = (1, 7, 30, 90, 366)


def tokens(request: HttpRequest) -> HttpResponse:
    """The user's tokens, and a form for another one; a new one is shown this once."""
    second.check_whole(request)
    made = ""
    scopes = [Scope.open(request.user, post) for post in Scope.posts_of(request.user)]
    if request.method == "POST":
        scope = next((s for s in scopes if str(s.post_id) == request.POST.get("post")), None)
        if scope is None:
            raise Refused("no-post")
        if wanted(scope, is_demo()) and not is_whole(request):
            raise Refused("second-factor-needed")
        days, purpose = request.POST.get("days", ""), request.POST.get("purpose", "response")
        area = picking.area_of(scope, request.POST["area"]) if request.POST.get("area", "").strip() else None
        if (request.POST.get("area", "").strip() and area is None) or purpose not in code_list("purpose"):
            raise Refused("token-unfit")
        made = kit.make(
            request.user, scope.post, days=d if (d := whole(days, 10**4)) is not None else DAYS[2], purpose=purpose, sender=request.POST.get("sender", "").strip()[:80],
            name=" ".join(request.POST.get("name", "").split())[:60], permissions=request.POST.getlist("may"), area=area,
        )  # fmt: skip
    known = code_list("permission")
    rights = [(s.post, [p for p in known if s.can(p)]) for s in scopes]
    context = {"tokens": kit.of(request.user), "made": made, "rights": rights, "days": DAYS, "purposes": list(code_list("purpose")), "now": clock.now()}
    return page(request, "account/tokens.html", context)


def revoke(request: HttpRequest, number: int) -> HttpResponse:
    """A token is taken back at once."""
    second.check_whole(request)
    kit.revoke(Scope(request.user, None, "sign-in"), number, of=request.user)
    return HttpResponseRedirect("/account/tokens")
