-- Who sees and calls what: nobody, account A, account B, an operator's account, operators, auditors; and nothing they set makes them somebody else.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/wallet.sql
\i :inputdir/sql/include/lines.sql
SELECT length(qfs.genesis('regress.example/log', jsonb_build_object('auth', '{"chain_ids":[1],"domains":["app.example"],"uris":["https://app.example"]}'::jsonb, 'operators', jsonb_build_array(account(3))))::text);
SELECT qfs.register_event_type('SAID', '{}', 'account');
SELECT qfs.register_event_type('RULED', '{}');
-- entries 3 to 5: A, B and the operator sign in; 6: A says something; 7: B says something to A; 8: the operator's account rules; 9: the operator does
SELECT sign_in(1) ->> 'token' AS token \gset a_
SELECT sign_in(2) ->> 'token' AS token \gset b_
SELECT sign_in(3) ->> 'token' AS token \gset o_
CREATE TABLE tokens (name text, token text);
INSERT INTO tokens VALUES ('A', :'a_token'), ('B', :'b_token'), ('O', :'o_token');
BEGIN; SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a; INSERT INTO qfs.ledger (type, payload) VALUES ('SAID', '{"t":"of A"}'); COMMIT;
BEGIN; SELECT qfs.authenticate(:'b_token') IS NOT NULL AS b; INSERT INTO qfs.ledger (type, payload) VALUES ('SAID', jsonb_build_object('recipient', account(1))); COMMIT;
BEGIN; SELECT qfs.authenticate(:'o_token') IS NOT NULL AS o; SET LOCAL ROLE qfs_operator; SELECT attempt('INSERT INTO qfs.ledger (type, payload) VALUES (''RULED'', ''{}'')'); RESET ROLE; COMMIT;
INSERT INTO qfs.ledger (type, payload) VALUES ('RULED', '{"of":"everyone"}');
SELECT seq, type, auth ->> 'via' AS via FROM qfs.ledger ORDER BY seq;
SELECT split_part(:'o_token', '.', 2) <> '' AS claims, convert_from(from_base64url(split_part(:'o_token', '.', 2)), 'UTF8')::jsonb - '{sub,jti,iat,exp,aud,iss}'::text[] AS claims;

CREATE FUNCTION matrix(command text, OUT anon text, OUT a text, OUT b text, OUT o text, OUT operator text, OUT auditor text) LANGUAGE sql AS $$
  SELECT try_as('qfs_anon', NULL, command), try_as('qfs_user', (SELECT token FROM tokens WHERE name = 'A'), command), try_as('qfs_user', (SELECT token FROM tokens WHERE name = 'B'), command),
         try_as('qfs_operator', (SELECT token FROM tokens WHERE name = 'O'), command), try_as('qfs_operator', NULL, command), try_as('qfs_auditor', NULL, command)
$$;
-- what the ledger shows
SELECT command, m.* FROM unnest(ARRAY['SELECT count(*) FROM qfs_api.ledger', 'SELECT string_agg(seq::text, '' '' ORDER BY seq) FROM qfs_api.ledger WHERE payload IS NOT NULL', 'SELECT string_agg(seq::text, '' '' ORDER BY seq) FROM qfs_api.ledger WHERE actor IS NOT NULL',
  'SELECT string_agg(seq::text, '' '' ORDER BY seq) FROM qfs_api.ledger WHERE auth IS NOT NULL OR sig IS NOT NULL OR outcome IS NOT NULL OR accounts <> ''[]''', 'SELECT bool_and(seq IS NOT NULL AND at > 0 AND type <> '''' AND hash <> '''') FROM qfs_api.ledger',
  'SELECT parts_of(qfs_api.entry(6))', 'SELECT parts_of(qfs_api.entry(7))', 'SELECT parts_of(qfs_api.entry(5))', 'SELECT parts_of(qfs_api.entry(0))', 'SELECT parts_of(qfs_api.entry(99))', 'SELECT qfs_api.entry(NULL)', 'SELECT length(qfs_api.entry_bundle(0, 8)) > 0', 'SELECT left(qfs_api.entry_head(6), 12)', 'SELECT qfs_api.entry_head(99)',
  'SELECT count(*) FROM qfs_api.sessions()', 'SELECT string_agg(started::text, '','') FROM qfs_api.sessions()', 'SELECT count(*) FROM qfs_api.verify()', 'SELECT qfs_api.head() ->> ''size''', 'SELECT left(qfs_api.checkpoint(), 19)', 'SELECT left(qfs_api.vkey(), 19)',
  'SELECT left(qfs_api.tlog_proof(3), 24)', 'SELECT array_length(qfs_api.consistency_proof(3, 8), 1)', 'SELECT length(qfs_api.tile(0, 0, 8))', 'SELECT qfs.current_user_id()::text = account(1)', 'SELECT qfs.current_session() IS NOT NULL']) command, LATERAL matrix(command) m;
-- what may be called
SELECT command, m.* FROM unnest(ARRAY['SELECT length(qfs_api.auth_nonce())', 'SELECT length(qfs_api.auth_challenge(wallet(1))) > 0', 'SELECT qfs_api.auth_login(''x'', ''y'')', 'SELECT qfs_api.pre_request() IS NULL', 'SELECT qfs_api.session_rotate() IS NOT NULL',
  'SELECT qfs_api.session_revoke(repeat(''0'', 64))', 'SELECT jsonb_array_length(qfs_api.events_batch(''[{"type":"SAID","payload":{}}]''))', 'SELECT jsonb_array_length(qfs_api.events_batch(''[{"type":"RULED","payload":{}}]''))',
  'SELECT qfs.nonce()', 'SELECT qfs.challenge(wallet(1)::qfs.address, NULL, 1)', 'SELECT qfs.revoke_session(repeat(''0'', 64)::qfs.hash, ''user_logout'')', 'SELECT length(qfs.jwks()) > 0',
  'SELECT count(*) FROM qfs.session_replay(5)', 'SELECT qfs.is_public()', 'SELECT parts_of(qfs.readable_entry(6))', 'SELECT length(qfs.entry_bundle(0, 8)) > 0', 'SELECT left(qfs.entry_head(6), 12)', 'SELECT parts_of(qfs.entry(6))', 'SELECT qfs.set_policy(''{}'') > 0', 'SELECT qfs.rotate_keys() > 0',
  'SELECT qfs.authenticate(''x'')', 'SELECT count(*) FROM qfs.session', 'SELECT count(*) FROM qfs.account', 'SELECT count(*) FROM qfs.login_nonce', 'SELECT count(*) FROM qfs.rate', 'SELECT count(*) FROM qfs.batch', 'SELECT count(payload) FROM qfs.ledger',
  'INSERT INTO qfs.ledger (type, payload) VALUES (''SAID'', ''{}'') RETURNING type', 'INSERT INTO qfs_api.ledger (type, payload) VALUES (''SAID'', ''{}'') RETURNING seq', 'UPDATE qfs_api.ledger SET payload = ''{}''', 'INSERT INTO qfs.session SELECT * FROM qfs.session', 'UPDATE qfs.session SET ended = NULL RETURNING 1',
  'UPDATE qfs.nonce SET event_nonce = 0 RETURNING 1', 'SELECT count(*) FROM qfs.access', 'SELECT count(*) FROM qfs.ties', 'DELETE FROM qfs.login_nonce RETURNING 1', 'DELETE FROM qfs.rate RETURNING 1', 'UPDATE qfs.batch SET result = ''[]'' RETURNING 1', 'CREATE FUNCTION qfs_api.f() RETURNS int LANGUAGE sql AS ''SELECT 1''', 'SET qfs.ddl_guard = off']) command, LATERAL matrix(command) m;

-- nothing that a caller sets or creates makes it somebody else
CREATE SCHEMA regress_space;
GRANT ALL ON SCHEMA regress_space TO PUBLIC;
CREATE FUNCTION who_am_i() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$ SELECT coalesce((SELECT CASE qfs.current_user_id()::text WHEN public.account(1) THEN 'A' WHEN public.account(2) THEN 'B' ELSE '?' END WHERE qfs.current_user_id() IS NOT NULL), 'nobody') $$;
SELECT who, n, try_as('qfs_user', CASE who WHEN 'B' THEN :'b_token' END, format('%s; SELECT public.who_am_i() || '' '' || (SELECT count(payload) FROM qfs_api.ledger) %s', command, CASE who WHEN 'B' THEN '|| '' '' || (SELECT count(*) FROM qfs_api.sessions())' END))
FROM unnest(ARRAY['nobody', 'B']) who, unnest(ARRAY['SELECT 1',
  format('SELECT set_config(''request.jwt.claims'', %L, true)', jsonb_build_object('sub', account(1), 'role', 'qfs_operator')), format('SELECT set_config(''request.headers'', %L, true)', jsonb_build_object('authorization', 'Bearer ' || :'a_token')) || '; SELECT 1',
  'SET LOCAL ROLE qfs_user', 'SET LOCAL search_path = regress_space, qfs, qfs_api, pg_temp', 'SET LOCAL session_replication_role = replica',
  format('CREATE TEMP TABLE session AS SELECT %L::text AS user_id; CREATE TEMP TABLE account (user_id text)', account(1)), format('CREATE FUNCTION pg_temp.current_user_id() RETURNS text LANGUAGE sql AS $f$SELECT %L$f$; SET LOCAL search_path = pg_temp, qfs', account(1)),
  format('CREATE FUNCTION regress_space.current_user_id() RETURNS qfs.user_id LANGUAGE sql AS $f$SELECT %L::qfs.user_id$f$; SET LOCAL search_path = regress_space, pg_temp, qfs', account(1)),
  'CREATE FUNCTION regress_space.equal(qfs.user_id, qfs.user_id) RETURNS boolean LANGUAGE sql AS ''SELECT true''; CREATE OPERATOR regress_space.= (LEFTARG = qfs.user_id, RIGHTARG = qfs.user_id, FUNCTION = regress_space.equal); SET LOCAL search_path = regress_space, pg_catalog',
  'SELECT qfs.authenticate(NULL)', 'CREATE FUNCTION pg_temp.leak(jsonb) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $f$BEGIN RAISE EXCEPTION ''%'', $1; END$f$; SELECT count(*) FROM qfs_api.ledger WHERE pg_temp.leak(payload) AND payload IS NOT NULL AND seq = 6',
  'DO $f$ BEGIN PERFORM qfs.authenticate(''x''); EXCEPTION WHEN OTHERS THEN NULL; END $f$']) WITH ORDINALITY c(command, n) ORDER BY who DESC, n;
-- SECURITY DEFINER functions of others see who is signed in, and are not signed in by it
BEGIN;
SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a;
SELECT who_am_i();
SET LOCAL ROLE qfs_user;
SELECT who_am_i();
COMMIT;
SELECT who_am_i();

-- where everything is public, everybody reads
SELECT qfs.set_policy('{"visibility":"public"}') > 0 AS done;
SELECT command, m.* FROM unnest(ARRAY['SELECT count(payload) = count(*) FROM qfs_api.ledger', 'SELECT parts_of(qfs_api.entry(6))', 'SELECT length(qfs_api.entry_bundle(0, 8)) > 0', 'SELECT parts_of(qfs_api.entry(99))', 'SELECT count(*) FROM qfs_api.sessions()', 'SELECT count(*) FROM qfs.session']) command, LATERAL matrix(command) m;
SELECT qfs.set_policy('{"visibility":"parties"}') > 0 AS done;
-- who is no operator any more: the token that says so is refused, a new one says user
SELECT qfs.set_policy('{"operators":[]}') > 0 AS done;
SELECT attempt(format('SELECT qfs.authenticate(%L)', :'o_token')) AS operator;
SELECT sign_in(3) ->> 'token' AS token \gset p_
SELECT convert_from(from_base64url(split_part(:'p_token', '.', 2)), 'UTF8')::jsonb ->> 'role' AS role, try_as('qfs_operator', :'p_token', 'INSERT INTO qfs.ledger (type, payload) VALUES (''RULED'', ''{}'') RETURNING type') AS ruled;
-- and who becomes one, at the next sign-in
SELECT qfs.set_policy(jsonb_build_object('operators', jsonb_build_array(account(1)))) > 0 AS done;
SELECT try_as('qfs_operator', :'a_token', 'INSERT INTO qfs.ledger (type, payload) VALUES (''RULED'', ''{}'') RETURNING type') AS before;
SELECT sign_in(1) ->> 'token' AS token \gset q_
SELECT try_as('qfs_operator', :'q_token', 'INSERT INTO qfs.ledger (type, payload) VALUES (''RULED'', ''{}'') RETURNING type') AS after;
SELECT * FROM qfs.verify();
SELECT * FROM qfs.self_check() WHERE code <> 'QFS_GUARDED';
DROP FUNCTION who_am_i;
SET client_min_messages = warning;
DROP SCHEMA regress_space CASCADE;
