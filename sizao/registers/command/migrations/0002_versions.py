from django.db import migrations

from sizao.kernel.machine import Versioned


class Migration(migrations.Migration):
    dependencies = [("command", "0001_initial"), ("kernel", "0002_machine")]
    operations = [Versioned("command_areagrade")]
