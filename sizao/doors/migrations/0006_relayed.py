from uuid import uuid4

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("doors", "0005_replayedcount")]

    operations = [
        migrations.CreateModel(
            name="RelayKey",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("key_id", models.TextField(unique=True)),
                ("public", models.BinaryField()),
                ("made_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Relayed",
            fields=[
                ("id", models.UUIDField(default=uuid4, editable=False, primary_key=True, serialize=False)),
                ("asked_at", models.DateTimeField()),
                ("asked", models.BinaryField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("answer", models.BinaryField(null=True)),
            ],
            options={
                "verbose_name_plural": "relayed",
                "indexes": [
                    models.Index(condition=models.Q(("answered_at", None)), fields=["asked_at"], name="relayed_waiting"),
                    models.Index(fields=["answered_at"], name="relayed_answered"),
                ],
            },
        ),
    ]
