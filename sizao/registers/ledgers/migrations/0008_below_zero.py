"""What a report counts may lie below zero (the temperature of a freezer), and a sum of money may be large."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledgers", "0007_pointing")]
    operations = [
        migrations.RemoveConstraint(model_name="duereport", name="due_report_is_no_debt"),
        migrations.AlterField(model_name="duereport", name="number", field=models.DecimalField(decimal_places=3, max_digits=20)),
        migrations.RunSQL(
            "ALTER TABLE ledgers_duereport_history ALTER COLUMN number TYPE numeric(20, 3)",
            "ALTER TABLE ledgers_duereport_history ALTER COLUMN number TYPE numeric(14, 3)",
        ),
    ]
