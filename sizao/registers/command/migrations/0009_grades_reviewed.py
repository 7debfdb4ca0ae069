"""A grade says by which rules it was decided, and by when somebody looks again."""

from django.db import migrations, models

from sizao.kernel.machine import Followed


class Migration(migrations.Migration):
    dependencies = [("command", "0008_pointing")]
    operations = [
        migrations.AddField("areagrade", "rule", models.TextField(blank=True, default="", db_default="")),
        migrations.AddField("areagrade", "review_by", models.DateTimeField(blank=True, null=True)),
        Followed("command_areagrade"),
    ]
