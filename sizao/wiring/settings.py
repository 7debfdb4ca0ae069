"""Django's settings: the only place where things are put together. What differs from place to place comes from the environment."""

import os
import secrets
from pathlib import Path

from sizao.doors.kit.static import CONTENT_SECURITY_POLICY, static_url  # noqa: F401  (django-csp reads the policy here)

from .database import databases, doors, role

PACKAGE = Path(__file__).resolve().parent.parent
#: The doors that this process opens, and the role of the database that goes with them.
DOORS = doors()
DATABASE_ROLE = role()
STORE = Path(os.environ["SIZAO_STORE"]) if os.environ.get("SIZAO_STORE") else None


def _secret() -> str:
    """The key that signs cookies, kept with the store's other secrets; made at the first start."""
    if STORE is None or not STORE.exists():
        return secrets.token_urlsafe(48)
    # What the process of the public signs must be worth nothing to the others.
    path = STORE / "secrets" / ("cookie-key" if DATABASE_ROLE == "app" else "cookie-key-public")
    try:
        return path.read_text()
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
                f.write(secrets.token_urlsafe(48))
        except FileExistsError:
            pass
        return path.read_text()


SECRET_KEY = _secret()
DEBUG = False
# Only this machine's own names, unless a proxy or TLS name is given.
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *filter(None, os.environ.get("SIZAO_HOSTS", "").split(","))]
CSRF_TRUSTED_ORIGINS = [f"https://{h}" for h in ALLOWED_HOSTS[3:]]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.postgres",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "sizao.kernel",
    "sizao.registers.population",
    "sizao.registers.cases",
    "sizao.registers.isolation",
    "sizao.registers.command",
    "sizao.registers.laboratory",
    "sizao.registers.ledgers",
    "sizao.registers.movement",
    "sizao.registers.resources",
    "sizao.registers.care",
    "sizao.registers.surveillance",
    "sizao.plan",
    "sizao.passes",
    "sizao.situation",
    "sizao.interop",
    "sizao.interop.feeds",
    "sizao.interop.peers",
    "sizao.interop.hooks",
    "sizao.doors",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "sizao.doors.kit.turnstile.BusyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "sizao.doors.kit.middleware.ScopeMiddleware",
]
if DATABASE_ROLE == "public":
    MIDDLEWARE.append("sizao.doors.relay.outside.RelayMiddleware")
ROOT_URLCONF = "sizao.wiring.urls"
WSGI_APPLICATION = "sizao.wiring.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [PACKAGE / "doors" / "jinja2"],
        "OPTIONS": {"environment": "sizao.doors.kit.templates.environment", "autoescape": True},
    }
]
DATABASES = databases()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "kernel.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]

# The doors serve their own assets under addresses that carry a digest; nothing is collected beforehand.
STATIC_URL = static_url()

# The public has no sessions: nobody signs in there, and its role sees no table of them.
SESSION_ENGINE = f"django.contrib.sessions.backends.{'db' if DATABASE_ROLE == 'app' else 'signed_cookies'}"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = bool(os.environ.get("SIZAO_TLS"))
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 << 20
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 << 20

CSRF_FAILURE_VIEW = "sizao.doors.kit.middleware.csrf_failed"

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# Logs carry codes and counts. No SQL, no values, no names.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "sizao.kernel.logs.NamelessFormatter", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("SIZAO_LOG", "WARNING")},
    "loggers": {"django.db.backends": {"level": "ERROR"}},
}
