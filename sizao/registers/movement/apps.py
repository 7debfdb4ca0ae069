from django.apps import AppConfig


class Movement(AppConfig):
    name = "sizao.registers.movement"
    label = "movement"
    default_auto_field = "django.db.models.BigAutoField"
