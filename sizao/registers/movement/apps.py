from django.apps import AppConfig


class Movement(AppConfig):
    name = "sizao.registers.movement"
    label = "movement"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The content store learns what a form is; what was declared goes when its time is over."""
        from sizao.kernel import content, jobs

        from . import actions, declaring, form

        content.checker("form", form.faults)
        jobs.every(3600, name="movement.declarations")(declaring.drop_old)
        jobs.every(3600, name="movement.leads")(actions.forget_old)
