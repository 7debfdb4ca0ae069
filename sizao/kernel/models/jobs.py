"""What the worker does by the clock, and how it went last time."""

from django.db import models


class Tick(models.Model):
    """One periodic duty of the worker.

    Attributes:
        name: As registered with `sizao.kernel.jobs.every`.
        ran_at: When it was last started; null before the first time.
        well_at: When it last ended without an error.
        took: Seconds that the last run took.
        failures: Failures in a row; 0 after a run that went well.
        error: What went wrong last time, as a code or the kind of error, never with a value in it; empty when it went well.
    """

    name = models.TextField(primary_key=True)
    ran_at = models.DateTimeField(null=True)
    well_at = models.DateTimeField(null=True)
    took = models.FloatField(default=0)
    failures = models.IntegerField(default=0)
    error = models.TextField(blank=True, default="")

    class Meta:
        app_label = "kernel"
        db_table = "kernel_tick"
