from django.db import migrations, models

from sizao.kernel.machine import Followed


class Migration(migrations.Migration):

    dependencies = [
        ('resources', '0001_initial'),
    ]

    operations = [
        migrations.AddField(model_name='consignment', name='giver_named', field=models.TextField(blank=True, null=True)),
        Followed("resources_consignment"),
    ]
