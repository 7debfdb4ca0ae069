"""For the phone: what do I owe today?"""

from django.utils.translation import gettext_noop as _

from sizao.doors.kit.routes import Place, Route

ROUTES = (
    Route("needs", "needs", "field.needs.needs", "post", "check.write", reads_persons=True),
    Route("need", "needs/<uuid:need>", "field.needs.step", "post", "check.write", "subject", reads_persons=True, methods=("POST",)),
    Route("need-ask", "person/<uuid:person>/need", "field.needs.ask", "post", "check.write", "subject", reads_persons=True, methods=("POST",), also=("person.read",)),
    Route("today", "today", "field.today.today", "post", "plan.read", reads_persons=True),
    Route(
        "record-check", "today/check", "field.today.record_check", "post", "check.write", "subject", reads_persons=True, methods=("POST",)
    ),
    Route("undo-check", "today/undo", "field.today.undo_check", "post", "check.write", "subject", reads_persons=True, methods=("POST",)),
    Route("field", "field", "field.phone.shell", "signed-in"),
    Route("field-pack", "field/pack.json", "field.pack.pack", "post", "plan.read", reads_persons=True),
    Route("field-acts", "field/acts", "field.told.acts", "post", "plan.read", reads_persons=True, methods=("POST",)),
    Route("field-copies", "field/copies", "field.copies_page.shown", "post", "users.write"),
    Route("field-copies-look", "field/copies/look", "field.copies_page.look", "post", "users.write", methods=("POST",)),
    Route("field-copy-wipe", "field/copies/<uuid:copy>/wipe", "field.copies_page.wipe", "post", "users.write", "subject", methods=("POST",)),
    Route("field-wipe", "field/wipe.json", "field.phone.wipe", "anyone"),
    Route("field-wiped", "field/wiped", "field.phone.wiped", "anyone"),
    Route("field-file", "field/<str:name>", "field.phone.file", "anyone"),
    Route("sample", "sample", "field.sampling.sample", "post", "specimen.write", also=("person.read",)),
    Route("sample-people", "sample/people.json", "field.sampling.people", "post", "specimen.write", reads_persons=True, also=("person.read",)),
    Route("device-program", "device/vault.js", "field.device.program", "anyone"),
    Route("device-key", "device/key.json", "field.device.key", "signed-in"),
    Route("sample-file", "sample/<str:name>", "field.sampling.file", "anyone"),
    Route("file-today", "file", "field.file.today", "post", "ledger.write"),
    Route("file-report", "file/report", "field.file.report", "post", "ledger.write", "subject", methods=("POST",)),
    Route("file-line", "file/<slug:ledger_id>/<uuid:unit>", "field.file.line", "post", "ledger.write", "subject", methods=("GET", "POST")),
    Route("gate", "gate", "field.gate.gate", "post", "gate.write"),
    Route("gate-shift", "gate/shift", "field.gate.shift", "post", "gate.write", "subject", methods=("POST",)),
    Route("gate-file", "gate/<str:name>", "field.gate.file", "anyone"),
)

PLACES = (
    Place("today", _("My list"), "plan.read", "field", ("record-check", "undo-check")),
    Place("file-today", _("File reports"), "ledger.write", "field", ("file-",)),
    Place("sample", _("Sampling point"), "specimen.write", "field", ("sample-",)),
    Place("gate", _("Gateway"), "gate.write", "field", ("gate-",)),
    Place("field", _("Phone app"), "plan.read", "field"),
    Place("needs", _("Needs"), "check.write", "field", ("need",)),
    Place("field-copies", _("Phones with lists"), "users.write", "records", ("field-cop",)),
)
