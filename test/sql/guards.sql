-- Guards against changed rows: UPDATE, DELETE, TRUNCATE, MERGE, ON CONFLICT, replica mode.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
SELECT length(qfs.genesis('regress.example/log')::text);
SELECT qfs.register_event_type('NOTE', '{}');
INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', jsonb_build_object('n', n) FROM generate_series(2, 5) n;
CREATE TABLE before_all AS SELECT seq, to_jsonb(l) AS row FROM qfs.ledger l;

UPDATE qfs.ledger SET payload = '{}' WHERE seq = 2;
DELETE FROM qfs.ledger WHERE seq = 5;
TRUNCATE qfs.ledger;
-- no matter whether a row would have changed, or which
UPDATE qfs.ledger SET seq = seq;
UPDATE qfs.ledger SET at = 1 WHERE false;
DELETE FROM qfs.ledger WHERE seq = 1000;
DELETE FROM ONLY qfs.ledger;
TRUNCATE before_all, qfs.ledger;
TRUNCATE qfs.ledger CASCADE;
WITH gone AS (DELETE FROM qfs.ledger RETURNING *) SELECT count(*) FROM gone;
MERGE INTO qfs.ledger l USING before_all b ON l.seq = b.seq WHEN MATCHED THEN UPDATE SET payload = '{}';
MERGE INTO qfs.ledger l USING before_all b ON l.seq = b.seq WHEN MATCHED THEN DELETE;
MERGE INTO qfs.ledger l USING before_all b ON l.seq = b.seq WHEN MATCHED THEN DO NOTHING
  WHEN NOT MATCHED THEN INSERT (type, payload) VALUES ('NOTE', '{}');
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}') ON CONFLICT (seq) DO UPDATE SET payload = '{"x":1}';
-- a MERGE that only inserts appends
MERGE INTO qfs.ledger l USING (VALUES (1), (2)) AS v(n) ON false
  WHEN NOT MATCHED THEN INSERT (type, payload) VALUES ('NOTE', jsonb_build_object('merged', n));
SELECT seq, payload FROM qfs.ledger WHERE seq > 5 ORDER BY seq;

-- in replica mode too, for which plain triggers do not fire
SET session_replication_role = replica;
UPDATE qfs.ledger SET payload = '{}' WHERE seq = 2;
DELETE FROM qfs.ledger;
TRUNCATE qfs.ledger;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"replica":true}') RETURNING seq, octet_length(nodes);
SET session_replication_role = local;
DELETE FROM qfs.ledger;
RESET session_replication_role;
-- and whoever gets the privilege
CREATE ROLE regress_qfs_writer;
GRANT qfs_operator TO regress_qfs_writer;
GRANT USAGE ON SCHEMA qfs TO regress_qfs_writer;
GRANT ALL ON qfs.ledger TO regress_qfs_writer;
SET ROLE regress_qfs_writer;
SELECT attempt('UPDATE qfs.ledger SET at = 0') AS update, attempt('DELETE FROM qfs.ledger') AS delete,
       attempt('TRUNCATE qfs.ledger') AS truncate;
RESET ROLE;
REVOKE ALL ON qfs.ledger FROM regress_qfs_writer;
REVOKE USAGE ON SCHEMA qfs FROM regress_qfs_writer;
DROP ROLE regress_qfs_writer;
SELECT count(*) AS rows, bool_and(to_jsonb(l) = b.row) FILTER (WHERE b.seq IS NOT NULL) AS as_before
FROM qfs.ledger l LEFT JOIN before_all b USING (seq);

-- ON CONFLICT DO NOTHING without a conflict appends
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}') ON CONFLICT DO NOTHING RETURNING seq;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}') ON CONFLICT (seq) DO NOTHING RETURNING seq;
INSERT INTO qfs.ledger SELECT * FROM qfs.ledger WHERE seq = 3 ON CONFLICT DO NOTHING;

-- an application's own unique index: whoever runs into it loses the whole transaction
CREATE UNIQUE INDEX regress_once ON qfs.ledger ((payload ->> 'once')) WHERE type = 'NOTE';
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"once":"a"}') RETURNING seq;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"once":"a"}');
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"once":"a"}') ON CONFLICT DO NOTHING;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"once":"b"}'), ('NOTE', '{"once":"a"}'), ('NOTE', '{"once":"c"}') ON CONFLICT DO NOTHING;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"once":"a"}')
  ON CONFLICT ((payload ->> 'once')) WHERE type = 'NOTE' DO UPDATE SET payload = '{}';
SELECT size FROM qfs.head();
-- at commit at the latest
BEGIN;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"once":"d"}') RETURNING seq;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"once":"a"}') ON CONFLICT DO NOTHING RETURNING seq;
SELECT size FROM qfs.head();
COMMIT;
SELECT size FROM qfs.head();
-- with appends behind it, and with rules' effects that must not stay without their entry
BEGIN;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"once":"a"}') ON CONFLICT DO NOTHING;
SELECT qfs.register_event_type('LATER', '{}');
INSERT INTO qfs.ledger (type, payload) VALUES ('LATER', '{}');
COMMIT;
SELECT size, (SELECT count(*) FROM qfs.event_type) AS types FROM qfs.head();
-- in a savepoint that is released, or rolled back
BEGIN;
SAVEPOINT s;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"once":"a"}') ON CONFLICT DO NOTHING;
RELEASE s;
COMMIT;
BEGIN;
SAVEPOINT s;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"once":"a"}') ON CONFLICT DO NOTHING;
ROLLBACK TO s;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"once":"e"}') ON CONFLICT DO NOTHING RETURNING seq;
COMMIT;
-- in a savepoint that is rolled back after it, the one before it stays lost
BEGIN;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"once":"a"}') ON CONFLICT DO NOTHING;
SAVEPOINT s;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"once":"f"}');
ROLLBACK TO s;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"once":"g"}');
COMMIT;
DROP INDEX qfs.regress_once;
-- dropping the index afterwards hides nothing
BEGIN;
CREATE UNIQUE INDEX regress_once ON qfs.ledger ((payload ->> 'once')) WHERE type = 'NOTE';
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"once":"a"}') ON CONFLICT DO NOTHING;
DROP INDEX qfs.regress_once;
COMMIT;
-- an exclusion constraint's index as well
SET qfs.ddl_guard = off;
ALTER TABLE qfs.ledger ADD CONSTRAINT regress_exclude EXCLUDE USING hash ((payload ->> 'once') WITH =);
RESET qfs.ddl_guard;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"once":"e"}') ON CONFLICT DO NOTHING;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"once":"h"}') ON CONFLICT DO NOTHING RETURNING seq;
SET qfs.ddl_guard = off;
ALTER TABLE qfs.ledger DROP CONSTRAINT regress_exclude;
RESET qfs.ddl_guard;
-- an index that the guard would have refused: nothing is written past it, and nothing crashes
SET qfs.ddl_guard = off;
CREATE INDEX regress_next ON qfs.policy ((seq + 1));
RESET qfs.ddl_guard;
SELECT attempt($$SELECT qfs.set_policy('{}')$$);
DROP INDEX qfs.regress_next;
SELECT qfs.set_policy('{}') IS NOT NULL AS set;
SELECT size, (SELECT count(*) FROM qfs.ledger) AS rows FROM qfs.head();
SELECT * FROM qfs.verify();
SELECT * FROM qfs.self_check();
-- a column that the guard would have refused: nothing is appended, nothing is read beside it, and nothing crashes
SET qfs.ddl_guard = off;
ALTER TABLE qfs.ledger ADD COLUMN extra text DEFAULT 'x';
RESET qfs.ddl_guard;
SELECT attempt($$INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')$$) AS statement, attempt($$SELECT qfs.set_policy('{}')$$) AS function;
SELECT count(*) AS lines FROM qfs.export();
SELECT * FROM qfs.verify();
SELECT * FROM qfs.self_check();
