from django.apps import AppConfig


class Population(AppConfig):
    name = "sizao.registers.population"
    label = "population"
    default_auto_field = "django.db.models.BigAutoField"
