from django.apps import AppConfig


class Command(AppConfig):
    name = "sizao.registers.command"
    label = "command"
    default_auto_field = "django.db.models.BigAutoField"
