from django.apps import AppConfig


class Peers(AppConfig):
    name = "sizao.interop.peers"
    label = "peers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The worker sends what is due."""
        from sizao.kernel import jobs

        from . import outbox

        jobs.every(10, name="peers.send")(outbox.send_due)
