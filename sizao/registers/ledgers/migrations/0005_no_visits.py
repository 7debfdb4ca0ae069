"""The old table of visits goes: its rows are entries now."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledgers", "0004_views")]
    operations = [migrations.DeleteModel("HouseholdVisit")]
