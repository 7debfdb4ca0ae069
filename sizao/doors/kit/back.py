"""The page from which somebody came, if it is one of ours."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def back(request: HttpRequest) -> str:
    """The address in the form's `next`; "/" where there is none or it leads elsewhere."""
    wanted = request.POST.get("next", "/")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else "/"
