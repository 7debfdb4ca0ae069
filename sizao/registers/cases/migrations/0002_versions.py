from django.db import migrations

from sizao.kernel.machine import Versioned


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial"), ("kernel", "0002_machine")]
    operations = [Versioned("cases_case"), Versioned("cases_contact"), Versioned("cases_link"), Versioned("cases_investigation")]
