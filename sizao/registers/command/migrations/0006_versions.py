from django.db import migrations

from sizao.kernel.machine import Versioned
from sizao.registers.command.units_sql import UNIT

#: Every area of the tree is a subject of measures, from its first day (or always): made, brought up to date and closed with the area itself.
AREAS = """
CREATE FUNCTION command_area_unit_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN DELETE FROM command_areaunit WHERE area_id = OLD.id; RETURN OLD; END $$;
CREATE TRIGGER as_a_subject AFTER INSERT OR UPDATE OF level, outside, valid_from, valid_to ON kernel_area FOR EACH ROW EXECUTE FUNCTION command_area_unit();
CREATE TRIGGER no_subject_more BEFORE DELETE ON kernel_area FOR EACH ROW EXECUTE FUNCTION command_area_unit_gone();
UPDATE kernel_area SET level = level;
"""
GONE = """
DROP TRIGGER as_a_subject ON kernel_area; DROP TRIGGER no_subject_more ON kernel_area;
DROP FUNCTION command_area_unit(); DROP FUNCTION command_area_unit_gone();
"""


class Migration(migrations.Migration):
    dependencies = [("command", "0005_what_they_point_to")]
    operations = [
        *(Versioned(f"command_{name}") for name in ("areaunit", "areareview", "order", "publictext", "textreceipt", "ticket", "inspection", "guardpost", "testcall", "duty", "formrequest")),
        migrations.RunSQL(UNIT + AREAS, GONE),
    ]
