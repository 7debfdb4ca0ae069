"""The part of the OpenAPI document that is about doors, devices, laboratories, pairs of records and events."""

from typing import Any

REFUSED = {"$ref": "#/components/responses/refused"}
TEXT, UUID_, MOMENT, WHOLE = {"type": "string"}, {"type": "string", "format": "uuid"}, {"type": "string", "format": "date-time"}, {"type": "integer"}
OR_MOMENT, OR_TEXT = {"type": ["string", "null"], "format": "date-time"}, {"type": ["string", "null"]}
OBJECT: dict[str, Any] = {"type": "object"}
KEY = {
    "name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "yours, once for each request; sent again with the same body it is answered as before, with another body 409",
}  # fmt: skip


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


def _list(items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


def _answer(schema: dict[str, Any], said: str) -> dict[str, Any]:
    return {"description": said, "content": {"application/json": {"schema": schema}}}


def _post(name: str, tag: str, said: str, body: dict[str, Any] | None, answer: dict[str, Any], *, status: str = "200", key: bool = True) -> dict[str, Any]:
    made: dict[str, Any] = {"operationId": name, "tags": [tag], "description": said, "responses": {status: _answer(answer, "done"), "default": REFUSED}}
    if key:
        made["parameters"] = [KEY]
    if body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return made


def _get(name: str, tag: str, said: str, answer: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    return {"operationId": name, "tags": [tag], "description": said, "parameters": list(parameters), "responses": {"200": _answer(answer, "a page"), "default": REFUSED}}


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": UUID_}


def _asked(name: str, schema: dict[str, Any], said: str = "") -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": said}


HOOK = _object(
    ["id", "name", "address", "kinds", "area", "disease", "key_id", "made_at", "paused_at", "closed_at"],
    id=UUID_, name=TEXT, address=TEXT, kinds=_list(TEXT), area=TEXT, disease=TEXT, key_id=TEXT, made_at=MOMENT, paused_at=OR_MOMENT, closed_at=OR_MOMENT,
)  # fmt: skip
DELIVERY = _object(
    ["id", "type", "data", "made_at", "tries", "said", "state", "next_at"],
    id=UUID_, type=TEXT, data=OBJECT, made_at=MOMENT, tries=WHOLE, said=TEXT, state={"enum": ["taken", "waiting", "given_up"]}, next_at=OR_MOMENT,
)  # fmt: skip
#: As long as a subscription takes, and a decision.
SAID, WORDS = TEXT | {"maxLength": 600}, TEXT | {"maxLength": 1999}
NEW_HOOK = _object(["name", "address", "kinds", "area"], name=SAID, address=SAID | {"format": "uri"}, kinds=_list(TEXT, minItems=1), area=SAID, disease=SAID) | {"additionalProperties": False}
LIMIT, AFTER = _asked("limit", {"type": "integer", "minimum": 1, "maximum": 200}), _asked("after", TEXT, "as `next` says")
ONE_HOOK = [_in_path("hook")]
SIGNED = (
    "Acts of the kinds named, at and below the area, are told to the address: ids, codes and times, signed as Standard Webhooks says (`webhook-id`, `webhook-timestamp`, `webhook-signature`: "
    "HMAC-SHA256 over id.timestamp.body) with `webhook-key-id` beside it. The secret is in this answer and in no other."
)
HOOKS: dict[str, Any] = {
    "/api/v1/webhooks": {
        "get": _get("list-webhooks", "webhooks", "Subscriptions, the newest first.", _object(["webhooks", "next"], webhooks=_list(HOOK), next=OR_TEXT), LIMIT, AFTER),
        "post": _post("subscribe", "webhooks", SIGNED, NEW_HOOK, HOOK | {"required": [*HOOK["required"], "secret"], "properties": HOOK["properties"] | {"secret": TEXT}}, status="201"),
    },
    "/api/v1/webhooks/{hook}/deliveries": {
        "parameters": ONE_HOOK, "get": _get("list-deliveries", "webhooks", "What it was told, the latest first.", _object(["deliveries", "next"], deliveries=_list(DELIVERY), next=OR_TEXT), LIMIT, AFTER),
    },
    "/api/v1/webhooks/{hook}/close": {"parameters": ONE_HOOK, "post": _post("close-webhook", "webhooks", "Ends it.", None, HOOK)},
    "/api/v1/webhooks/{hook}/resume": {"parameters": ONE_HOOK, "post": _post("resume-webhook", "webhooks", "A paused one sends again.", None, HOOK)},
    "/api/v1/webhooks/{hook}/ping": {"parameters": ONE_HOOK, "post": _post("ping-webhook", "webhooks", "A message that only says that it comes.", None, DELIVERY, status="202")},
}  # fmt: skip

PAIR = _object(["id", "one", "other", "bits", "mark", "state"], id=UUID_, one=UUID_, other=UUID_, bits={"type": "number"}, reasons={}, mark=TEXT, state=TEXT)
DUPLICATES: dict[str, Any] = {
    "/api/v1/duplicates": {
        "get": _get(
            "list-duplicates", "duplicates", "Pairs of records that may be one person: ids, score and reasons, never names.", _object(["waiting", "probable", "pairs", "next"], waiting=WHOLE, probable=WHOLE, pairs=_list(PAIR), next=OR_TEXT),
            _asked("state", {"enum": ["open", "same", "different", "unknown"]}), AFTER,
        )
    },
    "/api/v1/duplicates/{pair}": {
        "parameters": [_in_path("pair")],
        "post": _post("decide-duplicate", "duplicates", "What somebody decided about one pair.", _object(["verdict", "mark"], verdict={"enum": ["same", "different", "unknown"]}, mark=WORDS, reason=WORDS, keep=UUID_), _object(["pair", "state"], pair=UUID_, state=TEXT)),
    },
    "/api/v1/merges/{merge}/undo": {"parameters": [_in_path("merge")], "post": _post("undo-merge", "duplicates", "A merge is taken back.", _object(["reason"], reason=WORDS), _object(["merge", "undone"], merge=UUID_, undone={"type": "boolean"}))},
}  # fmt: skip

PASSES: dict[str, Any] = {
    "/api/v1/pass-status": {
        "post": _post(
            "pass-status", "gates", "Whether a pass is good, or whether an order is in force for the holder of a document. With purpose `emergency` the answer is always to let in. A question: nothing is kept of it but the audit.",
            _object([], **{"pass": WORDS, "national_id": WORDS, "purpose": {"enum": ["pass", "emergency"]}}) | {"additionalProperties": False}, _object(["gate"], gate=TEXT, reason=TEXT, order={}, until=OR_TEXT), key=False,
        )
    }
}  # fmt: skip
GATES: dict[str, Any] = {
    "/api/v1/passages": {
        "post": _post(
            "passages", "gates", "Passages at a gateway; each is stored once, by the id that the device made.",
            _object(["records"], sent_at=MOMENT, records=_list(_object(["id", "unit", "at", "purpose"], id=TEXT, unit=UUID_, at=MOMENT, purpose=TEXT, shown=TEXT, temperature={"type": "number"}, ill={"type": "boolean"}, plate=TEXT, load=TEXT, disinfected={"type": "boolean"}, answer=TEXT, post=WHOLE), maxItems=500)),
            _object(["answers", "off_by"], answers=_list(OBJECT), off_by={"type": ["integer", "null"]}),
        )
    },
    "/api/v1/declarations": {
        "post": _post("declarations", "gates", "Finds a traveller's declaration by its receipt, document or telephone, or confirms one that was compared with the document.", {"oneOf": [_object(["find"], find=TEXT), _object(["confirm", "version"], confirm=UUID_, version=WHOLE)]}, OBJECT)
    },
}  # fmt: skip
SCANS: dict[str, Any] = {"/api/v1/scans": {"post": _post("scans", "gates", "Scans from the doors of places; each is stored once. There is no way to read them.", _object(["scans"], sent_at=MOMENT, scans=_list(OBJECT, maxItems=1000)), _object(["stored", "known", "rejected"], stored=WHOLE, known=WHOLE, rejected=_list(OBJECT)))}}
TUBES: dict[str, Any] = {
    "/api/v1/sampled-tubes": {
        "post": _post(
            "sampled-tubes", "laboratory", "Tubes closed on phones, up to two hundred; each is answered by itself.",
            _object(["tubes"], sent_at=MOMENT, tubes=_list(_object(["id", "code", "size", "disease", "sealed_at", "members"], id=TEXT, code=TEXT, size=WHOLE, disease=TEXT, unit=OR_TEXT, sealed_at=MOMENT, version=WHOLE, post=WHOLE, members=_list(OBJECT)), maxItems=200)),
            _object(["server_at", "skew_seconds", "tubes"], server_at=MOMENT, skew_seconds=WHOLE, tubes=_list(_object(["id", "answer"], id=TEXT, answer={"enum": ["new", "updated", "identical", "old", "invalid"]}))),
        )
    }
}  # fmt: skip
TUBE = TEXT | {"minLength": 1, "maxLength": 60}
STEP = _object(
    ["step", "tubes", "counted", "at"], step={"enum": ["handed", "received"]}, counted=WHOLE, at=MOMENT, laboratory=UUID_, box=OR_TEXT, anyway=OR_TEXT,
    tubes={"type": "object", "propertyNames": TUBE, "additionalProperties": {"type": ["integer", "null"]}},
)  # fmt: skip
RUN = _object(
    ["laboratory", "run", "started_at"], laboratory=UUID_, run=TUBE, started_at=MOMENT, ended_at=OR_MOMENT, instrument=OR_TEXT, method=OR_TEXT,
    tubes=_list(_object(["tube"], tube=TUBE, well=OR_TEXT, call=OR_TEXT, ct={"type": ["number", "null"]})),
)  # fmt: skip
LABORATORY: dict[str, Any] = {
    "/api/v1/lab": {
        "post": _post(
            "lab", "laboratory", "Tubes that change hands, runs of instruments, results of tubes; each is answered by itself, in the order told.",
            _object([], steps=_list(STEP, maxItems=2000), runs=_list(RUN, maxItems=2000), batch_sign=OR_TEXT, results=_list(_object(["tube", "result", "at"], tube=TUBE, result=TEXT, at=MOMENT), maxItems=2000)),
            _object(["steps", "runs", "results"], steps=_list(OBJECT), runs=_list(OBJECT), results=_list(OBJECT)),
        )
    }
}  # fmt: skip
#: Right → the operations that it opens.
BY_RIGHT: dict[str, dict[str, Any]] = {"hook.write": HOOKS, "person.merge": DUPLICATES, "pass.check": PASSES, "gate.write": GATES, "scan.write": SCANS, "specimen.write": TUBES, "custody.write": LABORATORY}
