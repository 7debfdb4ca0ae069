"""Rows of the ledger point to their file without a foreign key: the chunk that is written with them has one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interop", "0003_chunks")]
    operations = [
        migrations.AlterField(
            model_name="importrow",
            name="file",
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="ledger", to="interop.importfile"),
        ),
        migrations.AlterField(
            model_name="senderkey",
            name="file",
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to="interop.importfile"),
        ),
    ]
