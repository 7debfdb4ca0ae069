"""Acts that name a second row: what was done about both sides of a pair."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("kernel", "0002_machine")]
    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE kernel_act ADD COLUMN other uuid;
            COMMENT ON COLUMN kernel_act.other IS 'the second row that the act is about, where its kind names one';
            """
        )
    ]
