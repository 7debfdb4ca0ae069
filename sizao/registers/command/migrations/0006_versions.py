from django.db import migrations

from sizao.kernel.machine import Versioned

#: Every area of the tree is a subject of measures, from its first day (or always): made, brought up to date and closed with the area itself.
AREAS = """
CREATE FUNCTION command_area_unit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE began timestamptz := coalesce(NEW.valid_from, DATE '2000-01-01')::timestamp AT TIME ZONE NEW.zone; ended timestamptz := NEW.valid_to::timestamp AT TIME ZONE NEW.zone;
BEGIN
  INSERT INTO command_areaunit (id, sender, source_id, known_from, stands_from, recorded_at, change_no, area_id, level, outside, closed_at)
  VALUES (md5('area:' || NEW.id)::uuid, 'areas', NEW.id::text, began, began, kernel_now(), 0, NEW.id, NEW.level, NEW.outside, ended)
  ON CONFLICT (id) DO UPDATE SET level = EXCLUDED.level, outside = EXCLUDED.outside, closed_at = EXCLUDED.closed_at,
    stands_from = CASE WHEN command_areaunit.closed_at IS DISTINCT FROM EXCLUDED.closed_at THEN coalesce(EXCLUDED.closed_at, EXCLUDED.stands_from) ELSE command_areaunit.stands_from END;
  RETURN NEW;
END $$;
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
        migrations.RunSQL(AREAS, GONE),
    ]
