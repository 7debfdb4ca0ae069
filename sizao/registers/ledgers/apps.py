from django.apps import AppConfig


class Ledgers(AppConfig):
    name = "sizao.registers.ledgers"
    label = "ledgers"
    default_auto_field = "django.db.models.BigAutoField"
