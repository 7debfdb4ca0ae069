from django.apps import AppConfig


class Surveillance(AppConfig):
    name = "sizao.registers.surveillance"
    label = "surveillance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The content store learns what an alarm, a calendar and a stream is."""
        from sizao.kernel import content

        from . import alarms, calendars, streams

        content.checker("alarm", alarms.faults)
        content.checker("calendar", calendars.faults)
        content.checker("stream", streams.faults)
