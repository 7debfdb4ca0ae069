"""An index that begins like another one of the same table is not made twice."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0003_act_other'),
        ('population', '0002_versions'),
    ]

    operations = [
        migrations.AlterField(
            model_name='person',
            name='area',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='kernel.area'),
        ),
    ]
