"""What the database itself holds of merges: they are never changed or deleted, and in no other transaction than theirs does a restricted row change hands."""

FUNCTIONS = """
CREATE OR REPLACE FUNCTION population_merge_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'a merge is taken back, not deleted' USING ERRCODE = 'insufficient_privilege'; END IF;
  IF TG_OP = 'UPDATE' AND ((NEW.id, NEW.kept_id, NEW.merged_id, NEW.reason, NEW.at, NEW.user_id, NEW.post_id) IS DISTINCT FROM (OLD.id, OLD.kept_id, OLD.merged_id, OLD.reason, OLD.at, OLD.user_id, OLD.post_id)
    OR OLD.undone_at IS NOT NULL) THEN RAISE EXCEPTION 'a merge stays as it was decided' USING ERRCODE = 'insufficient_privilege'; END IF;
  NEW.xid := pg_current_xact_id();
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON population_merge FOR EACH ROW EXECUTE FUNCTION population_merge_guard();

-- Does this transaction make one person the other, or take that back? Asked by tables whose rows otherwise never change their person.
CREATE OR REPLACE FUNCTION population_is_merging(was uuid, becomes uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM population_merge m WHERE m.xid = pg_current_xact_id()
    AND ((m.undone_at IS NULL AND m.merged_id = was AND m.kept_id = becomes) OR (m.undone_at IS NOT NULL AND m.kept_id = was AND m.merged_id = becomes))) $$;

-- Who is another person is so by a merge that stands.
CREATE OR REPLACE FUNCTION population_same_by_merge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM population_person p WHERE p.id = NEW.id AND p.same_as_id = NEW.same_as_id) AND NOT EXISTS (SELECT 1 FROM population_merge m WHERE m.merged_id = NEW.id AND m.kept_id = NEW.same_as_id AND m.undone_at IS NULL) THEN
    RAISE EXCEPTION 'nobody is another person without a merge' USING ERRCODE = 'check_violation', CONSTRAINT = 'person_same_by_merge'; END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER same_by_merge AFTER INSERT OR UPDATE OF same_as_id ON population_person DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.same_as_id IS NOT NULL)
  EXECUTE FUNCTION population_same_by_merge();
"""

UNDO = """
DROP TRIGGER same_by_merge ON population_person; DROP FUNCTION population_same_by_merge(); DROP FUNCTION population_is_merging(uuid, uuid);
DROP TRIGGER guard ON population_merge; DROP FUNCTION population_merge_guard();
"""
