from django.apps import AppConfig


class Hooks(AppConfig):
    name = "sizao.interop.hooks"
    label = "hooks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The worker notes what happened for whoever asked to be told, hands the telling over to a job, and drops old lines of the log."""
        from sizao.kernel import jobs

        from . import noting, sending

        jobs.every(5, name="hooks.note")(noting.note_new)
        jobs.every(5, name="hooks.send")(sending.hand_over_due)
        jobs.every(3600, name="hooks.prune")(sending.prune)
