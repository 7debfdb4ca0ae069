"""What the database itself does for ledgers: a typed view for each, made from a closed list of types, and tombstones under the view's name."""

FUNCTIONS = r"""
-- One view over the entries of a ledger, and one over their history. Columns only ever come to it: a known one keeps its place and its type,
-- so that PostgreSQL itself refuses a field that was retyped. Runs as the owner; takes names and types, never a text of SQL.
CREATE FUNCTION ledgers_make_view(ledger text, fields jsonb, print text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
  view_name text := 'ledger_' || ledger; f record; known record; wanted jsonb := fields; columns text := '';
  base text := 'id, sender, source_id, known_from, stands_from, recorded_at, change_no, change_xid, batch_id, person_id, household_id, unit_id, area_id, disease, happened_at, period, slot, post_id, item_ref';
BEGIN
  IF ledger !~ '^[a-z][a-z0-9_]{1,39}$' THEN RAISE EXCEPTION 'not the name of a ledger' USING ERRCODE = 'invalid_name'; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('ledgers_make_view'));
  -- first the columns that the view has already, in their order; one that is no longer asked stays readable
  FOR known IN SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type FROM pg_attribute a
    WHERE to_regclass(view_name) IS NOT NULL AND a.attrelid = to_regclass(view_name) AND a.attnum > 19 ORDER BY a.attnum LOOP
    SELECT * INTO f FROM jsonb_to_recordset(wanted) AS x(name text, type text) WHERE x.name = known.name;
    columns := columns || ', ' || ledgers_column(known.name, coalesce(f.type, CASE WHEN known.type = 'boolean' AND known.name LIKE '%\_any' THEN 'any' ELSE known.type END));
    wanted := (SELECT coalesce(jsonb_agg(e), '[]'::jsonb) FROM jsonb_array_elements(wanted) e WHERE e->>'name' <> known.name);
  END LOOP;
  FOR f IN SELECT x.name, x.type FROM jsonb_array_elements(wanted) WITH ORDINALITY AS e(v, i), jsonb_to_record(e.v) AS x(name text, type text) ORDER BY e.i LOOP
    columns := columns || ', ' || ledgers_column(f.name, f.type);
  END LOOP;
  EXECUTE format('CREATE OR REPLACE VIEW %I AS SELECT %s%s FROM ledgers_entry WHERE ledger = %L', view_name, base, columns, ledger);
  EXECUTE format('CREATE OR REPLACE VIEW %I AS SELECT ended_at, ended_change, %s%s FROM ledgers_entry_history WHERE ledger = %L', view_name || '_history', base, columns, ledger);
  EXECUTE format('COMMENT ON VIEW %I IS %L', view_name, print);
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'sizao_app') THEN
    EXECUTE format('GRANT SELECT ON %I, %I TO sizao_app', view_name, view_name || '_history');
  END IF;
  RETURN true;
END $$;

CREATE FUNCTION ledgers_column(name text, type text) RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = public AS $$
BEGIN
  IF name !~ '^[a-z][a-z0-9_]{1,45}$' THEN RAISE EXCEPTION 'not the name of a field' USING ERRCODE = 'invalid_name'; END IF;
  IF type = 'any' THEN
    RETURN format('(jsonb_typeof("values"->%L) = ''array'' AND jsonb_array_length("values"->%L) > 0) AS %I', regexp_replace(name, '_any$', ''), regexp_replace(name, '_any$', ''), name);
  END IF;
  IF type NOT IN ('text', 'bigint', 'numeric', 'boolean', 'date', 'timestamp with time zone', 'uuid') THEN
    RAISE EXCEPTION 'not the type of a field' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN format('("values"->>%L)::%s AS %I', name, type, name);
END $$;

DO $$ BEGIN
  REVOKE ALL ON FUNCTION ledgers_make_view(text, jsonb, text) FROM PUBLIC;
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'sizao_app') THEN GRANT EXECUTE ON FUNCTION ledgers_make_view(text, jsonb, text) TO sizao_app; END IF;
END $$;

-- An entry that is taken back leaves its tombstone under the name of its view too: readers of the view find it there.
CREATE FUNCTION ledgers_entry_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO kernel_tombstone (relation, id, change_no) VALUES ('ledger_' || OLD.ledger, OLD.id, nextval('kernel_change_seq'));
  RETURN NULL;
END $$;
CREATE TRIGGER gone AFTER DELETE ON ledgers_entry FOR EACH ROW EXECUTE FUNCTION ledgers_entry_gone();
"""
