"""Every operation of the API against its own document: whatever fits the document, and whatever does not, is answered as the document says."""


import pytest
from doors import register_rows as made
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sizao.doors.kit import tokens
from sizao.kernel import registry

schemathesis = pytest.importorskip("schemathesis")
from schemathesis import GenerationMode  # noqa: E402
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi import checks  # noqa: E402

schemathesis.serializer.alias("application/hl7-v2", "text/plain")  # a message is its text

CHECKS = [not_a_server_error, checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance]
#: Walked in every run: one of each nature. The others in the full one.
EACH_TIME = {"contacts", "persons", "specimens", "medicine-sale", "links", "heartbeat", "webhooks", "duplicates", "merges", "pass-status"}


@pytest.fixture
def document(county):
    """(the document as the application serves it, headers of a program that may write, rows that stand)."""
    from django.core import signals
    from django.core.wsgi import get_wsgi_application
    from django.db import close_old_connections

    for signal in (signals.request_started, signals.request_finished):  # the test's connection, with its transaction, serves all requests
        signal.disconnect(close_old_connections)
    scope, rows = county.user("desk", made.OWN), made.rows(county.areas)
    headers = {"Authorization": f"Bearer {tokens.make(scope.user, scope.post)}", "Host": "localhost"}
    yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application(), headers=headers), headers, rows
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)


@pytest.mark.timeout(5400)  # in the full run: some four hundred operations, twenty requests each
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["what fits", "what does not fit"])
def test_every_operation_answers_as_its_document_says(document, request, mode):
    schema, headers, rows = document
    full, walked = request.config.getoption("--full"), 0
    schema.validate()
    for found in schema.get_all_operations():
        operation = found.ok()
        name = operation.path.split("/")[3]
        if name in EACH_TIME or full:
            walked += 1
            asked(operation, headers, str(rows[name]["below"].pk) if name in rows else "", 20 if full else 4, full, mode)
    assert walked >= 2 * (len(registry.registers()) if full else len(EACH_TIME) - 1)


def asked(operation, headers, standing, examples, full, mode):
    """So many requests to one operation, about half of them about a row that stands."""

    @settings(max_examples=examples, deadline=None, database=None, derandomize=not full, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(mode), known=st.booleans())
    def answers(case, known):
        if known and standing and "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = standing
        case.headers = {**dict(case.headers or {}), **headers}
        case.call_and_validate(checks=CHECKS)

    answers()
