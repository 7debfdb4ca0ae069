"""Orders, their evidence and objections follow a person of whom two records become one, in that transaction and no other."""

from django.db import migrations

from sizao.registers.isolation.guard import MERGED


class Migration(migrations.Migration):
    dependencies = [("isolation", "0007_absences"), ("population", "0008_merges")]
    operations = [migrations.RunSQL(MERGED, migrations.RunSQL.noop)]
