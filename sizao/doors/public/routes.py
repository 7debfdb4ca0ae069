"""For anyone: what applies to me, my own record by its code, what is published."""

from sizao.doors.kit.routes import Route

ROUTES = (
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
    Route("relay-wait", "waiting/<uuid:ask>", "relay.outside.wait", "anyone"),
    Route("public-rules", "public/rules", "public.rules.rules", "anyone", extra=True),
    Route("public-isolation", "public/isolation", "public.isolation.counted", "anyone", extra=True),
    Route("exposures-counted", "public/exposures", "public.exposures.counted", "anyone", extra=True),
)
