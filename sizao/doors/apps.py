from django.apps import AppConfig


class DoorsConfig(AppConfig):
    """Who comes in: pages for the command, the desk and the phone, and the command line."""

    name = "sizao.doors"
    label = "doors"
    verbose_name = "doors"
    default_auto_field = "django.db.models.BigAutoField"
