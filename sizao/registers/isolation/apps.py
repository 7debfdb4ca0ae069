from django.apps import AppConfig


class Isolation(AppConfig):
    name = "sizao.registers.isolation"
    label = "isolation"
    default_auto_field = "django.db.models.BigAutoField"
