-- Restoring: rows in any order, a closed ledger, qfs.post_restore and qfs.rebuild.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/lines.sql
SELECT length(qfs.genesis('regress.example/log')::text);
SELECT qfs.register_event_type('NOTE', '{}');
INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', jsonb_build_object('n', n) FROM generate_series(2, 8) n;
SELECT qfs.set_policy('{"visibility":"public"}');
SELECT qfs.rotate_keys();
CREATE TABLE saved AS SELECT seq, to_jsonb(l) AS row FROM qfs.ledger l;
CREATE TABLE saved_state AS
SELECT (SELECT to_jsonb(s) FROM qfs.ledger_state s) AS ledger_state,
       (SELECT jsonb_agg(p ORDER BY seq) FROM qfs.policy p) AS policy,
       (SELECT jsonb_agg(k ORDER BY number) FROM qfs.signing_key k) AS signing_key,
       (SELECT jsonb_agg(t ORDER BY type) FROM qfs.event_type t) AS event_type,
       qfs.checkpoint() AS checkpoint;

-- what pg_dump takes along: the ledger, what is off the ledger, witnesses and cosignatures, and no state
SELECT conf::regclass FROM pg_extension, unnest(extconfig) AS conf WHERE extname = 'qfs' ORDER BY 1;

\i :inputdir/sql/include/no_ledger.sql
CREATE FUNCTION restore(n bigint, changes jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
  SELECT regexp_replace(attempt(format('INSERT INTO qfs.ledger SELECT (jsonb_populate_record(NULL::qfs.ledger, %L)).*', row || changes)),
                        '[0-9a-f]{64}', '…', 'g')
  FROM saved WHERE seq = n
$$;

-- rows come in any order; each is checked by itself
SELECT restore(5) AS "5", restore(3) AS "3", restore(0) AS "0";
SELECT restore(4, '{"payload":{"n":4.5}}') AS fraction, restore(4, '{"payload":{"n":5}}') AS payload,
       restore(4, '{"actor":"user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9"}') AS actor;
SELECT restore(4, '{"outcome":{"n":1}}') AS outcome, restore(4, '{"nodes":"\\x00"}') AS no_hashes,
       restore(4, jsonb_build_object('nodes', '\x' || repeat('00', 32))) AS too_many;
SELECT restore(4, '{"accounts":[{"account":"user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9","kind":"nonce"}]}') AS accounts,
       restore(4, jsonb_build_object('salt', '\x' || repeat('00', 16))) AS salt, restore(4, '{"sig":"x"}') AS sig;
SELECT n, restore(4, jsonb_build_object('salt', '\x' || repeat('00', n))) AS salt FROM unnest(ARRAY[0, 1, 15, 17, 32]) AS n;
SELECT restore(4, '{"hash":null}') AS no_hash, restore(4, '{"type":"lower"}') AS type, restore(5) AS again;
-- and against its neighbours: a sound entry of another ledger fits neither side
CREATE FUNCTION forge(n bigint, changes jsonb) RETURNS text LANGUAGE sql AS $$
  SELECT restore(n, changes || jsonb_build_object('hash', hash_of(line_of(row || changes))))
  FROM saved WHERE seq = n
$$;
SELECT forge(4, jsonb_build_object('prev', repeat('ab', 32))) AS behind_3, forge(4, '{"payload":{"n":-4}}') AS before_5,
       forge(1, jsonb_build_object('prev', repeat('ab', 32))) AS behind_0;
SELECT restore(4) AS "4";
-- nothing is fixed that nobody can know yet: 7 has no neighbours
SELECT forge(7, '{"payload":{"n":-7}}') AS forged_7;
SELECT restore(6) AS "6", restore(8) AS "8";

-- the ledger is closed until it is verified
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}');
SELECT attempt($$SELECT qfs.genesis('regress.example/log')$$) AS genesis, attempt($$SELECT qfs.register_event_type('X', '{}')$$) AS type;
SELECT attempt($$SELECT qfs.import('{}')$$) AS import, attempt($$SELECT qfs.rebuild()$$) AS rebuild;
SELECT attempt($$SELECT qfs.vkey()$$) AS vkey, attempt($$SELECT qfs.checkpoint()$$) AS checkpoint;
-- but it can be read
SELECT seq, size FROM qfs.head();
SELECT qfs.entry(5)::jsonb -> 'payload' AS payload;
SELECT attempt('SELECT qfs.root(9)') AS root;
SELECT seq, code FROM qfs.verify(depth => 'hashes');

-- it says what is wrong and changes nothing
SELECT regexp_replace(attempt('SELECT qfs.post_restore()'), '[0-9a-f]{64}', '…', 'g');
SELECT count(*) FROM qfs.ledger_state;
SELECT restore(1) AS "1";
SELECT restore(2) AS "2", regexp_replace(attempt('SELECT qfs.post_restore()'), '[0-9a-f]{64}', '…', 'g');

-- once more, complete and in reverse
\set upto 10
\i :inputdir/sql/include/no_ledger.sql
SET qfs.ddl_guard = off;
INSERT INTO qfs.ledger SELECT (jsonb_populate_record(NULL::qfs.ledger, row)).* FROM saved ORDER BY seq DESC;
-- as a restore with --disable-triggers leaves them
ALTER TABLE qfs.ledger DISABLE TRIGGER ALL;
ALTER TABLE qfs.ledger ENABLE TRIGGER ALL;
ALTER EVENT TRIGGER qfs_guard_drop ENABLE;
RESET qfs.ddl_guard;
SELECT * FROM qfs.self_check() ORDER BY code COLLATE "C", detail COLLATE "C";
SELECT qfs.post_restore();
SELECT * FROM qfs.self_check();
SELECT * FROM qfs.verify();
-- what is derived is what it was
CREATE FUNCTION compare_state() RETURNS TABLE (ledger_state bool, policy bool, signing_key bool, event_type bool, checkpoint bool)
LANGUAGE sql AS $$
  SELECT ledger_state = (SELECT to_jsonb(s) FROM qfs.ledger_state s),
         policy = (SELECT jsonb_agg(p ORDER BY seq) FROM qfs.policy p),
         signing_key = (SELECT jsonb_agg(k ORDER BY number) FROM qfs.signing_key k),
         event_type = (SELECT jsonb_agg(t ORDER BY type) FROM qfs.event_type t),
         checkpoint = qfs.checkpoint(11)
  FROM saved_state
$$;
SELECT * FROM compare_state();
SELECT attempt('SELECT qfs.post_restore()');
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}') RETURNING seq;

-- a restored row whose nodes are wrong is found by the walk through all
\set upto 10
\i :inputdir/sql/include/no_ledger.sql
INSERT INTO qfs.ledger
SELECT (jsonb_populate_record(NULL::qfs.ledger, CASE seq WHEN 7 THEN row || jsonb_build_object('nodes', '\x' || repeat('ab', 96)) ELSE row END)).*
FROM saved;
SELECT attempt('SELECT qfs.post_restore()');
-- of a restore nobody finished, a rollback leaves nothing
BEGIN;
\i :inputdir/sql/include/reopen.sql
ROLLBACK;
SELECT count(*) AS rows, (SELECT count(*) FROM qfs.ledger_state) AS open FROM qfs.ledger;

-- rebuild: state that was changed is computed again
\i :inputdir/sql/include/reopen.sql
SELECT unguarded($$UPDATE qfs.policy SET policy = '{}' WHERE seq = 9$$);
SELECT unguarded($$DELETE FROM qfs.event_type$$);
SELECT unguarded($$INSERT INTO qfs.signing_key SELECT 9, 9, checkpoint, token FROM qfs.signing_key WHERE number = 0$$);
SELECT seq, code, detail FROM qfs.verify() ORDER BY detail COLLATE "C";
SELECT qfs.rebuild();
SELECT * FROM qfs.verify();
SELECT * FROM compare_state();
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}') RETURNING seq;
-- in a transaction that appends before and after
BEGIN;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}') RETURNING seq;
SELECT qfs.rebuild();
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}') RETURNING seq;
COMMIT;
SELECT * FROM qfs.verify();
-- it does not cover up a ledger that was changed
BEGIN;
SET LOCAL qfs.ddl_guard = off;
ALTER TABLE qfs.ledger DISABLE TRIGGER ALL;
UPDATE qfs.ledger SET payload = '{"n":-1}' WHERE seq = 4;
SELECT regexp_replace(attempt('SELECT qfs.rebuild()'), '[0-9a-f]{64}', '…', 'g');
ROLLBACK;
DROP FUNCTION compare_state, forge, restore;
