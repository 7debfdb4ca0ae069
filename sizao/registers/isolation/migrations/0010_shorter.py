"""A stay may always become shorter, also one of two that a merge put beside each other."""

from django.db import migrations

from sizao.registers.isolation.guard import APART_FUNCTION


class Migration(migrations.Migration):
    dependencies = [("isolation", "0009_two_places")]
    operations = [migrations.RunSQL(APART_FUNCTION, migrations.RunSQL.noop)]
