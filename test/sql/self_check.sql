-- qfs.self_check: every finding, provoked and rolled back.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
SELECT * FROM qfs.self_check();
SELECT length(qfs.genesis('regress.example/log')::text);
SELECT * FROM qfs.self_check();
CREATE ROLE regress_qfs_one;
CREATE FUNCTION regress_other() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION regress_event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';

CREATE TYPE regress_type AS ENUM ('a');

-- found: what the check says after a command, which is then undone
CREATE FUNCTION found(command text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  findings text[];
BEGIN
  SET LOCAL qfs.ddl_guard = off;
  EXECUTE command;
  SET LOCAL qfs.ddl_guard = on;
  findings := ARRAY(SELECT code || ': ' || detail FROM qfs.self_check() ORDER BY (code || ': ' || detail) COLLATE "C");
  RAISE EXCEPTION 'undo';
EXCEPTION WHEN raise_exception THEN
  RETURN QUERY SELECT regexp_replace(unnest(findings), '"[0-9a-f]{32}"', '"…"', 'g');
END $$;
CREATE TABLE commands (n serial, command text);
-- triggers of the ledger
INSERT INTO commands (command) VALUES
  ('DROP TRIGGER zzz_qfs_append ON qfs.ledger'),
  ('ALTER TABLE qfs.ledger DISABLE TRIGGER zzz_qfs_append'),
  ('ALTER TABLE qfs.ledger ENABLE TRIGGER zzz_qfs_refuse_row'),
  ('ALTER TABLE qfs.ledger ENABLE REPLICA TRIGGER zzz_qfs_refuse_statement'),
  ('ALTER TABLE qfs.ledger DISABLE TRIGGER ALL'),
  ('UPDATE pg_class SET relhastriggers = false WHERE oid = ''qfs.ledger''::regclass'),
  ('ALTER TRIGGER zzz_qfs_append ON qfs.ledger RENAME TO aaa'),
  ('CREATE OR REPLACE TRIGGER zzz_qfs_append BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION regress_other()'),
  ('CREATE OR REPLACE TRIGGER zzz_qfs_append AFTER INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION qfs.ledger_append();
    ALTER TABLE qfs.ledger ENABLE ALWAYS TRIGGER zzz_qfs_append'),
  ('CREATE OR REPLACE TRIGGER zzz_qfs_append BEFORE INSERT ON qfs.ledger FOR EACH ROW WHEN (NEW.type <> ''SECRET'') EXECUTE FUNCTION qfs.ledger_append();
    ALTER TABLE qfs.ledger ENABLE ALWAYS TRIGGER zzz_qfs_append'),
  ('CREATE OR REPLACE TRIGGER zzz_qfs_append BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION regress_other();
    ALTER TABLE qfs.ledger ENABLE ALWAYS TRIGGER zzz_qfs_append'),
  ('CREATE OR REPLACE TRIGGER zzz_qfs_refuse_row BEFORE DELETE ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION qfs.refuse_change();
    ALTER TABLE qfs.ledger ENABLE ALWAYS TRIGGER zzz_qfs_refuse_row'),
  ('CREATE OR REPLACE TRIGGER zzz_qfs_refuse_row BEFORE UPDATE OF at OR DELETE ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION qfs.refuse_change();
    ALTER TABLE qfs.ledger ENABLE ALWAYS TRIGGER zzz_qfs_refuse_row'),
  ('CREATE OR REPLACE FUNCTION qfs.refuse_change() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NEW; END'''),
  ('ALTER FUNCTION qfs.ledger_append() RENAME TO ledger_append_not');
-- what stands in between
INSERT INTO commands (command) VALUES
  ('CREATE TRIGGER zzzz BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION regress_other()'),
  ('CREATE TRIGGER zzz_qfs_append2 BEFORE INSERT OR UPDATE ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION regress_other()'),
  ('CREATE RULE r AS ON INSERT TO qfs.ledger DO INSTEAD NOTHING'),
  ('CREATE RULE r AS ON DELETE TO qfs.policy DO INSTEAD NOTHING; CREATE RULE r AS ON UPDATE TO qfs.ledger DO ALSO SELECT 1'),
  ('ALTER TABLE qfs.ledger ENABLE ROW LEVEL SECURITY'),
  ('CREATE TABLE child () INHERITS (qfs.ledger)');
-- event triggers
INSERT INTO commands (command) VALUES
  ('ALTER EVENT TRIGGER qfs_guard_end DISABLE'),
  ('ALTER EVENT TRIGGER qfs_guard_start ENABLE'),
  ('ALTER EVENT TRIGGER qfs_guard_drop ENABLE REPLICA'),
  ('ALTER EVENT TRIGGER qfs_guard_rewrite RENAME TO mine'),
  ('ALTER EXTENSION qfs DROP EVENT TRIGGER qfs_guard_end; DROP EVENT TRIGGER qfs_guard_end'),
  ('ALTER EXTENSION qfs DROP EVENT TRIGGER qfs_guard_end; DROP EVENT TRIGGER qfs_guard_end;
    CREATE EVENT TRIGGER qfs_guard_end ON ddl_command_end EXECUTE FUNCTION regress_event(); ALTER EVENT TRIGGER qfs_guard_end ENABLE ALWAYS'),
  ('ALTER EXTENSION qfs DROP EVENT TRIGGER qfs_guard_end; DROP EVENT TRIGGER qfs_guard_end;
    CREATE EVENT TRIGGER qfs_guard_end ON ddl_command_start EXECUTE FUNCTION qfs.guard_ddl(); ALTER EVENT TRIGGER qfs_guard_end ENABLE ALWAYS'),
  ('CREATE OR REPLACE FUNCTION qfs.guard_ddl() RETURNS event_trigger LANGUAGE plpgsql AS ''BEGIN END''');
-- owners and privileges
INSERT INTO commands (command) VALUES
  ('ALTER TABLE qfs.ledger OWNER TO regress_qfs_one'),
  ('ALTER FUNCTION qfs.head() OWNER TO regress_qfs_one'),
  ('GRANT INSERT ON qfs.ledger TO regress_qfs_one'),
  ('GRANT SELECT ON qfs.ledger TO PUBLIC'),
  ('GRANT SELECT (payload) ON qfs.ledger TO qfs_operator'),
  ('GRANT SELECT ON qfs.ledger TO qfs_auditor WITH GRANT OPTION'),
  ('REVOKE SELECT ON qfs.ledger FROM qfs_auditor'),
  ('REVOKE INSERT (type) ON qfs.ledger FROM qfs_operator'),
  ('GRANT UPDATE, DELETE ON qfs.policy TO qfs_operator'),
  ('GRANT EXECUTE ON FUNCTION qfs.rebuild() TO qfs_operator'),
  ('GRANT EXECUTE ON FUNCTION qfs.genesis(text, jsonb, qfs.hash) TO PUBLIC'),
  ('REVOKE EXECUTE ON FUNCTION qfs.checkpoint(bigint) FROM qfs_auditor'),
  ('GRANT CREATE ON SCHEMA qfs TO regress_qfs_one'),
  ('GRANT USAGE ON SCHEMA qfs TO PUBLIC'),
  ('REVOKE USAGE ON SCHEMA qfs FROM qfs_auditor'),
  ('REVOKE SELECT ON qfs.ledger FROM qfs_auditor; GRANT SELECT ON qfs.ledger TO qfs_auditor');
-- what functions and views are
INSERT INTO commands (command) VALUES
  ('CREATE OR REPLACE FUNCTION qfs.health() RETURNS TABLE (item text, status text, value text, remedy text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS ''BEGIN RETURN; END'''),
  ('CREATE OR REPLACE FUNCTION qfs_api.head() RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC SELECT ''{"size": 0}''::jsonb; END'),
  ('CREATE OR REPLACE FUNCTION qfs.canonical(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS ''SELECT value::text'''),
  ('CREATE OR REPLACE FUNCTION qfs.current_user_id() RETURNS qfs.user_id AS ''$libdir/qfs'', ''qfs_sql_user_id_in'' LANGUAGE C STABLE PARALLEL RESTRICTED'),
  ('ALTER FUNCTION qfs.health() SECURITY INVOKER'),
  ('ALTER FUNCTION qfs.current_user_id() SECURITY DEFINER'),
  ('ALTER FUNCTION qfs.health() SET search_path = public, pg_catalog'),
  ('ALTER FUNCTION qfs.health() RESET search_path'),
  ('ALTER FUNCTION qfs.health() SET row_security = off'),
  ('ALTER FUNCTION qfs.hash_eq(qfs.hash, qfs.hash) VOLATILE CALLED ON NULL INPUT NOT LEAKPROOF PARALLEL UNSAFE'),
  ('ALTER VIEW qfs_api.ledger RESET (security_barrier)'),
  ('DO $$ BEGIN EXECUTE ''CREATE OR REPLACE VIEW qfs_api.ledger WITH (security_barrier) AS SELECT * FROM ('' ||
    rtrim(pg_get_viewdef(''qfs_api.ledger''), '';'') || '') l LIMIT 1''; END $$'),
  ('CREATE FUNCTION qfs_api.regress() RETURNS text LANGUAGE sql AS ''SELECT 1'''),
  ('ALTER FUNCTION qfs.state_hash() RENAME TO regress_state_hash');
-- other extensions and other people's objects
INSERT INTO commands (command) VALUES
  ('CREATE EXTENSION tablefunc SCHEMA qfs_api'),
  ('CREATE TABLE qfs.mine (n int)'),
  ('CREATE TYPE qfs_api.mine AS ENUM (''a'')'),
  ('CREATE CAST (regress_type AS qfs.hash) WITH INOUT'),
  ('CREATE OPERATOR qfs.=== (LEFTARG = qfs.hash, RIGHTARG = qfs.hash, FUNCTION = qfs.hash_eq)'),
  ('ALTER EXTENSION qfs DROP FUNCTION qfs.head()'),
  ('ALTER OPERATOR FAMILY qfs.hash_hash_ops USING hash DROP FUNCTION 2 (qfs.hash, qfs.hash)'),
  ('ALTER EXTENSION qfs DROP FUNCTION qfs.root(bigint); DROP FUNCTION qfs.root(bigint)');
-- tables: what hangs on them, wherever
INSERT INTO commands (command) VALUES
  ('CREATE TRIGGER aaa BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION regress_other()'),
  ('CREATE TRIGGER t BEFORE INSERT ON qfs.policy FOR EACH ROW EXECUTE FUNCTION regress_other()'),
  ('CREATE TRIGGER t AFTER INSERT ON qfs.account FOR EACH ROW EXECUTE FUNCTION regress_other()'),
  ('CREATE TRIGGER t INSTEAD OF INSERT ON qfs_api.ledger FOR EACH ROW EXECUTE FUNCTION regress_other()'),
  ('CREATE RULE r AS ON INSERT TO qfs_api.ledger DO INSTEAD NOTHING'),
  ('CREATE TABLE child () INHERITS (qfs.policy); CREATE TABLE child2 () INHERITS (qfs.account)'),
  ('CREATE TABLE parent (LIKE qfs.rate); ALTER TABLE qfs.rate INHERIT parent'),
  ('ALTER TABLE qfs.message DISABLE ROW LEVEL SECURITY'),
  ('ALTER TABLE qfs.message NO FORCE ROW LEVEL SECURITY; ALTER POLICY parties ON qfs.message USING (true)'),
  ('CREATE POLICY everybody ON qfs.message USING (true)'),
  ('DROP POLICY reader ON qfs.read_mark'),
  ('ALTER TABLE qfs.policy ADD CHECK (seq < 1000000)'),
  ('ALTER TABLE qfs.signing_key ALTER COLUMN seq SET DEFAULT 7; ALTER TABLE qfs.signing_key ALTER COLUMN token DROP NOT NULL'),
  ('ALTER TABLE qfs.account ADD COLUMN extra int'),
  ('ALTER TABLE qfs.rate DROP CONSTRAINT rate_pkey'),
  ('ALTER TABLE qfs.login_nonce SET UNLOGGED; ALTER TABLE qfs.login_nonce REPLICA IDENTITY NOTHING'),
  ('UPDATE pg_index SET indisvalid = false WHERE indexrelid = ''qfs.account_wallet''::regclass'),
  ('DROP INDEX qfs.session_user_id'),
  ('CREATE INDEX ON qfs.standing ((created + 1))');
-- roles and what will be
INSERT INTO commands (command) VALUES
  ('GRANT qfs_owner TO regress_qfs_one'),
  ('GRANT qfs_operator TO qfs_user; GRANT pg_read_all_data TO qfs_anon WITH ADMIN OPTION'),
  ('ALTER ROLE qfs_owner BYPASSRLS LOGIN'),
  ('ALTER ROLE qfs_anon SUPERUSER'),
  ('ALTER ROLE qfs_monitor CREATEDB NOINHERIT REPLICATION'),
  ('ALTER DEFAULT PRIVILEGES IN SCHEMA qfs GRANT SELECT ON TABLES TO PUBLIC'),
  ('ALTER DEFAULT PRIVILEGES FOR ROLE qfs_owner GRANT SELECT ON TABLES TO PUBLIC'),
  ('ALTER TYPE qfs.hash OWNER TO regress_qfs_one; ALTER SCHEMA qfs OWNER TO regress_qfs_one'),
  ('GRANT USAGE ON TYPE qfs.hash TO PUBLIC'),
  ('GRANT SET ON PARAMETER qfs.ddl_guard TO regress_qfs_one; GRANT SET ON PARAMETER session_replication_role TO PUBLIC'),
  ('ALTER ROLE regress_qfs_one SET qfs.ddl_guard = off; ALTER ROLE regress_qfs_one SET work_mem = 65'),
  ('DO $$ BEGIN EXECUTE format(''ALTER DATABASE %I SET qfs.ddl_guard = 0'', current_database()); END $$'),
  -- what is set for our roles, and for all
  ('ALTER ROLE qfs_user SET search_path = public, qfs; ALTER ROLE qfs_anon SET row_security = off; ALTER ROLE qfs_monitor SET qfs.key_file = ''/tmp/x=y'''),
  ('DO $$ BEGIN EXECUTE format(''ALTER ROLE qfs_operator IN DATABASE %I SET session_preload_libraries = ''''auto_explain'''''', current_database()); END $$'),
  ('ALTER ROLE qfs_owner SET session_replication_role = replica; ALTER ROLE qfs_auditor SET role = ''regress_qfs_one'''),
  ('DO $$ BEGIN EXECUTE format(''ALTER DATABASE %I SET session_replication_role = replica'', current_database());
    EXECUTE format(''ALTER DATABASE %I SET row_security = 0'', current_database()); EXECUTE format(''ALTER DATABASE %I SET local_preload_libraries = ''''x'''''', current_database()); END $$'),
  ('ALTER ROLE ALL SET row_security = off'),
  -- by a session that has not loaded the library, a name is kept as it was written, and counts
  ('INSERT INTO pg_db_role_setting VALUES (0, ''qfs_user''::regrole, ARRAY[''QFS.Ddl_Guard=off'', ''qfs.Sign_Timeout=1'']), (0, ''regress_qfs_one''::regrole, ARRAY[''Qfs.ddl_guard=0''])'),
  ('GRANT pg_write_all_data TO regress_qfs_one'),
  ('CREATE ROLE regress_qfs_two; GRANT pg_read_server_files, pg_execute_server_program TO regress_qfs_one; GRANT regress_qfs_one TO regress_qfs_two');
-- and what is nobody's business
INSERT INTO commands (command) VALUES
  ('GRANT qfs_operator, qfs_auditor TO regress_qfs_one; GRANT pg_read_all_data TO regress_qfs_one'),
  ('CREATE TABLE mine (seq bigint REFERENCES qfs.ledger (seq), h qfs.hash); CREATE VIEW v AS SELECT * FROM qfs.ledger'),
  ('CREATE STATISTICS qfs.s ON type, seq FROM qfs.ledger; CREATE INDEX ON qfs.ledger ((payload ->> ''n''))'),
  ('CREATE RULE r AS ON INSERT TO qfs.policy DO INSTEAD NOTHING; ALTER TABLE qfs.policy DISABLE RULE r'),
  ('COMMENT ON TABLE qfs.ledger IS ''mine''; ALTER ROLE qfs_operator SET work_mem = 65; ALTER TABLE qfs.account SET (fillfactor = 90)'),
  ('ALTER ROLE qfs_user SET statement_timeout = ''10s''; ALTER ROLE qfs_user SET qfs.ddl_guard = on; ALTER ROLE qfs_anon SET row_security = on; ALTER ROLE ALL SET session_replication_role = origin'),
  ('ALTER ROLE regress_qfs_one SET search_path = public; ALTER ROLE regress_qfs_one SET row_security = off; ALTER ROLE regress_qfs_one SET session_replication_role = replica'),
  ('CREATE TRIGGER zzzz AFTER INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION regress_other()'),
  ('CREATE TRIGGER zzzz BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION regress_other(); ALTER TABLE qfs.ledger DISABLE TRIGGER zzzz'),
  ('CREATE INDEX ON qfs.ledger (type)'),
  ('CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION regress_event()');
SELECT n, command, f AS found FROM commands LEFT JOIN LATERAL found(command) f ON true ORDER BY n, f COLLATE "C";

-- before 16, who makes roles makes itself a member of any
SELECT (SELECT count(*) FROM found('ALTER ROLE regress_qfs_one CREATEROLE') f WHERE f ~ '^QFS_BYPASS: role regress_qfs_one has CREATEROLE')
       = (current_setting('server_version_num')::int < 160000)::int AS as_it_should;
-- and it can; since 16 it cannot; and the owner of a database does not switch the guard off for it
BEGIN;
ALTER ROLE regress_qfs_one CREATEROLE;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO regress_qfs_one', current_database()); END $$;
SET LOCAL qfs.ddl_guard = off;
SET LOCAL ROLE regress_qfs_one;
SELECT (attempt('GRANT qfs_owner TO regress_qfs_one') ~ '^42501') = (current_setting('server_version_num')::int >= 160000) AS as_it_should,
       attempt(format('ALTER DATABASE %I SET qfs.ddl_guard = off', current_database())) AS owner_of_the_database;
ROLLBACK;

-- the guard, in the session that switched it off
SET qfs.ddl_guard = off;
SELECT * FROM qfs.self_check();
SET qfs.ddl_guard = on;
SELECT * FROM qfs.self_check();
-- in a new session, in which nothing has loaded the library yet
\c -
SELECT * FROM qfs.self_check();
\c -
SET qfs.ddl_guard = 'off';
SELECT * FROM qfs.self_check();
\c -
-- a second installation over the roles and the schema of the first is as good
SET client_min_messages = warning;
SET qfs.ddl_guard = off;
DROP EXTENSION qfs CASCADE;
SELECT count(*) AS schemas FROM pg_namespace WHERE nspname = 'qfs';
CREATE EXTENSION qfs;
RESET qfs.ddl_guard;
RESET client_min_messages;
SELECT * FROM qfs.self_check();
-- whom it takes to be trusted
CREATE ROLE regress_qfs_two REPLICATION BYPASSRLS CREATEROLE;
GRANT qfs_operator, pg_write_all_data TO regress_qfs_one;
GRANT regress_qfs_one TO regress_qfs_two;
SELECT * FROM qfs.access() WHERE role ~ 'regress_qfs' ORDER BY role COLLATE "C", by COLLATE "C";
DROP ROLE regress_qfs_two;
DROP FUNCTION found, regress_other, regress_event;
DROP ROLE regress_qfs_one;
