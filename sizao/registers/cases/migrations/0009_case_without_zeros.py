from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0008_contact_without_zeros'),
    ]

    operations = [
        migrations.RemoveIndex(model_name='case', name='case_number_without_zeros'),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(
                models.F('sender'), models.Func(models.F('source_id'), models.Value('0'), function='LTRIM'),
                name='case_number_without_zeros', condition=models.Q(source_id__startswith='0'),
            ),
        ),
    ]
