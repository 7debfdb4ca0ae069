"""Area and batch of samples and results are asked once a statement."""

from django.db import migrations

from sizao.kernel.machine import Pointing


class Migration(migrations.Migration):
    dependencies = [("laboratory", "0007_undated_results"), ("kernel", "0005_numbering")]
    operations = [
        Pointing("laboratory_specimen", area_id="kernel_area", batch_id="kernel_batch"),
        Pointing("laboratory_result", area_id="kernel_area", batch_id="kernel_batch"),
    ]
