"""Areas as subjects of measures, kept by the database: each area of the tree has its row here, of which the database numbers and dates every version."""

UNIT = """
CREATE OR REPLACE FUNCTION command_area_unit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE began timestamptz := coalesce(NEW.valid_from, DATE '2000-01-01')::timestamp AT TIME ZONE NEW.zone; ended timestamptz := NEW.valid_to::timestamp AT TIME ZONE NEW.zone;
BEGIN
  INSERT INTO command_areaunit (id, sender, source_id, known_from, stands_from, area_id, level, outside, closed_at)
  VALUES (md5('area:' || NEW.id)::uuid, 'areas', NEW.id::text, began, began, NEW.id, NEW.level, NEW.outside, ended)
  ON CONFLICT (id) DO UPDATE SET level = EXCLUDED.level, outside = EXCLUDED.outside, closed_at = EXCLUDED.closed_at,
    stands_from = CASE WHEN command_areaunit.closed_at IS DISTINCT FROM EXCLUDED.closed_at THEN coalesce(EXCLUDED.closed_at, EXCLUDED.stands_from) ELSE command_areaunit.stands_from END;
  RETURN NEW;
END $$;
"""
