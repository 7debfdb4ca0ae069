"""The web process: granian calls `application`."""

from .database import boot

boot()

from sizao.kernel.supervise import follow_parent  # noqa: E402

follow_parent()

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()
