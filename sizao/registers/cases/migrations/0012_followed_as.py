from django.db import migrations, models

from sizao.kernel.machine import Followed


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0011_trajectories_and_sources'),
    ]

    operations = [
        migrations.AddField(model_name='contact', name='followed_as', field=models.TextField(blank=True, null=True)),
        Followed("cases_contact"),
    ]
