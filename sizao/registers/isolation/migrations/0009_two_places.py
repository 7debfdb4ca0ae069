"""What the database calls two stays at once is a code of its own."""

from django.db import migrations

from sizao.registers.isolation.guard import APART_FUNCTION


class Migration(migrations.Migration):

    dependencies = [("isolation", "0008_merged")]

    operations = [migrations.RunSQL(APART_FUNCTION, migrations.RunSQL.noop)]
