from django.apps import AppConfig


class Surveillance(AppConfig):
    name = "sizao.registers.surveillance"
    label = "surveillance"
    default_auto_field = "django.db.models.BigAutoField"
