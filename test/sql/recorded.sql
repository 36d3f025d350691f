-- Recorded entries: rows that bring their computed columns are checked, never stamped.  Here they come to a ledger that
-- was imported, and is closed: each is the next one.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/lines.sql
SELECT length(qfs.genesis('regress.example/log')::text);
SELECT qfs.register_event_type('NOTE', '{"properties":{"n":{"type":"integer","maximum":1000}}}');
INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', jsonb_build_object('n', n) FROM generate_series(2, 6) n;
SELECT qfs.register_event_type('ACT', '{}', 'account');
INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', jsonb_build_object('n', n) FROM generate_series(8, 10) n;
CREATE TABLE saved AS SELECT seq, to_jsonb(l) AS row FROM qfs.ledger l;
\set upto 6
\i :inputdir/sql/include/imported.sql

-- entry 7, with one thing wrong
CREATE FUNCTION recorded(changes jsonb, n bigint DEFAULT 7) RETURNS text LANGUAGE sql AS $$
  SELECT attempt(format('INSERT INTO qfs.ledger SELECT (jsonb_populate_record(NULL::qfs.ledger, %L)).*', row || changes))
  FROM saved WHERE seq = n
$$;
-- a column is missing; all computed ones missing would make it an event
SELECT c, recorded(jsonb_build_object(c, NULL))
FROM unnest(ARRAY['seq', 'at', 'type', 'auth', 'payload', 'outcome', 'accounts', 'salt', 'prev', 'hash']) AS c;
-- not the next one
SELECT n, recorded(jsonb_build_object('seq', n))
FROM unnest(ARRAY[0, 6, 8, 1000, -1, 9007199254740991, 9007199254740992, 9223372036854775807]) AS n;
SELECT n, regexp_replace(recorded('{}', n), '[0-9a-f]{64}', '…', 'g') FROM unnest(ARRAY[0, 6, 8, 10]) AS n;
-- another time
SELECT change, regexp_replace(recorded(jsonb_build_object('at', (row ->> 'at')::bigint + change)), '\d{13}|[0-9a-f]{64}', '…', 'g')
FROM saved, unnest(ARRAY[1, -3600000, -86400000]) AS change WHERE seq = 7;
SELECT at, recorded(jsonb_build_object('at', at)) FROM unnest(ARRAY[-1, 9007199254740992]) AS at;
-- another link, another hash
SELECT c, hex, regexp_replace(recorded(jsonb_build_object(c, repeat(hex, 32))), '[0-9a-f]{64}', '…', 'g')
FROM unnest(ARRAY['prev', 'hash']) AS c, unnest(ARRAY['00', 'ab']) AS hex;
-- another outcome
SELECT outcome, regexp_replace(recorded(jsonb_build_object('outcome', outcome)), '[0-9a-f]{64}', '…', 'g')
FROM unnest(ARRAY['{"number":1}', '{"x":{}}', '[]', 'null', '"x"', '{"a":0.1}']::jsonb[]) AS outcome;
-- other parts of accounts, another signature, another salt, salts that are none
SELECT accounts, regexp_replace(recorded(jsonb_build_object('accounts', accounts)), '[0-9a-f]{64}', '…', 'g')
FROM unnest(ARRAY['[{"account":"user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9","kind":"nonce"}]', '[{}]', '[1]', '{}', 'null', '"x"']::jsonb[]) AS accounts;
SELECT sig, regexp_replace(recorded(jsonb_build_object('sig', sig)), '[0-9a-f]{64}', '…', 'g') FROM unnest(ARRAY['', 'x', repeat('A', 86)]) AS sig;
SELECT n, regexp_replace(recorded(jsonb_build_object('salt', '\x' || repeat('5a', n))), '[0-9a-f]{64}', '…', 'g') AS salt FROM unnest(ARRAY[0, 1, 15, 16, 17, 32]) AS n;
-- with the hash that belongs to it, too: another entry, which the rules would not write; a salt is nobody's to check
SELECT what, regexp_replace(recorded(changes || jsonb_build_object('hash', hash_of(line_of(row || changes)))), '[0-9a-f]{64}', '…', 'g') AS recorded
FROM saved, (VALUES ('outcome', '{"outcome":{"x":1}}'::jsonb), ('sig', '{"sig":"x"}'),
  ('accounts', '{"accounts":[{"account":"user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9","kind":"nonce"}]}')) AS t(what, changes) WHERE seq = 7;
-- other nodes; entry 7 completes three
SELECT n, recorded(jsonb_build_object('nodes', '\x' || repeat('00', n))) FROM unnest(ARRAY[0, 1, 31, 32, 64, 95, 96, 97, 128, 1984, 2016]) AS n;
SELECT recorded(jsonb_build_object('nodes', '\x' || repeat('ab', 32) || substr(row ->> 'nodes', 67))) AS first_node,
       recorded(jsonb_build_object('nodes', substr(row ->> 'nodes', 1, 130) || repeat('ab', 32))) AS last_node
FROM saved WHERE seq = 7;
-- another event
SELECT changes, regexp_replace(recorded(changes), '[0-9a-f]{64}', '…', 'g')
FROM (VALUES ('{"type":"OTHER"}'::jsonb), ('{"type":"other"}'), ('{"type":"GENESIS"}'), ('{"type":"NOTE"}'), ('{"type":"ACT","payload":{}}'),
             ('{"payload":{}}'), ('{"payload":[]}'), ('{"payload":{"by":"operator","schema":{},"type":"OTHER"}}'), ('{"payload":{"a":0.1}}'),
             ('{"type":"NOTE","payload":{"n":1001}}'), ('{"type":"NOTE","payload":{"n":7}}')) AS t(changes);
SELECT recorded(jsonb_build_object('payload', jsonb_build_object('a', repeat('x', 70000)))) AS payload_size,
       recorded(jsonb_build_object('payload', repeat('[', 40) || repeat(']', 40)) || '{}') AS not_an_object,
       recorded(jsonb_build_object('payload', (repeat('{"a":', 40) || '1' || repeat('}', 40))::jsonb)) AS depth;
-- somebody else, established in another way
SELECT left(recorded(jsonb_build_object('actor', 'user_' || repeat('0', 64))), 120) AS actor;
SELECT auth, regexp_replace(recorded(jsonb_build_object('auth', auth)), '[0-9a-f]{64}', '…', 'g')
FROM unnest(ARRAY['{}', '{"via":"wallet"}', '{"via":"operator","more":1}', '[]', 'null']::jsonb[]) AS auth;

-- none of these left anything
SELECT size FROM qfs.head();
SELECT count(*) AS types FROM qfs.event_type;
SELECT * FROM qfs.verify();

-- the right one, then one without nodes, which the trigger fills in; once it is opened, events go on
SELECT recorded('{}') AS as_it_was;
SELECT recorded('{"nodes":null}', 8) AS without_nodes, recorded('{"nodes":"\\x"}', 9) AS wrong_nodes, recorded('{"nodes":null}', 9) AS no_nodes;
SELECT bool_and(to_jsonb(l) = s.row) AS same, count(*) FROM qfs.ledger l JOIN saved s USING (seq);
SELECT qfs.post_restore();
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"n":10}') RETURNING seq;
SELECT regexp_replace(recorded('{}', 10), '\d{13}|[0-9a-f]{64}', '…', 'g') AS forked;
SELECT * FROM qfs.verify();

-- in replica mode, as logical replication applies rows, all the same
\set upto 6
\i :inputdir/sql/include/imported.sql
SET session_replication_role = replica;
SELECT regexp_replace(recorded('{"payload":{"by":"operator","schema":{},"type":"ACT"}}'), '[0-9a-f]{64}', '…', 'g') AS changed,
       recorded('{}', 8) AS gap, recorded('{}') AS next;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"n":8}') RETURNING seq;
RESET session_replication_role;
SELECT * FROM qfs.verify();

-- recorded entries, the opening and events in one transaction; and never both in one statement
\i :inputdir/sql/include/imported.sql
BEGIN;
SELECT recorded('{}', 7), recorded('{}', 8);
SELECT qfs.post_restore();
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"n":9}') RETURNING seq;
SAVEPOINT s;
SELECT left(recorded('{}', 9), 22);
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"n":10}') RETURNING seq;
COMMIT;
SELECT * FROM qfs.verify();
\i :inputdir/sql/include/imported.sql
INSERT INTO qfs.ledger
SELECT (jsonb_populate_record(NULL::qfs.ledger, CASE WHEN seq < 10 THEN row ELSE '{"type":"NOTE","payload":{"n":10}}' END)).*
FROM saved WHERE seq > 6 ORDER BY seq;
SELECT size FROM qfs.head();
SELECT * FROM qfs.verify();
DROP FUNCTION recorded;
