"""The web process: granian calls `application`."""

import gc
import sys

from .database import boot

boot()

from sizao.kernel.supervise import follow_parent  # noqa: E402

follow_parent()

from django.core.wsgi import get_wsgi_application  # noqa: E402

from sizao.doors.kit.turnstile import Turnstile  # noqa: E402

from . import urls  # noqa: E402, F401 - what the first request would load

application = Turnstile(get_wsgi_application())

# A page asks the database ten times, and after each answer waits for the thread that is writing another page: up to Python's five milliseconds each, now half of one.
sys.setswitchinterval(0.0005)

# What was loaded stays: the collector need not walk through half a million objects while somebody waits at a gateway.
gc.collect()
gc.freeze()

from django.conf import settings  # noqa: E402

if "command" in settings.DOORS:
    from sizao.doors.kit import warm

    warm.behind()
