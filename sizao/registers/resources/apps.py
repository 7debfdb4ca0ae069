from django.apps import AppConfig


class Resources(AppConfig):
    name = "sizao.registers.resources"
    label = "resources"
    default_auto_field = "django.db.models.BigAutoField"
