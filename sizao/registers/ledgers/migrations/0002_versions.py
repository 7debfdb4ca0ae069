from django.db import migrations

from sizao.kernel.machine import Versioned


class Migration(migrations.Migration):
    dependencies = [("ledgers", "0001_initial"), ("kernel", "0002_machine")]
    operations = [Versioned("ledgers_reportingunit"), Versioned("ledgers_duereport"), Versioned("ledgers_householdvisit")]
