from django.db import migrations

from sizao.kernel.machine import Versioned


class Migration(migrations.Migration):
    dependencies = [("surveillance", "0001_initial"), ("kernel", "0002_machine")]
    operations = [Versioned("surveillance_symptomline"), Versioned("surveillance_signal"), Versioned("surveillance_casecard")]
