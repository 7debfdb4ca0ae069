from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0007_pointing'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(
                models.F('sender'), models.Func(models.F('source_id'), models.Value('0'), function='LTRIM'),
                name='contact_number_without_zeros', condition=models.Q(source_id__startswith='0'),
            ),
        ),
    ]
