"""A program's writing request once: with an `Idempotency-Key`, sending it again writes nothing and is answered as the first time.

For every POST of the API save the registers' own batches (`api/v1.py`, which ask for a key) and questions that write nothing. The answer is kept
sealed, because it may tell of a person, for `answered-kept-days`.
"""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from sizao.doors.models import Answered
from sizao.kernel import clock, keys
from sizao.kernel.errors import Refused
from sizao.kernel.sealed import seal, unseal
from sizao.kernel.typed import printable, storable

HEADER, LONGEST = "Idempotency-Key", 200
REPLAYED = {"Idempotent-Replayed": "true"}
#: Questions: nothing is written, and what is true may be another answer a moment later.
QUESTIONS = frozenset({"api-pass-status", "api-certificates"})


def asked_for(request: HttpRequest, name: str, register: str) -> bool:
    """Whether this request is kept here: a POST of the API that carries a key."""
    return request.method == "POST" and request.path.startswith("/api/") and not register and name not in QUESTIONS and bool(request.headers.get(HEADER, "").strip()) and request.user.is_authenticated


def key_of(request: HttpRequest) -> str:
    """The key that the request carries, "" for none. Refused: bad-value, for one that is too long (two of them would be taken for one if their ends were cut off) or that cannot be printed."""
    key = request.headers.get(HEADER, "").strip()
    if len(key) > LONGEST or not key.isprintable():
        raise Refused("bad-value", field=HEADER, value=storable(printable(key[:40])), expected=f"≤ {LONGEST}")
    return key


def answer(request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
    """The first time what the view answers, in one transaction with what it writes; later the same. A refusal writes nothing and is not kept.

    Refused: idempotency-key-reused, when the same key comes with something else; bad-value, for what is no key.
    """
    key = key_of(request)
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()} {request.content_type}\n".encode() + request.body).digest()
    if (before := _before(request, key)) is not None:
        return _again(before, digest)
    try:
        with transaction.atomic():
            response = view()
            if response.status_code < 400:
                box = seal(response.content, _place(request.user.pk, key), keys.ring().newest("seal"))
                kept: dict[str, Any] = {"sealed": base64.b64encode(box).decode(), "type": response.headers.get("Content-Type", "application/json")}
                Answered.objects.create(user=request.user, key=key, digest=digest, status=response.status_code, body=kept, made_at=clock.now())
            return response
    except IntegrityError:  # the same key came twice at once: the other one wrote
        if (before := _before(request, key)) is None:
            raise
        return _again(before, digest)


def _before(request: HttpRequest, key: str) -> Answered | None:
    return Answered.objects.filter(user=request.user.pk, key=key).first()


def _again(before: Answered, digest: bytes) -> HttpResponse:
    if bytes(before.digest) != digest or "sealed" not in before.body:
        raise Refused("idempotency-key-reused")
    content = unseal(base64.b64decode(before.body["sealed"]), _place(before.user_id, before.key), keys.ring())
    return HttpResponse(content, status=before.status, content_type=before.body["type"], headers=REPLAYED)


def _place(user: int, key: str) -> str:
    return f"doors_answered|body|{user} {key}"
