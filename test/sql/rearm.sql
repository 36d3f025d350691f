-- qfs.rearm: mends what qfs.self_check finds, says what it did, and leaves what it must not touch to a hand.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
SELECT length(qfs.genesis('regress.example/log')::text);
SELECT * FROM qfs.rearm();
CREATE ROLE regress_qfs_one;
CREATE ROLE regress_qfs_two;
CREATE ROLE "regress_qfs SELECT; --";
CREATE TYPE regress_type AS ENUM ('a');
CREATE FUNCTION regress_other() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION regress_event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';

-- rearmed: what is done after a command, and what is left, all of which is then undone
CREATE FUNCTION rearmed(command text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  actions text[];
BEGIN
  -- from PostgreSQL 16 on, to take back a membership that somebody gave on takes back theirs as well: the second time is warned of
  SET LOCAL client_min_messages = error;
  SET LOCAL qfs.ddl_guard = off;
  EXECUTE command;
  SET LOCAL qfs.ddl_guard = on;
  actions := ARRAY(SELECT CASE WHEN mended THEN 'mended ' ELSE 'LEFT ' END || regexp_replace(r.detail, ' is ".*', '') || ' BY ' || r.action FROM qfs.rearm() r)
             || ARRAY(SELECT 'still ' || regexp_replace(s.detail, ' is ".*', '') FROM qfs.self_check() s);
  RAISE EXCEPTION 'undo';
EXCEPTION WHEN raise_exception THEN
  RETURN QUERY SELECT unnest(actions);
END $$;
CREATE TABLE commands (n serial, command text);
-- triggers, event triggers
INSERT INTO commands (command) VALUES
  ('ALTER TABLE qfs.ledger DISABLE TRIGGER ALL'),
  ('UPDATE pg_class SET relhastriggers = false WHERE oid = ''qfs.ledger''::regclass'),
  ('DROP TRIGGER zzz_qfs_append ON qfs.ledger'),
  ('CREATE OR REPLACE TRIGGER zzz_qfs_refuse_row AFTER DELETE ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION regress_other()'),
  ('CREATE TRIGGER zzzz BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION regress_other(); CREATE RULE r AS ON UPDATE TO qfs.policy DO INSTEAD NOTHING'),
  ('ALTER EVENT TRIGGER qfs_guard_end DISABLE'),
  ('ALTER EXTENSION qfs DROP EVENT TRIGGER qfs_guard_start; DROP EVENT TRIGGER qfs_guard_start'),
  ('ALTER EXTENSION qfs DROP EVENT TRIGGER qfs_guard_drop; DROP EVENT TRIGGER qfs_guard_drop;
    CREATE EVENT TRIGGER qfs_guard_drop ON ddl_command_start WHEN tag IN (''DROP TABLE'') EXECUTE FUNCTION regress_event()');
-- functions and views
INSERT INTO commands (command) VALUES
  ('CREATE OR REPLACE FUNCTION qfs.refuse_change() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NEW; END'''),
  ('CREATE OR REPLACE FUNCTION qfs.health() RETURNS TABLE (item text, status text, value text, remedy text)
    LANGUAGE plpgsql VOLATILE AS ''BEGIN RETURN; END'''),
  ('CREATE OR REPLACE FUNCTION qfs_api.head() RETURNS jsonb LANGUAGE sql BEGIN ATOMIC SELECT ''{"size": 0}''::jsonb; END'),
  ('ALTER FUNCTION qfs.current_user_id() SECURITY DEFINER VOLATILE; ALTER FUNCTION qfs.health() SET search_path = public'),
  ('ALTER EXTENSION qfs DROP FUNCTION qfs.root(bigint); DROP FUNCTION qfs.root(bigint)'),
  ('ALTER EXTENSION qfs DROP FUNCTION qfs_api.head(); ALTER FUNCTION qfs_api.head() OWNER TO regress_qfs_one'),
  ('DO $$ BEGIN EXECUTE ''CREATE OR REPLACE VIEW qfs_api.ledger AS SELECT * FROM ('' || rtrim(pg_get_viewdef(''qfs_api.ledger''), '';'') || '') l LIMIT 1''; END $$'),
  ('ALTER FUNCTION qfs.state_hash() RENAME TO regress_state_hash');
-- owners, privileges, roles, settings
INSERT INTO commands (command) VALUES
  ('ALTER TABLE qfs.ledger OWNER TO regress_qfs_one; ALTER TYPE qfs.hash OWNER TO regress_qfs_one'),
  ('REASSIGN OWNED BY qfs_owner TO regress_qfs_one; REASSIGN OWNED BY regress_qfs_one TO qfs_owner; ALTER VIEW qfs_api.ledger OWNER TO regress_qfs_one'),
  ('GRANT SELECT ON qfs.ledger TO qfs_auditor WITH GRANT OPTION; SET LOCAL ROLE qfs_auditor; GRANT SELECT ON qfs.ledger TO regress_qfs_one; RESET ROLE'),
  ('DROP OWNED BY qfs_monitor'),
  ('GRANT EXECUTE ON FUNCTION qfs.rebuild() TO PUBLIC; GRANT UPDATE (seq) ON qfs.policy TO regress_qfs_one; GRANT CREATE ON SCHEMA qfs TO regress_qfs_one'),
  ('REVOKE SELECT (seq) ON qfs.ledger FROM qfs_operator; REVOKE USAGE ON SCHEMA qfs_api FROM qfs_anon'),
  ('GRANT qfs_owner TO regress_qfs_one WITH ADMIN OPTION; SET LOCAL ROLE regress_qfs_one; GRANT qfs_owner TO regress_qfs_two; RESET ROLE'),
  ('GRANT qfs_operator TO qfs_user; ALTER ROLE qfs_anon SUPERUSER LOGIN BYPASSRLS'),
  ('GRANT SET, ALTER SYSTEM ON PARAMETER qfs.ddl_guard TO regress_qfs_one; GRANT SET ON PARAMETER session_replication_role TO PUBLIC'),
  ('ALTER ROLE regress_qfs_one SET qfs.ddl_guard = off; ALTER ROLE ALL SET qfs.ddl_guard = off'),
  ('ALTER ROLE qfs_user SET search_path = public, qfs; ALTER ROLE qfs_user SET work_mem = 65; ALTER ROLE qfs_anon SET qfs.key_file = ''x''; ALTER ROLE ALL SET row_security = off'),
  ('DO $$ BEGIN EXECUTE format(''ALTER ROLE qfs_operator IN DATABASE %1$I SET search_path = public; ALTER DATABASE %1$I SET session_replication_role = replica'', current_database()); END $$'),
  ('INSERT INTO pg_db_role_setting VALUES (0, ''qfs_user''::regrole, ARRAY[''QFS.Ddl_Guard=off''])');
-- tables
INSERT INTO commands (command) VALUES
  ('ALTER TABLE qfs.message NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY; ALTER POLICY parties ON qfs.message USING (true)'),
  ('CREATE POLICY everybody ON qfs.message USING (true); DROP POLICY reader ON qfs.read_mark; ALTER TABLE qfs.ledger ENABLE ROW LEVEL SECURITY'),
  ('CREATE TABLE child () INHERITS (qfs.ledger); CREATE TABLE parent (LIKE qfs.rate); ALTER TABLE qfs.rate INHERIT parent'),
  ('UPDATE pg_index SET indisvalid = false WHERE indexrelid = ''qfs.account_wallet''::regclass; DROP INDEX qfs.session_user_id'),
  ('ALTER TABLE qfs.policy ADD CONSTRAINT few CHECK (seq < 1000000); ALTER TABLE qfs.policy ALTER COLUMN seq SET DEFAULT 7, ALTER COLUMN policy DROP NOT NULL'),
  ('ALTER TABLE qfs.login_nonce SET UNLOGGED; ALTER TABLE qfs.login_nonce REPLICA IDENTITY NOTHING');
-- names that would be commands
INSERT INTO commands (command) VALUES
  ('CREATE TRIGGER "a on qfs.ledger; CREATE ROLE regress_qfs_evil; SELECT 1 AS x" BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION regress_other()'),
  ('CREATE RULE "r on qfs.policy DISABLE TRIGGER ALL; --" AS ON INSERT TO qfs.policy DO INSTEAD NOTHING; CREATE POLICY "p"" on x; --" ON qfs.message USING (true)'),
  ('CREATE TABLE "child = 1; CREATE ROLE regress_qfs_evil; --" () INHERITS (qfs.ledger); GRANT SELECT ON qfs.policy TO "regress_qfs SELECT; --"; GRANT qfs_owner TO "regress_qfs SELECT; --"');
-- left to a hand
INSERT INTO commands (command) VALUES
  ('CREATE EXTENSION citext SCHEMA qfs_api; ALTER EXTENSION citext SET SCHEMA public; CREATE TABLE qfs.mine (n int)'),
  ('CREATE CAST (regress_type AS qfs.hash) WITH INOUT'),
  ('ALTER DEFAULT PRIVILEGES IN SCHEMA qfs GRANT SELECT ON TABLES TO PUBLIC'),
  ('ALTER TABLE qfs.account ADD COLUMN extra int; ALTER TABLE qfs.account DROP CONSTRAINT account_pkey'),
  ('GRANT pg_write_all_data TO regress_qfs_one'),
  -- one that fails keeps no other from being mended
  ('CREATE TABLE far () INHERITS (qfs.ledger); CREATE VIEW on_far AS SELECT * FROM far; DROP TRIGGER zzz_qfs_append ON qfs.ledger'),
  -- and a function that cannot be made again is not given what the installed one had
  ('ALTER EXTENSION qfs DROP FUNCTION qfs.root(bigint); DROP FUNCTION qfs.root(bigint); CREATE FUNCTION qfs.root(size bigint) RETURNS text LANGUAGE sql AS ''SELECT 1'''),
  ('CREATE TABLE partitioned (LIKE qfs.rate) PARTITION BY LIST (what); ALTER TABLE partitioned ATTACH PARTITION qfs.rate DEFAULT; GRANT INSERT ON qfs.rate TO PUBLIC');
SELECT n, command, f AS rearmed FROM commands LEFT JOIN LATERAL rearmed(command) WITH ORDINALITY AS f(f, o) ON true ORDER BY n, o;
-- what it mended works, and a check that was made to say nothing does not keep it from finding that
SET qfs.ddl_guard = off;
CREATE OR REPLACE FUNCTION qfs.self_check(OUT code text, OUT detail text) RETURNS SETOF record LANGUAGE sql AS $$ SELECT NULL, NULL WHERE false $$;
CREATE OR REPLACE FUNCTION qfs.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
ALTER EXTENSION qfs DROP EVENT TRIGGER qfs_guard_end;
DROP EVENT TRIGGER qfs_guard_end;
RESET qfs.ddl_guard;
UPDATE qfs.ledger SET at = at;
ALTER TABLE qfs.ledger ADD COLUMN x int;
SELECT * FROM qfs.self_check();
SELECT code, mended FROM qfs.rearm();
UPDATE qfs.ledger SET at = at;
SELECT * FROM qfs.self_check();
SET qfs.ddl_guard = off;
ALTER TABLE qfs.ledger DROP COLUMN x;
RESET qfs.ddl_guard;
ALTER TABLE qfs.ledger ADD COLUMN x int;
SELECT * FROM qfs.self_check();
SELECT * FROM qfs.verify();

-- a superuser's
GRANT qfs_operator, qfs_auditor TO regress_qfs_one;
SELECT attempt('SELECT qfs.rearm()') AS superuser;
SET ROLE regress_qfs_one;
SELECT attempt('SELECT qfs.rearm()') AS operator;
RESET ROLE;
GRANT EXECUTE ON FUNCTION qfs.rearm() TO regress_qfs_one;
SET ROLE regress_qfs_one;
SELECT attempt('SELECT qfs.rearm()') AS granted;
RESET ROLE;
SELECT code, mended, action FROM qfs.rearm();
DROP FUNCTION rearmed, regress_other, regress_event;
DROP ROLE regress_qfs_one, regress_qfs_two, "regress_qfs SELECT; --";
