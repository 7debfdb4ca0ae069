"""What a run leaves stands from one run until another (docs/decisions/018): what is there already stands from its run until the next of the line."""

import django.db.models.deletion
from django.db import migrations, models

STILL = 2**63 - 1
UNTIL = """
UPDATE plan_{0} v SET until = r.until FROM (
  SELECT id, CASE WHEN standing THEN lead(id, 1, {1}) OVER (PARTITION BY standing ORDER BY id) ELSE id END AS until FROM plan_run
) r WHERE r.id = v.run_id AND r.until < {1}
"""
NAMES = ("cell", "row", "amount", "figure")


def ended(name):
    return models.Index(fields=["until"], name=f"plan_{name}_ended", condition=models.Q(until__lt=STILL))


class Migration(migrations.Migration):
    dependencies = [("kernel", "0002_machine"), ("plan", "0004_run_seen")]

    operations = [
        migrations.RemoveConstraint("cell", "plan_cell_once"),
        migrations.RemoveConstraint("amount", "plan_amount_once"),
        migrations.RemoveIndex("row", "plan_row_list"),
        migrations.RemoveIndex("row", "plan_row_person"),
        migrations.RemoveIndex("figure", "plan_figure_page"),
        *(migrations.AddField(name, "until", models.BigIntegerField(default=STILL)) for name in NAMES),
        *(
            migrations.AlterField(
                name,
                "run",
                models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="plan.run"),
            )
            for name in NAMES
        ),
        *(migrations.RunSQL(UNTIL.format(name, STILL), "") for name in NAMES),
        migrations.AddConstraint("cell", models.UniqueConstraint(fields=["area", "until", "measure", "enactment"], name="plan_cell_once")),
        migrations.AddConstraint("amount", models.UniqueConstraint(fields=["area", "until", "measure", "enactment", "unit"], name="plan_amount_once")),
        migrations.AddIndex("row", models.Index(fields=["measure", "state", "doable", "due", "subject", "occasion", "until"], name="plan_row_list")),
        migrations.AddIndex("figure", models.Index(fields=["measure", "area", "until"], name="plan_figure_page")),
        *(migrations.AddIndex(name, ended(name)) for name in NAMES),
    ]
