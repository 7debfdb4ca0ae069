from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("plan", "0003_beside_the_states")]

    operations = [migrations.AddField("run", "seen", models.TextField(blank=True, default=""))]
