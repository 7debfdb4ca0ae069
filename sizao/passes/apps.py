from django.apps import AppConfig


class Passes(AppConfig):
    name = "sizao.passes"
    label = "passes"
    default_auto_field = "django.db.models.BigAutoField"
