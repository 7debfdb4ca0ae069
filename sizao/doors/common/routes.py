"""What every process of the doors answers: whether it breathes, its files, the language, and that there is nothing else."""

from sizao.doors.kit.routes import Route

ROUTES = (
    Route("healthz", "healthz", "common.views.healthz", "anyone"),
    Route("static", "static/<str:digest>/<path:file>", "common.views.static_file", "anyone"),
    Route("icon", "favicon.ico", "common.views.icon", "anyone"),
    Route("language", "language", "common.views.language", "anyone", methods=("POST",)),
)
