from django.apps import AppConfig


class Kernel(AppConfig):
    name = "sizao.kernel"
    label = "kernel"
    default_auto_field = "django.db.models.BigAutoField"
