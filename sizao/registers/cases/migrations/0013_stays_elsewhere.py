import django.db.models.deletion
from django.db import migrations, models

from sizao.kernel.machine import Followed


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0012_followed_as'),
    ]

    operations = [
        migrations.AddField(model_name='exposedplace', name='elsewhere', field=models.TextField(blank=True, default='')),
        migrations.AlterField(
            model_name='exposedplace', name='place',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledgers.reportingunit'),
        ),
        migrations.AddConstraint(
            model_name='exposedplace',
            constraint=models.CheckConstraint(condition=models.Q(('place__isnull', False), models.Q(('elsewhere', ''), _negated=True), _connector='OR'), name='exposed_place_is_told'),
        ),
        Followed("cases_exposedplace"),
        migrations.RunSQL("ALTER TABLE cases_exposedplace_history ALTER COLUMN place_id DROP NOT NULL", migrations.RunSQL.noop),
    ]
