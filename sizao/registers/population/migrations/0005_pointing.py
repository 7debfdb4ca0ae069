"""Area and batch of a person are asked once a statement."""

from django.db import migrations

from sizao.kernel.machine import Pointing


class Migration(migrations.Migration):
    dependencies = [("population", "0004_sorted_lists"), ("kernel", "0005_numbering")]
    operations = [Pointing("population_person", area_id="kernel_area", batch_id="kernel_batch")]
