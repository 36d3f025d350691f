-- Governance in the policy: a key that may be left out, its ranges, and what is the operator's to change.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
-- no ledger begins with it on
SELECT attempt($$SELECT qfs.genesis('regress.example/log', '{"governance":{"mode":"on"}}')$$);
SELECT length(qfs.genesis('regress.example/log')::text);

-- what was written before there was governance keeps its hash: the default is what it was
SELECT qfs.default_policy() ? 'governance' AS has_governance, qfs.sha256_jcs(qfs.default_policy()) AS hash;
SELECT qfs.set_policy('{"nonce_ttl_ms":1000}');
SELECT policy::jsonb ? 'governance' AS has_governance FROM qfs.policy ORDER BY seq DESC LIMIT 1;
-- the whole object comes with the first key of it, and stays
SELECT qfs.set_policy('{"governance":{"mode":"trial"}}');
SELECT policy::jsonb -> 'governance' AS governance FROM qfs.policy ORDER BY seq DESC LIMIT 1;
SELECT qfs.set_policy('{"governance":{"tracks":{"text":{"quorum":7}}}}');
SELECT qfs.set_policy('{"nonce_ttl_ms":2000}');
SELECT policy::jsonb #> '{governance,mode}' AS mode, policy::jsonb #> '{governance,tracks,text}' AS text, policy::jsonb -> 'nonce_ttl_ms' AS ttl
FROM qfs.policy ORDER BY seq DESC LIMIT 1;

-- what is out of range, or is no key
SELECT change, attempt(format('SELECT qfs.set_policy(%L)', jsonb_build_object('governance', change::jsonb)))
FROM (VALUES ('{"modes":"on"}'), ('{"mode":"On"}'), ('{"mode":null}'), ('{"agenda":0}'), ('{"agenda":13}'), ('{"agenda":"12"}'), ('{"cooldown_blocks":-1}'),
             ('{"cooldown_blocks":100001}'), ('{"deposit":100}'), ('{"deposit":"-1"}'), ('{"deposit":"1000000000000.000000000000000001"}'),
             ('{"dormant_epochs":100001}'), ('{"grace_blocks":511}'), ('{"grace_blocks":100001}'), ('{"key_cooldown_epochs":101}'), ('{"late_blocks":0}'),
             ('{"late_blocks":10001}'), ('{"power_percent":0}'), ('{"power_percent":26}'), ('{"threshold_percent":26}'), ('{"veto_percent":24}'), ('{"veto_percent":51}'),
             ('{"tracks":{"text":{"majority":50}}}'), ('{"tracks":{"parameter":{"majority":101}}}'), ('{"tracks":{"constitution":{"quorum":91}}}'),
             ('{"tracks":{"constitution":{"approval":50}}}'), ('{"tracks":{"emergency":{"approval":79}}}'), ('{"tracks":{"emergency":{"voting_blocks":9}}}'),
             ('{"tracks":{"text":{"review_blocks":100001}}}'), ('{"tracks":{"text":{"timelock_blocks":-1}}}'), ('{"tracks":{"other":{}}}'), ('{"tracks":[]}'),
             ('{"operator_keys":["limits"]}'), ('{"operator_keys":["operators"]}'), ('{"operator_keys":["governance.*"]}'), ('{"operator_keys":["visibility"]}'),
             ('{"operator_keys":["*"]}'), ('{"operator_keys":"limits.*"}'), ('7'), ('null')) AS t(change);
-- the edges
BEGIN;
SELECT change, attempt(format('SELECT qfs.set_policy(%L)', jsonb_build_object('governance', change::jsonb)))
FROM (VALUES ('{"agenda":1,"cooldown_blocks":0,"deposit":"0","dormant_epochs":0,"grace_blocks":512,"key_cooldown_epochs":0,"late_blocks":1,"power_percent":1,"threshold_percent":0,"veto_percent":25}'),
             ('{"agenda":12,"cooldown_blocks":100000,"deposit":"1000000000000","dormant_epochs":100000,"grace_blocks":100000,"key_cooldown_epochs":100,"late_blocks":10000,"power_percent":25,"threshold_percent":25,"veto_percent":50}'),
             ('{"tracks":{"constitution":{"approval":51,"majority":51,"quorum":51},"emergency":{"approval":80,"majority":80,"quorum":80},"parameter":{"approval":0,"majority":51,"quorum":0}}}'),
             ('{"tracks":{"constitution":{"approval":90,"majority":90,"quorum":90},"emergency":{"approval":100,"majority":100,"quorum":100},"parameter":{"approval":100,"majority":100,"quorum":100}}}'),
             ('{"tracks":{"text":{"review_blocks":0,"timelock_blocks":0,"voting_blocks":10}}}'), ('{"tracks":{"text":{"review_blocks":100000,"timelock_blocks":100000,"voting_blocks":100000}}}'),
             ('{"operator_keys":[]}'), ('{"operator_keys":["coherence.*","referral.cap","rules"]}')) AS t(change);
ROLLBACK;

-- the operator brings "trial" and "off", and no more
SELECT attempt($$SELECT qfs.set_policy('{"governance":{"mode":"on"}}')$$) AS set_policy,
       attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (''POLICY_CHANGED'', %L)',
               jsonb_build_object('policy', jsonb_set((SELECT policy::jsonb FROM qfs.policy ORDER BY seq DESC LIMIT 1), '{governance,mode}', '"on"')))) AS by_hand;
SELECT count(*) AS entries, max(type) FILTER (WHERE seq = 4) AS last FROM qfs.ledger;
SELECT * FROM qfs.verify();

-- As if a vote had put it in force: policy and hash are written past the guards, in a transaction that is taken back.
BEGIN;
SELECT unguarded($$UPDATE qfs.policy SET policy = replace(policy, '"mode":"trial"', '"mode":"on"') WHERE seq = 4$$);
SELECT unguarded($$UPDATE qfs.ledger_state SET policy = qfs.sha256_jcs((SELECT policy::jsonb FROM qfs.policy WHERE seq = 4))$$);
SELECT change, attempt(format('SELECT qfs.set_policy(%L)', change))
FROM (VALUES ('{"governance":{"mode":"off"}}'), ('{"governance":{"mode":"trial"}}'), ('{"governance":{"power_percent":20}}'), ('{"governance":{"operator_keys":["referral.*"]}}'),
             ('{"operators":["user_0101010101010101010101010101010101010101010101010101010101010101"]}'), ('{"referral":{"cap":50}}'), ('{"visibility":"public"}'),
             ('{"coherence":{"trust":{"VERIFIED":"0.4"}}}'), ('{"signed":"all"}'), ('{"ttl_blocks":10,"nonce_ttl_ms":3000}'), ('{"block_ms":18000}')) AS t(change);
-- the object is not left out past it
SELECT attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (''POLICY_CHANGED'', %L)', jsonb_build_object('policy', qfs.default_policy() || '{"nonce_ttl_ms":2000}')));
SELECT count(*) AS entries FROM qfs.ledger;
-- its own
SELECT change, attempt(format('SELECT qfs.set_policy(%L)', change))
FROM (VALUES ('{"auth":{"chain_ids":[1],"domains":["app.example"],"uris":["https://app.example"]}}'), ('{"limits":{"logins_per_minute":0}}'), ('{"nonce_ttl_ms":3000}'),
             ('{"nonce_ttl_ms":3000,"referral":{"cap":100}}'), ('{}')) AS t(change);
-- what a vote changed in this epoch is not its own for two
SELECT unguarded($$INSERT INTO qfs.policy_key VALUES ('nonce_ttl_ms', 4, 0)$$);
SELECT attempt($$SELECT qfs.set_policy('{"nonce_ttl_ms":4000}')$$) AS voted, attempt($$SELECT qfs.set_policy('{"limits":{"logins_per_minute":1},"nonce_ttl_ms":3000}')$$) AS other;
ROLLBACK;
SELECT * FROM qfs.verify();
SELECT qfs.set_policy('{"governance":{"mode":"off"}}');
