"""What the mirror asks of PostgreSQL: changes found by transaction, and a mark of each copy that was taken."""

from django.db import migrations

RELATIONS = ("population_person", "cases_case", "cases_contact", "kernel_tombstone", "kernel_act")
INDEXES = " ".join(f"CREATE INDEX IF NOT EXISTS {relation}_xid ON {relation} (change_xid);" for relation in RELATIONS)
TICKETS = "CREATE TABLE plan_mirror_ticket (no bigserial PRIMARY KEY, ticket uuid NOT NULL UNIQUE, taken_at timestamptz NOT NULL DEFAULT now());"


class Migration(migrations.Migration):
    dependencies = [
        ("plan", "0001_initial"),
        ("population", "0002_versions"),
        ("cases", "0002_versions"),
    ]
    operations = [migrations.RunSQL(f"{INDEXES} {TICKETS}", "DROP TABLE plan_mirror_ticket")]
