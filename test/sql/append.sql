-- Appending: what becomes of an event, and what is refused.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
SELECT length(qfs.genesis('regress.example/log')::text);
SELECT qfs.register_event_type('NOTE', '{}');
SELECT qfs.register_event_type('TEXT', '{"properties":{"t":{"type":"string"}},"required":["t"]}');
\set somebody '''user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9'''

-- an event: everything but type, actor and payload is computed
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"b": 1e1, "a": "é"}') RETURNING seq, type, actor, auth, payload, outcome;
INSERT INTO qfs.ledger (type, actor, payload) VALUES ('NOTE', :somebody, '{}') RETURNING seq, actor, auth, outcome;
INSERT INTO qfs.ledger VALUES (NULL, NULL, 'NOTE', NULL, NULL, '{"all": "columns"}') RETURNING seq;
INSERT INTO qfs.ledger (seq, at, type, actor, auth, payload, sig, outcome, accounts, salt, prev, hash, nodes)
VALUES (DEFAULT, DEFAULT, 'TEXT', DEFAULT, DEFAULT, '{"t":""}', DEFAULT, DEFAULT, DEFAULT, DEFAULT, DEFAULT, DEFAULT, DEFAULT) RETURNING seq;
SELECT seq, regexp_replace(qfs.entry(seq), '"(at|prev|salt)":(\d+|"[0-9a-f]{64}"|"[0-9a-f]{32}")', '"\1":…', 'g') AS line
FROM qfs.ledger WHERE seq > 2 ORDER BY seq;
SELECT l.seq, l.prev::text = p.hash::text AS linked, l.at >= p.at AS in_time, octet_length(l.nodes) / 32 AS nodes,
       l.hash::text = qfs.leaf_hash(qfs.entry_head(l.seq))::text AS hash, octet_length(l.salt) AS salt
FROM qfs.ledger l JOIN qfs.ledger p ON p.seq = l.seq - 1 ORDER BY l.seq;
SELECT seq, size, hash::text = (SELECT hash::text FROM qfs.ledger WHERE seq = 6) AS hash FROM qfs.head();

-- the entry before the one that is refused stays, and the one after it takes its number
SELECT type, attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (%L, ''{}'')', type))
FROM unnest(ARRAY['UNKNOWN', 'note', '', 'A B', repeat('Z', 63), repeat('Z', 64), E'NOTE\n', 'É']) AS type;
INSERT INTO qfs.ledger (payload) VALUES ('{}');
INSERT INTO qfs.ledger (type) VALUES ('NOTE');
SELECT payload, attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (''NOTE'', %L)', payload))
FROM unnest(ARRAY['[]', '"text"', '1', 'null', '{"a":0.5}', '{"a":[{"b":9007199254740992}]}']) AS payload;
SELECT attempt($$INSERT INTO qfs.ledger (type, actor, payload) VALUES ('NOTE', 'system', '{}')$$) AS system,
       attempt($$INSERT INTO qfs.ledger (type, actor, payload) VALUES ('NOTE', 'user_1', '{}')$$) AS short;

-- who it was is not the caller's to say
SELECT auth, attempt(format('INSERT INTO qfs.ledger (type, payload, auth) VALUES (''NOTE'', ''{}'', %L)', auth))
FROM unnest(ARRAY['{}', '{"via":"operator"}', '{"via":"wallet"}', '{"via":"session","session":"x"}', 'null', '[]']) AS auth;

-- a salt is an entry's own, and not the caller's to choose
SELECT count(DISTINCT salt) = count(*) AS own FROM qfs.ledger;
SELECT attempt(format('INSERT INTO qfs.ledger (type, payload, salt) VALUES (''NOTE'', ''{}'', %L)', '\x00112233445566778899aabbccddeeff')) AS salt;

-- depth: the entry is a level around its payload
SELECT n, attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (''NOTE'', %L)',
                         repeat('{"a":', n - 1) || '{}' || repeat('}', n - 1)))
FROM unnest(ARRAY[30, 31, 32]) AS n;

-- size: 65,535 bytes of canonical payload
BEGIN;
INSERT INTO qfs.ledger (type, payload) VALUES ('TEXT', '{"t":""}') RETURNING seq;
SELECT 65535 - octet_length(qfs.canonical('{"t":""}')) AS room \gset
ROLLBACK;
SELECT change, attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (''TEXT'', %L)',
                              jsonb_build_object('t', repeat('x', :room + change))))
FROM unnest(ARRAY[1, 0, 100, 1000]) AS change;
SELECT seq, octet_length(qfs.canonical(payload)), type FROM qfs.ledger WHERE seq > 0 AND octet_length(payload::text) > 1000;
-- bytes count, not characters, and escapes count as they are written
SELECT what, attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (''TEXT'', %L)', jsonb_build_object('t', t)))
FROM (VALUES ('two bytes', repeat('é', 32000)), ('two bytes, too many', repeat('é', 32768)),
             ('escapes', repeat(E'\x01', 10800)), ('escapes, too many', repeat(E'\x01', 10923)),
             ('a megabyte', repeat('x', 1048576))) AS v(what, t);
SELECT attempt(format('SELECT qfs.register_event_type(''BIG'', %L)', jsonb_build_object('enum', jsonb_build_array('{}'::jsonb, repeat('x', 65600))))) AS schema,
       attempt(format('SELECT qfs.register_event_type(''BIG'', %L)', jsonb_build_object('enum', jsonb_build_array('{}'::jsonb, repeat('x', 65500))))) AS entry,
       attempt(format('SELECT qfs.set_policy(%L)', jsonb_build_object('visibility', repeat('x', 66000)))) AS policy,
       attempt(format('SELECT qfs.set_policy(%L)', jsonb_build_object('visibility', repeat('x', 64000)))) AS merged;

-- values that come from a table, in the order of the query
CREATE TABLE source (n int, t text);
INSERT INTO source SELECT n, repeat(n::text, 100) FROM generate_series(1, 20) n;
INSERT INTO qfs.ledger (type, payload) SELECT 'TEXT', jsonb_build_object('t', t) FROM source ORDER BY n DESC;
SELECT array_agg(left(payload ->> 't', 2) ORDER BY seq) FROM qfs.ledger WHERE length(payload ->> 't') BETWEEN 100 AND 200;
SELECT count(*), max(seq) FROM qfs.ledger;
SELECT * FROM qfs.verify();

-- a table like it is no ledger: our trigger serves one table
CREATE TABLE other (LIKE qfs.ledger);
CREATE TRIGGER t BEFORE INSERT ON other FOR EACH ROW EXECUTE FUNCTION qfs.ledger_append();
INSERT INTO other (type, payload) VALUES ('NOTE', '{}');
SELECT qfs.ledger_append();
SELECT qfs.refuse_change();
