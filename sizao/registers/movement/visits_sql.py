"""What the database itself does for visits: a partition for each day, intake without doubles, and one single way of reading, from a search that stands.

The application may neither read nor write these tables. It calls the functions below, which run as the owner and take no text of SQL.
"""

#: No visit is kept longer, whatever content says; nor is one taken that is older, or more than a day ahead.
MOST_DAYS = 30
#: From so many visitors on the database tells nobody who they were unless a second person has agreed.
MOST_ALONE = 1000

TABLES = f"""
CREATE TABLE movement_visit (
  day date NOT NULL, key uuid NOT NULL, place uuid NOT NULL, token uuid NOT NULL, said bytea, started_at timestamptz NOT NULL, ended_at timestamptz,
  CHECK (ended_at IS NULL OR ended_at > started_at), PRIMARY KEY (day, key)
) PARTITION BY LIST (day);
CREATE INDEX movement_visit_place ON movement_visit (place, started_at);
CREATE TABLE movement_visit_key (day date PRIMARY KEY, wrapped bytea NOT NULL);

-- The key of a day, made by the first who needs it. A partition comes and goes with its key.
CREATE FUNCTION movement_visit_day(asked date, made bytea) RETURNS bytea LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE part text := 'movement_visit_' || to_char(asked, 'YYYYMMDD'); found bytea; today date := (kernel_now() AT TIME ZONE 'UTC')::date;
BEGIN
  SELECT wrapped INTO found FROM movement_visit_key WHERE day = asked;
  IF found IS NOT NULL THEN RETURN found; END IF;
  IF made IS NULL OR asked < today - {MOST_DAYS} OR asked > today + 2 THEN RETURN NULL; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('movement_visit_day'));
  SELECT wrapped INTO found FROM movement_visit_key WHERE day = asked;
  IF found IS NOT NULL THEN RETURN found; END IF;
  EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF movement_visit FOR VALUES IN (%L)', part, asked);
  INSERT INTO movement_visit_key VALUES (asked, made);
  RETURN made;
END $$;

-- Takes visits in; the keys of those that are new. The same key again is the same visit: it may only learn when it ended.
CREATE FUNCTION movement_take_visits(days date[], keys uuid[], places uuid[], tokens uuid[], said bytea[], starts timestamptz[], ends timestamptz[])
RETURNS uuid[] LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE fresh uuid[];
BEGIN
  WITH taken AS (
    INSERT INTO movement_visit SELECT * FROM unnest(days, keys, places, tokens, said, starts, ends) AS n (day, key, place, token, said, started_at, ended_at)
      ORDER BY n.day, n.key
    ON CONFLICT (day, key) DO NOTHING RETURNING key
  ) SELECT coalesce(array_agg(key), '{{}}') INTO fresh FROM taken;
  IF cardinality(fresh) < cardinality(keys) AND EXISTS (SELECT FROM unnest(ends) e WHERE e IS NOT NULL) THEN
    UPDATE movement_visit v SET ended_at = n.ended_at FROM unnest(days, keys, ends) AS n (day, key, ended_at)
      WHERE v.day = n.day AND v.key = n.key AND v.ended_at IS NULL AND n.ended_at > v.started_at AND NOT n.key = ANY (fresh);
  END IF;
  RETURN fresh;
END $$;

-- Days that are over go with their key: those before `until`, and whatever is older than {MOST_DAYS} days.
CREATE FUNCTION movement_drop_visits(until date) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE gone int := 0; d date; today date := (kernel_now() AT TIME ZONE 'UTC')::date;
BEGIN
  FOR d IN SELECT day FROM movement_visit_key WHERE day < today - {MOST_DAYS} OR day < least(until, today) LOOP
    EXECUTE format('DROP TABLE IF EXISTS %I', 'movement_visit_' || to_char(d, 'YYYYMMDD'));
    DELETE FROM movement_visit_key WHERE day = d;
    gone := gone + 1;
  END LOOP;
  RETURN gone;
END $$;

-- The visits that lie in the windows of a search's places. Only for this file's own functions.
CREATE FUNCTION movement_visits_of(asked uuid, assumed interval)
RETURNS TABLE (exposed uuid, day date, token uuid, said bytea, started_at timestamptz, ended_at timestamptz) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT p.id, v.day, v.token, v.said, v.started_at, coalesce(v.ended_at, v.started_at + assumed)
  FROM cases_exposuresearch s JOIN cases_exposedplace p ON p.id = ANY (s.places) LEFT JOIN cases_case c ON c.id = p.case_id
  JOIN movement_visit v ON v.place = p.place_id AND v.day BETWEEN (p.opens_at AT TIME ZONE 'UTC')::date - 2 AND (p.closes_at AT TIME ZONE 'UTC')::date + 2
    AND v.started_at > p.opens_at - interval '1 day' AND v.started_at < p.closes_at AND coalesce(v.ended_at, v.started_at + assumed) > p.opens_at
  WHERE s.id = asked AND s.withdrawn_at IS NULL AND s.named_at IS NULL AND p.confirmed_at IS NOT NULL AND p.withdrawn_at IS NULL AND c.classification IS DISTINCT FROM 'ruled_out'
$$;

-- That somebody looks is on record in the same transaction, or nothing is told.
CREATE FUNCTION movement_look_is_told(look uuid, what text, asked uuid) RETURNS void LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM kernel_event WHERE id = look AND kind = what AND xid = pg_current_xact_id_if_assigned() AND asked = ANY (subjects)) THEN
    RAISE EXCEPTION 'visits are told only to a look that is on record' USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;

CREATE FUNCTION movement_count_visits(asked uuid, look uuid, assumed interval) RETURNS TABLE (visits bigint, visitors bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  PERFORM movement_look_is_told(look, 'visits.counted', asked);
  -- A token changes with the day: who came on two days counts twice, so that nobody needs to be known in order to be counted.
  RETURN QUERY SELECT count(*), count(DISTINCT (f.day, f.token)) FROM movement_visits_of(asked, assumed) f;
END $$;

CREATE FUNCTION movement_tell_visits(asked uuid, look uuid, assumed interval)
RETURNS TABLE (exposed uuid, day date, token uuid, said bytea, started_at timestamptz, ended_at timestamptz) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  PERFORM movement_look_is_told(look, 'visits.told', asked);
  IF NOT EXISTS (SELECT 1 FROM cases_exposuresearch s WHERE s.id = asked AND s.seconded_by_id IS NOT NULL AND s.seconded_by_id <> s.asked_by_id)
    AND (SELECT count(DISTINCT (f.day, f.token)) FROM movement_visits_of(asked, assumed) f) > {MOST_ALONE} THEN
    RAISE EXCEPTION 'more than {MOST_ALONE} visitors need a second person' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN QUERY SELECT * FROM movement_visits_of(asked, assumed);
END $$;
"""

CALLED = (
    "movement_visit_day(date, bytea)", "movement_take_visits(date[], uuid[], uuid[], uuid[], bytea[], timestamptz[], timestamptz[])", "movement_drop_visits(date)",
    "movement_count_visits(uuid, uuid, interval)", "movement_tell_visits(uuid, uuid, interval)",
)  # fmt: skip
OWN = ("movement_visits_of(uuid, interval)", "movement_look_is_told(uuid, text, uuid)")

RIGHTS = "\n".join(
    [
        *(f"REVOKE ALL ON FUNCTION {f} FROM PUBLIC;" for f in (*CALLED, *OWN)),
        "DO $$ BEGIN IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'sizao_app') THEN",
        *(f"GRANT EXECUTE ON FUNCTION {f} TO sizao_app;" for f in CALLED),
        "END IF; END $$;",
    ]
)

UNDO = "\n".join([*(f"DROP FUNCTION {f};" for f in (*CALLED[::-1], *OWN[::-1])), "DROP TABLE movement_visit; DROP TABLE movement_visit_key;"])
