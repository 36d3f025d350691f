-- What every test starts with: qfs without a ledger, and settings for stable output.
\set ECHO none
\set VERBOSITY default
\set SHOW_CONTEXT never
\pset null (null)
SET client_min_messages = warning;
SET qfs.ddl_guard = off;
DROP EXTENSION IF EXISTS qfs CASCADE;
-- What the test before left behind.
DROP SCHEMA public CASCADE;
CREATE SCHEMA public AUTHORIZATION pg_database_owner;
GRANT USAGE ON SCHEMA public TO PUBLIC;
CREATE EXTENSION qfs;
RESET qfs.ddl_guard;
-- Not the file of a ledger that the cluster may have: one of our own, made if need be, and emptied.
SET qfs.key_file = 'qfs_regress.key';
DO $$
BEGIN
  PERFORM qfs.genesis('regress.example/none');
  RAISE EXCEPTION 'undo';
EXCEPTION WHEN OTHERS THEN
  EXECUTE format('COPY (SELECT WHERE false) TO %L', current_setting('data_directory') || '/qfs_regress.key');
END $$;

-- Runs a command; returns SQLSTATE and detail of its error, or "done".
CREATE FUNCTION attempt(command text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  state text;
  message text;
  detail text;
BEGIN
  EXECUTE command;
  RETURN 'done';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
                          detail = PG_EXCEPTION_DETAIL;
  RETURN state || ' ' || CASE WHEN length(detail) > 0 THEN detail ELSE message END;
END $$;
-- Runs a command as a superuser who has taken the guards of qfs's tables away, and puts them back.
CREATE FUNCTION unguarded(command text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  guard text := current_setting('qfs.ddl_guard');
  tables oid[] := ARRAY(SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'qfs'::regnamespace AND c.relkind = 'r' AND c.relname <> 'ledger');
  t oid;
BEGIN
  PERFORM set_config('qfs.ddl_guard', 'off', true);
  FOREACH t IN ARRAY tables LOOP
    EXECUTE format('ALTER TABLE %s DISABLE TRIGGER zzz_qfs_refuse_row, DISABLE TRIGGER zzz_qfs_refuse_statement', t::regclass);
  END LOOP;
  EXECUTE command;
  FOREACH t IN ARRAY tables LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER zzz_qfs_refuse_row, ENABLE ALWAYS TRIGGER zzz_qfs_refuse_statement', t::regclass);
  END LOOP;
  PERFORM set_config('qfs.ddl_guard', guard, true);
END $$;
RESET client_min_messages;
\set ECHO all
