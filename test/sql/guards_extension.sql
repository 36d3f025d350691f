-- Guards against what comes by way: other extensions' scripts, schemas, defaults, roles, and a ledger whose state was taken away.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
SELECT length(qfs.genesis('regress.example/log')::text);
CREATE FUNCTION refused(command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN attempt(format('DO $do$ BEGIN EXECUTE %L; RAISE EXCEPTION ''got through''; END $do$', command));
END $$;
CREATE TABLE commands (n serial, command text);
CREATE ROLE regress_qfs_app;
GRANT qfs_operator TO regress_qfs_app;
CREATE FUNCTION regress_function() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION regress_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TABLE regress_table (n int);
CREATE TYPE regress_type AS ENUM ('a');
CREATE AGGREGATE regress_aggregate(int) (SFUNC = int4pl, STYPE = int);
CREATE VIEW regress_view AS SELECT 1 AS n;
CREATE EXTENSION citext;

-- another extension's objects in our schemas, however they come there
INSERT INTO commands (command) VALUES
  ('CREATE EXTENSION tablefunc SCHEMA qfs_api'),
  ('CREATE EXTENSION tablefunc SCHEMA qfs'),
  ('CREATE EXTENSION pgcrypto SCHEMA qfs_api CASCADE'),
  ('ALTER EXTENSION citext SET SCHEMA qfs_api'),
  ('ALTER EXTENSION citext SET SCHEMA qfs'),
  ('SET search_path = qfs_api, public; CREATE EXTENSION tablefunc'),
  ('ALTER EXTENSION qfs ADD FUNCTION regress_function()'),
  ('ALTER EXTENSION qfs DROP FUNCTION qfs.head()'),
  ('ALTER EXTENSION citext ADD FUNCTION qfs.head()');
-- objects that are moved there
INSERT INTO commands (command) VALUES
  ('ALTER FUNCTION regress_function() SET SCHEMA qfs_api'),
  ('ALTER TABLE regress_table SET SCHEMA qfs_api'),
  ('ALTER VIEW regress_view SET SCHEMA qfs_api'),
  ('ALTER TYPE regress_type SET SCHEMA qfs'),
  ('ALTER AGGREGATE regress_aggregate(int) SET SCHEMA qfs'),
  ('CREATE FUNCTION qfs_api.regress_function() RETURNS int LANGUAGE sql AS ''SELECT 1'''),
  ('CREATE COLLATION qfs.c FROM "C"'),
  ('CREATE TEXT SEARCH DICTIONARY qfs.d (TEMPLATE = simple)');
-- what works on our objects without being in our schemas
INSERT INTO commands (command) VALUES
  ('CREATE CAST (qfs.hash AS regress_type) WITH INOUT'),
  ('CREATE CAST (regress_type AS qfs.user_id) WITH INOUT'),
  ('CREATE TEMP TABLE child () INHERITS (qfs.ledger)'),
  ('CREATE TEMP TABLE child () INHERITS (qfs.account) ON COMMIT DROP'),
  ('CREATE TRIGGER zzzz AFTER INSERT ON qfs.account FOR EACH ROW EXECUTE FUNCTION regress_trigger()'),
  ('CREATE TRIGGER zzzz AFTER UPDATE ON qfs.verification FOR EACH STATEMENT EXECUTE FUNCTION regress_trigger()'),
  ('CREATE TRIGGER zzzz INSTEAD OF INSERT ON qfs_api.ledger FOR EACH ROW EXECUTE FUNCTION regress_trigger()'),
  ('CREATE RULE r AS ON INSERT TO qfs_api.ledger DO INSTEAD NOTHING');
-- privileges and what will be privileges
INSERT INTO commands (command) VALUES
  ('DROP OWNED BY qfs_auditor'),
  ('DROP OWNED BY regress_qfs_app, qfs_anon'),
  ('DROP OWNED BY qfs_owner CASCADE'),
  ('ALTER DEFAULT PRIVILEGES IN SCHEMA qfs GRANT SELECT ON TABLES TO PUBLIC'),
  ('ALTER DEFAULT PRIVILEGES IN SCHEMA public, qfs_api GRANT EXECUTE ON FUNCTIONS TO PUBLIC'),
  ('ALTER DEFAULT PRIVILEGES FOR ROLE qfs_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC'),
  ('ALTER DEFAULT PRIVILEGES FOR USER qfs_owner IN SCHEMA public REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC');
-- which no event trigger sees, where the library is loaded
INSERT INTO commands (command) VALUES
  ('REASSIGN OWNED BY qfs_owner TO regress_qfs_app'),
  ('REASSIGN OWNED BY regress_qfs_app, qfs_owner TO CURRENT_USER'),
  ('ALTER EVENT TRIGGER qfs_guard_end DISABLE'),
  ('ALTER EVENT TRIGGER qfs_guard_drop RENAME TO elsewhere'),
  ('ALTER EVENT TRIGGER qfs_guard_start OWNER TO CURRENT_USER'),
  ('GRANT qfs_owner TO regress_qfs_app'),
  ('GRANT qfs_anon, qfs_owner TO regress_qfs_app WITH ADMIN OPTION'),
  ('ALTER GROUP qfs_owner ADD USER regress_qfs_app'),
  ('CREATE ROLE regress_qfs_heir IN ROLE qfs_owner'),
  ('CREATE ROLE regress_qfs_heir IN GROUP qfs_anon, qfs_owner'),
  ('ALTER ROLE qfs_owner LOGIN'),
  ('ALTER ROLE qfs_owner BYPASSRLS'),
  ('ALTER ROLE qfs_owner RENAME TO elsewhere'),
  ('ALTER EVENT TRIGGER qfs_guard_end ENABLE');
SELECT n, command, split_part(refused(command), ': ', 1) AS refused FROM commands ORDER BY n;
-- what is said
CREATE EXTENSION tablefunc SCHEMA qfs_api;
ALTER EXTENSION citext SET SCHEMA qfs_api;
DROP OWNED BY qfs_auditor;
ALTER DEFAULT PRIVILEGES IN SCHEMA qfs GRANT SELECT ON TABLES TO PUBLIC;
REASSIGN OWNED BY qfs_owner TO regress_qfs_app;

-- a trusted extension's script runs as a superuser, whoever asks for it
SELECT format('GRANT CREATE ON DATABASE %I TO regress_qfs_app', current_database()) AS command \gset
\set ECHO none
:command;
\set ECHO all
SET ROLE regress_qfs_app;
SELECT refused('CREATE EXTENSION tablefunc SCHEMA qfs_api') AS in_qfs_api, refused('CREATE EXTENSION tablefunc SCHEMA qfs') AS in_qfs;
CREATE SCHEMA regress_own;
CREATE EXTENSION tablefunc SCHEMA regress_own;
DROP EXTENSION tablefunc;
DROP SCHEMA regress_own;
CREATE TEMP TABLE regress_temp (n int PRIMARY KEY, m int REFERENCES regress_temp) ON COMMIT DROP;
SET client_min_messages = error;
DROP OWNED BY regress_qfs_app;
RESET client_min_messages;
RESET ROLE;
SELECT * FROM qfs.self_check();

-- without its state a ledger is closed, and guarded all the same
BEGIN;
SET LOCAL qfs.ddl_guard = off;
ALTER TABLE qfs.ledger_state DISABLE TRIGGER ALL;
RESET qfs.ddl_guard;
DELETE FROM qfs.ledger_state;
SELECT n, command, split_part(refused(command), ': ', 1) AS refused FROM commands WHERE n IN (1, 4, 10, 18, 22, 26) ORDER BY n;
SELECT refused('DROP TABLE qfs.ledger') AS drop, refused('DROP EXTENSION qfs CASCADE') AS extension,
       refused('ALTER TABLE qfs.ledger DISABLE TRIGGER zzz_qfs_refuse_row') AS disable,
       refused('CREATE OR REPLACE FUNCTION qfs.refuse_change() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NEW; END''') AS replace,
       refused('ALTER TABLE qfs.ledger ALTER COLUMN nodes TYPE text USING ''x''') AS rewrite;
-- but for what pg_restore --disable-triggers writes around the rows of a table, when the first have come
ALTER TABLE qfs.ledger DISABLE TRIGGER ALL;
ALTER TABLE qfs.ledger ENABLE TRIGGER ALL;
SELECT refused('ALTER TABLE qfs.ledger DISABLE TRIGGER ALL, ALTER COLUMN nodes SET STATISTICS 7');
ROLLBACK;
-- an operator's application goes on as ever
SET client_min_messages = warning;
SELECT refused('ALTER EVENT TRIGGER qfs_guard_start DISABLE') AS guard, attempt('ALTER EXTENSION qfs UPDATE') AS own_script;
DROP EXTENSION citext;
SELECT format('REVOKE CREATE ON DATABASE %I FROM regress_qfs_app', current_database()) AS command \gset
\set ECHO none
:command;
\set ECHO all
DROP ROLE regress_qfs_app;
SELECT * FROM qfs.self_check();
DROP FUNCTION refused, regress_function, regress_trigger;
