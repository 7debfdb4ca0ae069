"""Chunks by number, because several processes write them; and no index twice."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interop", "0002_readings_and_mappings")]

    operations = [
        migrations.CreateModel(
            name="ImportChunk",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.IntegerField()),
                ("file", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="chunks", to="interop.importfile", db_index=False)),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("file", "number"), name="a_chunk_is_written_once")]},
        ),
        migrations.RunSQL(
            "INSERT INTO interop_importchunk (file_id, number) SELECT id, generate_series(0, chunks - 1) FROM interop_importfile WHERE closed_at IS NULL",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveField(model_name="importfile", name="chunks"),
        migrations.RemoveIndex(model_name="importrow", name="import_row_record"),
        migrations.AlterField(
            model_name="importrow",
            name="file",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="ledger", to="interop.importfile"),
        ),
        migrations.AlterField(model_name="senderkey", name="file", field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="interop.importfile")),
    ]
