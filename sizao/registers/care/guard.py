"""What PostgreSQL itself keeps of beds: two people never get the last one. Whoever comes second waits at the hospital's row, and is told.

An emergency passes: who needs a doctor now is taken in whatever is free, and the ward is shown over its number.
"""

#: Beds of a class there: (open as last told, occupied now, when told). Occupied is what is recorded here, or what the hospital told with who came and went since,
#: whichever is more: patients whom nobody recorded lie in beds too. No line told: no number, and nothing is refused on its account.
BEDS = """
CREATE OR REPLACE FUNCTION care_beds(p_unit uuid) RETURNS TABLE (bed_class text, open_staffed int, occupied int, told_at timestamptz) LANGUAGE sql STABLE AS $$
  WITH t AS (
    SELECT DISTINCT ON (e.values->>'bed_class') e.values->>'bed_class' AS bed_class, (e.values->>'open_staffed')::numeric::int AS open_staffed, (e.values->>'beds_occupied')::numeric::int AS full_then, e.happened_at
    FROM ledgers_entry e WHERE e.ledger = 'beds' AND e.unit_id = p_unit AND (e.batch_id IS NULL OR EXISTS (SELECT 1 FROM kernel_batch b WHERE b.id = e.batch_id AND b.closed_at IS NOT NULL AND b.undone_at IS NULL))
    ORDER BY e.values->>'bed_class', e.happened_at DESC, e.id DESC
  ), a AS (
    SELECT m.bed_class, count(*) FILTER (WHERE m.left_at IS NULL) AS here, t.happened_at,
      count(*) FILTER (WHERE m.admitted_at > t.happened_at) - count(*) FILTER (WHERE m.left_at > t.happened_at) AS since
    FROM care_admission m LEFT JOIN t ON t.bed_class = m.bed_class WHERE m.unit_id = p_unit GROUP BY m.bed_class, t.happened_at
  )
  SELECT coalesce(t.bed_class, a.bed_class), t.open_staffed, greatest(coalesce(a.here, 0), coalesce(t.full_then + coalesce(a.since, 0), 0))::int, t.happened_at FROM t FULL JOIN a ON a.bed_class = t.bed_class
$$;

CREATE OR REPLACE FUNCTION care_bed_taken() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE beds record;
BEGIN
  PERFORM 1 FROM ledgers_reportingunit WHERE id = NEW.unit_id FOR NO KEY UPDATE;
  IF NEW.emergency OR NEW.left_at IS NOT NULL THEN RETURN NEW; END IF;
  SELECT * INTO beds FROM care_beds(NEW.unit_id) b WHERE b.bed_class = NEW.bed_class;
  IF beds.open_staffed IS NOT NULL AND beds.occupied >= beds.open_staffed THEN
    RAISE EXCEPTION 'no bed of that class is free' USING ERRCODE = 'check_violation', CONSTRAINT = 'bed-taken';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER bed BEFORE INSERT ON care_admission FOR EACH ROW EXECUTE FUNCTION care_bed_taken();
"""
