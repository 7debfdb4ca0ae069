"""Files that pages need, under an address that names their content.

The address holds a digest of every file in the tree, so a browser may keep them for ever and an upgrade is seen at once.
Relative addresses inside style sheets and modules go on working, and nothing has to be collected before a start.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from whitenoise import WhiteNoise

ROOT = Path(__file__).resolve().parent.parent / "static"

HTMX = "vendor/htmx-4.0.1/htmx.min.js"
MAPLIBRE = "vendor/maplibre-gl-6.17.0/maplibre-gl.mjs"
MAPLIBRE_WORKER = "vendor/maplibre-gl-6.17.0/maplibre-gl-worker.mjs"
MAPLIBRE_CSS = "vendor/maplibre-gl-6.17.0/maplibre-gl.css"

#: Strict: our own files only, no inline script, no evaluation, no inline style. MapLibre runs its worker from a blob.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'", "blob:"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}


@cache
def static_url() -> str:
    """The value of `STATIC_URL`: "/static/", a digest of the whole tree, "/"."""
    digest = hashlib.sha256()
    for path in sorted(p for p in ROOT.rglob("*") if p.is_file() and p.suffix != ".gz"):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return f"/static/{digest.hexdigest()[:12]}/"


def static(path: str) -> str:
    """The address of one file; a file that is not there is an error at once, never a silent hole in a page."""
    if not (ROOT / path).is_file():
        raise FileNotFoundError(path)
    return static_url() + path


@cache
def _files() -> "WhiteNoise":
    """Every file of the tree, found once; beside it its gzip form, which is sent to whoever takes it."""
    from whitenoise import WhiteNoise

    return WhiteNoise(None, ROOT, static_url(), immutable_file_test=lambda path, url: True)


def serve(request: "HttpRequest") -> "HttpResponse | None":
    """The file at the request's address, to be kept by the browser for ever; None when there is none (an address of another version)."""
    from whitenoise.middleware import WhiteNoiseFileResponse

    found = _files().files.get(request.path_info)
    if found is None:
        return None
    answer = found.get_response(request.method, request.META)
    response = WhiteNoiseFileResponse(answer.file or (), status=int(answer.status))
    for name, value in answer.headers:
        response[name] = value
    return response
