-- Policy and keys: changing parameters, rotating keys, and endorsements that are none.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
SELECT qfs.default_policy();
-- a ledger that never was leaves its key in another file
BEGIN;
SET LOCAL qfs.key_file = 'qfs_regress_other.key';
SELECT length(qfs.genesis('regress.example/other')::text);
ROLLBACK;
SELECT length(qfs.genesis('regress.example/log')::text);

SELECT qfs.set_policy('{"ttl_blocks":2000,"auth":{"chain_ids":[10,1]},"limits":{}}');
SELECT qfs.set_policy('{"visibility":"public","nonce_ttl_ms":1000}');
SELECT qfs.set_policy('{}');
SELECT seq, type, payload, outcome #>> '{result,policy}' = qfs.sha256_jcs(payload -> 'policy')::text AS outcome
FROM qfs.ledger WHERE seq > 0 ORDER BY seq;
SELECT seq, policy FROM qfs.policy ORDER BY seq;
SELECT policy_seq, s.policy::text = l.outcome #>> '{result,policy}' AS policy, key_number
FROM qfs.ledger_state s JOIN qfs.ledger l ON l.seq = s.policy_seq;

SELECT change, attempt(format('SELECT qfs.set_policy(%L)', change))
FROM (VALUES ('{"colour":1}'), ('{"block_ms":0}'), ('{"block_ms":9007199254740992}'), ('{"visibility":"secret"}'),
             ('{"block_ms":2000}'), ('{"epoch_blocks":513}'), ('{"ttl_blocks":0}'), ('{"ttl_blocks":1000001}'), ('{"nonce_ttl_ms":999}'),
             ('{"nonce_ttl_ms":86400001}'), ('{"auth":{"chain_ids":[1],"domains":[],"uris":[],"x":1}}'),
             ('{"auth":{"chain_ids":["1"],"domains":[],"uris":[]}}'), ('{"auth":{"chain_ids":[-1],"domains":[],"uris":[]}}'),
             ('{"auth":{"chain_ids":[1],"domains":["https://app.example"],"uris":[]}}'), ('{"auth":{"chain_ids":[1],"domains":["me@app.example"],"uris":[]}}'),
             ('{"auth":{"chain_ids":[1],"domains":[""],"uris":[]}}'), ('{"auth":{"chain_ids":[1],"domains":["app.example"],"uris":["app.example"]}}'),
             ('{"limits":{"events_per_minute":-1,"logins_per_minute":1}}'), ('{"limits":{"events_per_minute":1,"logins_per_minute":1000001}}'),
             ('{"operators":["alice"]}'), ('{"operators":"alice"}'), ('{"signed_types":["note"]}'), ('{"signed_types":[1]}'),
             ('{"visibility":{"a":1}}'), ('[1]'), ('null')) AS t(change);
-- what coherence and referrals are computed with: fractions of one, levels that rise, tiers that rise up to the cap
SELECT change, attempt(format('SELECT qfs.set_policy(%L)', change))
FROM (VALUES ('{"coherence":{"alpha":"1.000000000000000001"}}'), ('{"coherence":{"alpha":"-0.1"}}'), ('{"coherence":{"alpha":0.1}}'), ('{"coherence":{"alpha":".1"}}'),
             ('{"coherence":{"alpha":"0.1234567890123456789"}}'), ('{"coherence":{"acts":{"MESSAGE_RECIPROCATED":"1.1"}}}'), ('{"coherence":{"acts":{"SLEPT":"1"}}}'),
             ('{"coherence":{"trust":{"VERIFIED":"0.8"}}}'), ('{"coherence":{"trust":{"TRUSTED":"0.95"}}}'), ('{"coherence":{"trust":{"VERIFIED":""}}}'),
             ('{"coherence":{"weights":{"topic":"2"}}}'), ('{"coherence":{"weights":{"taste":"0.1"}}}'), ('{"coherence":"0.1"}'),
             ('{"evaluators":["alice"]}'), ('{"evaluators":{}}'), ('{"limits":{"messages_per_minute":-1}}'), ('{"limits":{"messages_per_minute":1000001}}'),
             ('{"limits":{"threads_per_day":-1}}'), ('{"limits":{"threads_per_day":1000001}}'),
             ('{"referral":{"activation":["paid"]}}'), ('{"referral":{"activation":"profile"}}'), ('{"referral":{"cap":-1}}'), ('{"referral":{"cap":101}}'),
             ('{"referral":{"cap":1000001}}'), ('{"referral":{"flx_cap":"1000000000000.000000000000000001"}}'), ('{"referral":{"flx_cap":"99"}}'),
             ('{"referral":{"flx_cap":1000000}}'), ('{"referral":{"points":-1}}'), ('{"referral":{"points":1000001}}'), ('{"referral":{"window_blocks":-1}}'),
             ('{"referral":{"window_blocks":1000001}}'), ('{"referral":{"tiers":[]}}'), ('{"referral":{"tiers":[{"to":100}]}}'),
             ('{"referral":{"tiers":[{"flx":"1","to":0},{"flx":"1","to":100}]}}'), ('{"referral":{"tiers":[{"flx":"1","to":100},{"flx":"1","to":100}]}}'),
             ('{"referral":{"tiers":[{"flx":"1000000.000000000000000001","to":100}]}}'), ('{"referral":{"tiers":[{"flx":"-1","to":100}]}}'),
             ('{"referral":{"tiers":[{"flx":"1","to":1000001}]}}')) AS t(change);
-- the edges of those ranges
BEGIN;
SELECT change, attempt(format('SELECT qfs.set_policy(%L)', change))
FROM (VALUES ('{"coherence":{"alpha":"1"}}'), ('{"coherence":{"alpha":"0.000000000000000000"}}'), ('{"coherence":{"trust":{"AUTHORITY":"0","TRUSTED":"0","VERIFIED":"0"}}}'),
             ('{"coherence":{"acts":{"FRAUD_BLOCKED":"1"},"weights":{"topic":"1"}}}'), ('{"limits":{"messages_per_minute":0,"threads_per_day":1000000}}'),
             ('{"referral":{"activation":[]}}'), ('{"referral":{"cap":0,"tiers":[{"flx":"0","to":1}]}}'), ('{"referral":{"flx_cap":"1000000000000","window_blocks":0,"points":0}}'),
             ('{"referral":{"cap":1000000,"tiers":[{"flx":"1000000000000","to":1000000}]}}')) AS t(change);
SELECT policy::jsonb -> 'referral' AS referral FROM qfs.policy ORDER BY seq DESC LIMIT 1;
ROLLBACK;
SELECT qfs.set_policy(NULL) IS NULL AS nothing;

-- by hand: a policy is complete or refused
SELECT attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (''POLICY_CHANGED'', %L)', payload))
FROM (VALUES ('{}'::jsonb), ('{"policy":{}}'), (jsonb_build_object('policy', qfs.default_policy() - 'visibility')), ('{"policy":[]}'),
             (jsonb_build_object('policy', qfs.default_policy() || '{"x":1}')), (jsonb_build_object('policy', qfs.default_policy() #- '{auth,uris}')),
             (jsonb_build_object('policy', qfs.default_policy() || '{"block_ms":18000}')),
             (jsonb_build_object('policy', qfs.default_policy(), 'why', 'x'))) AS t(payload);
INSERT INTO qfs.ledger (type, actor, payload)
SELECT 'POLICY_CHANGED', ('user_' || repeat('0', 64))::qfs.user_id, payload FROM qfs.ledger WHERE seq = 3;
-- the same one again is an entry like any other
INSERT INTO qfs.ledger (type, payload) SELECT type, payload FROM qfs.ledger WHERE seq = 3 RETURNING seq;
SELECT policy_seq FROM qfs.ledger_state;

-- keys
SELECT qfs.vkey() AS first_vkey \gset
SELECT qfs.rotate_keys();
SELECT qfs.rotate_keys();
SELECT seq, outcome -> 'result' AS result, length(payload ->> 'signature') AS signature, (SELECT array_agg(k) FROM jsonb_object_keys(payload) k) AS members
FROM qfs.ledger WHERE type = 'KEY_ROTATED' ORDER BY seq;
SELECT number, seq, checkpoint::text <> lag(checkpoint::text) OVER w AS new_checkpoint, token::text <> lag(token::text) OVER w AS new_token
FROM qfs.signing_key WINDOW w AS (ORDER BY number) ORDER BY number;
SELECT key_number FROM qfs.ledger_state;
SELECT qfs.vkey() <> :'first_vkey' AS changed, split_part(qfs.vkey(), '+', 1) AS name;

-- somebody else's keys, without an endorsement, with an old one, with one for other keys
SELECT attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (''KEY_ROTATED'', %L)', payload || change))
FROM qfs.ledger, (VALUES
  (1, '{}'::jsonb),
  (2, jsonb_build_object('signature', repeat('0', 128))),
  (3, jsonb_build_object('signature', repeat('0', 127))),
  (4, jsonb_build_object('signature', repeat('0', 127) || 'G')),
  (5, jsonb_build_object('keys', jsonb_build_object('checkpoint', repeat('a7', 32), 'token', repeat('a7', 32)))),
  (6, jsonb_build_object('keys', jsonb_build_object('checkpoint', repeat('AB', 32), 'token', repeat('a7', 32)))),
  (7, jsonb_build_object('keys', jsonb_build_object('checkpoint', repeat('a7', 32)))),
  (8, '{"number":3}'::jsonb),
  (9, jsonb_build_object('keys', jsonb_build_object('checkpoint', '01' || repeat('00', 31), 'token', repeat('a7', 32)))),
  (10, jsonb_build_object('keys', jsonb_build_object('checkpoint', repeat('a7', 32), 'token', 'ec' || repeat('ff', 30) || '7f'))),
  (11, jsonb_build_object('keys', jsonb_build_object('checkpoint', '95' || repeat('99', 31), 'token', repeat('a7', 32))))) AS t(n, change)
WHERE seq = 6 ORDER BY n;
SELECT count(*) AS keys, max(seq) AS seq FROM qfs.signing_key;

-- a key file that is not there, is no file, is no key file, or holds other keys
SET qfs.key_file = 'qfs_no_such_directory/qfs.key';
SELECT qfs.checkpoint();
SELECT attempt('SELECT qfs.rotate_keys()') AS rotate_keys, attempt('SELECT qfs.tlog_proof(0)') AS tlog_proof;
SET qfs.key_file = 'global';
SELECT attempt('SELECT qfs.checkpoint()');
SET qfs.key_file = 'PG_VERSION';
SELECT attempt('SELECT qfs.checkpoint()'), attempt('SELECT qfs.rotate_keys()');
-- only the outgoing key endorses new ones
SET qfs.key_file = 'qfs_regress_other.key';
SELECT split_part(attempt('SELECT qfs.rotate_keys()'), ':', 1) AS rotate_keys,
       split_part(attempt('SELECT qfs.checkpoint()'), ':', 1) AS checkpoint, length(qfs.vkey()) > 0 AS vkey;
SET qfs.key_file = 'qfs_regress.key';
SELECT qfs.checkpoint() IS NOT NULL AS checkpoint, max(number) AS number FROM qfs.signing_key;
SELECT * FROM qfs.verify();

-- who may look and set
CREATE ROLE regress_qfs_reader;
GRANT qfs_operator TO regress_qfs_reader;
SET ROLE regress_qfs_reader;
SELECT command, left(attempt(command), 5)
FROM unnest(ARRAY['SHOW qfs.key_file', 'SET qfs.key_file = ''elsewhere''', 'SET qfs.ddl_guard = off',
                  'SET qfs.early_lock_release = off', 'SET qfs.nothing = 1', 'SHOW qfs.ddl_guard']) AS command;
RESET ROLE;
DROP ROLE regress_qfs_reader;
