from django.apps import AppConfig


class InteropConfig(AppConfig):
    name = "sizao.interop"
    label = "interop"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The content store learns what a table of codes is."""
        from sizao.kernel import content

        from .exchange import codes

        content.checker("exchange", codes.faults)
