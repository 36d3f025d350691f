-- qfs.verify: every fault that can be made in SQL, what is said about it at each depth, and ranges.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/lines.sql
SELECT length(qfs.genesis('regress.example/log')::text);
SELECT qfs.register_event_type('NOTE', '{"properties":{"n":{"type":"integer"}}}');
INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', jsonb_build_object('n', n) FROM generate_series(2, 4) n;
SELECT qfs.set_policy('{"ttl_blocks":2000}');
SELECT qfs.rotate_keys();
INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', jsonb_build_object('n', n) FROM generate_series(7, 9) n;
SELECT depth, count(v) AS faults FROM unnest(ARRAY['hashes', 'signatures', 'replay']) AS depth LEFT JOIN LATERAL qfs.verify(depth => depth) v ON true GROUP BY 1 ORDER BY 1;

-- tamper: makes a change as a superuser can, verifies at each depth, undoes the change
CREATE FUNCTION tamper(command text, details boolean DEFAULT false) RETURNS TABLE (hashes text, signatures text, replay text) LANGUAGE plpgsql AS $$
DECLARE
  shown text := CASE WHEN details THEN 'replace(code, ''QFS_'', '''') || '': '' || regexp_replace(detail, ''[0-9a-f]{20,}|\d{10,}'', ''…'', ''g'')'
                     ELSE 'replace(code, ''QFS_'', '''')' END;
BEGIN
  SET LOCAL qfs.ddl_guard = off;
  ALTER TABLE qfs.ledger DISABLE TRIGGER ALL;
  PERFORM unguarded(command);
  EXECUTE format('SELECT string_agg(seq || '' '' || %s, '', '') FROM qfs.verify(depth => ''hashes'')', shown) INTO hashes;
  EXECUTE format('SELECT string_agg(seq || '' '' || %s, '', '') FROM qfs.verify(depth => ''signatures'')', shown) INTO signatures;
  EXECUTE format('SELECT string_agg(seq || '' '' || %s, '', '') FROM qfs.verify(depth => ''replay'')', shown) INTO replay;
  RAISE EXCEPTION 'undo';
EXCEPTION WHEN raise_exception THEN
  RETURN NEXT;
END $$;
-- one change of one row; a deeper check repeats what the shallower one says
CREATE TABLE changes (n serial, command text);
INSERT INTO changes (command) VALUES
  ('UPDATE qfs.ledger SET payload = ''{"n":-3}'' WHERE seq = 3'),
  ('UPDATE qfs.ledger SET payload = ''{}'' WHERE seq = 0'),
  ('UPDATE qfs.ledger SET payload = payload || ''{"by":"account"}'' WHERE seq = 1'),
  ('UPDATE qfs.ledger SET payload = ''{"x":3}'' WHERE seq = 3'),
  ('UPDATE qfs.ledger SET type = ''OTHER'' WHERE seq = 3'),
  ('UPDATE qfs.ledger SET type = ''GENESIS'' WHERE seq = 3'),
  ('UPDATE qfs.ledger SET actor = sha256('''')::qfs.user_id WHERE seq = 3'),
  ('UPDATE qfs.ledger SET actor = sha256('''')::qfs.user_id WHERE seq = 5'),
  ('UPDATE qfs.ledger SET auth = ''{"via":"session"}'' WHERE seq = 3'),
  ('UPDATE qfs.ledger SET at = at + 1 WHERE seq = 9'),
  ('UPDATE qfs.ledger SET at = at + 86400000 WHERE seq = 3'),
  ('UPDATE qfs.ledger SET at = at - 86400000 WHERE seq = 3'),
  ('UPDATE qfs.ledger SET at = at - 1 WHERE seq = 0'),
  ('UPDATE qfs.ledger SET outcome = ''{"x":1}'' WHERE seq = 3'),
  ('UPDATE qfs.ledger SET outcome = ''{"result":{"number":2}}'' WHERE seq = 6'),
  ('UPDATE qfs.ledger SET accounts = ''[{"account":"user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9","kind":"nonce"}]'' WHERE seq = 3'),
  ('UPDATE qfs.ledger SET sig = ''x'' WHERE seq = 3'),
  ('UPDATE qfs.ledger SET salt = decode(repeat(''00'', 16), ''hex'') WHERE seq = 3'),
  ('UPDATE qfs.ledger SET prev = sha256('''')::qfs.hash WHERE seq = 3'),
  ('UPDATE qfs.ledger SET prev = sha256('''')::qfs.hash WHERE seq = 0'),
  ('UPDATE qfs.ledger SET hash = sha256('''')::qfs.hash WHERE seq = 3'),
  ('UPDATE qfs.ledger SET hash = sha256('''')::qfs.hash WHERE seq = 9'),
  ('UPDATE qfs.ledger SET nodes = sha256('''') WHERE seq = 1'),
  ('UPDATE qfs.ledger SET nodes = '''' WHERE seq = 7'),
  ('UPDATE qfs.ledger SET nodes = nodes || sha256('''') WHERE seq = 8'),
  ('UPDATE qfs.ledger SET nodes = ''\x00'' WHERE seq = 3'),
  ('UPDATE qfs.ledger SET payload = jsonb_set(payload, ''{signature}'', to_jsonb(repeat(''0'', 128))) WHERE seq = 6'),
  ('UPDATE qfs.ledger SET payload = jsonb_set(payload, ''{keys,checkpoint}'', to_jsonb(repeat(''a7'', 32))) WHERE seq = 6'),
  ('UPDATE qfs.ledger SET payload = jsonb_set(payload, ''{keys,checkpoint}'', to_jsonb(repeat(''a7'', 32))) WHERE seq = 0'),
  ('UPDATE qfs.ledger SET payload = jsonb_set(payload, ''{policy,ttl_blocks}'', ''3000'') WHERE seq = 5'),
  ('UPDATE qfs.ledger SET payload = jsonb_set(payload, ''{origin}'', ''"egress.example/log"'') WHERE seq = 0');
SELECT n, substr(command, 23) AS change, t.* FROM changes, LATERAL tamper(command) t ORDER BY n;
-- what can no longer be an entry
CREATE TABLE unreadable (n serial, command text);
INSERT INTO unreadable (command) VALUES
  ('UPDATE qfs.ledger SET payload = ''{"n":0.5}'' WHERE seq = 3'),
  ('UPDATE qfs.ledger SET payload = ''[]'' WHERE seq = 3'),
  ('UPDATE qfs.ledger SET type = ''note'' WHERE seq = 3'),
  ('UPDATE qfs.ledger SET payload = jsonb_build_object(''x'', repeat(''x'', 70000)) WHERE seq = 3'),
  ('UPDATE qfs.ledger SET payload = jsonb_build_object(''x'', repeat(''x'', 200000)) WHERE seq = 3'),
  ('UPDATE qfs.ledger SET outcome = (repeat(''{"a":'', 40) || ''1'' || repeat(''}'', 40))::jsonb WHERE seq = 3'),
  ('ALTER TABLE qfs.ledger ALTER hash DROP NOT NULL; UPDATE qfs.ledger SET hash = NULL WHERE seq = 3'),
  ('ALTER TABLE qfs.ledger ALTER auth DROP NOT NULL; UPDATE qfs.ledger SET auth = NULL WHERE seq = 3'),
  ('ALTER TABLE qfs.ledger ALTER nodes DROP NOT NULL; UPDATE qfs.ledger SET nodes = NULL WHERE seq = 3'),
  ('UPDATE qfs.ledger SET payload = ''[]'' WHERE seq = 0'),
  ('UPDATE qfs.ledger SET accounts = ''{}'' WHERE seq = 3'),
  ('UPDATE qfs.ledger SET accounts = ''[1]'' WHERE seq = 3'),
  ('UPDATE qfs.ledger SET accounts = jsonb_build_array(accounts, repeat(''x'', 20000)) WHERE seq = 3'),
  ('UPDATE qfs.ledger SET outcome = jsonb_build_object(''x'', repeat(''x'', 20000)) WHERE seq = 3'),
  ('UPDATE qfs.ledger SET salt = '''' WHERE seq = 3'),
  ('UPDATE qfs.ledger SET salt = decode(repeat(''00'', 15), ''hex'') WHERE seq = 3'),
  ('UPDATE qfs.ledger SET salt = decode(repeat(''00'', 17), ''hex'') WHERE seq = 3'),
  ('ALTER TABLE qfs.ledger ALTER salt DROP NOT NULL; UPDATE qfs.ledger SET salt = NULL WHERE seq = 3'),
  ('ALTER TABLE qfs.ledger ALTER accounts DROP NOT NULL; UPDATE qfs.ledger SET accounts = NULL WHERE seq = 3');
SELECT n, command, t.* FROM unreadable, LATERAL tamper(command) t ORDER BY n;
-- rows
CREATE TABLE rows (n serial, command text);
INSERT INTO rows (command) VALUES
  ('DELETE FROM qfs.ledger WHERE seq = 3'),
  ('DELETE FROM qfs.ledger WHERE seq IN (3, 4, 8)'),
  ('DELETE FROM qfs.ledger WHERE seq = 0'),
  ('DELETE FROM qfs.ledger WHERE seq = 5'),
  ('DELETE FROM qfs.ledger WHERE seq >= 6'),
  ('DELETE FROM qfs.ledger WHERE seq = 9'),
  ('DELETE FROM qfs.ledger'),
  ('INSERT INTO qfs.ledger SELECT 10, at, type, actor, auth, payload, sig, outcome, accounts, salt, hash, hash, '''' FROM qfs.ledger WHERE seq = 9'),
  ('INSERT INTO qfs.ledger SELECT 20, at, type, actor, auth, payload, sig, outcome, accounts, salt, prev, hash, nodes FROM qfs.ledger WHERE seq = 9'),
  ('INSERT INTO qfs.ledger SELECT -1, at, type, actor, auth, payload, sig, outcome, accounts, salt, prev, hash, nodes FROM qfs.ledger WHERE seq = 0'),
  -- at the same time, or the later one would come too early as well, if a millisecond was between them
  ('UPDATE qfs.ledger SET at = (SELECT at FROM qfs.ledger WHERE seq = 3), seq = 1007 - seq WHERE seq IN (3, 4); UPDATE qfs.ledger SET seq = seq - 1000 WHERE seq > 1000'),
  ('UPDATE qfs.ledger l SET payload = o.payload, hash = o.hash FROM qfs.ledger o WHERE l.seq = 3 AND o.seq = 4');
SELECT n, command, t.* FROM rows, LATERAL tamper(command) t ORDER BY n;
-- state tables: the replay gives other records
CREATE TABLE states (n serial, command text);
INSERT INTO states (command) VALUES
  ('DELETE FROM qfs.ledger_state'), ('UPDATE qfs.ledger_state SET genesis_at = 0'), ('UPDATE qfs.ledger_state SET ledger = sha256('''')::qfs.hash'),
  ('UPDATE qfs.ledger_state SET origin = ''other.example/log'''), ('UPDATE qfs.ledger_state SET policy_seq = 0'), ('UPDATE qfs.ledger_state SET policy = sha256('''')::qfs.hash'), ('UPDATE qfs.ledger_state SET key_number = 0'),
  ('UPDATE qfs.ledger_state SET number = 1'), ('INSERT INTO qfs.ledger_state SELECT 1, genesis_at, ledger, origin, policy_seq, policy, key_number FROM qfs.ledger_state'),
  ('UPDATE qfs.policy SET policy = ''{}'' WHERE seq = 0'), ('DELETE FROM qfs.policy WHERE seq = 5'), ('INSERT INTO qfs.policy SELECT 9, policy FROM qfs.policy WHERE seq = 0'),
  ('UPDATE qfs.signing_key SET checkpoint = token'), ('DELETE FROM qfs.signing_key WHERE number = 1'), ('UPDATE qfs.signing_key SET seq = 7 WHERE number = 1'),
  ('UPDATE qfs.event_type SET by = ''account'''), ('UPDATE qfs.event_type SET schema = ''{}'''), ('UPDATE qfs.event_type SET type = ''OTHER'''),
  ('INSERT INTO qfs.event_type SELECT ''MINE'', seq, by, schema FROM qfs.event_type'), ('TRUNCATE qfs.event_type, qfs.policy, qfs.signing_key');
SELECT n, command, t.hashes, t.replay FROM states, LATERAL tamper(command, true) t ORDER BY n;
SELECT attempt($$SELECT * FROM tamper('ALTER TABLE qfs.policy ADD COLUMN extra int')$$) AS columns,
       attempt($$SELECT * FROM tamper('ALTER TABLE qfs.policy ALTER policy DROP NOT NULL; UPDATE qfs.policy SET policy = NULL')$$) AS nulls;
-- the details of some faults
SELECT t.* FROM unnest(ARRAY['UPDATE qfs.ledger SET hash = sha256('''')::qfs.hash WHERE seq = 3', 'UPDATE qfs.ledger SET outcome = ''{"result":{"number":7}}'' WHERE seq = 6',
  'UPDATE qfs.ledger SET at = 5 WHERE seq = 4']) AS command, LATERAL tamper(command, true) t;

-- nothing of it stayed
SELECT * FROM qfs.verify();
SELECT * FROM qfs.self_check();

-- ranges: inclusive, from a predecessor that is believed
CREATE FUNCTION ranges(command text) RETURNS TABLE ("all" text, upto_2 text, upto_3 text, from_3 text, from_4 text, only_3 text, beyond text) LANGUAGE plpgsql AS $$
BEGIN
  SET LOCAL qfs.ddl_guard = off;
  ALTER TABLE qfs.ledger DISABLE TRIGGER ALL;
  EXECUTE command;
  "all" := ARRAY(SELECT seq || ' ' || code FROM qfs.verify(depth => 'hashes'));
  upto_2 := ARRAY(SELECT seq || ' ' || code FROM qfs.verify(0, 2));
  upto_3 := ARRAY(SELECT seq || ' ' || code FROM qfs.verify(0, 3));
  from_3 := ARRAY(SELECT seq || ' ' || code FROM qfs.verify(3, depth => 'hashes'));
  from_4 := ARRAY(SELECT seq || ' ' || code FROM qfs.verify(4, depth => 'hashes'));
  only_3 := ARRAY(SELECT seq || ' ' || code FROM qfs.verify(3, 3, 'hashes'));
  beyond := ARRAY(SELECT seq || ' ' || code FROM qfs.verify(9, 1000, 'hashes'));
  RAISE EXCEPTION 'undo';
EXCEPTION WHEN raise_exception THEN
  RETURN NEXT;
END $$;
SELECT r.* FROM unnest(ARRAY['SELECT 1', 'UPDATE qfs.ledger SET payload = ''{}'' WHERE seq = 3', 'UPDATE qfs.ledger SET prev = sha256('''')::qfs.hash WHERE seq = 3',
  'DELETE FROM qfs.ledger WHERE seq = 3', 'UPDATE qfs.ledger SET nodes = '''' WHERE seq = 3']) AS command, LATERAL ranges(command) r;
-- state is compared when the check reaches the head, and only then
BEGIN;
SELECT unguarded($$DELETE FROM qfs.event_type$$);
SELECT (SELECT count(*) FROM qfs.verify(0, 8)) AS upto_8, (SELECT count(*) FROM qfs.verify(0, 9)) AS upto_9, (SELECT count(*) FROM qfs.verify(0, 10)) AS upto_10,
       (SELECT count(*) FROM qfs.verify()) AS "all", (SELECT count(*) FROM qfs.verify(depth => 'signatures')) AS signatures;
ROLLBACK;
SELECT command, attempt('SELECT qfs.' || command)
FROM unnest(ARRAY['verify(-1)', 'verify(0, -1)', 'verify(11, depth => ''hashes'')', 'verify(10, depth => ''hashes'')', 'verify(1)', 'verify(1, 5, ''signatures'')',
  'verify(depth => ''Hashes'')', 'verify(depth => '''')', 'verify(depth => NULL)', 'verify(NULL, NULL, ''replay'')', 'verify(5, 4, ''hashes'')']) AS command;

-- state that is missing stops appends, in a session that does not know it yet
SELECT unguarded($$DELETE FROM qfs.policy WHERE seq = 5$$);
SELECT unguarded($$DELETE FROM qfs.signing_key WHERE number = 1$$);
\c -
SET qfs.key_file = 'qfs_regress.key';
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}');
SELECT attempt($$SELECT qfs.set_policy('{}')$$) AS set_policy, attempt('SELECT qfs.rotate_keys()') AS rotate_keys;
SELECT qfs.rebuild();
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}') RETURNING seq;
SELECT * FROM qfs.verify();

-- a tail that is gone and a chain that is hashed anew are sound by themselves: the older checkpoint knows
CREATE TABLE kept AS SELECT size, qfs.root(size)::text AS root FROM generate_series(0, 11) size;
CREATE TABLE lines AS SELECT row_number() OVER () - 1 AS seq, line FROM qfs.export() line;
SELECT hashes, signatures, replay FROM tamper('DELETE FROM qfs.ledger WHERE seq >= 7');
DO $$
DECLARE
  l record;
  prev text := repeat('0', 64);
  forged text[] := '{}';
  line text;
BEGIN
  FOR l IN SELECT * FROM lines WHERE seq < 6 ORDER BY seq LOOP
    line := qfs.canonical(l.line::jsonb || jsonb_build_object('prev', prev) || CASE l.seq WHEN 3 THEN '{"payload":{"n":1000000}}' ELSE '{}' END::jsonb);
    prev := hash_of(line);
    forged := forged || line;
  END LOOP;
  SET LOCAL qfs.ddl_guard = off;
  DROP EXTENSION qfs;
  CREATE EXTENSION qfs;
  RESET qfs.ddl_guard;
  PERFORM qfs.import(forged);
END $$;
SELECT * FROM qfs.verify();
SELECT size, qfs.root(size)::text = root AS as_kept FROM kept WHERE size <= 6 ORDER BY size;
SELECT qfs.verify_consistency(4, 6, qfs.consistency_proof(4, 6), root::qfs.hash, qfs.root(6)) AS consistent FROM kept WHERE size = 4;
DROP FUNCTION tamper, ranges;
