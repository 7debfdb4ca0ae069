from django.apps import AppConfig


class Cases(AppConfig):
    name = "sizao.registers.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sizao.kernel import content

        from . import definitions

        content.checker("case-definition", definitions.faults)
