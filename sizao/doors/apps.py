from django.apps import AppConfig


class DoorsConfig(AppConfig):
    """Who comes in: pages for the command, the desk and the phone, and the command line."""

    name = "sizao.doors"
    label = "doors"
    verbose_name = "doors"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The worker sweeps once an hour what is kept only for a time."""
        from sizao.doors.api import sweeping
        from sizao.kernel import jobs

        jobs.every(3600, name="doors.sweep")(sweeping.sweep)
