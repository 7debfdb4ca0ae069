"""The desk for what the public asks: a question, a complaint, a rumour as a topic, a hardship, an offer. An owner with a clock, an answer, a second person who lets it out.

Whoever asks needs no account and gets a receipt. Nobody is kept as the author of a rumour: there is a topic, and what is true of it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction
from django.db.models import QuerySet

from sizao.kernel import audit, clock, keys
from sizao.kernel.codes import code_list, threshold
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.command import actions as command
from sizao.registers.command import read as command_read
from sizao.registers.population import read as population
from sizao.situation.models import Question

from .store import LETTERS
from .stories import FORMS, candidates

#: What may be asked → the kind of ticket that its owner works on; a hardship's is that of its need.
KINDS = {"question": "question", "complaint": "complaint", "rumour_topic": "rumour_topic", "hardship": "household_order", "offer": "suggestion"}
#: Answered to who asked, and never published.
PRIVATE = ("hardship", "offer")
SENDER, RIGHT, PUBLISH = "question", "ticket.write", "text.write"
LENGTH = 10
#: What stands in an answer by right: the telephone of an office, its room, an age that a rule names.
ALLOWED = ("telephone", "door", "exact-age")


@transaction.atomic
def ask(kind: str, topic: str, area: Area, text: str, *, need: str = "", contact: str = "", token: str = "") -> str:
    """Takes it; the receipt's code, told this once. Sent twice with one `token` it is one. Refused: bad-value, question-empty."""
    needs = code_list("care-need")
    if kind not in KINDS or topic not in code_list("ticket-topic") or (kind == "hardship" and need not in needs):
        raise Refused("bad-value", field={"zh": "类别", "en": "kind"}, value=f"{kind} {topic}", expected=", ".join(KINDS))
    if not text.strip() or (kind in PRIVATE and not contact.strip()):
        raise Refused("question-empty")
    now = clock.now()
    code = receipt_of(token) if token else _code(LENGTH)
    digest = _digest(code)
    if Question.objects.filter(receipt_sha256=digest).exists():
        return shown(code)
    row = Question(
        code=f"{clock.local_day(now, area.zone):%Y%m%d}-{_code(5)}", receipt_sha256=digest, kind=kind, topic=topic, area=area, asked=text.strip()[:2000], need=need, asked_at=now,
        due_at=now + timedelta(hours=int(threshold("question-answer-hours", now.date()))), contact=_sealed(contact.strip()[:300], digest) if contact.strip() else None,
    )  # fmt: skip
    ticket = needs[need].get("ticket", KINDS[kind]) if kind == "hardship" else KINDS[kind]
    told = {"kind": ticket, "topic": needs[need].get("topic", topic) if kind == "hardship" else topic, "area": area.pk, "raised_at": now, "due_at": row.due_at}
    command.save_tickets(_system(), [Command(told=told, source_id=str(row.pk))], sender=SENDER)
    row.ticket = command_read.tickets_of(SENDER, [str(row.pk)]).get(str(row.pk))
    row.save(force_insert=True)
    audit.write(_system(), "question.asked", [], digest_of=[str(row.pk), kind, topic])
    return shown(code)


def by_receipt(code: str) -> Question:
    """What a receipt stands for. Refused receipt-unknown."""
    row: Question | None = Question.objects.filter(receipt_sha256=_digest(code)).select_related("area").defer("area__geometry").first()
    if row is None:
        raise Refused("question-receipt-unknown")
    return row


def receipt_of(token: str) -> str:
    """The receipt's code that goes with a form's token: the same form sent twice is one question."""
    drawn = hashlib.sha256(b"question " + token.encode()).digest()
    return "".join(LETTERS[b % len(LETTERS)] for b in drawn[:LENGTH])


# -- who answers


def open_ones(scope: Scope, area: Area) -> QuerySet[Question]:
    """What waits for an answer below an area, the nearest end of a clock first."""
    return Question.objects.filter(scope.area_filter("area", RIGHT), area__path__startswith=area.path, answered_at=None).select_related("area").defer("area__geometry").order_by("due_at", "pk")


def answered_ones(scope: Scope, area: Area) -> QuerySet[Question]:
    """What was answered: to be let out first, then what is out."""
    rows = Question.objects.filter(scope.area_filter("area", RIGHT), area__path__startswith=area.path, answered_at__isnull=False)
    return rows.select_related("area", "answered_by", "published_by").defer("area__geometry").order_by("-answered_at", "pk")


def access_question_by_id(scope: Scope, question: UUID, *, lock: bool = False) -> Question:
    """Refused not-found-or-out-of-area, whichever it is."""
    scope.check(RIGHT)
    found = Question.objects.select_for_update(of=("self",)) if lock else Question.objects
    row: Question | None = found.filter(scope.area_filter("area", RIGHT), pk=question).select_related("area", "answered_by").defer("area__geometry").first()
    if row is None:
        raise Refused("not-found-or-out-of-area")
    return row


def contact_of(scope: Scope, row: Question) -> str:
    """How whoever asked for help can be reached; the look is put on record. "" where there is none."""
    scope.check(RIGHT, row.area)
    if row.contact is None:
        return ""
    audit.write(scope, "question.contact_read", [], digest_of=[str(row.pk)])
    return _opened(bytes(row.contact), row.receipt_sha256)


@transaction.atomic
def answer(scope: Scope, question: UUID, subject: str, text: str, source: str) -> Question:
    """The owner's answer: for everyone in words of his own with what it rests on; for one who asked for help, what was done. Refused: question-empty, question-no-source, story-names-somebody, publication-over."""
    row = access_question_by_id(scope, question, lock=True)
    if row.published_at is not None or (row.kind in PRIVATE and row.answered_at is not None):
        raise Refused("publication-over")
    subject, text, source = subject.strip()[:300], text.strip()[:4000], source.strip()[:500]
    if not text or (row.kind not in PRIVATE and not subject):
        raise Refused("question-empty")
    if row.kind not in PRIVATE:
        if not source:
            raise Refused("question-no-source")
        if found := names_somebody(scope, f"{subject}\n{text}"):
            raise Refused("story-names-somebody", found="；".join(f"{kind}：{n}" for kind, n in found.items()))
    now = clock.now()
    row.matter, row.answer, row.source, row.answered_by, row.answered_at = subject, text, source, scope.user, now
    if row.kind in PRIVATE:
        row.asked, row.contact = "", None  # it was for this and no longer
    row.save(update_fields=["matter", "answer", "source", "answered_by", "answered_at", "asked", "contact"])
    _step(row, {"acknowledged_at": now, "answered_at": now} | ({"verified_at": now} if row.kind in PRIVATE else {}))
    audit.write(scope, "question.answered", [], digest_of=[str(row.pk)])
    return row


@transaction.atomic
def publish(scope: Scope, question: UUID) -> Question:
    """Another person lets the answer out; the asker's own words go. Refused: publication-own, publication-over."""
    row = access_question_by_id(scope, question, lock=True)
    scope.check(PUBLISH, row.area)
    if row.answered_at is None or row.published_at is not None or row.kind in PRIVATE:
        raise Refused("publication-over")
    if scope.user is None or scope.user.pk == row.answered_by_id:
        raise Refused("publication-own")
    now = clock.now()
    row.published_by, row.published_at, row.asked = scope.user, now, ""
    row.save(update_fields=["published_by", "published_at", "asked"])
    _step(row, {"verified_at": now, "published_at": now})
    audit.write(scope, "question.published", [], digest_of=[row.code])
    return row


@transaction.atomic
def recall(scope: Scope, question: UUID, notice: str) -> Question:
    """Takes an answer back, with a word why. Refused: publication-over, publication-no-notice."""
    row = access_question_by_id(scope, question, lock=True)
    scope.check(PUBLISH, row.area)
    if row.published_at is None or row.recalled_at is not None:
        raise Refused("publication-over")
    if not notice.strip():
        raise Refused("publication-no-notice")
    row.recalled_at, row.notice = clock.now(), notice.strip()[:1000]
    row.save(update_fields=["recalled_at", "notice"])
    audit.write(scope, "question.recalled", [], digest_of=[row.code])
    return row


def names_somebody(scope: Scope, text: str) -> dict[str, int]:
    """What in an answer points to a person: names of the register, and numbers of persons."""
    found = Counter({kind: len(form.findall(text)) for kind, form in FORMS.items() if kind not in ALLOWED})
    found["name"] = len(population.names_standing_in(scope, candidates(text)))
    return {kind: n for kind, n in found.items() if n}


# -- for anyone


def out(topic: str = "", kind: str = "", most: int = 100) -> list[Question]:
    """Answers that are out, the newest first. One statement."""
    rows = Question.objects.filter(published_at__isnull=False)
    if topic:
        rows = rows.filter(topic=topic)
    if kind:
        rows = rows.filter(kind=kind)
    return list(rows.select_related("area").defer("area__geometry").order_by("-published_at", "pk")[:most])


def shown(code: str) -> str:
    """A code as it is written down.

    >>> shown("ABCDEFGHJK")
    'ABCDE-FGHJK'
    """
    return f"{code[:5]}-{code[5:]}"


def _step(row: Question, told: dict[str, object]) -> None:
    if row.ticket is not None:
        command.save_tickets(_system(), [Command(told=told, source_id=str(row.pk))], sender=SENDER)


def _system() -> Scope:
    return Scope.system("what the public asks")


def _code(size: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(size))


def _digest(code: str) -> str:
    return hashlib.sha256(b"receipt " + "".join(c for c in code.upper() if c.isalnum()).encode()).hexdigest()


def _sealed(text: str, digest: str) -> bytes:
    key = keys.ring().newest("seal")
    nonce = secrets.token_bytes(12)
    return bytes.fromhex(key.id) + nonce + AESGCM(_key(key.secret)).encrypt(nonce, text.encode(), digest.encode())


def _opened(sealed: bytes, digest: str) -> str:
    key = keys.ring().find("seal", sealed[:8].hex())
    try:
        return AESGCM(_key(key.secret)).decrypt(sealed[8:20], sealed[20:], digest.encode()).decode()
    except InvalidTag:
        raise Refused("sealed-unreadable") from None


def _key(secret: bytes) -> bytes:
    """A key of its own for contacts, so that nothing else that is sealed opens with it."""
    return hashlib.sha256(b"sizao contact " + secret).digest()


def counts(rows: Sequence[Question]) -> dict[str, int]:
    """kind → how many."""
    return dict(Counter(r.kind for r in rows))
