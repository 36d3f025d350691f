-- Sessions: signing in, acting, rotating, revoking, expiring; what remains of an identity.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/wallet.sql
-- before there is a ledger
SELECT attempt('SELECT qfs_api.auth_nonce()') AS nonce, attempt('SELECT qfs_api.auth_challenge(wallet(1))') AS challenge,
       attempt('SELECT qfs_api.auth_login(''x'', ''0x'')') AS login, attempt('SELECT qfs.authenticate(''x.y.z'')') AS authenticate,
       attempt('SELECT qfs.jwks()') AS jwks, qfs.current_user_id(), qfs.current_session();
SELECT length(qfs.genesis('regress.example/log', '{"auth":{"chain_ids":[1,137],"domains":["app.example","localhost:3000"],"uris":["https://app.example"]}, "block_ms":1000, "limits":{"logins_per_minute":1000000}, "signed":"none"}')::text);
SELECT qfs.register_event_type('SAID', '{"properties":{"t":{"type":"string"}},"required":["t"],"type":"object"}', 'account');
SELECT qfs.register_event_type('RULED', '{}');
-- the signer, by the core's verifiers
SELECT n, qfs.recover_personal_sign('é', decode(substr(sign(n, 'é'), 3), 'hex'))::text = wallet(n) AS wallet FROM generate_series(1, 4) n;
SELECT n, qfs.ed25519_verify('said', from_base64url(device_sign(n, 'said')), from_base64url(device(n))) AS device FROM generate_series(1, 2) n;

-- nonces and challenges
SELECT qfs_api.auth_nonce() ~ '^[0-9a-f]{64}$' AS form, count(DISTINCT qfs.nonce()) AS different FROM generate_series(1, 100);
SELECT regexp_replace(regexp_replace(qfs_api.auth_challenge(wallet(1), device(1), 137), 'Nonce: [0-9a-f]{64}', 'Nonce: …'), 'Issued At: .{24}', 'Issued At: …') AS challenge;
SELECT attempt('SELECT qfs_api.auth_challenge(NULL)') AS wallet, attempt('SELECT qfs_api.auth_challenge(wallet(1), NULL, NULL)') AS chain,
       attempt('SELECT qfs_api.auth_challenge(wallet(1), NULL, -1)') AS negative, attempt('SELECT qfs_api.auth_challenge(''0x12'')') AS address,
       attempt('SELECT qfs_api.auth_challenge(wallet(1), ''short'')') AS device;
-- a challenge for another page of the application, and a statement of its own
SELECT regexp_replace(regexp_replace(qfs_api.auth_challenge(wallet(1), NULL, 1, 'localhost:3000', 'https://app.example/login?a=b#c', 'Hello: it''s me.'), 'Nonce: [0-9a-f]{64}', 'Nonce: …'), 'Issued At: .{24}', 'Issued At: …') AS challenge;
SELECT split_part(qfs_api.auth_challenge(wallet => wallet(1), uri => 'https://app.example/x'), E'\n', 1) AS domain_by_default,
       substring(qfs_api.auth_challenge(wallet => wallet(1), domain => 'localhost:3000') FROM 'URI: [^\n]*') AS uri_by_default,
       length(qfs_api.auth_challenge(wallet => wallet(1), statement => '')) - length(qfs_api.auth_challenge(wallet => wallet(1))) AS more_for_an_empty_statement;
-- neither for a place that the policy does not list, nor with anything that the message has no room for
SELECT what, attempt(format('SELECT qfs_api.auth_challenge(wallet(1), NULL, 1, %L, %L, %L)', domain, uri, statement)) AS answer FROM (VALUES
  ('another domain', 'evil.example', NULL, NULL), ('a domain below ours', 'a.app.example', NULL, NULL), ('upper case', 'APP.example', NULL, NULL), ('a port more', 'app.example:443', NULL, NULL),
  ('no domain', '', NULL, NULL), ('a user name', 'me@app.example', NULL, NULL), ('a path', 'app.example/x', NULL, NULL), ('a space', 'app example', NULL, NULL), ('two lines', E'app.example\nx', NULL, NULL), ('not ASCII', 'äpp.example', NULL, NULL),
  ('a scheme', 'https://app.example', NULL, NULL), ('another URI', NULL, 'https://evil.example/', NULL), ('no TLS', NULL, 'http://app.example/', NULL), ('it goes on', NULL, 'https://app.example.evil/', NULL),
  ('no URI', NULL, '', NULL), ('no scheme', NULL, 'app.example', NULL), ('a URI of two lines', NULL, E'https://app.example/\nVersion: 1', NULL), ('a long URI', NULL, 'https://app.example/' || repeat('x', 2048), NULL),
  ('a statement of two lines', NULL, NULL, E'a\nb'), ('a statement with letters that are not ASCII', NULL, NULL, 'é'), ('a long statement', NULL, NULL, repeat('x', 513))) AS t(what, domain, uri, statement);
SELECT count(*) AS entries FROM qfs.ledger;

-- signing in: an entry, an account, a session, a used nonce
SELECT message(1, qfs_api.auth_nonce(), device(1)) AS said \gset
SELECT token, session, user_id, wallet, created, expires_at
FROM jsonb_to_record(qfs_api.auth_login(:'said', sign(1, :'said'))) AS (token text, session text, user_id text, wallet text, created boolean, expires_at bigint) \gset a_
SELECT :'a_user_id' = account(1) AS account, :'a_wallet' = wallet(1) AS wallet, :'a_created' AS created, :a_expires_at - at AS good_for_less_than
FROM qfs.ledger WHERE seq = 3 AND :a_expires_at - at > 999000 \gset when_
SELECT :'when_account' AS account, :'when_wallet' AS wallet, :'when_created' AS created, :when_good_for_less_than <= 1000000 AS good;
SELECT type, actor::text = account(1) AS actor, auth, payload ->> 'message' = :'said' AS message, sig = sign(1, :'said') AS signature,
       payload ->> 'device_key' = device(1) AS device, (SELECT array_agg(k) FROM jsonb_object_keys(payload) k) AS members FROM qfs.ledger WHERE seq = 3;
SELECT r ->> 'session' = :'a_session' AS session, r ->> 'expires_at' = :'a_expires_at' AS expires_at, r -> 'scope' AS scope,
       (SELECT array_agg(k) FROM jsonb_object_keys(r) k) AS members, outcome - 'policy' - 'result' AS beside FROM qfs.ledger, LATERAL (SELECT outcome -> 'result' AS r) x WHERE seq = 3;
-- what it says of the account: its standing begins, and among its sessions is this one, by a digest that commits to device and expiry
SELECT p ->> 'kind' AS kind, p ->> 'account' = account(1) AS account, p -> 'rules' AS rules, p -> 'was' AS was, p -> 'previous' AS previous, p -> 'policy' AS policy
FROM qfs.ledger, jsonb_array_elements(accounts) WITH ORDINALITY x(p, i) WHERE seq = 3 ORDER BY i;
SELECT accounts #> '{0,state}' = jsonb_build_object('sessions', jsonb_build_array(encode(sha256(convert_to(qfs.canonical(jsonb_build_object('device', device(1),
         'expires_at', :a_expires_at, 'operator', false, 'session', :'a_session', 'ttl_blocks', 1000)), 'UTF8')), 'hex'))) AS digest,
       (accounts #> '{1,state}') - 'created_at' AS standing, (accounts #>> '{1,state,created_at}')::bigint = at AS created_at FROM qfs.ledger WHERE seq = 3;
-- the id of a session, by somebody else's SHA-256
SELECT encode(sha256(convert_to(qfs.canonical(jsonb_build_object('actor', account(1), 'device', device(1), 'issued_block', issued_block, 'nonce', l.payload -> 'nonce', 'scope', '["account"]'::jsonb)), 'UTF8')), 'hex') = session::text AS id,
       user_id::text = account(1) AS account, s.seq, ttl_blocks, operates, base64url(device::bytea) = device(1) AS device, ended, reason
FROM qfs.session s JOIN qfs.ledger l USING (seq);
SELECT a.user_id::text = account(1) AS account, a.wallet::text = wallet(1) AS wallet, s.created, s.last_entry, c.last_entry AS access, c.sessions::jsonb #>> '{0,session}' = :'a_session' AS session, (SELECT count(*) FROM qfs.nonce) AS nonces
FROM qfs.account a JOIN qfs.standing s ON s.user_id OPERATOR(qfs.=) a.user_id JOIN qfs.access c ON c.user_id OPERATOR(qfs.=) a.user_id;
SELECT seq, nonce::text = (SELECT payload ->> 'nonce' FROM qfs.ledger WHERE seq = 3) AS nonce FROM qfs.login_nonce;
-- over the API; the second session of the account
SELECT sign_in(1) AS login \gset b_
SELECT (:'b_login'::jsonb ->> 'created')::boolean AS created, :'b_login'::jsonb ->> 'token' AS token, :'b_login'::jsonb ->> 'session' AS session,
       (SELECT array_agg(k) FROM jsonb_object_keys(:'b_login'::jsonb) k) AS members \gset b_
SELECT :'b_created' AS created, :'b_members' AS members;
SELECT (SELECT count(*) FROM qfs.account) AS accounts, (SELECT count(*) FROM qfs.session) AS sessions;
-- a challenge, signed in upper case and without 0x
SELECT qfs_api.auth_challenge(wallet(2)) AS said \gset
SELECT (qfs_api.auth_login(:'said', upper(substr(sign(2, :'said'), 3)))) ->> 'token' AS token \gset c_
-- one for another page
BEGIN;
SELECT qfs_api.auth_challenge(wallet(2), NULL, 137, 'localhost:3000', 'https://app.example/login', 'Welcome.') AS said \gset
SELECT qfs_api.auth_login(:'said', sign(2, :'said')) ->> 'created' AS created;
ROLLBACK;

-- a token: a JWT of this ledger, under a key that is published
SELECT convert_from(from_base64url(split_part(:'a_token', '.', 1)), 'UTF8')::jsonb - 'kid' AS header,
       convert_from(from_base64url(split_part(:'a_token', '.', 2)), 'UTF8')::jsonb - '{sub,jti,iat,exp}'::text[] AS claims;
SELECT qfs.ed25519_verify(convert_to(split_part(:'a_token', '.', 1) || '.' || split_part(:'a_token', '.', 2), 'UTF8'),
                          from_base64url(split_part(:'a_token', '.', 3)), from_base64url(k ->> 'x')) AS signed,
       k - '{kid,x}'::text[] AS jwk, k ->> 'kid' = convert_from(from_base64url(split_part(:'a_token', '.', 1)), 'UTF8')::jsonb ->> 'kid' AS kid,
       base64url(sha256(convert_to(format('{"crv":"Ed25519","kty":"OKP","x":"%s"}', k ->> 'x'), 'UTF8'))) = k ->> 'kid' AS thumbprint
FROM jsonb_array_elements(qfs.jwks()::jsonb -> 'keys') k;
SELECT claims ->> 'sub' = account(1) AS sub, claims ->> 'jti' = :'a_session' AS jti, (claims ->> 'exp')::bigint = :a_expires_at / 1000 AS exp
FROM (SELECT convert_from(from_base64url(split_part(:'a_token', '.', 2)), 'UTF8')::jsonb) t(claims);

-- identity: as long as the transaction
SELECT qfs.authenticate(:'a_token')::text = account(1) AS a;
SELECT qfs.current_user_id(), qfs.current_session();
BEGIN;
SELECT qfs.authenticate(:'a_token')::text = account(1) AS a;
SELECT qfs.current_user_id()::text = account(1) AS user, qfs.current_session()::text = :'a_session' AS session;
SELECT qfs.authenticate(NULL);
SELECT qfs.current_user_id()::text = account(1) AS still_a;
SAVEPOINT s;
SELECT qfs.authenticate(:'c_token')::text = account(2) AS b;
SELECT qfs.current_user_id()::text = account(2) AS b;
RELEASE s;
SELECT qfs.current_user_id()::text = account(2) AS still_b;
SAVEPOINT t;
ROLLBACK TO t;
SELECT qfs.current_user_id()::text = account(2) AS still_b;
COMMIT;
SELECT qfs.current_user_id(), qfs.current_session();
BEGIN;
SELECT qfs.authenticate(:'a_token') IS NULL AS anonymous;
ROLLBACK;
SELECT qfs.current_user_id();
BEGIN;
SAVEPOINT s;
SELECT qfs.authenticate(:'a_token') IS NULL AS anonymous;
ROLLBACK TO s;
SELECT qfs.current_user_id() AS nobody_after_the_savepoint;
SELECT qfs.authenticate(:'a_token') IS NULL AS anonymous;
SAVEPOINT s;
SELECT qfs.authenticate(:'c_token') IS NULL AS anonymous;
ROLLBACK TO s;
SELECT qfs.current_user_id()::text = account(2) AS is_b, qfs.current_user_id() IS NOT NULL AS somebody;
COMMIT;
-- the settings in which PostgREST leaves the claims are anybody's
BEGIN;
SELECT set_config('request.jwt.claims', jsonb_build_object('sub', account(1), 'role', 'qfs_user', 'jti', :'a_session')::text, true) <> '' AS set;
SELECT set_config('request.jwt.claim.sub', account(1), true) <> '' AS set;
SET LOCAL ROLE qfs_user;
SELECT qfs.current_user_id(), attempt('SELECT qfs_api.events_batch(''[{"type":"SAID","payload":{"t":"x"}}]'')');
SELECT attempt('SELECT qfs_api.sessions()') AS sessions;
COMMIT;
SELECT attempt('SET qfs.current_user_id = ''x''') AS setting, attempt('SELECT set_config(''qfs.actor'', ''x'', false)') AS setting;
-- pre_request takes the token of the header, and is told the same by PostgREST: test/sql/asking.sql
BEGIN;
SELECT set_config('request.headers', jsonb_build_object('authorization', 'Bearer ' || :'a_token')::text, true) <> '' AS set,
       set_config('request.jwt.claims', convert_from(from_base64url(split_part(:'a_token', '.', 2)), 'UTF8'), true) <> '' AS claims;
SET LOCAL ROLE qfs_user;
SELECT qfs_api.pre_request();
SELECT qfs.current_user_id()::text = account(1) AS a;
COMMIT;

-- acting: the actor is who is signed in, whether it is said or not
BEGIN;
SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a;
INSERT INTO qfs.ledger (type, payload) VALUES ('SAID', '{"t":"one"}') RETURNING seq, actor::text = account(1) AS actor, auth - 'session' AS auth, auth ->> 'session' = :'a_session' AS session;
INSERT INTO qfs.ledger (type, actor, payload) VALUES ('SAID', account(1)::qfs.user_id, '{"t":"two"}') RETURNING seq;
SELECT attempt('INSERT INTO qfs.ledger (type, actor, payload) VALUES (''SAID'', account(2)::qfs.user_id, ''{"t":"x"}'')') AS other,
       attempt('INSERT INTO qfs.ledger (type, payload) VALUES (''SAID'', ''{}'')') AS payload, attempt('INSERT INTO qfs.ledger (type, payload) VALUES (''RULED'', ''{}'')') AS operators;
SELECT attempt('SELECT qfs.set_policy(''{}'')') AS policy, attempt('SELECT qfs.rotate_keys()') AS keys, attempt('SELECT qfs.register_event_type(''MINE'', ''{}'')') AS type;
-- signing in with a token at hand: the wallet's word counts, and nobody is signed in afterwards
SELECT sign_in(2) ->> 'user_id' = account(2) AS b;
SELECT qfs.current_user_id();
COMMIT;
SELECT attempt('INSERT INTO qfs.ledger (type, payload) VALUES (''SAID'', ''{"t":"x"}'')') AS without,
       attempt('INSERT INTO qfs.ledger (type, actor, payload) VALUES (''SAID'', account(1)::qfs.user_id, ''{"t":"x"}'')') AS named;
SELECT attempt('SELECT qfs_api.session_rotate()') AS rotate, attempt(format('SELECT qfs.revoke_session(%L, ''user_logout'')', :'a_session')) AS revoke,
       attempt('SELECT qfs_api.events_batch(''[]'')') AS batch;

-- rotation: the session that asks ends, another begins, for the same device
BEGIN;
SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a;
SELECT qfs_api.session_rotate() AS rotated \gset r_
SELECT (SELECT array_agg(k) FROM jsonb_object_keys(:'r_rotated'::jsonb) k) AS members, :'r_rotated'::jsonb ->> 'user_id' = account(1) AS account, qfs.current_session()::text = :'r_rotated'::jsonb ->> 'session' AS speaks_for_it;
INSERT INTO qfs.ledger (type, payload) VALUES ('SAID', '{"t":"rotated"}') RETURNING seq;
COMMIT;
SELECT :'r_rotated'::jsonb ->> 'token' AS token, :'r_rotated'::jsonb ->> 'session' AS session \gset r_
SELECT attempt(format('SELECT qfs.authenticate(%L)', :'a_token')) AS old, attempt(format('SELECT qfs.authenticate(%L)', :'r_token')) AS new;
SELECT s.seq, base64url(device::bytea) = device(1) AS device, ended, reason FROM qfs.session s WHERE session::text IN (:'a_session', :'r_session') ORDER BY seq;
SELECT type, actor::text = account(1) AS actor, auth ->> 'session' = :'a_session' AS by, outcome #>> '{result,ended}' = :'a_session' AS ended, outcome #>> '{result,session}' = :'r_session' AS begun FROM qfs.ledger WHERE type = 'SESSION_ROTATED';

-- revocation: one's own sessions, this one or another
BEGIN;
SELECT qfs.authenticate(:'r_token') IS NOT NULL AS a;
SELECT split_part(attempt(format('SELECT qfs_api.session_revoke(%L)', :'a_session')), ':', 1) AS rotated, attempt(format('SELECT qfs_api.session_revoke(%L)', repeat('ab', 32))) AS unknown,
       split_part(attempt(format('SELECT qfs_api.session_revoke(%L)', (SELECT session FROM qfs.session WHERE user_id::text = account(2) ORDER BY seq LIMIT 1))), ':', 1) AS foreign,
       attempt(format('SELECT qfs_api.session_revoke(%L, ''boredom'')', :'b_session')) AS reason, attempt(format('SELECT qfs_api.session_revoke(%L, ''admin'')', :'b_session')) AS admin,
       attempt('SELECT qfs_api.session_revoke(''x'')') AS hash, attempt(format('SELECT qfs_api.session_revoke(%L, %L)', :'b_session', repeat('x', 100))) AS long;
SELECT attempt('SELECT qfs_api.session_revoke(NULL)') AS nothing;
SELECT qfs_api.session_revoke(:'b_session', 'device_lost');
SELECT split_part(attempt(format('SELECT qfs_api.session_revoke(%L)', :'b_session')), ':', 1) AS again;
SELECT count(*) FILTER (WHERE active) AS active, count(*) FILTER (WHERE current) AS current, count(*) AS sessions, array_agg(reason ORDER BY started) AS reasons FROM qfs_api.sessions();
SELECT qfs_api.session_revoke(:'r_session');
-- the transaction's own session is over at once
SELECT attempt('INSERT INTO qfs.ledger (type, payload) VALUES (''SAID'', ''{"t":"x"}'')') AS act, attempt('SELECT qfs_api.session_rotate()') AS rotate,
       attempt(format('SELECT qfs_api.session_revoke(%L)', :'r_session')) AS revoke;
COMMIT;
SELECT attempt(format('SELECT qfs.authenticate(%L)', :'b_token')) AS b, attempt(format('SELECT qfs.authenticate(%L)', :'r_token')) AS r;
-- one that is rolled back lives on
BEGIN;
SELECT qfs.authenticate(:'c_token') IS NOT NULL AS c;
SELECT qfs_api.session_revoke(qfs.current_session()::text);
ROLLBACK;
SELECT attempt(format('SELECT qfs.authenticate(%L)', :'c_token')) AS c;
-- the operator ends anybody's, and says so
SELECT attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (''SESSION_REVOKED'', %L)', jsonb_build_object('reason', 'user_logout', 'session', s))) AS reason
FROM (SELECT session FROM qfs.session WHERE user_id::text = account(2) ORDER BY seq LIMIT 1) t(s);
INSERT INTO qfs.ledger (type, payload) SELECT 'SESSION_REVOKED', jsonb_build_object('reason', 'admin', 'session', session)
FROM (SELECT session FROM qfs.session WHERE user_id::text = account(2) ORDER BY seq LIMIT 1) t RETURNING seq, auth;
SELECT regexp_replace(attempt(format('SELECT qfs.authenticate(%L)', :'c_token')), '\d+ ended', '… ended') AS c;
-- and whoever may see it is told why: auditors, and the account whose session it was; nobody, how that began
SELECT seq AS revoked, payload ->> 'session' AS session FROM qfs.ledger WHERE type = 'SESSION_REVOKED' AND actor IS NULL ORDER BY seq DESC LIMIT 1 \gset
SELECT sign_in(2) ->> 'token' AS token \gset f_
SELECT sign_in(3, device(2)) ->> 'token' AS token \gset d_
CREATE FUNCTION told(bundle text, ended text) RETURNS TABLE (reader text, mine boolean, type text, "by" text, recorded jsonb, sessions bigint, names_it boolean, shows text) LANGUAGE sql AS $$
  SELECT b ->> 'reader', b ->> 'subject' = account(2), b #>> '{result,type}', b #>> '{result,by}', b -> 'recorded', jsonb_array_length(b -> 'sessions'),
    EXISTS (SELECT FROM jsonb_array_elements(b -> 'sessions') s WHERE s ->> 'session' = ended),
    (SELECT string_agg(DISTINCT coalesce(l #>> '{act,type}', l #>> '{act,part,type}', '-'), ' ') FROM jsonb_array_elements(b -> 'entries') e, LATERAL (SELECT (e ->> 'line')::jsonb) x(l))
  FROM (SELECT bundle::jsonb) x(b) $$;
SELECT * FROM told(qfs.explain(:revoked)::text, :'session');
SELECT * FROM told(try_as('qfs_user', :'f_token', format('SELECT qfs_api.explain_entry(%s)', :revoked)), :'session');
SELECT who, try_as(role, token, format('SELECT qfs_api.explain_entry(%s)', :revoked)) AS told
FROM (VALUES ('another account', 'qfs_user', :'d_token'), ('nobody', 'qfs_anon', NULL), ('an operator', 'qfs_operator', NULL)) x(who, role, token);

-- what devices sign
SELECT qfs.set_policy('{"signed_types":["SAID"]}');
CREATE FUNCTION say(auth jsonb) RETURNS text LANGUAGE sql AS $$
  SELECT try_as('qfs_user', current_setting('regress.token'), format('SELECT qfs_api.events_batch(%L)', jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('type', 'SAID', 'payload', '{"t":"signed"}'::jsonb, 'auth', auth)))))
$$;
SELECT set_config('regress.token', :'d_token', false) <> '' AS set;
SELECT say(NULL) AS unsigned, say('{}') AS empty, say('null') AS nothing, say('{"via":"operator"}') AS operator,
       say(event_auth(2, 3, 1, 'SAID', '{"t":"signed"}') || '{"via":"session"}') AS more;
SELECT say(event_auth(1, 3, 1, 'SAID', '{"t":"signed"}')) AS other_device, say(event_auth(2, 2, 1, 'SAID', '{"t":"signed"}')) AS other_actor, say(event_auth(2, 3, 1, 'SAID', '{"t":"other"}')) AS other_payload,
       say(event_auth(2, 3, 1, 'RULED', '{"t":"signed"}')) AS other_type, say(event_auth(2, 3, 1, 'SAID', '{"t":"signed"}') || '{"nonce":2}') AS other_nonce, say(event_auth(2, 3, 0, 'SAID', '{"t":"signed"}')) AS no_nonce,
       say(event_auth(2, 3, -1, 'SAID', '{"t":"signed"}')) AS negative, say(event_auth(2, 3, 1, 'SAID', '{"t":"signed"}') || '{"sig":"x"}') AS short;
BEGIN;
SELECT qfs.authenticate(:'d_token') IS NOT NULL AS d;
SELECT e ->> 'seq' AS seq FROM jsonb_array_elements(qfs_api.events_batch(jsonb_build_array(jsonb_build_object('type', 'SAID', 'payload', '{"t":"signed"}'::jsonb, 'auth', event_auth(2, 3, 5, 'SAID', '{"t":"signed"}'))), 'signed')) e;
COMMIT;
-- a batch that was sent under an id is what its entries say
SELECT * FROM qfs.verify();
SELECT say(event_auth(2, 3, 5, 'SAID', '{"t":"signed"}')) AS same, say(event_auth(2, 3, 4, 'SAID', '{"t":"signed"}')) AS smaller, say(event_auth(2, 3, 6, 'SAID', '{"t":"signed"}')) LIKE '[{"seq"%' AS larger;
-- nor is one taken that leaves the account's devices none, whatever a stolen device has signed; milliseconds do, as counting does
SELECT regexp_replace(say(event_auth(2, 3, 9007199254740991, 'SAID', '{"t":"signed"}')), 'up to \d+', 'up to …') AS ahead,
       regexp_replace(say(event_auth(2, 3, (extract(epoch FROM clock_timestamp()) * 1000)::bigint + 86460000, 'SAID', '{"t":"signed"}')), '\d{13}', '…', 'g') AS more_than_a_day,
       say(event_auth(2, 3, (extract(epoch FROM clock_timestamp()) * 1000)::bigint + 86340000, 'SAID', '{"t":"signed"}')) LIKE '[{"seq"%' AS within_a_day;
SELECT say(event_auth(2, 3, event_nonce + 1, 'SAID', '{"t":"signed"}')) LIKE '[{"seq"%' AS counted_on FROM qfs.nonce WHERE user_id::text = account(3);
SELECT event_nonce = (SELECT max((auth ->> 'nonce')::bigint) FROM qfs.ledger WHERE auth ? 'key') AS of_the_last FROM qfs.nonce WHERE user_id::text = account(3);
SELECT auth - 'session' AS auth, sig = event_auth(2, 3, 5, 'SAID', '{"t":"signed"}') ->> 'sig' AS sig, accounts #> '{0,state}' AS state, accounts #> '{0,rules}' AS rules, accounts #>> '{0,kind}' AS kind FROM qfs.ledger WHERE auth ? 'key' AND (auth ->> 'nonce')::bigint < 10;
SELECT count(*) AS signed_by_nobody FROM qfs.ledger WHERE (sig IS NOT NULL) <> (auth ? 'key' OR auth ->> 'via' = 'wallet');
-- a session without a device has nothing to sign with
SELECT set_config('regress.token', sign_in(2) ->> 'token', false) <> '' AS set;
SELECT say(event_auth(1, 2, 1, 'SAID', '{"t":"signed"}')) AS other;

-- time: sessions and nonces run out
SELECT qfs.set_policy('{"ttl_blocks":3, "signed_types":[]}');
SELECT sign_in(4) ->> 'token' AS token \gset e_
BEGIN;
SELECT qfs.authenticate(:'e_token') IS NOT NULL AS e;
SELECT pg_sleep(3.05);
-- a transaction that goes on, too
SELECT attempt('INSERT INTO qfs.ledger (type, payload) VALUES (''SAID'', ''{"t":"late"}'')') AS late, attempt('SELECT qfs_api.session_rotate()') AS rotate;
COMMIT;
SELECT regexp_replace(attempt(format('SELECT qfs.authenticate(%L)', :'e_token')), '\d+ seconds', '… seconds') AS expired;
SELECT (SELECT ended IS NULL FROM qfs.session WHERE user_id::text = account(4)) AS not_ended, count(*) AS replayed FROM qfs.session_replay((SELECT seq FROM qfs.head())) r WHERE r.user_id::text = account(4);
-- those that began before keep what they were promised
SELECT qfs.authenticate(:'d_token')::text = account(3) AS d;
-- a new key ends all tokens, not the sessions
SELECT count(qfs.rotate_keys()) AS rotated;
SELECT attempt(format('SELECT qfs.authenticate(%L)', :'d_token')) AS d;

-- replay gives what the table says
SELECT n, count(*) AS different FROM generate_series(0, (SELECT seq FROM qfs.head())) n, LATERAL (
  (SELECT session::text, user_id::text, seq, issued_block, ttl_blocks, operates, device::text FROM qfs.session_replay(n)
   EXCEPT SELECT session::text, user_id::text, seq, issued_block, ttl_blocks, operates, device::text FROM qfs.session WHERE seq <= n AND (ended IS NULL OR ended > n))
  UNION ALL
  (SELECT session::text, user_id::text, seq, issued_block, ttl_blocks, operates, device::text FROM qfs.session s WHERE seq <= n AND (ended IS NULL OR ended > n) AND ttl_blocks > 3
   EXCEPT SELECT session::text, user_id::text, seq, issued_block, ttl_blocks, operates, device::text FROM qfs.session_replay(n))) d GROUP BY n;
SELECT attempt('SELECT qfs.session_replay(-1)') AS negative, regexp_replace(attempt('SELECT qfs.session_replay(1000000)'), 'it has \d+', 'it has …') AS beyond, (SELECT count(*) FROM qfs.session_replay(NULL)) AS nothing;
SELECT * FROM qfs.verify();
-- records that were changed by hand
CREATE FUNCTION tamper(command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM unguarded(command);
  RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = (SELECT coalesce(string_agg(DISTINCT v.code || ': ' || v.detail, ', '), 'sound') FROM qfs.verify() v);
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
  RETURN SQLERRM;
END $$;
SELECT command, tamper(command) FROM unnest(ARRAY['SELECT 1', 'UPDATE qfs.session SET ended = NULL, reason = NULL WHERE seq = 3', 'UPDATE qfs.session SET reason = ''admin'' WHERE seq = 3', 'UPDATE qfs.session SET ttl_blocks = 1000000 WHERE ttl_blocks = 3',
  'UPDATE qfs.session SET operates = true WHERE seq = 3', 'UPDATE qfs.session SET device = NULL WHERE seq = 3', 'UPDATE qfs.session SET user_id = account(2)::qfs.user_id WHERE seq = 3', 'DELETE FROM qfs.session WHERE seq = 3',
  'UPDATE qfs.nonce SET event_nonce = 0', 'UPDATE qfs.nonce SET last_entry = last_entry - 1', 'DELETE FROM qfs.nonce', 'UPDATE qfs.access SET sessions = ''[]'' WHERE user_id::text = account(3)', 'UPDATE qfs.access SET last_entry = 3 WHERE user_id::text = account(3)', 'DELETE FROM qfs.access WHERE user_id::text = account(3)',
  'UPDATE qfs.standing SET created_at = 0 WHERE user_id::text = account(1)', 'UPDATE qfs.account SET wallet = wallet(2)::qfs.address', 'DELETE FROM qfs.login_nonce WHERE seq = 3', 'UPDATE qfs.rate SET count = 0']) command;
SELECT * FROM qfs.rebuild();
SELECT * FROM qfs.verify();
