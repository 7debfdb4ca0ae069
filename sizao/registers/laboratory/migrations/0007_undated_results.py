from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('laboratory', '0006_sequences'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='specimen', name='specimen_result_is_whole'),
        migrations.AddConstraint(
            model_name='specimen',
            constraint=models.CheckConstraint(
                condition=models.Q(('resulted_at', None), ('result__isnull', False), _connector='OR'), name='specimen_result_has_its_time_or_none'
            ),
        ),
    ]
