"""Area and batch of stays and checks are asked once a statement."""

from django.db import migrations

from sizao.kernel.machine import Pointing


class Migration(migrations.Migration):
    dependencies = [("isolation", "0004_left"), ("kernel", "0005_numbering")]
    operations = [
        Pointing("isolation_stay", area_id="kernel_area", batch_id="kernel_batch"),
        Pointing("isolation_dailycheck", area_id="kernel_area", batch_id="kernel_batch"),
    ]
