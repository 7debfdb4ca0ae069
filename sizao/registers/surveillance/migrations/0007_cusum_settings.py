from django.db import migrations, models

from sizao.kernel.machine import Followed


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0007_access'),
        ('surveillance', '0006_streams'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='streamsetting',
            name='stream_setting_changes_something',
        ),
        migrations.AddField(
            model_name='streamsetting',
            name='h',
            field=models.DecimalField(blank=True, decimal_places=3, max_digits=6, null=True),
        ),
        migrations.AddField(
            model_name='streamsetting',
            name='k',
            field=models.DecimalField(blank=True, decimal_places=3, max_digits=6, null=True),
        ),
        migrations.AddConstraint(
            model_name='streamsetting',
            constraint=models.CheckConstraint(condition=models.Q(('alpha__isnull', False), ('baseline__isnull', False), ('min_sigma__isnull', False), ('least__isnull', False), ('k__isnull', False), ('h__isnull', False), _connector='OR'), name='stream_setting_changes_something'),
        ),
        Followed("surveillance_streamsetting"),
    ]
