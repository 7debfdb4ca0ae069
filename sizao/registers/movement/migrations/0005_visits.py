"""Visits: a partition a day that goes by itself, which the application can neither read nor write but by these functions."""

from django.db import migrations

from sizao.registers.movement.visits_sql import RIGHTS, TABLES, UNDO


class Migration(migrations.Migration):
    dependencies = [("movement", "0004_journeys"), ("cases", "0010_exposures"), ("kernel", "0006_by_default")]
    operations = [migrations.RunSQL(TABLES + RIGHTS, UNDO)]
