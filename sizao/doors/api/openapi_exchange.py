"""The part of the OpenAPI document that is about messages of other systems."""

from typing import Any

REFUSED = {"$ref": "#/components/responses/refused"}
NAMES = {"name": "names", "in": "query", "schema": {"type": "string", "enum": ["0", "1"]}, "description": "1: personal values too, where the post may see them; on record."}
COUNT = {"type": "integer", "minimum": 0}
PROBLEM = {"$ref": "#/components/schemas/problem"}
#: sent = stored + updated + duplicate + rejected.
RECONCILED: dict[str, Any] = {
    "type": "object",
    "required": ["sender", "sent", "stored", "updated", "duplicate", "rejected", "files", "messages"],
    "properties": {
        "sender": {"type": "string"}, "sent": COUNT, "stored": COUNT, "updated": COUNT, "duplicate": COUNT, "rejected": COUNT,
        "files": {"type": "array", "items": {"type": "string", "format": "uuid"}, "description": "where each message stands in the ledger of imports"},
        "messages": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "answer", "outcome", "problems", "notes"],
                "properties": {
                    "id": {"type": "string"}, "answer": {"enum": ["AA", "AE", "AR"]}, "outcome": {"enum": ["accepted", "updated", "duplicate", "rejected"]},
                    "problems": {"type": "array", "items": PROBLEM}, "notes": {"type": "array", "items": PROBLEM},
                },
            },
        },
    },
}  # fmt: skip
HL7: dict[str, Any] = {
    "operationId": "hl7",
    "tags": ["exchange"],
    "description": "HL7 v2 messages (ORU^R01 of 2.3 to 2.8), one or many, by a token that was made with `--sender`. Each is acknowledged, in order: AA, AE (something in it is wrong) or AR (not taken at all). "
    "The same message again is a duplicate. With `Accept: application/json` the answer is the reconciliation.",
    "requestBody": {"required": True, "content": {"application/hl7-v2": {"schema": {"type": "string"}}}},
    "responses": {"200": {"description": "the acknowledgements", "content": {"application/hl7-v2": {"schema": {"type": "string"}}, "application/json": {"schema": RECONCILED}}}, "default": REFUSED},
}
BUNDLE = {"type": "object", "required": ["resourceType", "type"], "properties": {"resourceType": {"const": "Bundle"}, "type": {"type": "string"}, "entry": {"type": "array"}}}
FHIR: dict[str, Any] = {
    "operationId": "fhir",
    "tags": ["exchange"],
    "description": "FHIR R4 or R4B bundles, by a token that was made with `--sender`: Patient, Condition, Observation, DiagnosticReport, Specimen, Encounter, Location, Organization; what else stands in a bundle is "
    "kept with it and not read. The same bundle again is a duplicate. With `Accept: application/json` the answer is the reconciliation.",
    "requestBody": {"required": True, "content": {"application/fhir+json": {"schema": BUNDLE}, "application/fhir+xml": {"schema": {"type": "string"}}, "application/fhir+ndjson": {"schema": {"type": "string"}}}},
    "responses": {"200": {"description": "an OperationOutcome for each patient's part", "content": {"application/fhir+json": {"schema": BUNDLE}, "application/json": {"schema": RECONCILED}}}, "default": REFUSED},
}
CASE: dict[str, Any] = {
    "operationId": "fhir-case",
    "tags": ["exchange"],
    "description": "A case with its samples and results as a bundle (R4B). The read is on record.",
    "parameters": [NAMES],
    "responses": {"200": {"description": "the bundle", "content": {"application/fhir+json": {"schema": BUNDLE}}}, "default": REFUSED},
}
CERTIFICATES: dict[str, Any] = {
    "operationId": "certificates",
    "tags": ["exchange"],
    "description": "EU Digital COVID Certificates and SMART Health Cards as they were scanned, checked against the lists of trusted keys that were given to this store. The parts of one card come together. Nothing is stored.",
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object", "required": ["codes"], "properties": {"codes": {"type": "array", "minItems": 1, "items": {"type": "string"}}}}}}},
    "responses": {
        "200": {
            "description": "a verdict for each certificate: valid, or exactly one reason",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["verdicts"],
                        "properties": {
                            "verdicts": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "required": ["kind", "valid", "reason"],
                                    "properties": {"kind": {"enum": ["eu-dcc", "smart-health-card"]}, "valid": {"type": "boolean"}, "reason": {"type": "string"}, "issuer": {"type": "string"}, "states": {}},
                                },
                            }
                        },
                    }
                }
            },
        },
        "default": REFUSED,
    },
}
CHECKING: dict[str, Any] = {"/api/v1/certificates": {"post": CERTIFICATES}}
WRITING: dict[str, Any] = {"/api/v1/hl7": {"post": HL7}, "/api/v1/fhir": {"post": FHIR}}
READING: dict[str, Any] = {"/api/v1/fhir/cases/{case}": {"parameters": [{"name": "case", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}], "get": CASE}}
