from django.db import migrations

from sizao.kernel.machine import Versioned


class Migration(migrations.Migration):
    dependencies = [("isolation", "0001_initial"), ("kernel", "0002_machine")]
    operations = [Versioned("isolation_stay"), Versioned("isolation_dailycheck")]
