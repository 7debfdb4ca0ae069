"""Area and batch of cases, contacts and links are asked once a statement."""

from django.db import migrations

from sizao.kernel.machine import Pointing


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_found_and_classed"), ("kernel", "0005_numbering")]
    operations = [
        Pointing("cases_case", area_id="kernel_area", batch_id="kernel_batch"),
        Pointing("cases_contact", area_id="kernel_area", batch_id="kernel_batch"),
        Pointing("cases_link", batch_id="kernel_batch"),
    ]
