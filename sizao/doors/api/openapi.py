"""The OpenAPI 3.1 document of the registers: made when it is asked for, because registers come with the content."""

from typing import Any

from sizao import __version__
from sizao.doors.api import openapi_doors, openapi_exchange
from sizao.doors.kit.lists import filterable
from sizao.kernel.registry import KEPT, YEARS, Register, registers
from sizao.kernel.scope import Scope

DIALECT = "https://json-schema.org/draft/2020-12/schema"
KINDS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"}, "long": {"type": "string"}, "integer": {"type": "integer"}, "number": {"type": "number"}, "yes": {"type": "boolean"},
    "day": {"type": "string", "format": "date"}, "instant": {"type": "string", "format": "date-time"}, "code": {"type": "string"},
    "codes": {"type": "array", "items": {"type": "string"}}, "area": {"type": "string", "description": "code of an area"},
    "person": {"type": "string", "format": "uuid"}, "record": {"type": "string", "format": "uuid"}, "post": {"type": "integer"},
    "sealed": {"type": "string"}, "json": {},
}  # fmt: skip


#: Years of a day or an instant: the two that `registry.YEARS` names, and those between.
WITHIN = rf"^(?:(?:{'|'.join(str(c) for c in range(YEARS[0] // 100, YEARS[1] // 100))})[0-9]{{2}}|{YEARS[1]})-"
#: Characters of a sender's own number for a row.
LONGEST_NUMBER = 200
#: The greatest version of a row.
NEWEST = 2**63 - 1


def document(scope: Scope) -> dict[str, Any]:
    """The document, as far as this post may read; writing operations only where it may write."""
    shown = [r for r in registers() if scope.can(r.declaration.read)]
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = dict(COMMON)
    for r in shown:
        may_write = bool(r.declaration.write) and scope.can(r.declaration.write)
        schemas[_name(r)] = _row(r)
        paths[f"/api/v1/{r.name}"] = {"get": _list(r)} | ({"post": _post(r)} if may_write else {})
        paths[f"/api/v1/{r.name}/{{id}}"] = {"parameters": [ID], "get": _get(r)} | ({"patch": _patch(r)} if may_write else {})
        if may_write:
            schemas[f"{_name(r)}-command"] = _command(r)
    if scope.can("feed.beat"):
        paths["/api/v1/heartbeat"] = {"post": HEARTBEAT}
    if scope.can("message.write"):
        paths |= openapi_exchange.WRITING
    if scope.can("case.read"):
        paths |= openapi_exchange.READING
    if scope.can("movement.write"):
        paths |= openapi_exchange.CHECKING
    for right, operations in openapi_doors.BY_RIGHT.items():
        if scope.can(right):
            paths |= operations
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": DIALECT,
        "info": {"title": "Sizao 四早", "version": __version__, "description": "Every register. Lists answer in pages; follow `next` until it is null."},
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}, "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"}},
            "responses": {"refused": {"description": "Refused", "content": {"application/problem+json": {"schema": _ref("problem")}}}},
        },
        "tags": [{"name": r.name, "description": f"{r.declaration.zh} {r.declaration.en}"} for r in shown],
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _name(register: Register) -> str:
    return register.name


ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
KEY = openapi_doors.KEY | {"required": True}
NAMES = openapi_exchange.NAMES
REFUSED = {"$ref": "#/components/responses/refused"}
COMMON: dict[str, Any] = {
    "problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"}, "code": {"type": "string"},
            "zh": {"type": "string"}, "en": {"type": "string"}, "cure": {"type": "object"}, "field": {"type": "string"}, "value": {"type": "string"},
        },
    },
    "outcome": {
        "type": "object",
        "required": ["outcome", "id", "problems"],
        "properties": {
            "outcome": {"enum": ["new", "updated", "identical", "rejected"]},
            "id": {"type": ["string", "null"], "format": "uuid"},
            "problems": {"type": "array", "items": _ref("problem")},
        },
    },
}  # fmt: skip


def _value(register: Register, name: str, *, told: bool) -> dict[str, Any]:
    f, kind = register.field(name), register.type(name)
    found = dict(KINDS[kind])
    codes = list(register.choices(name))
    if kind == "code" and codes:
        found["enum"] = codes if told else [*codes, None]
    if kind == "codes" and codes:
        found["items"] = {"type": "string", "enum": codes}
    if told:
        found |= _limits(register, name)
    if not told and "type" in found:
        found["type"] = [found["type"], "null"]
    return found | {"title": f"{f.zh} {f.en}"} | ({"x-unit": f.unit} if f.unit else {}) | {"x-sensitivity": f.sensitivity}


def _limits(register: Register, name: str) -> dict[str, Any]:
    """What is refused of a field whatever else is told: beyond its range, longer or shorter than its text may be, a year that nobody lived in."""
    kind = register.type(name)
    if kind in ("integer", "number"):
        least, most = register.bounds(name)
        return {"minimum": least, "maximum": most}
    if kind in ("text", "long", "sealed"):
        shortest, longest = register.lengths(name)
        return {"maxLength": longest} | ({"minLength": shortest} if shortest > 1 else {})
    return {"pattern": WITHIN} if kind in ("day", "instant") else {}


def _asked(register: Register, name: str) -> dict[str, Any]:
    """A field as the list may be filtered by it."""
    kind = register.type(name)
    if kind in ("code", "codes"):
        return {"type": "string", "enum": list(register.choices(name))}
    if kind == "instant":
        return {"anyOf": [KINDS["day"] | {"pattern": WITHIN, "description": "all of that day"}, KINDS["instant"] | {"pattern": WITHIN}]}
    return KINDS[kind] | _limits(register, name)


def _row(register: Register) -> dict[str, Any]:
    values = {n: _value(register, n, told=False) for n in register.declaration.fields}
    return {
        "type": "object",
        "title": f"{register.declaration.zh} {register.declaration.en}",
        "required": ["id", "version", "values"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "version": {"type": "integer", "description": "send it as `seen` when you change the row"},
            **{n: _value(register, n, told=False) for n in KEPT},
            "values": {"type": "object", "properties": values},
        },
    }


def _command(register: Register) -> dict[str, Any]:
    told = register.writable()
    return {
        "type": "object",
        "required": ["values"],
        "properties": {
            "id": {"type": "string", "format": "uuid", "description": "the row to change; without it a new one, or the one of that source_id"},
            "source_id": {"type": "string", "maxLength": LONGEST_NUMBER, "description": "your own number: sending it again updates the same row"},
            "seen": {"type": "integer", "minimum": 0, "maximum": NEWEST, "description": "the version that you changed; another one now is a conflict"},
            "clear": {"type": "array", "items": {"enum": told}},
            "values": {"type": "object", "additionalProperties": False, "x-required-of-a-new-row": [n for n in told if register.field(n).required], "properties": {n: _value(register, n, told=True) for n in told}},
        },
    }


MOMENT = {"type": ["string", "null"], "format": "date-time"}
HEARTBEAT: dict[str, Any] = {
    "operationId": "heartbeat",
    "tags": ["feeds"],
    "description": "A sender's sign of life, by a token that was made with `--sender`. An empty object is enough.",
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "rows": {"type": ["integer", "null"], "minimum": 0, "maximum": 2**31 - 1, "description": "how many rows it sent elsewhere since the last one"},
                        "certificate": {"type": "string", "maxLength": 60_000, "description": "PEM, its own certificate first; never a private key"},
                    },
                }
            }
        }
    },
    "responses": {
        "200": {
            "description": "how the feed stands",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["sender", "heard_at", "silent_from", "certificate_ends", "alarms"],
                        "properties": {
                            "sender": {"type": "string"}, "heard_at": MOMENT, "silent_from": MOMENT, "certificate_ends": MOMENT,
                            "alarms": {"type": "object", "additionalProperties": {"type": "string", "format": "date-time"}},
                        },
                    }
                }
            },
        },
        "default": {"$ref": "#/components/responses/refused"},
    },
}  # fmt: skip


def _json_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _list(register: Register) -> dict[str, Any]:
    text = {"type": "string"}
    asked = [
        {"name": "q", "in": "query", "schema": text, "description": "name, initials, number or id"},
        {"name": "area", "in": "query", "schema": text}, {"name": "after", "in": "query", "schema": text},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 500}}, NAMES,
        {"name": "view", "in": "query", "schema": {"enum": [f.name for f in register.declaration.filters] or [""]}},
        {"name": "sort", "in": "query", "schema": {"enum": ["", *(s for n in register.declaration.sorts for s in (n, f"-{n}"))]}},
        *({"name": f"f.{n}", "in": "query", "schema": _asked(register, n), "description": "also .gte, .lte, .empty"} for n in filterable(register)),
    ]  # fmt: skip
    page = {"type": "object", "required": ["rows", "next"], "properties": {"rows": {"type": "array", "items": _ref(_name(register))}, "next": {"type": ["string", "null"]}}}
    return {
        "operationId": f"list-{register.name}",
        "tags": [register.name],
        "parameters": asked,
        "responses": {"200": {"description": "a page of rows", "content": _json_of(page)}, "default": REFUSED},
    }


def _get(register: Register) -> dict[str, Any]:
    return {
        "operationId": f"get-{register.name}",
        "tags": [register.name],
        "parameters": [NAMES],
        "responses": {"200": {"description": "the row", "content": _json_of(_ref(_name(register)))}, "default": REFUSED},
    }


def _post(register: Register) -> dict[str, Any]:
    batch = {"type": "object", "required": ["rows"], "properties": {"rows": {"type": "array", "maxItems": 1000, "items": _ref(f"{_name(register)}-command")}}}
    counts = {"type": "object", "additionalProperties": {"type": "integer"}}
    answer = {"type": "object", "required": ["outcomes", "counts"], "properties": {"outcomes": {"type": "array", "items": _ref("outcome")}, "counts": counts}}
    return {
        "operationId": f"save-{register.name}",
        "tags": [register.name],
        "parameters": [KEY],
        "requestBody": {"required": True, "content": _json_of(batch)},
        "responses": {"200": {"description": "one outcome a row, in order", "content": _json_of(answer)}, "default": REFUSED},
    }


def _patch(register: Register) -> dict[str, Any]:
    answer = {"description": "the outcome", "content": _json_of(_ref("outcome"))}
    other = {
        "description": "the outcome, rejected (409: somebody else changed the same field), or the refusal of the request",
        "content": _json_of(_ref("outcome")) | {"application/problem+json": {"schema": _ref("problem")}},
    }
    return {
        "operationId": f"change-{register.name}",
        "tags": [register.name],
        "parameters": [KEY],
        "requestBody": {"required": True, "content": _json_of(_ref(f"{_name(register)}-command"))},
        "responses": {"200": answer, "409": other, "422": other, "default": REFUSED},
    }
