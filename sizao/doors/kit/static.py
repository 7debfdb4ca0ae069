"""Files that pages need, under an address that names their content.

The address holds a digest of every file in the tree, so a browser may keep them for ever and an upgrade is seen at once.
Relative addresses inside style sheets and modules go on working, and nothing has to be collected before a start.
"""

import hashlib
from functools import cache
from pathlib import Path

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


def is_immutable(path: str, url: str) -> bool:
    """For WhiteNoise: every file here may be kept for ever, its address changes with its content."""
    return True


def static(path: str) -> str:
    """The address of one file; a file that is not there is an error at once, never a silent hole in a page."""
    from django.contrib.staticfiles.storage import staticfiles_storage

    if not (ROOT / path).is_file():
        raise FileNotFoundError(path)
    return str(staticfiles_storage.url(path))
