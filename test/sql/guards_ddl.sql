-- Guards against changed objects: which DDL is refused while the ledger is open, and which is not.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
CREATE FUNCTION regress_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE ROLE regress_qfs_thief;

-- before genesis there is nothing to guard
ALTER TABLE qfs.ledger DISABLE TRIGGER ALL;
ALTER TABLE qfs.ledger ENABLE ALWAYS TRIGGER zzz_qfs_append;
ALTER TABLE qfs.ledger ENABLE ALWAYS TRIGGER zzz_qfs_refuse_row;
ALTER TABLE qfs.ledger ENABLE ALWAYS TRIGGER zzz_qfs_refuse_statement;
SELECT length(qfs.genesis('regress.example/log')::text);
SELECT qfs.register_event_type('NOTE', '{}');

-- what is said
ALTER TABLE qfs.ledger DISABLE TRIGGER zzz_qfs_append;
DROP TRIGGER zzz_qfs_append ON qfs.ledger;
ALTER TABLE qfs.ledger ALTER COLUMN nodes TYPE text USING 'x';
ALTER TABLE qfs.ledger SET SCHEMA public;
CREATE TRIGGER later BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION regress_trigger();
DROP EXTENSION qfs;

-- the rest, each rolled back if it got through
CREATE FUNCTION refused(command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN attempt(format('DO $do$ BEGIN EXECUTE %L; RAISE EXCEPTION ''got through''; END $do$', command));
END $$;
CREATE TABLE commands (n serial, command text);
-- triggers
INSERT INTO commands (command) VALUES
  ('ALTER TABLE qfs.ledger DISABLE TRIGGER ALL'),
  ('ALTER TABLE qfs.ledger DISABLE TRIGGER USER'),
  ('ALTER TABLE qfs.ledger ENABLE TRIGGER zzz_qfs_append'),
  ('ALTER TABLE qfs.ledger ENABLE REPLICA TRIGGER zzz_qfs_refuse_row'),
  ('DROP TRIGGER zzz_qfs_append ON qfs.ledger'),
  ('DROP TRIGGER zzz_qfs_refuse_statement ON qfs.ledger CASCADE'),
  ('ALTER TRIGGER zzz_qfs_append ON qfs.ledger RENAME TO aaa'),
  ('ALTER TRIGGER zzz_qfs_append ON qfs.ledger DEPENDS ON EXTENSION plpgsql'),
  ('CREATE OR REPLACE TRIGGER zzz_qfs_append BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION regress_trigger()'),
  ('CREATE OR REPLACE TRIGGER zzz_qfs_append AFTER INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION regress_trigger()'),
  ('CREATE OR REPLACE TRIGGER zzz_qfs_refuse_statement AFTER UPDATE ON qfs.ledger EXECUTE FUNCTION regress_trigger()'),
  ('CREATE TRIGGER aaa BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION regress_trigger()'),
  ('CREATE TRIGGER zzzz BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION regress_trigger()'),
  ('CREATE TRIGGER zzzz BEFORE INSERT ON qfs.ledger FOR EACH STATEMENT EXECUTE FUNCTION regress_trigger()'),
  ('CREATE TRIGGER aaa BEFORE INSERT ON qfs.policy FOR EACH ROW EXECUTE FUNCTION regress_trigger()');
-- columns, rows, names, places, owners
INSERT INTO commands (command) VALUES
  ('ALTER TABLE qfs.ledger ALTER COLUMN nodes TYPE text USING ''x'''),
  ('ALTER TABLE qfs.ledger ALTER COLUMN nodes TYPE bytea USING nodes || nodes'),
  ('ALTER TABLE qfs.ledger ADD COLUMN extra int'),
  ('ALTER TABLE qfs.ledger ADD COLUMN extra int DEFAULT (random() * 10)::int'),
  ('ALTER TABLE qfs.ledger DROP COLUMN nodes'),
  ('ALTER TABLE qfs.ledger RENAME COLUMN seq TO number'),
  ('ALTER TABLE qfs.ledger ALTER COLUMN seq SET DEFAULT 7'),
  ('ALTER TABLE qfs.ledger ALTER COLUMN hash DROP NOT NULL'),
  ('ALTER TABLE qfs.ledger ADD CHECK (seq < 10)'),
  ('ALTER TABLE qfs.ledger DROP CONSTRAINT ledger_pkey'),
  ('ALTER TABLE qfs.ledger SET UNLOGGED'),
  ('ALTER TABLE qfs.ledger RENAME TO elsewhere'),
  ('ALTER TABLE qfs.ledger SET SCHEMA public'),
  ('ALTER TABLE qfs.ledger_state SET SCHEMA public'),
  ('ALTER TABLE qfs.ledger_state RENAME TO closed'),
  ('ALTER TABLE qfs.ledger OWNER TO regress_qfs_thief'),
  ('ALTER TABLE qfs.witness ADD COLUMN extra int'),
  ('ALTER TABLE qfs.ledger REPLICA IDENTITY NOTHING'),
  ('ALTER INDEX qfs.ledger_pkey RENAME TO elsewhere'),
  ('DROP INDEX qfs.ledger_pkey'),
  ('DROP TABLE qfs.ledger'),
  ('DROP TABLE qfs.policy CASCADE');
-- what stands between an INSERT and the table, or beside it
INSERT INTO commands (command) VALUES
  ('CREATE RULE r AS ON INSERT TO qfs.ledger DO INSTEAD NOTHING'),
  ('CREATE RULE r AS ON UPDATE TO qfs.ledger DO INSTEAD SELECT 1'),
  ('CREATE POLICY p ON qfs.ledger'),
  ('ALTER TABLE qfs.ledger ENABLE ROW LEVEL SECURITY'),
  ('CREATE TABLE child () INHERITS (qfs.ledger)'),
  ('ALTER TABLE alike INHERIT qfs.ledger'),
  ('ALTER TABLE qfs.ledger INHERIT alike'),
  ('ALTER TABLE parent ATTACH PARTITION qfs.ledger DEFAULT'),
  ('CREATE VIEW qfs.v AS SELECT 1'),
  ('CREATE TABLE qfs.t (n int)'),
  ('CREATE TABLE qfs.t AS SELECT 1 AS n'),
  ('SELECT 1 AS n INTO qfs.t');
CREATE TABLE alike (LIKE qfs.ledger);
CREATE TABLE parent (LIKE qfs.ledger) PARTITION BY LIST (type);
-- functions and types
INSERT INTO commands (command) VALUES
  ('CREATE OR REPLACE FUNCTION qfs.ledger_append() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NEW; END'''),
  ('CREATE OR REPLACE FUNCTION qfs.canonical(value jsonb) RETURNS text LANGUAGE sql AS ''SELECT value::text'''),
  ('CREATE FUNCTION qfs.canonical(text) RETURNS text LANGUAGE sql AS ''SELECT $1'''),
  ('ALTER FUNCTION qfs.refuse_change() RENAME TO allow_change'),
  ('ALTER FUNCTION qfs.head() SET SCHEMA public'),
  ('ALTER FUNCTION qfs.head() OWNER TO regress_qfs_thief'),
  ('ALTER FUNCTION qfs.checkpoint(bigint) SECURITY INVOKER'),
  ('ALTER FUNCTION qfs.checkpoint(bigint) RESET search_path'),
  ('ALTER FUNCTION qfs.guard_ddl() RENAME TO guard_nothing'),
  ('DROP FUNCTION qfs.guard_ddl() CASCADE'),
  ('DROP FUNCTION qfs.head()'),
  ('ALTER TYPE qfs.hash SET SCHEMA public'),
  ('ALTER TYPE qfs.hash RENAME TO elsewhere'),
  ('ALTER TYPE qfs.user_id OWNER TO regress_qfs_thief'),
  ('DROP TYPE qfs.hash CASCADE'),
  ('CREATE OPERATOR qfs.=== (LEFTARG = qfs.hash, RIGHTARG = qfs.hash, FUNCTION = qfs.hash_eq)'),
  ('DROP OPERATOR qfs.= (qfs.hash, qfs.hash)'),
  ('ALTER OPERATOR qfs.= (qfs.hash, qfs.hash) OWNER TO regress_qfs_thief'),
  ('DROP CAST (bytea AS qfs.hash)');
-- indexes with more than columns, where rows are written without the executor
INSERT INTO commands (command) VALUES
  ('CREATE INDEX ON qfs.standing ((created + 1))'),
  ('CREATE INDEX regress_recent ON qfs.standing (created) WHERE created > 1'),
  ('CREATE UNIQUE INDEX ON qfs.message ((seq + 1))');
-- the extension and the schema
INSERT INTO commands (command) VALUES
  ('DROP EXTENSION qfs'),
  ('DROP EXTENSION qfs CASCADE'),
  ('DROP EXTENSION IF EXISTS plpgsql, qfs CASCADE'),
  ('DROP SCHEMA qfs CASCADE'),
  ('DROP SCHEMA IF EXISTS regress_none, qfs CASCADE'),
  ('ALTER SCHEMA qfs RENAME TO elsewhere'),
  ('ALTER SCHEMA qfs OWNER TO regress_qfs_thief'),
  ('ALTER EXTENSION qfs DROP TABLE qfs.ledger'),
  ('ALTER EXTENSION qfs DROP FUNCTION qfs.ledger_append()'),
  ('ALTER EXTENSION qfs DROP EVENT TRIGGER qfs_guard_end'),
  ('ALTER EXTENSION qfs ADD TABLE alike'),
  ('ALTER EXTENSION qfs SET SCHEMA public'),
  ('DROP EVENT TRIGGER qfs_guard_end');
SELECT n, command, split_part(refused(command), ': ', 1) AS refused FROM commands ORDER BY n;
SELECT left(refused('DROP OWNED BY qfs_owner'), 5);

-- in replica mode all the same: event triggers are enabled ALWAYS
SET session_replication_role = replica;
SELECT refused('ALTER TABLE qfs.ledger DISABLE TRIGGER ALL') AS disable, refused('DROP TRIGGER zzz_qfs_append ON qfs.ledger') AS drop,
       refused('DROP EXTENSION qfs') AS extension, refused('ALTER TABLE qfs.ledger ALTER COLUMN nodes TYPE text USING ''x''') AS rewrite;
RESET session_replication_role;

-- nothing happened
SELECT * FROM qfs.self_check();
SELECT * FROM qfs.verify();

-- what is allowed: an index, an AFTER trigger, a foreign key, a view elsewhere, a publication, comments, statistics, updates
CREATE INDEX regress_by_type ON qfs.ledger (type, seq);
REINDEX INDEX qfs.regress_by_type;
CREATE INDEX ON qfs.ledger ((payload ->> 'n'));
CREATE INDEX ON qfs.standing (created, last_entry DESC);
CREATE STATISTICS qfs.regress_statistics ON type, seq FROM qfs.ledger;
ANALYZE qfs.ledger;
VACUUM qfs.ledger;
REINDEX TABLE qfs.ledger;
COMMENT ON TABLE qfs.ledger IS 'mine';
CREATE VIEW notes AS SELECT seq, payload FROM qfs.ledger WHERE type = 'NOTE';
CREATE TABLE regress_links (note bigint REFERENCES qfs.ledger (seq));
CREATE TABLE heard (seq bigint, type text);
CREATE FUNCTION regress_hear() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO heard VALUES (NEW.seq, NEW.type);
  RETURN NULL;
END $$;
CREATE TRIGGER regress_hear AFTER INSERT ON qfs.ledger FOR EACH ROW WHEN (NEW.type = 'NOTE') EXECUTE FUNCTION regress_hear();
CREATE CONSTRAINT TRIGGER regress_hear_late AFTER INSERT ON qfs.ledger DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION regress_hear();
SET client_min_messages = error;
CREATE PUBLICATION regress_qfs FOR TABLE qfs.ledger;
DROP PUBLICATION regress_qfs;
ALTER EXTENSION qfs UPDATE;
CREATE SCHEMA regress_elsewhere;
ALTER TABLE alike SET SCHEMA regress_elsewhere;
DROP SCHEMA regress_elsewhere CASCADE;
RESET client_min_messages;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"n":1}'), ('NOTE', '{"n":2}') RETURNING seq;
SELECT * FROM heard;
SELECT * FROM notes;
INSERT INTO regress_links VALUES (2), (3);
INSERT INTO regress_links VALUES (4);
SELECT * FROM qfs.self_check();
-- and taken away again
DROP TRIGGER regress_hear ON qfs.ledger;
DROP TRIGGER regress_hear_late ON qfs.ledger;
DROP TABLE regress_links;
DROP VIEW notes;
DROP INDEX qfs.regress_by_type, qfs.ledger_expr_idx;
DROP STATISTICS qfs.regress_statistics;
DROP FUNCTION regress_hear;

-- strangers do their own DDL as ever
GRANT CREATE ON SCHEMA public TO regress_qfs_thief;
SET ROLE regress_qfs_thief;
CREATE TABLE own (n int);
ALTER TABLE own ADD COLUMN m int DEFAULT random() * 10;
DROP TABLE own;
SELECT attempt('CREATE INDEX ON qfs.ledger (at)') AS index, attempt('DROP EXTENSION qfs') AS extension, attempt('DROP SCHEMA qfs') AS schema;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM regress_qfs_thief;

-- REASSIGN OWNED and ALTER EVENT TRIGGER fire no event trigger: where the library is not loaded, the check shows what they did
BEGIN;
SET LOCAL qfs.ddl_guard = off;
ALTER EVENT TRIGGER qfs_guard_end DISABLE;
SELECT * FROM qfs.self_check();
ROLLBACK;
BEGIN;
SET LOCAL qfs.ddl_guard = off;
REASSIGN OWNED BY qfs_owner TO regress_qfs_thief;
SELECT * FROM qfs.self_check() WHERE detail ~ 'table' ORDER BY detail COLLATE "C";
ROLLBACK;
-- a superuser who must can
BEGIN;
SET LOCAL qfs.ddl_guard = off;
ALTER TABLE qfs.ledger RENAME COLUMN nodes TO interior;
ROLLBACK;
SELECT * FROM qfs.self_check();
DROP TABLE parent;
DROP FUNCTION refused, regress_trigger;
DROP ROLE regress_qfs_thief;
