"""Messages of other installations: `POST /api/v1/peer`, one signed message (COSE_Sign1, Ed25519), answered with a signed receipt or a refusal with a code.

No session and no token speak here: the signature does. What is refused changes nothing.
"""

from django.http import HttpRequest, HttpResponse

from sizao.interop.peers import inbox, signing


def peer(request: HttpRequest) -> HttpResponse:
    """Takes one message. Refused as `interop/peers/inbox.py` says."""
    return HttpResponse(inbox.take(request.body), content_type=signing.TYPE)
