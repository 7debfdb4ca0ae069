from django.apps import AppConfig


class Situation(AppConfig):
    name = "sizao.situation"
    label = "situation"
    default_auto_field = "django.db.models.BigAutoField"
