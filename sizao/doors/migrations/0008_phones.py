import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("doors", "0007_account"),
        ("kernel", "0004_act_month"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PhoneCopy",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("device", models.TextField(blank=True, default="")),
                ("made_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("waiting", models.IntegerField(default=0)),
                ("canary", models.JSONField(default=list)),
                ("heard_at", models.DateTimeField(blank=True, null=True)),
                ("heard_in", models.TextField(blank=True, default="")),
                ("wipe_asked_at", models.DateTimeField(blank=True, null=True)),
                ("wiped_at", models.DateTimeField(blank=True, null=True)),
                ("heard_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="kernel.post")),
                ("post", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="kernel.post")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("wipe_asked_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="kernel.post")),
            ],
            options={
                "indexes": [models.Index(fields=["post", "seen_at"], name="phone_copy_post"), models.Index(fields=["user"], name="phone_copy_user")],
                "constraints": [models.CheckConstraint(condition=models.Q(("wiped_at", None), ("wipe_asked_at__isnull", False), _connector="OR"), name="phone_copy_wiped_when_asked")],
            },
        ),
        migrations.CreateModel(
            name="PhoneAct",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("key", models.TextField()),
                ("digest", models.BinaryField()),
                ("record", models.UUIDField(null=True)),
                ("at", models.DateTimeField()),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "indexes": [models.Index(fields=["at"], name="phone_act_at")],
                "constraints": [models.UniqueConstraint(fields=("user", "key"), name="phone_act_once")],
            },
        ),
    ]
