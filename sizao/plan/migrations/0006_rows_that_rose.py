"""Rows that have risen above who answers are found in their order, without reading all that a run kept."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("plan", "0005_versions")]

    operations = [
        migrations.AddIndex("row", models.Index(fields=["due", "subject", "occasion", "measure"], name="plan_row_raised", condition=models.Q(raised__gt=0))),
    ]
