"""New rows are numbered and dated by defaults instead of by a trigger; indexes of numbers that nobody asks go; whole subjects of an event are not pressed."""

from django.db import migrations, models

from sizao.kernel.machine import BY_DEFAULT


class Migration(migrations.Migration):
    dependencies = [("kernel", "0005_numbering")]
    operations = [
        migrations.RunSQL(BY_DEFAULT, migrations.RunSQL.noop),
        migrations.RunSQL("ALTER TABLE kernel_event ALTER COLUMN subjects SET STORAGE EXTERNAL", "ALTER TABLE kernel_event ALTER COLUMN subjects SET STORAGE EXTENDED"),
        migrations.RemoveIndex(model_name="personkey", name="kernel_person_key_id"),
        migrations.AddIndex(model_name="personkey", index=models.Index(fields=["key_id"], name="kernel_person_key_id")),
    ]
