-- Export and import: lines that leave one database and enter another, checked on the way.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/lines.sql
SELECT length(qfs.genesis('regress.example/log')::text);
SELECT qfs.register_event_type('NOTE', '{}');
INSERT INTO qfs.ledger (type, actor, payload)
SELECT 'NOTE', CASE WHEN n % 2 = 0 THEN qfs.user_id('0x71C7656EC7ab88b098defB751B7401B5f6d8976F'::qfs.address) END,
       jsonb_build_object('n', n, 'text', E'line\nend "é😀" \\')
FROM generate_series(2, 9) n;
SELECT qfs.rotate_keys();
SELECT qfs.set_policy('{"ttl_blocks":10}');

-- export: canonical lines, inclusive ranges
CREATE TABLE exported AS SELECT row_number() OVER () - 1 AS seq, line FROM qfs.export() AS line;
SELECT count(*), bool_and(line = qfs.entry(seq)) AS lines, bool_and(line = qfs.canonical(line::jsonb)) AS canonical,
       bool_and((line::jsonb ->> 'seq')::bigint = seq) AS ordered FROM exported;
SELECT count(*) FILTER (WHERE r = 'all') AS "all", count(*) FILTER (WHERE r = 'from') AS "from", count(*) FILTER (WHERE r = 'to') AS "to",
       count(*) FILTER (WHERE r = 'both') AS both_ends, count(*) FILTER (WHERE r = 'beyond') AS beyond, count(*) FILTER (WHERE r = 'none') AS none
FROM (SELECT 'all' AS r FROM qfs.export(NULL, NULL) UNION ALL SELECT 'from' FROM qfs.export(5) UNION ALL SELECT 'to' FROM qfs.export("to" => 5)
      UNION ALL SELECT 'both' FROM qfs.export(4, 5) UNION ALL SELECT 'beyond' FROM qfs.export(11, 1000)
      UNION ALL SELECT 'none' FROM qfs.export(12) UNION ALL SELECT 'none' FROM qfs.export(5, 4)) t;
SELECT attempt('SELECT qfs.export(-1)') AS "from", attempt('SELECT qfs.export(0, -1)') AS "to";
CREATE TABLE heads AS SELECT seq, qfs.entry_head(seq) AS line FROM exported;
SELECT bool_and(qfs.leaf_hash(h.line)::text = l.hash::text) AS hashes FROM heads h JOIN qfs.ledger l USING (seq);
CREATE TABLE checkpoints AS SELECT n, qfs.checkpoint(n) AS note FROM generate_series(0, 12) n;
-- lines that are here already are compared, not appended
SELECT qfs.import(array_agg(line ORDER BY seq)) FROM exported;
SELECT qfs.import('{}'), qfs.import(NULL) IS NULL AS nothing;
SELECT attempt(format('SELECT qfs.import(ARRAY[%L])', replace(line, '"n":4', '"n":5'))) FROM exported WHERE seq = 4;

-- into an empty ledger
CREATE FUNCTION renew() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  SET LOCAL qfs.ddl_guard = off;
  SET LOCAL client_min_messages = warning;
  DROP EXTENSION qfs;
  CREATE EXTENSION qfs;
END $$;
SELECT renew();
-- lines that are no entries
SELECT left(line, 40) AS line, attempt(format('SELECT qfs.import(ARRAY[%L])', line))
FROM (VALUES (''), ('{'), ('null'), ('[]'), ('{}'), ('{ }'), ('{"a":1,"a":2}'), ('{"b":1,"a":2}'), ('{"a":1.5}'), ('{"a":1e2}'),
             ('{"a":01}'), ('{"a":-0}'), ('{"a":9007199254740992}'), ('"\u0041"'), ('"\ud800"'), ('"\u0000"'), (E'"\t"'), ('{"a":1} '), ('{"a":1}x'),
             (repeat('[', 33) || repeat(']', 33)), ('"' || repeat('x', 136000) || '"')) AS t(line);
SELECT attempt('SELECT qfs.import(ARRAY[NULL])');
-- lines that are no entries of format 2
SELECT n, attempt(format('SELECT qfs.import(ARRAY[%L])', qfs.canonical(changed)))
FROM exported, LATERAL (SELECT line::jsonb AS j, '{"account":"user_' || repeat('a1', 32) || '","kind":"nonce"}' AS part) AS l, LATERAL (VALUES
  (1, j - 'v'), (2, j - 'prev'), (3, j #- '{act,actor}'), (4, j || '{"more":1}'), (5, j || '{"v":1}'),
  (6, j || '{"v":"2"}'), (7, j || '{"seq":-1}'), (8, j || '{"seq":"0"}'), (9, j || '{"at":-1}'),
  (10, j || '{"at":null}'), (11, j || '{"prev":"00"}'), (12, j || '{"prev":null}'), (13, jsonb_set(j, '{act,auth}', '[]')),
  (14, j || '{"payload":"x"}'), (15, j || '{"outcome":null}'), (16, jsonb_set(j, '{act,type}', '"genesis"')),
  (17, jsonb_set(j, '{act,type}', '7')), (18, jsonb_set(j, '{act,type}', '"A\n"')), (19, jsonb_set(j, '{act,actor}', '"nobody"')),
  (20, jsonb_set(j, '{act,actor}', '7')), (21, j || '{"act":null}'), (22, jsonb_set(j, '{act,more}', '1')), (23, j - 'accounts'),
  (24, j || '{"accounts":{}}'), (25, j || '{"accounts":[1]}'), (26, j || '{"accounts":[{"account":"nobody","kind":"nonce"}]}'),
  (27, j || format('{"accounts":[%s,%s]}', part, part)::jsonb), (28, j || '{"salt":null}'), (29, j || jsonb_build_object('salt', repeat('ab', 15))),
  (30, j || jsonb_build_object('salt', repeat('ab', 32))), (31, j || '{"sig":7}'), (32, j || '{"zz":1}')
) AS t(n, changed)
WHERE seq = 0 ORDER BY n;
-- partial lines, and heads: what they do not show cannot be recorded
CREATE TABLE partial AS
SELECT seq, name, partial(line, parts) AS line
FROM exported, (VALUES ('all', '{act,outcome,payload,sig,accounts}'::text[]), ('payload and sig hidden', '{act,outcome,accounts}'), ('head', '{}')) AS p(name, parts);
SELECT name, attempt(format('SELECT qfs.import(ARRAY[%L])', p.line)) FROM partial p WHERE p.seq = 0 ORDER BY name;
SELECT bool_and(p.line = h.line) AS heads FROM partial p JOIN heads h USING (seq) WHERE p.name = 'head';
-- entries that do not begin a ledger
SELECT n, regexp_replace(attempt(format('SELECT qfs.import(ARRAY[%L])', qfs.canonical(changed))), '[0-9a-f]{40,64}', '…', 'g')
FROM exported, LATERAL (VALUES
  (1, line::jsonb || '{"seq":1}'), (2, line::jsonb || jsonb_build_object('prev', repeat('ab', 32))), (3, jsonb_set(line::jsonb, '{act,type}', '"NOTE"')),
  (4, line::jsonb || '{"outcome":{}}'), (5, jsonb_set(line::jsonb, '{act,auth}', '{"via":"session"}')),
  (6, jsonb_set(line::jsonb, '{act,actor}', to_jsonb('user_' || repeat('0', 64)))), (7, line::jsonb || '{"sig":"x"}'),
  (8, line::jsonb || '{"accounts":[{"account":"user_0000000000000000000000000000000000000000000000000000000000000000","kind":"nonce"}]}')) AS t(n, changed)
WHERE seq = 0 ORDER BY n;
SELECT regexp_replace(attempt(format('SELECT qfs.import(ARRAY[%L])', line)), '\d{13}', '…', 'g') FROM exported WHERE seq = 5;
SELECT count(*) FROM qfs.ledger;

-- in parts, which may overlap
SELECT qfs.import(array_agg(line ORDER BY seq)) FROM exported WHERE seq <= 4;
SELECT size FROM qfs.head();
SELECT qfs.import(array_agg(line ORDER BY seq)) FROM exported WHERE seq BETWEEN 2 AND 7;
-- partial ones neither go on behind them nor stand for those that are there
SELECT seq, name, attempt(format('SELECT qfs.import(ARRAY[%L])', line)) FROM partial WHERE seq IN (5, 8) AND name <> 'payload and sig hidden' ORDER BY seq, name;
-- another salt is another entry
SELECT regexp_replace(attempt(format('SELECT qfs.import(ARRAY[%L])', regexp_replace(line, '"salt":"[0-9a-f]{32}"', '"salt":"00112233445566778899aabbccddeeff"'))),
  '[0-9a-f]{64}', '…', 'g') FROM exported WHERE seq = 5;
-- a gap, a change, a rotation that nobody endorsed: nothing of that import stays
SELECT attempt(format('SELECT qfs.import(%L)', array_agg(line ORDER BY seq))) FROM exported WHERE seq > 8;
SELECT regexp_replace(attempt(format('SELECT qfs.import(%L)', array_agg(replace(line, '"n":9', '"n":8') ORDER BY seq))), '[0-9a-f]{64}', '…', 'g')
FROM exported WHERE seq >= 8;
SELECT attempt(format('SELECT qfs.import(%L)', array_agg(regexp_replace(line, '"signature":"[0-9a-f]{8}', '"signature":"00000000') ORDER BY seq)))
FROM exported WHERE seq >= 8;
SELECT attempt(format('SELECT qfs.import(%L)', array_agg(line ORDER BY seq DESC))) FROM exported WHERE seq >= 8;
SELECT size FROM qfs.head();
SELECT qfs.import(array_agg(line ORDER BY seq)) FROM exported;
SELECT * FROM qfs.verify();
SELECT * FROM qfs.self_check();
-- it is the same ledger
SELECT bool_and(line = qfs.entry(seq)) AS lines FROM exported;
SELECT octet_length(nodes) / 32 AS nodes, count(*) FROM qfs.ledger GROUP BY 1 ORDER BY 1;
-- closed, it signs and issues nothing
SELECT attempt('SELECT qfs.checkpoint()') AS checkpoint, attempt('SELECT qfs.tlog_proof(0)') AS tlog_proof;
SELECT attempt('SELECT qfs.nonce()') AS nonce, attempt($$SELECT qfs.adopt('x')$$) AS adopt;
SELECT qfs.post_restore();
SELECT bool_and(qfs.checkpoint(n) = note) AS checkpoints FROM checkpoints;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}') RETURNING seq;
SELECT qfs.import(array_agg(line ORDER BY seq)) FROM exported;

-- one that fails in the middle of a transaction, and one that is rolled back
SELECT renew();
BEGIN;
SELECT qfs.import(array_agg(line ORDER BY seq)) FROM exported WHERE seq <= 3;
SAVEPOINT s;
SELECT qfs.import(array_agg(line ORDER BY seq)) FROM exported WHERE seq BETWEEN 4 AND 6;
ROLLBACK TO s;
SELECT attempt(format('SELECT qfs.import(%L)', array_agg(line ORDER BY seq))) FROM exported WHERE seq BETWEEN 5 AND 6;
SELECT qfs.import(array_agg(line ORDER BY seq)) FROM exported WHERE seq = 4;
COMMIT;
SELECT size FROM qfs.head();
-- the flag that an import sets goes with it: no recorded entry opens a ledger
SELECT renew();
SELECT left(attempt('SELECT qfs.import(ARRAY[''x''])'), 22);
INSERT INTO qfs.ledger (seq, at, type, auth, payload, outcome, accounts, salt, prev, hash, nodes)
SELECT 0, (j ->> 'at')::bigint, 'GENESIS', j #> '{act,auth}', j -> 'payload', j -> 'outcome', j -> 'accounts', decode(j ->> 'salt', 'hex'), (j ->> 'prev')::qfs.hash,
       (SELECT qfs.leaf_hash(h.line) FROM heads h WHERE h.seq = 0), ''
FROM exported, LATERAL (SELECT line::jsonb AS j) AS l WHERE seq = 0;
SELECT attempt($$INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')$$), (SELECT count(*) FROM qfs.ledger_state) AS open;
DROP FUNCTION renew;
