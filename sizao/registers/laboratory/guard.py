"""What PostgreSQL itself refuses of results, whoever asks: a page, a program, or a statement typed by hand.

Every refusal is a `check_violation` whose constraint is the code of the reason (`content/errors/laboratory.yaml`).
"""

SQL = """
CREATE OR REPLACE FUNCTION laboratory_refuse(code text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'result refused: %', code USING ERRCODE = 'check_violation', CONSTRAINT = code; END $$;

-- A tube has a result only after a run that lists it has ended.
CREATE OR REPLACE FUNCTION laboratory_tube_result() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM laboratory_runline l JOIN laboratory_run r ON r.id = l.run_id WHERE l.tube_id = NEW.id AND r.finished_at <= NEW.resulted_at) THEN
    PERFORM laboratory_refuse('tube-result-without-run');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER laboratory_tube_result BEFORE INSERT OR UPDATE OF result ON laboratory_tube
  FOR EACH ROW WHEN (NEW.result IS NOT NULL) EXECUTE FUNCTION laboratory_tube_result();

-- A sample in a pooled tube has the result of a negative tube, that of its own retest, or none that says anything.
CREATE OR REPLACE FUNCTION laboratory_sample_result() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE t record;
BEGIN
  SELECT size, result INTO t FROM laboratory_tube WHERE id = NEW.tube_id;
  IF t.size > 1 AND NOT (t.result IS NOT NULL AND NEW.result = 'invalid') AND NOT coalesce(t.result = 'negative' AND NEW.result = 'negative', false)
    AND NOT EXISTS (SELECT 1 FROM laboratory_specimen s WHERE s.retest_of_id = NEW.id AND s.result = NEW.result) THEN
    PERFORM laboratory_refuse('sample-in-tube');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER laboratory_sample_result AFTER INSERT OR UPDATE OF result ON laboratory_specimen
  FOR EACH ROW WHEN (NEW.tube_id IS NOT NULL AND NEW.result IS NOT NULL) EXECUTE FUNCTION laboratory_sample_result();
"""

UNDO = """
DROP TRIGGER IF EXISTS laboratory_tube_result ON laboratory_tube; DROP FUNCTION IF EXISTS laboratory_tube_result();
DROP TRIGGER IF EXISTS laboratory_sample_result ON laboratory_specimen; DROP FUNCTION IF EXISTS laboratory_sample_result(); DROP FUNCTION IF EXISTS laboratory_refuse(text);
"""
