-- Who is asking: a role acts only where no account does, PostgREST's word is compared with the token's, and no event leaves its other half behind.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/wallet.sql
SELECT length(qfs.genesis('regress.example/log', jsonb_build_object('auth', '{"chain_ids":[1],"domains":["app.example"],"uris":["https://app.example"]}'::jsonb, 'operators', jsonb_build_array(account(3))))::text);
SELECT qfs.register_event_type('SAID', '{}', 'account');
SELECT qfs.register_event_type('RULED', '{}');
SELECT sign_in(1) ->> 'token' AS token \gset a_
SELECT sign_in(3) ->> 'token' AS token \gset o_
CREATE FUNCTION ruled() RETURNS text LANGUAGE sql AS $$ SELECT attempt('INSERT INTO qfs.ledger (type, payload) VALUES (''RULED'', ''{}'')') $$;
CREATE FUNCTION said() RETURNS text LANGUAGE sql AS $$ SELECT attempt('INSERT INTO qfs.ledger (type, payload) VALUES (''SAID'', ''{}'')') $$;
CREATE FUNCTION who() RETURNS text LANGUAGE sql SET search_path = public AS $$ SELECT coalesce((SELECT w FROM unnest(ARRAY['A', 'B', 'O']) WITH ORDINALITY x(w, n) WHERE account(n::int) = qfs.current_user_id()::text), 'nobody') $$;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO qfs_user, qfs_operator, qfs_anon;

-- ---- a transaction that acted for an account is never the operator's again ----

-- a sign-in that fails in a savepoint
BEGIN;
SET LOCAL ROLE qfs_operator;
SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a;
SAVEPOINT s;
SELECT qfs_api.auth_login('x', 'y');
ROLLBACK TO s;
SELECT who(), ruled(), said();
RELEASE s;
SELECT who(), ruled(), said();
ROLLBACK;
-- one that gets as far as the entry, whose nonce was used before
SELECT message(1, qfs_api.auth_nonce()) AS said \gset
SELECT qfs_api.auth_login(:'said', sign(1, :'said')) ? 'token' AS signed_in;
BEGIN;
SET LOCAL ROLE qfs_operator;
SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a;
SAVEPOINT s;
SELECT qfs_api.auth_login(:'said', sign(1, :'said'));
ROLLBACK TO s;
SELECT who(), ruled();
ROLLBACK;
-- one that succeeds, and the same in a block of PL/pgSQL, caught or not
BEGIN;
SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a;
SELECT sign_in(2) ? 'token' AS signed_in;
SELECT who(), ruled();
ROLLBACK;
BEGIN;
SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a;
DO $$ BEGIN PERFORM qfs_api.auth_login('x', 'y'); EXCEPTION WHEN OTHERS THEN RAISE NOTICE 'caught'; END $$;
SELECT who(), said();
SELECT who(), ruled();
ROLLBACK;
-- who was authenticated in a savepoint that is rolled back, released, or nested
BEGIN;
SAVEPOINT s;
SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a;
ROLLBACK TO s;
SELECT who(), ruled();
SAVEPOINT t;
SAVEPOINT u;
SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a;
RELEASE u;
SELECT who(), ruled();
ROLLBACK TO t;
SELECT who(), ruled(), said();
ROLLBACK;
DO $$ BEGIN
  BEGIN PERFORM qfs.authenticate((SELECT sign_in(1) ->> 'token')); RAISE EXCEPTION 'undo'; EXCEPTION WHEN raise_exception THEN NULL; END;
  RAISE NOTICE '% %', who(), ruled();
END $$;
-- a token that is refused has acted for nobody
BEGIN;
SELECT attempt('SELECT qfs.authenticate(''x'')');
SELECT who(), ruled();
ROLLBACK;
-- roles and settings do not bring the operator back
BEGIN;
SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a;
SAVEPOINT s;
SELECT qfs_api.auth_login('x', 'y');
ROLLBACK TO s;
SET LOCAL ROLE qfs_operator;
SELECT ruled();
RESET ROLE;
SELECT ruled();
RESET ALL;
SET SESSION AUTHORIZATION DEFAULT;
SELECT ruled();
SELECT attempt('SELECT qfs.set_policy(''{}'')') AS policy, attempt('SELECT qfs.rotate_keys()') AS keys, attempt('SELECT qfs.register_event_type(''MINE'', ''{}'')') AS type, attempt('SELECT qfs.add_witness(''x'')') AS witness;
ROLLBACK;
-- each way to end it, and the next transaction of the connection is its own
BEGIN; SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a; COMMIT;
SELECT who(), ruled();
BEGIN; SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a; ROLLBACK;
SELECT who(), ruled();
BEGIN; SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a; COMMIT AND CHAIN;
SELECT who(), ruled();
ROLLBACK AND CHAIN;
SELECT who(), ruled();
COMMIT;
BEGIN; SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a; SELECT 1 / 0; COMMIT;
SELECT who(), ruled();
BEGIN; SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a;
SELECT current_setting('max_prepared_transactions')::int > 0 AS can_prepare \gset
\if :can_prepare
PREPARE TRANSACTION 'regress_asking';
\else
ROLLBACK;
\endif
SELECT who(), ruled();
\if :can_prepare
COMMIT PREPARED 'regress_asking';
\endif
SELECT who(), ruled();
SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a;
DISCARD ALL;
SET qfs.key_file = 'qfs_regress.key';
\pset null (null)
SELECT who(), ruled();
CREATE PROCEDURE two_transactions(token text) LANGUAGE plpgsql AS $$ BEGIN
  PERFORM qfs.authenticate(token); RAISE NOTICE '% %', who(), ruled(); COMMIT; RAISE NOTICE '% %', who(), ruled();
END $$;
CALL two_transactions(:'a_token');
-- a sign-in alone, with a referral code even, takes nothing from whoever serves it
SELECT qfs.referral_code(account(1)::qfs.user_id) AS code \gset
BEGIN;
SET LOCAL ROLE qfs_operator;
SELECT message(2, qfs_api.auth_nonce()) AS said \gset
SELECT qfs_api.auth_login(:'said', sign(2, :'said'), :'code') ? 'token' AS signed_in;
SELECT who(), ruled();
COMMIT;

-- ---- requests: what PostgREST says, and what the token says ----

CREATE FUNCTION claims(token text) RETURNS text LANGUAGE sql AS $$ SELECT convert_from(from_base64url(split_part(token, '.', 2)), 'UTF8') $$;
-- A request in a role: what pre_request makes of it, and then whose it is.  TOKEN and JTI stand for those of a token.
CREATE FUNCTION request(as_role text, token text, header text, claims text, path text DEFAULT '/rpc/sessions') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  state text;
  detail text;
  result text;
BEGIN
  PERFORM set_config('request.headers', CASE WHEN header IS NOT NULL THEN jsonb_build_object('authorization', replace(header, 'TOKEN', token))::text ELSE '{}' END, true);
  PERFORM set_config('request.jwt.claims', coalesce(replace(claims, 'JTI', claims(token)::jsonb ->> 'jti'), ''), true);
  PERFORM set_config('request.path', path, true);
  PERFORM set_config('search_path', 'qfs_api', true);
  PERFORM set_config('role', as_role, true);
  PERFORM qfs_api.pre_request();
  result := public.who() || ' as ' || current_user;
  RAISE EXCEPTION 'undo';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, detail = PG_EXCEPTION_DETAIL;
  RETURN CASE WHEN result IS NOT NULL THEN result ELSE state || ' ' || replace(coalesce(nullif(detail, ''), SQLERRM), claims(token)::jsonb ->> 'jti', 'JTI') END;
END $$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC;
-- as PostgREST does it
SELECT request('qfs_user', :'a_token', 'Bearer TOKEN', claims(:'a_token')) AS a, request('qfs_operator', :'o_token', 'Bearer TOKEN', claims(:'o_token')) AS o,
       request('qfs_anon', :'a_token', NULL, '{"role":"qfs_anon"}') AS anon, request('qfs_anon', :'a_token', NULL, NULL) AS anon;
-- the header
SELECT header, request('qfs_user', :'a_token', header, claims(:'a_token'))
FROM unnest(ARRAY['Bearer TOKEN', 'bEARER TOKEN', E'Bearer\tTOKEN', E'bearer \t \tTOKEN', 'Bearer   TOKEN', 'Bearer TOKEN ', E'Bearer TOKEN\t', 'BearerTOKEN', 'Bearer', 'Bearer ', '', ' ', ' Bearer TOKEN', 'Basic TOKEN', 'TOKEN', 'Bearer x', 'Bearer TOKEN TOKEN',
  'Bearer TOKEN, Bearer TOKEN', 'Bearer TOKEN,', U&'Bearer\00A0TOKEN', NULL]) header;
-- role and claims
SELECT as_role, claims, request(as_role, :'a_token', 'Bearer TOKEN', claims)
FROM (VALUES ('qfs_user', '{"role":"qfs_user","jti":"JTI"}'), ('qfs_operator', '{"role":"qfs_operator","jti":"JTI"}'), ('qfs_operator', '{"role":"qfs_user","jti":"JTI"}'), ('qfs_user', '{"role":"qfs_operator","jti":"JTI"}'),
  ('qfs_auditor', '{"role":"qfs_auditor","jti":"JTI"}'), ('qfs_anon', '{"role":"qfs_anon","jti":"JTI"}'), ('qfs_anon', NULL), ('qfs_user', NULL), ('qfs_user', '{}'), ('qfs_user', '{"jti":"JTI"}'), ('qfs_user', '{"role":"qfs_user"}'),
  ('qfs_user', '{"role":"qfs_user","jti":null}'), ('qfs_user', '{"role":"qfs_user","jti":"JTI "}'), ('qfs_user', '{"role":["qfs_user"],"jti":"JTI"}'), ('qfs_user', 'x'), ('qfs_user', '[]'), ('qfs_user', '"qfs_user"'),
  ('qfs_user', '{"jti":"JTI","jti":"x","role":"qfs_user"}'), ('postgres', '{"role":"postgres","jti":"JTI"}')) t(as_role, claims);
-- claims without a token, as whoever has the password of PostgREST's role may set them
SELECT as_role, request(as_role, :'o_token', NULL, format('{"role":"%s","jti":"JTI"}', as_role)) FROM unnest(ARRAY['qfs_user', 'qfs_operator', 'qfs_auditor', 'qfs_monitor', 'qfs_bridge', 'qfs_anon']) as_role;
-- a token that has ended: nobody's where nobody may ask, refused elsewhere
SELECT qfs.authenticate(:'o_token') IS NOT NULL AS o, qfs_api.session_revoke(claims(:'o_token')::jsonb ->> 'jti');
SELECT path, request('qfs_operator', :'o_token', 'Bearer TOKEN', claims(:'o_token'), path)
FROM unnest(ARRAY['/rpc/auth_nonce', '/rpc/auth_login', '/rpc/head', '/ledger', '/', '/rpc/sessions', '/rpc/events_batch', '/rpc/verify', '/rpc/metrics', '/rpc/none', '/none', '/rpc/', '/rpc', '', 'rpc/head', '/rpc/head/', '/rpc//head', '//rpc/head', '/rpc/HEAD', '/rpc/%68ead', '/rpc/ledger', '/head', NULL]) path;
SELECT request('qfs_operator', :'o_token', 'Bearer TOKEN', '{"role":"qfs_user"}', '/rpc/head') AS other_role, request('qfs_operator', :'o_token', NULL, claims(:'o_token'), '/rpc/head') AS no_header;
-- in a request the role is nobody, with pre_request or without; whoever says that it is one, has said so for the transaction
SELECT name, attempt(format('SELECT set_config(%L, ''x'', true); SET LOCAL ROLE qfs_operator; INSERT INTO qfs.ledger (type, payload) VALUES (''RULED'', ''{}'')', name)) FROM unnest(ARRAY['request.method', 'request.path', 'request.headers', 'request.jwt.claims', 'request.cookies', 'app.anything']) name;
SELECT name, attempt(format('SELECT set_config(%L, '''', true); SET LOCAL ROLE qfs_operator; INSERT INTO qfs.ledger (type, payload) VALUES (''RULED'', ''{}'')', name)) FROM unnest(ARRAY['request.method', 'request.headers']) name;
BEGIN;
SET LOCAL ROLE qfs_anon;
SELECT qfs_api.pre_request();
RESET ROLE;
SELECT who(), ruled(), attempt('SELECT qfs.rotate_keys()') AS keys, attempt('SELECT qfs.add_witness(''x'')') AS witness;
SAVEPOINT s;
ROLLBACK TO s;
SELECT ruled();
SELECT sign_in(1) ? 'token' AS signed_in;
COMMIT;
SELECT who(), ruled();

-- ---- events with a part beside the ledger ----

CREATE FUNCTION halves() RETURNS TABLE (type text, payload jsonb) LANGUAGE sql AS $$ VALUES
  ('MESSAGE', jsonb_build_object('alg', 'x25519-hkdf-aes256gcm', 'hash', repeat('0', 64), 'recipient', account(2), 'seq', 1, 'size', 17, 'thread', qfs.thread(account(1)::qfs.user_id, account(2)::qfs.user_id)::text)),
  ('PROFILE_UPDATE', jsonb_build_object('commitment', repeat('0', 64), 'version', 1)),
  ('LOGIN', (SELECT jsonb_build_object('message', m, 'nonce', substring(m from 'Nonce: (\w+)'), 'signature', sign(1, m), 'wallet', wallet(1)) FROM message(1, qfs_api.auth_nonce()) m)) $$;
SELECT count(*) AS before FROM qfs.ledger \gset
-- the account's doors
BEGIN;
SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a;
SELECT type, attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (%L, %L)', type, payload)) AS insert,
       attempt(format('SELECT qfs_api.events_batch(%L)', jsonb_build_array(jsonb_build_object('type', type, 'payload', payload)))) AS batch FROM halves();
SELECT attempt('INSERT INTO qfs.ledger (type, payload) SELECT type, payload FROM halves()') AS several;
COMMIT;
-- the operator's
SELECT type, attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (%L, %L)', type, payload)) AS insert,
       attempt(format('INSERT INTO qfs.ledger (type, actor, payload) VALUES (%L, account(1)::qfs.user_id, %L)', type, payload)) AS actor,
       attempt(format('SET LOCAL ROLE qfs_operator; INSERT INTO qfs.ledger (type, payload) VALUES (%L, %L)', type, payload)) AS operator FROM halves();
SELECT current_setting('data_directory') || '/qfs_regress.halves' AS path \gset
COPY (SELECT type, payload FROM halves() WHERE type <> 'LOGIN') TO :'path';
COPY qfs.ledger (type, payload) FROM :'path';
-- what the function leaves open no other event can use: not after an error, and not from a trigger around it
BEGIN;
SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a;
SAVEPOINT s;
SELECT qfs_api.send_message(account(2), 1, base64url(decode(repeat('00', 12), 'hex')), base64url(decode(repeat('00', 17), 'hex')), 'x25519-hkdf-aes256gcm', base64url(decode(repeat('01', 32), 'hex')), base64url(decode(repeat('01', 32), 'hex')));
ROLLBACK TO s;
SELECT type, attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (%L, %L)', type, payload)) AS insert FROM halves();
COMMIT;
SET qfs.ddl_guard = off;
CREATE FUNCTION slip() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$ BEGIN
  IF pg_trigger_depth() = 1 THEN
    RAISE NOTICE '%: %', NEW.type, (SELECT string_agg(attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (%L, %L)', h.type, h.payload)), ' ' ORDER BY h.type) FROM halves() h);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER aaa_slip BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION slip();
BEGIN;
SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a;
SELECT (qfs_api.set_profile('Alice') -> 'version') AS version;
ROLLBACK;
DROP TRIGGER aaa_slip ON qfs.ledger;
RESET qfs.ddl_guard;
SELECT count(*) - :before AS appended FROM qfs.ledger;
-- the functions themselves go on, and so does a replay of what they appended
BEGIN;
SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a;
SELECT (qfs_api.set_profile('Alice') -> 'version') AS version;
COMMIT;
SELECT * FROM qfs.verify();
