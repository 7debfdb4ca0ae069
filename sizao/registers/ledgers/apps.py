from django.apps import AppConfig


class Ledgers(AppConfig):
    name = "sizao.registers.ledgers"
    label = "ledgers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The content store learns what a field and a ledger are; the machine of registers learns that ledgers are registers."""
        from sizao.kernel import content, registry

        from . import checking, registers, views

        content.checker("fields", checking.field_faults)
        content.checker("ledger", checking.faults)
        content.after_load("ledger", views.make_views)
        registry.provide(registers.every, registers.one)
