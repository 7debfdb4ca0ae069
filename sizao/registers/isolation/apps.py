from django.apps import AppConfig


class Isolation(AppConfig):
    name = "sizao.registers.isolation"
    label = "isolation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sizao.kernel import content

        from . import checking

        content.checker("restriction", checking.faults)
