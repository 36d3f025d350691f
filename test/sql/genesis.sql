-- Genesis: what there is before it, what it refuses, what it writes.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/server.sql

-- before it nothing can be appended, and nothing signed, and nothing adopted
SELECT attempt($$SELECT qfs.adopt('x')$$) AS adopt, qfs.server_changes() AS changes;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}');
SELECT qfs.register_event_type('NOTE', '{}');
SELECT attempt($$SELECT qfs.set_policy('{"block_ms":2000}')$$) AS set_policy,
       attempt($$SELECT qfs.rotate_keys()$$) AS rotate_keys,
       attempt($$SELECT qfs.vkey()$$) AS vkey;
SELECT attempt($$SELECT qfs.checkpoint()$$) AS checkpoint,
       attempt($$SELECT qfs.tlog_proof(0)$$) AS tlog_proof,
       attempt($$SELECT qfs.post_restore()$$) AS post_restore;
SELECT attempt($$SELECT qfs.rebuild()$$) AS rebuild;
SELECT * FROM qfs.head();
SELECT qfs.root(0);
SELECT count(*) FROM qfs.export();
SELECT * FROM qfs.verify();
SELECT * FROM qfs.self_check();

-- origins
SELECT left(origin, 14) AS origin, attempt(format('SELECT qfs.genesis(%L)', origin))
FROM (VALUES (''), ('two words'), ('a+b'), (E'tab\t'), (E'line\n'), ('café.example/x'), (repeat('o', 256))) AS t(origin);

-- policies
SELECT policy, attempt(format('SELECT qfs.genesis(''regress.example/log'', %L)', policy))
FROM (VALUES ('{"colour":"red"}'), ('{"block_ms":999}'), ('{"block_ms":86400001}'), ('{"block_ms":"17000"}'),
             ('{"block_ms":1000.5}'), ('{"block_ms":null}'), ('{"epoch_blocks":0}'), ('{"epoch_blocks":1000001}'),
             ('{"visibility":"nobody"}'), ('{"visibility":["public"]}'), ('[]'), ('"x"'), ('{"a":1,"zz":2}')) AS t(policy);
SELECT qfs.genesis(NULL) IS NULL AS no_origin, qfs.genesis('regress.example/log', NULL) IS NULL AS no_policy;

-- written by hand: the rule is as strict as the function
CREATE VIEW by_hand AS
SELECT jsonb_build_object('format', 2, 'origin', 'regress.example/log', 'policy', qfs.default_policy(), 'keys',
         jsonb_build_object('checkpoint', repeat('a7', 32), 'token', repeat('d6', 32)), 'server', here()) AS payload;
SELECT attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (''GENESIS'', %L)', payload || change))
FROM by_hand, (VALUES
  (1, '{"format":1}'::jsonb),
  (2, '{"format":"2"}'),
  (3, '{"extra":1}'),
  (4, '{"keys":{}}'),
  (5, jsonb_build_object('keys', jsonb_build_object('checkpoint', repeat('a7', 32), 'token', 'cd'))),
  (6, jsonb_build_object('keys', jsonb_build_object('checkpoint', repeat('AB', 32), 'token', repeat('cd', 32)))),
  (7, '{"origin":"no space"}'),
  (8, '{"origin":"tab\t"}'),
  (9, '{"origin":7}'),
  (10, '{"policy":{}}'),
  (11, jsonb_build_object('policy', qfs.default_policy() || '{"block_ms":1}')),
  (12, jsonb_build_object('policy', qfs.default_policy() || '{"more":1}')),
  -- keys that are none: of order 1, 4 and 2, not canonical, off the curve
  (13, jsonb_build_object('keys', jsonb_build_object('checkpoint', '01' || repeat('00', 31), 'token', repeat('d6', 32)))),
  (14, jsonb_build_object('keys', jsonb_build_object('checkpoint', repeat('a7', 32), 'token', repeat('00', 32)))),
  (15, jsonb_build_object('keys', jsonb_build_object('checkpoint', repeat('a7', 32), 'token', 'ec' || repeat('ff', 30) || '7f'))),
  (16, jsonb_build_object('keys', jsonb_build_object('checkpoint', 'ee' || repeat('ff', 30) || '7f', 'token', repeat('d6', 32)))),
  (17, jsonb_build_object('keys', jsonb_build_object('checkpoint', '02' || repeat('00', 31), 'token', repeat('d6', 32)))),
  (18, '{"server":{}}'),
  (19, jsonb_build_object('server', here() || '{"salt":"00"}')),
  (20, jsonb_build_object('server', here() || jsonb_build_object('system', repeat('AB', 32)))),
  (21, jsonb_build_object('server', here() || '{"timeline":0}')),
  (22, jsonb_build_object('server', here() || '{"timeline":4294967296}')),
  (23, jsonb_build_object('server', here() || '{"version":"150000"}')),
  (24, jsonb_build_object('server', here() || '{"host":"db1"}')),
  -- another server than this one
  (25, jsonb_build_object('server', here() || jsonb_build_object('system', repeat('ab', 32)))),
  (26, jsonb_build_object('server', here() || jsonb_build_object('database', repeat('ab', 32)))),
  (27, jsonb_build_object('server', here() || jsonb_build_object('salt', repeat('ab', 16)))),
  (28, jsonb_build_object('server', here() || '{"timeline":99}')),
  (29, jsonb_build_object('server', here() || '{"version":100000}'))) AS t(n, change)
ORDER BY n;
SELECT attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (''GENESIS'', %L)', payload - key))
FROM by_hand, unnest(ARRAY['format', 'keys', 'origin', 'policy', 'server']) AS key;
SELECT attempt(format('INSERT INTO qfs.ledger (type, actor, payload) VALUES (''GENESIS'', %L, %L)',
                      'user_' || repeat('0', 64), payload)) FROM by_hand;

-- nothing of all this left a trace
SELECT (SELECT count(*) FROM qfs.ledger) AS ledger, (SELECT count(*) FROM qfs.ledger_state) AS ledger_state,
       (SELECT count(*) FROM qfs.policy) AS policy, (SELECT count(*) FROM qfs.signing_key) AS signing_key,
       (SELECT count(*) FROM qfs.server) AS server, (SELECT count(*) FROM qfs.opening) AS opening;

-- one that is rolled back leaves the ledger closed
BEGIN;
SELECT length(qfs.genesis('regress.example/rolled-back')::text);
SELECT size FROM qfs.head();
ROLLBACK;
SELECT size FROM qfs.head();
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}');

-- and now
SELECT qfs.genesis('regress.example/log', '{"visibility":"public"}')::text ~ '^[0-9a-f]{64}$' AS hash;
SELECT seq, type, actor, auth, prev, octet_length(nodes) AS nodes, abs(at - extract(epoch FROM now()) * 1000) < 600000 AS at
FROM qfs.ledger;
SELECT payload - 'keys' - 'server' AS payload, (SELECT array_agg(k) FROM jsonb_object_keys(payload -> 'keys') k) AS keys FROM qfs.ledger;
SELECT outcome #- '{result,policy}' AS more, outcome #>> '{result,policy}' = qfs.sha256_jcs(payload -> 'policy')::text AS policy,
       hash::text = qfs.leaf_hash(qfs.entry_head(0))::text AS hash,
       qfs.entry(0)::jsonb = jsonb_build_object('v', 2, 'seq', seq, 'at', at, 'act', jsonb_build_object('type', type, 'actor', 'system',
         'auth', auth), 'payload', payload, 'sig', sig, 'outcome', outcome, 'accounts', accounts, 'salt', encode(salt, 'hex'), 'prev', prev) AS line
FROM qfs.ledger;
SELECT s.number, s.genesis_at = l.at AS at, s.ledger::text = l.hash::text AS ledger, s.policy_seq,
       s.policy::text = l.outcome #>> '{result,policy}' AS policy, s.key_number
FROM qfs.ledger_state s, qfs.ledger l;
SELECT k.number, k.seq, k.checkpoint::text = l.payload #>> '{keys,checkpoint}' AS checkpoint,
       k.token::text = l.payload #>> '{keys,token}' AS token, k.checkpoint::text <> k.token::text AS differ
FROM qfs.signing_key k, qfs.ledger l;
SELECT p.seq, p.policy::jsonb = l.payload -> 'policy' AS policy, p.policy = qfs.canonical(p.policy::jsonb) AS canonical
FROM qfs.policy p, qfs.ledger l;
SELECT seq, hash::text = (SELECT hash::text FROM qfs.ledger) AS hash, at = (SELECT at FROM qfs.ledger) AS at, size FROM qfs.head();

-- the server as it is, under a salt of its own
SELECT payload -> 'server' = here(decode(payload #>> '{server,salt}', 'hex')) AS server, payload #>> '{server,salt}' <> repeat('0', 32) AS salt FROM qfs.ledger;
SELECT s.number, s.seq, jsonb_build_object('database', s.database::text, 'salt', s.salt, 'system', s.system::text, 'timeline', s.timeline, 'version', s.version)
         = l.payload -> 'server' AS server, qfs.server_changes() AS changes
FROM qfs.server s, qfs.ledger l;
-- which the ledger alone changes: not by hand, not by a type of the same name, and there is nothing to decide
SELECT attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (''SERVER_CHANGED'', %L)',
  jsonb_build_object('changed', ARRAY['version'], 'reason', NULL, 'server', here() || '{"version":1}'))) AS by_hand,
  attempt($$SELECT qfs.register_event_type('SERVER_CHANGED', '{}')$$) AS a_type;
SELECT qfs.adopt('nothing has happened');
SELECT qfs.adopt(NULL) IS NULL AS no_reason, attempt($$SELECT qfs.adopt('')$$) AS empty, attempt(format('SELECT qfs.adopt(%L)', repeat('é', 501))) AS long;
SET ROLE qfs_operator;
SELECT attempt($$SELECT qfs.adopt('an operator')$$);
RESET ROLE;

-- once is enough
SELECT qfs.genesis('regress.example/log');
SELECT attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (''GENESIS'', %L)', payload)) FROM by_hand;
SELECT attempt('SELECT qfs.post_restore()');
SELECT count(*) FROM qfs.ledger;
SELECT * FROM qfs.verify();
DROP VIEW by_hand;

-- a database in another encoding cannot have a ledger
CREATE DATABASE regress_qfs_latin1 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
\set database :DBNAME
\c regress_qfs_latin1
CREATE EXTENSION qfs;
\c :database
DROP DATABASE regress_qfs_latin1;
