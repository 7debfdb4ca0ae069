"""An index that begins like another one of the same table is not made twice."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0003_number_without_zeros'),
        ('kernel', '0003_act_other'),
        ('population', '0002_versions'),
    ]

    operations = [
        migrations.AlterField(
            model_name='case',
            name='area',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.area'),
        ),
        migrations.AlterField(
            model_name='case',
            name='person',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='population.person'),
        ),
        migrations.AlterField(
            model_name='contact',
            name='area',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.area'),
        ),
        migrations.AlterField(
            model_name='contact',
            name='case',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='cases.case'),
        ),
        migrations.AlterField(
            model_name='contact',
            name='person',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='population.person'),
        ),
        migrations.AlterField(
            model_name='link',
            name='infector',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='infected', to='cases.case'),
        ),
    ]
