-- qfs.self_check: every finding, provoked and rolled back.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
SELECT * FROM qfs.self_check();
SELECT length(qfs.genesis('regress.example/log')::text);
SELECT * FROM qfs.self_check();
CREATE ROLE regress_qfs_one;
CREATE FUNCTION regress_other() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION regress_event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';

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
  RETURN QUERY SELECT unnest(findings);
END $$;
CREATE TABLE commands (n serial, command text);
-- triggers of the ledger
INSERT INTO commands (command) VALUES
  ('DROP TRIGGER zzz_qfs_append ON qfs.ledger'),
  ('ALTER TABLE qfs.ledger DISABLE TRIGGER zzz_qfs_append'),
  ('ALTER TABLE qfs.ledger ENABLE TRIGGER zzz_qfs_refuse_row'),
  ('ALTER TABLE qfs.ledger ENABLE REPLICA TRIGGER zzz_qfs_refuse_statement'),
  ('ALTER TABLE qfs.ledger DISABLE TRIGGER ALL'),
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
  ('GRANT EXECUTE ON FUNCTION qfs.genesis(text, jsonb) TO PUBLIC'),
  ('REVOKE EXECUTE ON FUNCTION qfs.checkpoint(bigint) FROM qfs_auditor'),
  ('GRANT CREATE ON SCHEMA qfs TO regress_qfs_one'),
  ('GRANT USAGE ON SCHEMA qfs TO PUBLIC'),
  ('REVOKE USAGE ON SCHEMA qfs FROM qfs_auditor'),
  ('REVOKE SELECT ON qfs.ledger FROM qfs_auditor; GRANT SELECT ON qfs.ledger TO qfs_auditor');
-- and what is nobody's business
INSERT INTO commands (command) VALUES
  ('CREATE TRIGGER aaa BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION regress_other()'),
  ('CREATE TRIGGER zzzz AFTER INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION regress_other()'),
  ('CREATE TRIGGER zzzz BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION regress_other(); ALTER TABLE qfs.ledger DISABLE TRIGGER zzzz'),
  ('CREATE INDEX ON qfs.ledger (type)'),
  ('CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION regress_event()');
SELECT n, command, f AS found FROM commands LEFT JOIN LATERAL found(command) f ON true ORDER BY n, f COLLATE "C";

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
DROP FUNCTION found, regress_other, regress_event;
DROP ROLE regress_qfs_one;
