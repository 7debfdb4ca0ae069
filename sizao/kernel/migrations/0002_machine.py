"""Numbered changes, kept versions, the table of acts."""

from django.db import migrations

from sizao.kernel.machine import ACT, ACT_MONTH, FUNCTIONS, NUMBERING


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [migrations.RunSQL(FUNCTIONS), migrations.RunSQL(NUMBERING), migrations.RunSQL(ACT), migrations.RunSQL(ACT_MONTH)]
