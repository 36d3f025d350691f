-- Triggers, rules and children of others on the ledger: what they can do to an entry, and what not.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
SELECT length(qfs.genesis('regress.example/log')::text);
SELECT qfs.register_event_type('NOTE', '{}');
CREATE FUNCTION edit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.payload := NEW.payload || '{"edited": true}';
  RETURN NEW;
END $$;
CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';

-- a BEFORE trigger that fires behind ours: no entry at all
SET qfs.ddl_guard = off;
CREATE TRIGGER zzzz BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION edit();
RESET qfs.ddl_guard;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}');
SELECT attempt($$SELECT qfs.register_event_type('X', '{}')$$) AS event_type, attempt('SELECT qfs.rotate_keys()') AS rotate_keys,
       attempt('INSERT INTO qfs.ledger SELECT * FROM qfs.ledger WHERE seq = 1') AS recorded;
SELECT * FROM qfs.self_check();
SET qfs.ddl_guard = off;
-- whatever its name, as long as it sorts behind; whatever else it fires on; whenever it fires
SELECT attempt($$ALTER TRIGGER zzzz ON qfs.ledger RENAME TO zzz_qfs_append_$$), attempt($$INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')$$);
SELECT attempt($$ALTER TRIGGER zzz_qfs_append_ ON qfs.ledger RENAME TO "é"$$), attempt($$INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')$$);
DROP TRIGGER "é" ON qfs.ledger;
CREATE TRIGGER zzzz BEFORE INSERT OR UPDATE ON qfs.ledger FOR EACH ROW WHEN (NEW.type = 'OTHER') EXECUTE FUNCTION swallow();
ALTER TABLE qfs.ledger ENABLE REPLICA TRIGGER zzzz;
SELECT attempt($$INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')$$);
-- one that is disabled does no harm, nor does one for statements, or for other commands
ALTER TABLE qfs.ledger DISABLE TRIGGER zzzz;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"n":2}') RETURNING seq, payload;
DROP TRIGGER zzzz ON qfs.ledger;
CREATE TRIGGER zzzz BEFORE INSERT ON qfs.ledger FOR EACH STATEMENT EXECUTE FUNCTION swallow();
CREATE TRIGGER zzzz2 BEFORE UPDATE ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION edit();
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"n":3}') RETURNING seq, payload;
SELECT * FROM qfs.self_check() WHERE code <> 'QFS_GUARD_OFF';
DROP TRIGGER zzzz ON qfs.ledger;
DROP TRIGGER zzzz2 ON qfs.ledger;

-- one that fires before ours changes the event, not the entry
CREATE TRIGGER aaa BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION edit();
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"n":4}') RETURNING seq, payload;
DROP TRIGGER aaa ON qfs.ledger;
-- or swallows it: nothing is computed, nothing is lost
CREATE TRIGGER aaa BEFORE INSERT ON qfs.ledger FOR EACH ROW WHEN (NEW.payload ? 'secret') EXECUTE FUNCTION swallow();
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"n":5}'), ('NOTE', '{"secret":1}'), ('NOTE', '{"n":6}') RETURNING seq, payload;
DROP TRIGGER aaa ON qfs.ledger;
CREATE TRIGGER aaa BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION swallow();
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}') RETURNING seq;
SELECT qfs.register_event_type('SWALLOWED', '{}');
SELECT attempt('SELECT qfs.rotate_keys()') AS rotate_keys, attempt('SELECT qfs.set_policy(''{}'')') AS set_policy;
DROP TRIGGER aaa ON qfs.ledger;
-- it cannot forge what we compute
CREATE FUNCTION forge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW := jsonb_populate_record(NEW, NEW.payload -> 'forged');
  RETURN NEW;
END $$;
CREATE TRIGGER aaa BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION forge();
SELECT forged, attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (''NOTE'', %L)', jsonb_build_object('forged', forged)))
FROM unnest(ARRAY['{"seq":7}', '{"at":1}', '{"auth":{"via":"wallet"}}', '{"outcome":{}}', '{"nodes":"\\x"}',
                  '{"type":"GENESIS"}', '{"type":null}', '{"payload":null}']::jsonb[]) AS forged;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"forged":{"actor":"user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9"}}')
RETURNING seq, actor;
DROP TRIGGER aaa ON qfs.ledger;
DROP FUNCTION forge;

-- one that appends by itself, before or after: each event is an entry, in the order of the computation
CREATE FUNCTION echo() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT NEW.payload ? 'echo' THEN
    INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', jsonb_build_object('echo', NEW.payload -> 'n', 'from', TG_NAME));
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER aaa BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION echo();
CREATE TRIGGER echo_after AFTER INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION echo();
RESET qfs.ddl_guard;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"n":8}'), ('NOTE', '{"n":9}') RETURNING seq, payload;
SELECT seq, payload FROM qfs.ledger WHERE seq > 7 ORDER BY seq;
SELECT * FROM qfs.verify();
SET qfs.ddl_guard = off;
DROP TRIGGER aaa ON qfs.ledger;
DROP TRIGGER echo_after ON qfs.ledger;
-- an AFTER trigger that fails takes the entry with it; one that returns nothing or something else does not
CREATE FUNCTION object() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.payload ? 'objectionable' THEN
    RAISE EXCEPTION 'no such entry, please';
  END IF;
  NEW.payload := '{"changed":"too late"}';
  RETURN NEW;
END $$;
CREATE TRIGGER object AFTER INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION object();
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}'), ('NOTE', '{"objectionable":true}');
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"n":14}') RETURNING seq, payload;
SELECT payload FROM qfs.ledger WHERE seq = 14;
DROP TRIGGER object ON qfs.ledger;
DROP FUNCTION object, echo, edit, swallow;

-- a rule instead of the trigger: what is not computed is not lost, but our functions say so
CREATE RULE nothing AS ON INSERT TO qfs.ledger DO INSTEAD NOTHING;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}');
SELECT attempt($$SELECT qfs.register_event_type('X', '{}')$$);
SELECT * FROM qfs.self_check() WHERE code <> 'QFS_GUARD_OFF';
DROP RULE nothing ON qfs.ledger;
-- a table that inherits: its rows show up in a SELECT, and nowhere else
CREATE TABLE child () INHERITS (qfs.ledger);
INSERT INTO child SELECT 15, at, 'NOTE', NULL, auth, '{"forged":true}', NULL, '{}', '[]', salt, hash, prev, '' FROM ONLY qfs.ledger WHERE seq = 14;
SELECT count(*), max(seq), (SELECT size FROM qfs.head()) AS size, (SELECT count(*) FROM qfs.export()) AS lines FROM qfs.ledger;
SELECT attempt('SELECT qfs.entry(15)');
SELECT * FROM qfs.self_check() WHERE code <> 'QFS_GUARD_OFF';
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"n":15}') RETURNING seq, prev::text = (SELECT hash::text FROM ONLY qfs.ledger WHERE seq = 14) AS linked;
DROP TABLE child;
RESET qfs.ddl_guard;
SELECT * FROM qfs.verify();
SELECT * FROM qfs.self_check();
