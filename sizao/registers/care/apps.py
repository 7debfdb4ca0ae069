from django.apps import AppConfig


class Care(AppConfig):
    name = "sizao.registers.care"
    label = "care"
    default_auto_field = "django.db.models.BigAutoField"
