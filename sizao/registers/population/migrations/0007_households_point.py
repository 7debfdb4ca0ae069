"""Area and batch of households are asked once a statement."""

from django.db import migrations

from sizao.kernel.machine import Pointing


class Migration(migrations.Migration):
    dependencies = [("population", "0006_moved"), ("kernel", "0005_numbering")]
    operations = [
        Pointing("population_household", area_id="kernel_area", batch_id="kernel_batch"),
    ]
