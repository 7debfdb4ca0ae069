from django.apps import AppConfig


class Feeds(AppConfig):
    name = "sizao.interop.feeds"
    label = "feeds"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The content store learns what an expectation is; the worker looks at the feeds once a minute."""
        from sizao.kernel import content, jobs

        from . import expectations, watch

        content.checker("feed", expectations.faults)
        jobs.every(60, name="feeds.watch")(watch.watch)
