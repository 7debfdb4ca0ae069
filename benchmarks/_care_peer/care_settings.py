"""CARE's own settings for production, on the database that `bench lists` names. Its plug-ins that are not installed are left out; the rest is as it ships."""

import base64
import json
import os
from importlib.util import find_spec

from authlib.jose import JsonWebKey

if "JWKS_BASE64" not in os.environ:  # what signs its tokens; a checkout has none of its own
    secret = JsonWebKey.generate_key("RSA", 2048, is_private=True).as_dict(is_private=True)
    os.environ["JWKS_BASE64"] = base64.b64encode(json.dumps({"keys": [secret]}).encode()).decode()
os.environ.setdefault("SNS_ACCESS_KEY", "none")
os.environ.setdefault("SNS_SECRET_KEY", "none")
os.environ.setdefault("DATABASE_URL", "postgres:///peer")

from config.settings.production import *  # noqa: F403  (its settings are all its names)
from config.settings.production import DATABASES, INSTALLED_APPS, PLUGIN_APPS


def is_there(name: str) -> bool:
    """Whether an app can be imported. Of plug-ins that once were apps of its own, folders without code are left in the checkout."""
    found = find_spec(name.partition(".")[0])
    return found is not None and found.origin is not None


LEFT_OUT = [name for name in INSTALLED_APPS if not is_there(name)]
INSTALLED_APPS = [name for name in INSTALLED_APPS if name not in LEFT_OUT]
PLUGIN_APPS = [name for name in PLUGIN_APPS if name not in LEFT_OUT]
DATABASES["default"] |= json.loads(os.environ["PEER_DATABASE"])
SECURE_SSL_REDIRECT = False  # it is asked on this machine, without a proxy before it
