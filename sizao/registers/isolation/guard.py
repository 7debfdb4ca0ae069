"""What PostgreSQL itself refuses of a restriction, whoever asks: a page, a program, or a statement typed by hand.

Every refusal is a `check_violation` whose constraint is the code of the reason (`content/errors/isolation.yaml`), so that verbs can say it.
The rule is read from the text that the order cites; what evidence says is read from the register's own row.
"""

#: kind of evidence → (the statement that finds the time of the fact, from the record's own row). $1 record, $2 person, $3 disease.
EVIDENCE = {
    "close_contact": """
        SELECT ((c.last_exposure_on + 1)::timestamp AT TIME ZONE a.zone) FROM cases_contact c JOIN kernel_area a ON a.id = c.area_id
        JOIN cases_case k ON k.id = c.case_id AND k.person_id <> c.person_id AND k.disease = c.disease AND k.classification IS DISTINCT FROM 'ruled_out' AND isolation_seen(k.batch_id)
        WHERE c.id = p_record AND c.person_id = p_person AND c.disease = p_disease AND c.classification = 'close' AND isolation_seen(c.batch_id)""",
    "confirmed_case": """
        SELECT coalesce(c.confirmed_at, c.reported_at, c.known_from) FROM cases_case c
        WHERE c.id = p_record AND c.person_id = p_person AND c.disease = p_disease AND c.classification IN ('confirmed', 'clinical', 'asymptomatic') AND isolation_seen(c.batch_id)""",
    "suspected_case": """
        SELECT coalesce(c.reported_at, c.known_from) FROM cases_case c
        WHERE c.id = p_record AND c.person_id = p_person AND c.disease = p_disease AND c.classification = 'suspected' AND isolation_seen(c.batch_id)""",
    "positive_result": """
        SELECT coalesce(s.resulted_at, s.sampled_at) FROM laboratory_specimen s
        WHERE s.id = p_record AND s.person_id = p_person AND s.disease = p_disease AND s.result = 'positive' AND isolation_seen(s.batch_id)""",
    "symptoms": """
        SELECT s.found_at FROM surveillance_symptomline s
        WHERE s.id = p_record AND s.person_id = p_person AND coalesce(s.disease, p_disease) = p_disease AND s.closed_at IS NULL AND isolation_seen(s.batch_id)""",
}

_CASES = "\n".join(f"WHEN '{kind}' THEN found := ({statement});" for kind, statement in EVIDENCE.items())

FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION isolation_refuse(code text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'restriction refused: %', code USING ERRCODE = 'check_violation', CONSTRAINT = code; END $$;

-- Rows of a batch that is open or was undone are no evidence.
CREATE OR REPLACE FUNCTION isolation_seen(p_batch bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT p_batch IS NULL OR EXISTS (SELECT 1 FROM kernel_batch b WHERE b.id = p_batch AND b.closed_at IS NOT NULL AND b.undone_at IS NULL) $$;

-- A second unit is another one: the unit of the post, or area and role of a post that has none.
CREATE OR REPLACE FUNCTION isolation_unit(p_post bigint) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce('unit ' || p.unit_id, 'post ' || p.area_id || ' ' || p.role) FROM kernel_post p WHERE p.id = p_post $$;

CREATE OR REPLACE FUNCTION isolation_holds(p_user bigint, p_post bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM kernel_holding h JOIN kernel_post p ON p.id = h.post_id JOIN kernel_user u ON u.id = h.user_id AND u.is_active
    WHERE h.user_id = p_user AND h.post_id = p_post AND h.valid_from <= kernel_now() AND (h.valid_to IS NULL OR h.valid_to > kernel_now())
      AND p.valid_from <= kernel_now() AND (p.valid_to IS NULL OR p.valid_to > kernel_now())) $$;

CREATE OR REPLACE FUNCTION isolation_fact(p_kind text, p_record uuid, p_person uuid, p_disease text) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE found timestamptz;
BEGIN
  CASE p_kind
  {_CASES}
  ELSE found := NULL;
  END CASE;
  RETURN found;
END $$;
"""

ISSUE = """
CREATE OR REPLACE FUNCTION isolation_issue_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT isolation_holds(NEW.user_id, NEW.post_id) THEN PERFORM isolation_refuse('restriction-without-issuer'); END IF;
  NEW.unit := isolation_unit(NEW.post_id); NEW.area_id := (SELECT area_id FROM kernel_post WHERE id = NEW.post_id);
  NEW.issued_at := kernel_now(); NEW.xid := pg_current_xact_id();
  NEW.count := NULL; NEW.waits := true; NEW.why := ''; NEW.seconded_at := NULL; NEW.refused_at := NULL; NEW.second_post_id := NULL; NEW.second_user_id := NULL;
  RETURN NEW;
END $$;

-- Asked when the transaction ends: how many orders are there, by whom, under which rules?
CREATE OR REPLACE FUNCTION isolation_issue_settle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE n int; lately int; most int; foreign_role boolean; reason text := '';
BEGIN
  SELECT count(*), min(coalesce((r.body->>'at_once')::int, 20)), bool_or(NOT coalesce(r.body->'issuers' ? p.role, false)) INTO n, most, foreign_role
    FROM isolation_order o JOIN kernel_contentitem r ON r.id = o.rule_id JOIN kernel_post p ON p.id = NEW.post_id WHERE o.issue_id = NEW.id;
  SELECT coalesce(sum(i.count), 0) INTO lately FROM isolation_issue i
    WHERE i.unit = NEW.unit AND i.id <> NEW.id AND i.issued_at > NEW.issued_at - interval '1 hour' AND i.issued_at <= NEW.issued_at AND i.seconded_at IS NULL;
  IF n + lately > least(most, 20) THEN reason := 'many'; ELSIF foreign_role THEN reason := 'role'; END IF;
  UPDATE isolation_issue SET count = n, waits = (reason <> ''), why = reason WHERE id = NEW.id;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION isolation_issue_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN PERFORM isolation_refuse('restriction-unchangeable'); END IF;
  IF (NEW.id, NEW.post_id, NEW.user_id, NEW.area_id, NEW.unit, NEW.issued_at, NEW.xid) IS DISTINCT FROM (OLD.id, OLD.post_id, OLD.user_id, OLD.area_id, OLD.unit, OLD.issued_at, OLD.xid) THEN
    PERFORM isolation_refuse('restriction-unchangeable');
  END IF;
  IF OLD.count IS NULL THEN  -- the settling above, and nobody else
    IF pg_trigger_depth() < 2 THEN PERFORM isolation_refuse('restriction-unchangeable'); END IF;
    RETURN NEW;
  END IF;
  IF NEW.count IS DISTINCT FROM OLD.count THEN PERFORM isolation_refuse('restriction-unchangeable'); END IF;
  IF OLD.refused_at IS NOT NULL THEN PERFORM isolation_refuse('restriction-unchangeable'); END IF;
  IF NEW.second_post_id IS NULL OR NEW.second_user_id IS NULL OR NOT isolation_holds(NEW.second_user_id, NEW.second_post_id) THEN PERFORM isolation_refuse('restriction-without-second'); END IF;
  IF isolation_unit(NEW.second_post_id) = NEW.unit OR NEW.second_user_id = NEW.user_id THEN PERFORM isolation_refuse('restriction-same-unit'); END IF;
  IF NEW.waits AND NOT OLD.waits THEN NEW.why := 'held'; NEW.seconded_at := NULL;  -- another unit takes it back for a second look
  ELSIF NEW.waits <> OLD.waits OR NEW.why <> OLD.why THEN PERFORM isolation_refuse('restriction-unchangeable');
  ELSIF NEW.refused_at IS NOT NULL THEN NEW.refused_at := kernel_now();
  ELSIF NEW.seconded_at IS NOT NULL AND OLD.seconded_at IS NULL THEN NEW.seconded_at := kernel_now();
  ELSIF OLD.seconded_at IS NOT NULL AND NEW.seconded_at IS NULL THEN NEW.why := 'held';
  ELSE NEW.seconded_at := OLD.seconded_at;
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER begin BEFORE INSERT ON isolation_issue FOR EACH ROW EXECUTE FUNCTION isolation_issue_begin();
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON isolation_issue FOR EACH ROW EXECUTE FUNCTION isolation_issue_guard();
CREATE CONSTRAINT TRIGGER settle AFTER INSERT ON isolation_issue DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION isolation_issue_settle();
CREATE SEQUENCE isolation_order_number;
"""

ORDER = """
CREATE OR REPLACE FUNCTION isolation_order_begin() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE r kernel_contentitem; i isolation_issue; place text;
BEGIN
  SELECT * INTO r FROM kernel_contentitem WHERE id = NEW.rule_id AND kind = 'restriction';
  IF r.id IS NULL THEN PERFORM isolation_refuse('restriction-without-rule'); END IF;
  SELECT * INTO i FROM isolation_issue WHERE id = NEW.issue_id;
  IF i.id IS NULL OR i.post_id IS DISTINCT FROM NEW.issuer_id THEN PERFORM isolation_refuse('restriction-without-issuer'); END IF;
  IF i.count IS NOT NULL OR i.xid IS DISTINCT FROM pg_current_xact_id() THEN PERFORM isolation_refuse('restriction-issue-closed'); END IF;
  SELECT path INTO place FROM kernel_area WHERE id = NEW.area_id;
  IF NOT coalesce(starts_with(place, (SELECT a.path FROM kernel_post p JOIN kernel_area a ON a.id = p.area_id WHERE p.id = NEW.issuer_id)), false) THEN
    PERFORM isolation_refuse('restriction-out-of-area'); END IF;
  NEW.issued_at := i.issued_at; NEW.lifted_at := NULL; NEW.lift_reason := NULL; NEW.lifted_by_id := NULL;
  IF NOT EXISTS (SELECT 1 FROM kernel_enactment e JOIN kernel_area a ON a.id = e.area_id WHERE e.item_id = r.id AND NOT e.trial AND e.seconded_by_id IS NOT NULL AND e.decided_at IS NOT NULL
      AND e.starts_at <= NEW.issued_at AND (e.ends_at IS NULL OR e.ends_at > NEW.issued_at) AND e.disease IN (NEW.disease, '') AND starts_with(place, a.path)) THEN
    PERFORM isolation_refuse('restriction-rule-not-in-force'); END IF;
  IF NOT coalesce(r.body->'kinds' ? NEW.kind, false) THEN PERFORM isolation_refuse('restriction-kind'); END IF;
  IF NOT coalesce(r.body->'basis' ? NEW.basis, false) THEN PERFORM isolation_refuse('restriction-without-basis'); END IF;
  IF NEW.appeal_route = '' OR r.body->'appeal'->>'within' IS NULL THEN PERFORM isolation_refuse('restriction-without-appeal'); END IF;
  IF NEW.starts_at IS NULL OR NEW.ends_at IS NULL OR NEW.ends_at <= NEW.starts_at THEN PERFORM isolation_refuse('restriction-without-end'); END IF;
  IF NEW.starts_at < NEW.issued_at - interval '5 minutes' THEN PERFORM isolation_refuse('restriction-backdated'); END IF;
  IF r.body->>'longest' IS NULL OR NEW.ends_at > NEW.starts_at + (r.body->>'longest')::interval THEN PERFORM isolation_refuse('restriction-too-long'); END IF;
  NEW.number := to_char(NEW.issued_at AT TIME ZONE (SELECT zone FROM kernel_area WHERE id = NEW.area_id), 'YYYY') || '-' || lpad(nextval('isolation_order_number')::text, 6, '0');
  RETURN NEW;
END $$;

-- Asked when the transaction ends: does it rest on something, and on something new?
CREATE OR REPLACE FUNCTION isolation_order_settle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE body jsonb; latest timestamptz;
BEGIN
  SELECT r.body INTO body FROM kernel_contentitem r WHERE r.id = NEW.rule_id;
  SELECT max(e.fact_at) INTO latest FROM isolation_evidence e WHERE e.order_id = NEW.id;
  IF latest IS NULL THEN PERFORM isolation_refuse('restriction-without-evidence'); END IF;
  IF body->>'counts_from' = 'evidence' AND NEW.ends_at > latest + (body->>'longest')::interval THEN PERFORM isolation_refuse('restriction-too-long'); END IF;
  -- What carried one order under a rule carries no second one: nobody is held longer than the rule by orders in a row.
  IF EXISTS (SELECT 1 FROM isolation_order o JOIN kernel_contentitem r ON r.id = o.rule_id JOIN isolation_issue i ON i.id = o.issue_id WHERE o.person_id = NEW.person_id AND o.id <> NEW.id
      AND r.item_id = (SELECT item_id FROM kernel_contentitem WHERE id = NEW.rule_id) AND o.disease = NEW.disease AND i.refused_at IS NULL AND o.lift_reason IS DISTINCT FROM 'error'
      AND NEW.ends_at > o.ends_at
      AND NOT EXISTS (SELECT 1 FROM isolation_evidence e WHERE e.order_id = NEW.id AND NOT EXISTS (SELECT 1 FROM isolation_evidence f WHERE f.order_id = o.id AND f.record = e.record))) THEN
    PERFORM isolation_refuse('restriction-evidence-used'); END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION isolation_order_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN PERFORM isolation_refuse('restriction-unchangeable'); END IF;
  IF (NEW.area_id, NEW.disease, NEW.kind, NEW.number, NEW.rule_id, NEW.basis, NEW.appeal_route, NEW.issue_id, NEW.issuer_id, NEW.issued_at, NEW.starts_at)
    IS DISTINCT FROM (OLD.area_id, OLD.disease, OLD.kind, OLD.number, OLD.rule_id, OLD.basis, OLD.appeal_route, OLD.issue_id, OLD.issuer_id, OLD.issued_at, OLD.starts_at) THEN
    PERFORM isolation_refuse('restriction-unchangeable'); END IF;
  IF NEW.person_id <> OLD.person_id THEN  -- two records of one person became one, or that was taken back; then nothing else changes
    IF NOT population_is_merging(OLD.person_id, NEW.person_id) OR (NEW.ends_at, NEW.lifted_at, NEW.lift_reason) IS DISTINCT FROM (OLD.ends_at, OLD.lifted_at, OLD.lift_reason) THEN
      PERFORM isolation_refuse('restriction-unchangeable'); END IF;
    RETURN NEW;
  END IF;
  IF NEW.ends_at > OLD.ends_at THEN PERFORM isolation_refuse('restriction-extended'); END IF;
  IF OLD.lifted_at IS NOT NULL AND (NEW.lifted_at, NEW.lift_reason) IS DISTINCT FROM (OLD.lifted_at, OLD.lift_reason) THEN PERFORM isolation_refuse('restriction-unchangeable'); END IF;
  IF NEW.lifted_at IS NOT NULL AND OLD.lifted_at IS NULL THEN NEW.lifted_at := kernel_now(); END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION isolation_evidence_begin() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE o isolation_order; body jsonb;
BEGIN
  SELECT * INTO o FROM isolation_order WHERE id = NEW.order_id;
  SELECT r.body INTO body FROM kernel_contentitem r WHERE r.id = o.rule_id;
  IF o.id IS NULL OR NEW.person_id <> o.person_id OR NOT coalesce(body->'evidence' ? NEW.kind, false) THEN PERFORM isolation_refuse('restriction-evidence-unfit'); END IF;
  NEW.fact_at := isolation_fact(NEW.kind, NEW.record, o.person_id, o.disease); NEW.area_id := o.area_id;
  IF NEW.fact_at IS NULL OR NEW.fact_at > o.issued_at + interval '1 day' THEN PERFORM isolation_refuse('restriction-evidence-unfit'); END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER begin BEFORE INSERT ON isolation_order FOR EACH ROW EXECUTE FUNCTION isolation_order_begin();
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON isolation_order FOR EACH ROW EXECUTE FUNCTION isolation_order_guard();
CREATE CONSTRAINT TRIGGER settle AFTER INSERT ON isolation_order DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION isolation_order_settle();
CREATE TRIGGER begin BEFORE INSERT ON isolation_evidence FOR EACH ROW EXECUTE FUNCTION isolation_evidence_begin();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON isolation_evidence FOR EACH ROW EXECUTE FUNCTION kernel_refuse();
"""

#: Evidence stays as it was, but for the one whom it is about, where two records of one person become one.
KEPT = """
CREATE OR REPLACE FUNCTION isolation_evidence_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND population_is_merging(OLD.person_id, NEW.person_id) THEN
    OLD.person_id := NEW.person_id; OLD.change_no := NEW.change_no; OLD.change_xid := NEW.change_xid; OLD.recorded_at := NEW.recorded_at;
    IF NEW IS NOT DISTINCT FROM OLD THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION 'append only: % on %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
DROP TRIGGER append_only ON isolation_evidence;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON isolation_evidence FOR EACH ROW EXECUTE FUNCTION isolation_evidence_guard();
"""

APPEAL = """
CREATE OR REPLACE FUNCTION isolation_appeal_begin() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE o isolation_order; body jsonb;
BEGIN
  SELECT * INTO o FROM isolation_order WHERE id = NEW.order_id;
  IF o.id IS NULL OR o.person_id <> NEW.person_id THEN PERFORM isolation_refuse('appeal-unfit'); END IF;
  SELECT r.body INTO body FROM kernel_contentitem r WHERE r.id = o.rule_id;
  NEW.filed_at := kernel_now(); NEW.answer_by := NEW.filed_at + (body->'appeal'->>'within')::interval; NEW.area_id := o.area_id;
  NEW.decided_at := NULL; NEW.decision := NULL; NEW.reason := ''; NEW.decided_by_id := NULL; NEW.decided_user_id := NULL;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION isolation_appeal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.person_id <> OLD.person_id AND population_is_merging(OLD.person_id, NEW.person_id)
    AND (NEW.order_id, NEW.area_id, NEW.filed_at, NEW.answer_by, NEW.grounds, NEW.decided_at, NEW.decision, NEW.reason, NEW.decided_by_id, NEW.decided_user_id)
    IS NOT DISTINCT FROM (OLD.order_id, OLD.area_id, OLD.filed_at, OLD.answer_by, OLD.grounds, OLD.decided_at, OLD.decision, OLD.reason, OLD.decided_by_id, OLD.decided_user_id) THEN RETURN NEW; END IF;
  IF TG_OP = 'DELETE' OR OLD.decided_at IS NOT NULL OR (NEW.order_id, NEW.person_id, NEW.area_id, NEW.filed_at, NEW.answer_by, NEW.grounds)
    IS DISTINCT FROM (OLD.order_id, OLD.person_id, OLD.area_id, OLD.filed_at, OLD.answer_by, OLD.grounds) THEN PERFORM isolation_refuse('restriction-unchangeable'); END IF;
  IF NEW.decided_user_id IS NULL OR NEW.decided_by_id IS NULL OR NOT isolation_holds(NEW.decided_user_id, NEW.decided_by_id) THEN PERFORM isolation_refuse('appeal-without-person'); END IF;
  IF EXISTS (SELECT 1 FROM isolation_order o JOIN isolation_issue i ON i.id = o.issue_id WHERE o.id = NEW.order_id AND (i.user_id = NEW.decided_user_id OR i.unit = isolation_unit(NEW.decided_by_id))) THEN
    PERFORM isolation_refuse('appeal-own-order'); END IF;
  NEW.decided_at := kernel_now();
  RETURN NEW;
END $$;

CREATE TRIGGER begin BEFORE INSERT ON isolation_appeal FOR EACH ROW EXECUTE FUNCTION isolation_appeal_begin();
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON isolation_appeal FOR EACH ROW EXECUTE FUNCTION isolation_appeal_guard();
"""

#: A stay that names an order is of the order's person and disease. What happened elsewhere names none.
STAY = """
CREATE OR REPLACE FUNCTION isolation_stay_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM isolation_order o WHERE o.id = NEW.order_id AND o.person_id = NEW.person_id AND o.disease = NEW.disease) THEN PERFORM isolation_refuse('stay-order-unfit'); END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER of_its_order AFTER INSERT OR UPDATE OF order_id ON isolation_stay FOR EACH ROW WHEN (NEW.order_id IS NOT NULL) EXECUTE FUNCTION isolation_stay_order();
"""

#: Under orders a person is in one place at a time: no two stays of one disease overlap. Whoever writes two at once waits for the other at the order's row.
#: A stay that becomes shorter is never refused: of two that a merge of two records put beside each other, either may end.
APART_FUNCTION = """
CREATE OR REPLACE FUNCTION isolation_stay_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (NEW.order_id, NEW.person_id) IS NOT DISTINCT FROM (OLD.order_id, OLD.person_id) AND NEW.started_at >= OLD.started_at
    AND coalesce(NEW.released_at, 'infinity') <= coalesce(OLD.released_at, 'infinity') THEN RETURN NULL; END IF;
  PERFORM 1 FROM isolation_order WHERE person_id = NEW.person_id ORDER BY id FOR UPDATE;
  IF EXISTS (SELECT 1 FROM isolation_stay s WHERE s.person_id = NEW.person_id AND s.disease = NEW.disease AND s.id <> NEW.id AND s.order_id IS NOT NULL
      AND s.started_at < coalesce(NEW.released_at, 'infinity') AND coalesce(s.released_at, 'infinity') > NEW.started_at) THEN PERFORM isolation_refuse('stay-in-two-places'); END IF;
  RETURN NULL;
END $$;
"""

APART = (
    APART_FUNCTION
    + """
CREATE CONSTRAINT TRIGGER apart AFTER INSERT OR UPDATE OF started_at, released_at, order_id ON isolation_stay FOR EACH ROW WHEN (NEW.order_id IS NOT NULL) EXECUTE FUNCTION isolation_stay_apart();
"""
)

SQL = FUNCTIONS + ISSUE + ORDER + APPEAL + STAY

#: What a merge asks of the guards above, for stores that had them before: functions anew, and evidence.
MERGED = "\n".join([*(f"CREATE OR REPLACE FUNCTION isolation_{name}_guard()" + text.split(f"CREATE OR REPLACE FUNCTION isolation_{name}_guard()")[1].split("END $$;")[0] + "END $$;" for name, text in (("order", ORDER), ("appeal", APPEAL))), KEPT])
