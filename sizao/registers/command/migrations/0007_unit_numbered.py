"""The row of an area leaves its number and its time to the database, like every other."""

from django.db import migrations

from sizao.registers.command.units_sql import UNIT


class Migration(migrations.Migration):
    dependencies = [("command", "0006_versions"), ("kernel", "0006_by_default")]
    operations = [migrations.RunSQL(UNIT, migrations.RunSQL.noop)]
