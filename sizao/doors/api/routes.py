"""For programs: every register as JSON, and what devices and other systems send."""

from sizao.doors.kit.routes import Route

ROUTES = (
    Route("api-document", "api/v1/openapi.json", "api.v1.document", "post", "plan.read", extra=True),
    Route("api-pass-status", "api/v1/pass-status", "api.passes.pass_status", "post", "pass.check", reads_persons=True, methods=("POST",)),
    Route("api-heartbeat", "api/v1/heartbeat", "api.v1.heartbeat", "post", "feed.beat", methods=("POST",)),
    Route("api-hl7", "api/v1/hl7", "api.messages.hl7", "post", "message.write", methods=("POST",)),
    Route("api-scans", "api/v1/scans", "api.scans.scans", "post", "scan.write", methods=("POST",)),
    Route("api-peer", "api/v1/peer", "api.peer.peer", "anyone", methods=("POST",), signed=True),
    Route("api-passages", "api/v1/passages", "api.passages.passages", "post", "gate.write", methods=("POST",)),
    Route("api-declarations", "api/v1/declarations", "api.declarations.declarations", "post", "gate.write", reads_persons=True, methods=("POST",)),
    Route("api-sampled-tubes", "api/v1/sampled-tubes", "api.tubes.tubes", "post", "specimen.write", reads_persons=True, methods=("POST",), also=("person.read",)),
    Route("api-lab", "api/v1/lab", "api.lab.lab", "post", "custody.write", methods=("POST",)),
    Route("api-fhir", "api/v1/fhir", "api.messages.fhir", "post", "message.write", methods=("POST",)),
    Route("api-fhir-case", "api/v1/fhir/cases/<uuid:case>", "api.messages.fhir_case", "post", "case.read", "subject", reads_persons=True),
    Route("api-certificates", "api/v1/certificates", "api.messages.certificates", "post", "movement.write", methods=("POST",)),
    Route("api-duplicates", "api/v1/duplicates", "api.duplicates.waiting", "post", "person.merge", reads_persons=True),
    Route("api-duplicate", "api/v1/duplicates/<uuid:pair>", "api.duplicates.decide", "post", "person.merge", "subject", reads_persons=True, methods=("POST",)),
    Route("api-merge-undo", "api/v1/merges/<uuid:merge>/undo", "api.duplicates.undo", "post", "person.merge", "subject", reads_persons=True, methods=("POST",)),
    Route("api-openrosa-list", "api/v1/openrosa/formList", "api.openrosa.form_list", "post", "ledger.write"),
    Route("api-openrosa-form", "api/v1/openrosa/forms/<slug:ledger_id>.xml", "api.openrosa.form", "post", "ledger.write"),
    Route("api-openrosa-manifest", "api/v1/openrosa/forms/<slug:ledger_id>/manifest", "api.openrosa.manifest", "post", "ledger.write"),
    Route("api-openrosa-units", "api/v1/openrosa/forms/<slug:ledger_id>/units.csv", "api.openrosa.units", "post", "ledger.write"),
    Route("api-openrosa-submission", "api/v1/openrosa/submission", "api.openrosa.submission", "post", "ledger.write", reads_persons=True, methods=("GET", "POST")),
    Route("api-webhooks", "api/v1/webhooks", "api.hooks.webhooks", "post", "hook.write", methods=("GET", "POST")),
    Route("api-webhook-deliveries", "api/v1/webhooks/<uuid:hook>/deliveries", "api.hooks.deliveries", "post", "hook.write", "subject"),
    Route("api-webhook-resume", "api/v1/webhooks/<uuid:hook>/resume", "api.hooks.resume", "post", "hook.write", "subject", methods=("POST",)),
    Route("api-webhook-ping", "api/v1/webhooks/<uuid:hook>/ping", "api.hooks.ping", "post", "hook.write", "subject", methods=("POST",)),
    Route("api-webhook-close", "api/v1/webhooks/<uuid:hook>/close", "api.hooks.close", "post", "hook.write", "subject", methods=("POST",)),
    Route("api-rows", "api/v1/<slug:register>", "api.v1.rows", "post", register="method", area="query", reads_persons=True, methods=("GET", "POST")),
    Route("api-row", "api/v1/<slug:register>/<uuid:record>", "api.v1.row", "post", register="method", area="subject", reads_persons=True, methods=("GET", "PATCH")),
)
