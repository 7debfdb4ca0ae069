"""A row that was sent again by hand belongs to the file that it stands in."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interop", "0004_file_not_asked")]
    operations = [
        migrations.AddField(
            model_name="importfile",
            name="mends",
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="mended_by", to="interop.importfile"),
        ),
        migrations.AddField(model_name="importfile", name="mends_line", field=models.IntegerField(blank=True, null=True)),
    ]
