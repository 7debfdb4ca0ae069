from django.db import migrations, models

from sizao.kernel.machine import Followed


class Migration(migrations.Migration):
    dependencies = [("population", "0005_pointing")]
    operations = [
        migrations.AddField(model_name="household", name="moved_at", field=models.DateTimeField(blank=True, null=True)),
        Followed("population_household"),
    ]
