"""Two writers who need the same month at the same moment both get it."""

from django.db import migrations

from sizao.kernel.machine import ACT_MONTH


class Migration(migrations.Migration):
    dependencies = [("kernel", "0003_act_other")]
    operations = [migrations.RunSQL(ACT_MONTH, migrations.RunSQL.noop)]
