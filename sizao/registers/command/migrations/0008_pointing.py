"""Area and batch of receipts of texts are asked once a statement."""

from django.db import migrations

from sizao.kernel.machine import Pointing


class Migration(migrations.Migration):
    dependencies = [("command", "0007_unit_numbered"), ("kernel", "0005_numbering")]
    operations = [
        Pointing("command_textreceipt", area_id="kernel_area", batch_id="kernel_batch"),
    ]
