"""Who may open which address. Every route is a line of one table; an address without a line does not exist.

`urls.py` is made from the table and `guard` stands before every view, so a new page cannot forget its question.
What an address does with the *area* is named too: the permission tests walk route × role × area from these words.
"""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods

from sizao.kernel.errors import Refused
from sizao.kernel.registry import find

Audience = Literal["anyone", "signed-in", "post"]
AreaRule = Literal["none", "query", "subject"]


@dataclass(frozen=True, slots=True)
class Route:
    """One address and who may use it.

    Attributes:
        address: As Django writes paths.
        view: "room.module.function" below `sizao.doors`.
        audience: anyone · signed-in (a user, before a post is chosen) · post (a scope is open).
        permission: What the post must be allowed to do; None only where the audience is not "post" or a register says it.
        also: What it must be allowed besides.
        area: none (the same for every area) · query (`?area=`, refused outside the grant) · subject (a person's or case's own area).
        register: The address names a register: the post must also be allowed to read or to write that one (method: to read for GET, else to write), as its declaration says.
        reads_persons: Its answer may hold rows of persons, so the read is audited by the register's `read.py`.
        methods: HTTP methods; the others answer 405.
        signed: What is sent carries the sender's signature; no session speaks, so no form's token is asked.
    """

    name: str
    address: str
    view: str
    audience: Audience
    permission: str | None = None
    area: AreaRule = "none"
    reads_persons: bool = False
    register: Literal["", "read", "write", "method"] = ""
    methods: tuple[str, ...] = ("GET",)
    also: tuple[str, ...] = ()
    signed: bool = False


ROUTES: tuple[Route, ...] = (
    Route("healthz", "healthz", "public.views.healthz", "anyone"),
    Route("static", "static/<str:digest>/<path:file>", "public.views.static_file", "anyone"),
    Route("icon", "favicon.ico", "public.views.icon", "anyone"),
    Route("language", "language", "public.views.language", "anyone", methods=("POST",)),
    Route("sign-in-help", "sign-in", "public.views.sign_in_help", "anyone"),
    Route("sign-in", "sign-in/<str:token>", "public.views.sign_in", "anyone", methods=("GET", "POST")),
    Route("verify", "verify", "public.verify.verify", "anyone"),
    Route("verify-keys", "verify/keys.json", "public.verify.keys", "anyone"),
    Route("verify-file", "verify/<str:name>", "public.verify.file", "anyone"),
    Route("declare", "declare", "public.declare.declare", "anyone", methods=("GET", "POST")),
    Route("declare-find", "declare/find", "public.declare.find", "anyone", methods=("POST",)),
    Route("declared", "declare/<str:code>", "public.declare.declared", "anyone", methods=("GET", "POST")),
    Route("declared-withdraw", "declare/<str:code>/withdraw", "public.declare.withdraw", "anyone", methods=("POST",)),
    Route("my", "my/<str:code>", "public.my.my", "anyone"),
    Route("my-appeal", "my/<str:code>/appeal", "public.my.appeal", "anyone", methods=("POST",)),
    Route("my-need", "my/<str:code>/need", "public.my.need", "anyone", methods=("POST",)),
    Route("my-paper", "my/<str:code>/<str:number>/<slug:kind>.pdf", "public.my.paper", "anyone"),
    Route("sign-out", "sign-out", "public.views.sign_out", "signed-in", methods=("POST",)),
    Route("post", "post", "public.views.choose_post", "signed-in", methods=("GET", "POST")),
    Route("overview", "", "command.overview.overview", "post", "plan.read", "query"),
    Route("map-shapes", "map/shapes.json", "command.overview.shapes", "post", "plan.read", "query"),
    Route("measure", "measure/<str:measure>", "command.measure.measure", "post", "plan.read", "query", reads_persons=True),
    Route("listed", "list", "command.listed.listed", "post", "plan.read", "query", reads_persons=True),
    Route("duty", "duty", "command.listed.duty", "post", "plan.read", "query", reads_persons=True),
    Route("situation", "situation", "command.situation.situation", "post", "plan.read", "query"),
    Route("situation-file", "situation/<slug:panel>.<slug:sent_as>", "command.situation.file", "post", "plan.read", "query"),
    Route("grades", "grades", "command.grades.board", "post", "plan.read", "query"),
    Route("grade", "grades/area", "command.grades.area_page", "post", "plan.read", "query"),
    Route("grade-affected", "grades/affected", "command.grades.affected", "post", "plan.read", "query", reads_persons=True),
    Route("grade-course", "grades/course.csv", "command.grades.course_file", "post", "plan.read", "query"),
    Route("grade-sign", "grades/sign", "command.grades.sign", "post", "grade.sign", "query", methods=("POST",)),
    Route("grade-rules", "grades/rules", "command.grade_rules.rules", "post", "plan.read"),
    Route("grade-enact", "grades/rules/enact", "command.grade_rules.enact", "post", "content.enact", methods=("POST",)),
    Route("plans", "plan", "command.plan_list.plans", "post", "plan.read"),
    Route("plan-diff", "plan/diff", "command.plan_diff.diff", "post", "plan.read", "query"),
    Route("plan-whom", "plan/whom", "command.plan_diff.whom_page", "post", "plan.read", "query", reads_persons=True),
    Route("plan-replay", "plan/replay", "command.plan_replay.replayed", "post", "plan.read", "query"),
    Route("plan-edition", "plan/<str:edition>", "command.plan_edition.edition", "post", "plan.read"),
    Route("plan-scenarios", "plan/<str:edition>/scenarios", "command.plan_edition.scenarios", "post", "plan.read", methods=("POST",)),
    Route("plan-enact", "plan/<str:edition>/enact", "command.plan_enact.enact", "post", "content.enact", "query", methods=("GET", "POST")),
    Route("plan-second", "plan/<str:edition>/second", "command.plan_enact.second", "post", "content.enact", methods=("POST",)),
    Route("plan-withdraw", "plan/<str:edition>/withdraw", "command.plan_enact.withdraw", "post", "content.enact", methods=("POST",)),
    Route("find", "find", "desk.find.find", "post", "person.read", "subject", reads_persons=True),
    Route("duplicates", "duplicates", "desk.duplicates.queue", "post", "person.merge", reads_persons=True),
    Route("duplicates-decide", "duplicates/<uuid:pair>", "desk.duplicates.decide", "post", "person.merge", "subject", reads_persons=True, methods=("POST",)),
    Route("merge-undo", "merges/<uuid:merge>/undo", "desk.duplicates.undo", "post", "person.merge", "subject", reads_persons=True, methods=("POST",)),
    Route("person", "person/<uuid:person>", "desk.person.person", "post", "person.read", "subject", reads_persons=True),
    Route("person-code", "person/<uuid:person>/code", "desk.orders.own_code", "post", "person.write", "subject", reads_persons=True, methods=("POST",), also=("person.names",)),
    Route("case", "case/<uuid:case>", "desk.person.case", "post", "case.read", "subject", reads_persons=True),
    Route("record-investigation", "case/<uuid:case>/investigated", "desk.record.investigated", "post", "case.write", "subject", reads_persons=True, methods=("POST",)),
    Route("record-finding", "case/<uuid:case>/finding", "desk.record.found", "post", "case.write", "subject", reads_persons=True, methods=("POST",)),
    Route("record-class", "case/<uuid:case>/classified", "desk.record.classified", "post", "case.write", "subject", reads_persons=True, methods=("POST",)),
    Route("case-trajectory", "case/<uuid:case>/trajectory", "desk.investigate.trajectory", "post", "case.write", "subject", reads_persons=True, methods=("GET", "POST")),
    Route("case-household", "case/<uuid:case>/household", "desk.investigate.household", "post", "contact.write", "subject", reads_persons=True, methods=("GET", "POST")),
    Route("case-source", "case/<uuid:case>/source", "desk.investigate.source", "post", "case.write", "subject", reads_persons=True, methods=("GET", "POST")),
    Route("record-isolation", "case/<uuid:case>/isolated", "desk.record.isolated", "post", "stay.write", "subject", reads_persons=True, methods=("POST",)),
    Route("report-cards", "cards", "desk.cards.cards", "post", "case.read", reads_persons=True),
    Route("report-card-new", "cards/new", "desk.cards.new", "post", "case.write", reads_persons=True, methods=("GET", "POST")),
    Route("report-card", "cards/<uuid:card>", "desk.cards.card", "post", "case.read", "subject", reads_persons=True),
    Route("report-card-decide", "cards/<uuid:card>/decide", "desk.cards.decide", "post", "case.write", "subject", reads_persons=True, methods=("POST",)),
    Route("chains", "chains", "desk.chains.chains", "post", "case.read", "query", reads_persons=True),
    Route("chains-data", "chains/data.json", "desk.chains.data", "post", "case.read", "query", reads_persons=True),
    Route("chains-export", "chains/chains.csv", "desk.chains.export", "post", "case.read", "query", reads_persons=True, also=("register.export",)),
    Route("order-new", "person/<uuid:person>/order", "desk.orders.new", "post", "order.issue", "subject", reads_persons=True, methods=("GET", "POST")),
    Route("isolation-order", "order/<uuid:order>", "desk.orders.order", "post", "person.read", "subject", reads_persons=True),
    Route("order-lift", "order/<uuid:order>/lift", "desk.orders.lift", "post", "order.issue", "subject", reads_persons=True, methods=("POST",)),
    Route("order-stay", "order/<uuid:order>/stay", "desk.orders.stay", "post", "stay.write", "subject", reads_persons=True, methods=("POST",)),
    Route("order-appeal", "order/<uuid:order>/appeal", "desk.orders.appeal", "post", "person.read", "subject", reads_persons=True, methods=("POST",)),
    Route("order-code", "order/<uuid:order>/code", "desk.orders.code", "post", "order.issue", "subject", reads_persons=True, methods=("POST",)),
    Route("order-paper", "order/<uuid:order>/<slug:kind>.<slug:form>", "desk.papers.paper", "post", "order.issue", "subject", reads_persons=True),
    Route("appeal-decide", "appeal/<uuid:appeal>", "desk.orders.decide", "post", "appeal.decide", "subject", reads_persons=True, methods=("POST",)),
    Route("isolation", "isolation", "desk.isolation.board", "post", "person.read", reads_persons=True),
    Route("absence-settle", "isolation/absence/<uuid:absence>", "desk.isolation.settle", "post", "stay.write", "subject", reads_persons=True, methods=("POST",)),
    Route("stay-keep", "isolation/place/<uuid:stay>", "desk.isolation.keep", "post", "stay.write", "subject", reads_persons=True, methods=("POST",)),
    Route("record-visit", "isolation/visit/<uuid:person>", "desk.isolation.visit", "post", "ledger.write", "subject", reads_persons=True, methods=("POST",), also=("person.read",)),
    Route("orders-watch", "orders", "desk.watch.watch", "post", "order.second"),
    Route("orders-issue", "orders/issue/<uuid:issue>", "desk.watch.issue", "post", "order.second", "subject", methods=("POST",)),
    Route("orders-rule", "orders/rule", "desk.watch.rule", "post", "content.enact", methods=("POST",)),
    Route("signals", "signals", "desk.signals.signals", "post", "plan.read", "query"),
    Route("signal", "signals/<uuid:signal>", "desk.signals.signal", "post", "plan.read", "subject"),
    Route("signal-file", "signals/<uuid:signal>/curve.<slug:sent_as>", "desk.signals.signal_file", "post", "plan.read", "subject"),
    Route("signal-judge", "signals/<uuid:signal>/judge", "desk.signals.judge", "post", "signal.write", "subject", methods=("POST",)),
    Route("signal-follow", "signals/<uuid:signal>/follow", "desk.signals.follow", "post", "signal.write", "subject", methods=("POST",)),
    Route("streams", "streams", "desk.signals.streams_page", "post", "plan.read"),
    Route("stream", "streams/<slug:stream>", "desk.signals.stream_page", "post", "plan.read", "query"),
    Route("stream-file", "streams/<slug:stream>/curve.<slug:sent_as>", "desk.signals.stream_file", "post", "plan.read", "query"),
    Route("stream-tune", "streams/<slug:stream>/tune", "desk.signals.tune", "post", "signal.tune", "query", methods=("POST",)),
    Route("stream-withdraw", "streams/settings/<uuid:setting>", "desk.signals.withdraw", "post", "signal.tune", "subject", methods=("POST",)),
    Route("care", "care", "desk.care.care", "post", "care.write", reads_persons=True),
    Route("care-refer", "person/<uuid:person>/refer", "desk.care.refer", "post", "care.write", "subject", reads_persons=True, methods=("GET", "POST"), also=("person.read",)),
    Route("care-reply", "care/referral/<uuid:referral>", "desk.care.reply", "post", "care.write", "subject", reads_persons=True, methods=("POST",)),
    Route("care-bed", "care/admission/<uuid:admission>", "desk.care.bed", "post", "care.write", "subject", reads_persons=True, methods=("POST",)),
    Route("care-adopt", "care/plan/<uuid:unit>", "desk.care.adopt", "post", "ledger.write", "subject", methods=("POST",)),
    Route("care-recovered", "care/recovered", "desk.recovered.recovered", "post", "case.read", reads_persons=True),
    Route("care-followed", "care/recovered/<uuid:case>", "desk.recovered.record", "post", "ledger.write", "subject", reads_persons=True, methods=("POST",), also=("case.read",)),
    Route("needs", "needs", "field.needs.needs", "post", "check.write", reads_persons=True),
    Route("need", "needs/<uuid:need>", "field.needs.step", "post", "check.write", "subject", reads_persons=True, methods=("POST",)),
    Route("need-ask", "person/<uuid:person>/need", "field.needs.ask", "post", "check.write", "subject", reads_persons=True, methods=("POST",), also=("person.read",)),
    Route("exposures", "exposures", "desk.exposures.exposures", "post", "contact.write", reads_persons=True, methods=("GET", "POST")),
    Route("exposure", "exposures/<uuid:search>", "desk.exposures.exposure", "post", "contact.write", "subject", reads_persons=True),
    Route("exposure-decide", "exposures/<uuid:search>/decide", "desk.exposures.decide", "post", "contact.write", "subject", reads_persons=True, methods=("POST",)),
    Route("handovers", "handovers", "desk.handovers.handovers", "post", "contact.write", reads_persons=True),
    Route("handover", "handovers/<uuid:handover>", "desk.handovers.handover", "post", "contact.write", "subject", reads_persons=True),
    Route("handover-decide", "handovers/<uuid:handover>/decide", "desk.handovers.decide", "post", "contact.write", "subject", reads_persons=True, methods=("POST",)),
    Route("handover-new", "person/<uuid:person>/handover", "desk.handovers.new", "post", "contact.write", "subject", reads_persons=True, methods=("GET", "POST")),
    Route("public-rules", "public/rules", "public.rules.rules", "anyone"),
    Route("public-isolation", "public/isolation", "public.isolation.counted", "anyone"),
    Route("exposures-counted", "public/exposures", "desk.exposures.counted", "anyone"),
    Route("contact", "contact/<uuid:contact>", "desk.person.contact", "post", "case.read", "subject", reads_persons=True),
    Route("today", "today", "field.today.today", "post", "plan.read", reads_persons=True),
    Route(
        "record-check", "today/check", "field.today.record_check", "post", "check.write", "subject", reads_persons=True, methods=("POST",)
    ),
    Route("undo-check", "today/undo", "field.today.undo_check", "post", "check.write", "subject", reads_persons=True, methods=("POST",)),
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
    Route("reports", "reports", "desk.reports.reports", "post", "plan.read", "query"),
    Route("report-rows", "reports/rows", "desk.reports.rows", "post", "plan.read", "query"),
    Route("feeds", "feeds", "desk.feeds.feeds", "post", "import.read"),
    Route("feed-release", "feeds/release", "desk.feeds.release", "post", "feed.release", methods=("POST",)),
    Route("lab", "lab", "desk.lab.lab", "post", "tube.read", reads_persons=True),
    Route("lab-due", "lab/due", "desk.lab_due.due", "post", "plan.read", "query", reads_persons=True),
    Route("lab-session", "lab/session", "desk.lab_due.session", "post", "person.read", "query", reads_persons=True, also=("tube.read",)),
    Route("lab-send", "lab/send", "desk.lab.send", "post", "custody.write", methods=("POST",)),
    Route("lab-run", "lab/run", "desk.lab_told.ran", "post", "result.write", methods=("POST",), also=("tube.read",)),
    Route("lab-results", "lab/results", "desk.lab_told.resulted", "post", "result.write", methods=("POST",), also=("tube.read",)),
    Route("lab-decide", "lab/hold/<uuid:hold>", "desk.lab.decide", "post", "result.write", "subject", methods=("POST",), also=("tube.read",)),
    Route("lab-found", "lab/recall/<uuid:recall>", "desk.lab.found", "post", "specimen.write", "subject", methods=("POST",), also=("person.read",)),
    Route("registers", "registers", "desk.registers.catalogue", "post", "plan.read"),
    Route("register", "registers/<slug:register>", "desk.registers.listing", "post", register="read", area="query", reads_persons=True),
    Route("register-views", "registers/<slug:register>/views", "desk.registers.views", "post", register="read", methods=("POST",)),
    Route("register-export", "registers/<slug:register>/export", "desk.register_export.export", "post", "register.export", register="read", area="query", methods=("GET", "POST")),
    Route("register-new", "registers/<slug:register>/new", "desk.register_form.new", "post", register="write", reads_persons=True, methods=("GET", "POST")),
    Route("register-pick", "registers/<slug:register>/pick/<slug:field>", "desk.register_form.pick", "post", register="write", reads_persons=True),
    Route("register-bulk", "registers/<slug:register>/bulk/<slug:bulk>", "desk.register_form.bulk", "post", register="write", reads_persons=True, methods=("POST",)),
    Route("register-import", "registers/<slug:register>/import", "desk.register_import.intake", "post", "import.write", register="write", methods=("GET", "POST")),
    Route("record", "registers/<slug:register>/<uuid:record>", "desk.registers.detail", "post", register="read", area="subject", reads_persons=True),
    Route("record-edit", "registers/<slug:register>/<uuid:record>/edit", "desk.register_form.edit", "post", register="write", area="subject", reads_persons=True, methods=("GET", "POST")),
    Route("api-document", "api/v1/openapi.json", "api.v1.document", "post", "plan.read"),
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
    Route("api-rows", "api/v1/<slug:register>", "api.v1.rows", "post", register="method", area="query", reads_persons=True, methods=("GET", "POST")),
    Route("api-row", "api/v1/<slug:register>/<uuid:record>", "api.v1.row", "post", register="method", area="subject", reads_persons=True, methods=("GET", "PATCH")),
    Route("import", "import", "desk.intake.intake", "post", "import.write", methods=("GET", "POST")),
    Route("import-files", "import/files", "desk.ledger.files", "post", "import.read"),
    Route("import-file", "import/files/<uuid:file>", "desk.ledger.file", "post", "import.read", "subject", reads_persons=True),
    Route("import-row", "import/files/<uuid:file>/row/<int:line>", "desk.ledger.row", "post", "import.write", "subject", reads_persons=True, methods=("GET", "POST")),
    Route("import-forget", "import/word/<uuid:saying>", "desk.ledger.forget", "post", "import.write", methods=("POST",)),
    Route("import-confirm", "import/confirm", "desk.intake.confirm", "post", "import.write", methods=("POST",)),
    Route("nothing", "<path:rest>", "public.views.nothing", "anyone", methods=("GET", "POST")),
)


def permissions(route: Route, arguments: Mapping[str, Any], method: str = "GET") -> list[str]:
    """What a post must be allowed for this address: the route's own word, and the named register's. A route for posts without any is a fault."""
    wanted = [route.permission, *route.also] if route.permission else []
    if route.register:
        declared = find(arguments["register"]).declaration
        word = declared.read if route.register == "read" or (route.register == "method" and method in ("GET", "HEAD")) else declared.write
        if not word:  # a register that nobody writes by hand
            raise Refused("not-allowed")
        wanted.append(word)
    if not wanted:
        raise AssertionError(f"{route.name}: a page for a post names a permission")
    return wanted


def guard(route: Route) -> Callable[..., HttpResponse]:
    """The view of a route behind its question. Refusals are raised; the middleware gives them a face."""
    room, _, function = route.view.rpartition(".")

    @require_http_methods([*route.methods, *(["HEAD"] if "GET" in route.methods else [])])
    def guarded(request: HttpRequest, **arguments: Any) -> HttpResponse:
        if route.audience != "anyone":
            if not request.user.is_authenticated:
                raise Refused("not-signed-in")
            if route.audience == "post":
                for permission in permissions(route, arguments, request.method or "GET"):
                    request.scope.check(permission)  # type: ignore[attr-defined]
        view = getattr(import_module(f"sizao.doors.{room}"), function)
        with transaction.atomic() if route.reads_persons else nullcontext():  # what was read and the word about it stand or fall together
            return view(request, **arguments)  # type: ignore[no-any-return]

    guarded.route = route  # type: ignore[attr-defined]
    if route.signed:
        guarded.csrf_exempt = True  # type: ignore[attr-defined]
    return guarded


def urlpatterns() -> list[URLPattern]:
    """The whole address space of these doors."""
    return [path(route.address, guard(route), name=route.name) for route in ROUTES]
