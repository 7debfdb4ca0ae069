from django.apps import AppConfig


class Laboratory(AppConfig):
    name = "sizao.registers.laboratory"
    label = "laboratory"
    default_auto_field = "django.db.models.BigAutoField"
