-- What devices sign: every function that appends, without a signature, with another's, with that of something else, and with its own.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/wallet.sql
SELECT length(qfs.genesis('regress.example/log', jsonb_build_object('auth', '{"domains":["app.example"],"uris":["https://app.example"]}'::jsonb, 'evaluators', jsonb_build_array(account(1), account(2)), 'limits', '{"logins_per_minute":1000}'::jsonb))::text);
SELECT qfs.register_event_type('SAID', '{}', 'account');
-- 1 and 3 have a device each, 2 has none
SELECT sign_in(3, device(2)) ->> 'token' AS token \gset c_
SELECT s ->> 'token' AS token, s ->> 'session' AS session FROM sign_in(1, device(1)) s \gset a_
SELECT s ->> 'token' AS token, s ->> 'session' AS session FROM sign_in(2) s \gset b_
-- In the name of whom the token names, for good.
CREATE FUNCTION act_as(token text, command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
BEGIN
  PERFORM qfs.authenticate(token);
  EXECUTE command INTO result;
  RETURN result;
END $$;
CREATE FUNCTION chat_key(n int) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT base64url(set_byte(k, 31, get_byte(k, 31) & 63)) FROM sha256(convert_to('chat ' || n, 'UTF8')) k $$;
SELECT act_as(:'c_token', format('SELECT qfs_api.publish_chat_key(%L, %L)', chat_key(3), event_auth(2, 3, 1, 'CHAT_KEY', jsonb_build_object('key', chat_key(3))))) AS c;
BEGIN; SELECT act_as(:'b_token', format('SELECT qfs_api.publish_chat_key(%L)', chat_key(2))) AS b; COMMIT;
SELECT act_as(:'a_token', format('SELECT qfs_api.publish_chat_key(%L, %L)', chat_key(1), event_auth(1, 1, 1, 'CHAT_KEY', jsonb_build_object('key', chat_key(1))))) AS a;
SELECT act_as(:'c_token', format('SELECT qfs_api.create_content(%L, ''note'', 7, %L)', repeat('cd', 32), event_auth(2, 3, 2, 'CONTENT_CREATED', jsonb_build_object('content', repeat('cd', 32), 'kind', 'note', 'size', 7)))) AS c;

-- Each call as account n makes it, %s for its signature, and the event that it appends.
CREATE FUNCTION acts(n int, session text) RETURNS TABLE (call text, type text, payload jsonb) LANGUAGE sql AS $$
  VALUES
    ('qfs_api.set_profile(''Alice'', ''I write.'', NULL, ''{https://a.example/}'', ' || quote_literal(base64url(sha256('salt'))) || ', 1, %s)', 'PROFILE_UPDATE',
      jsonb_build_object('version', 1, 'commitment', encode(sha256(sha256('salt') || convert_to('{"avatar":null,"bio":"I write.","display_name":"Alice","links":["https://a.example/"]}', 'UTF8')), 'hex'))),
    ('qfs_api.publish_chat_key(' || quote_literal(chat_key(7)) || ', %s)', 'CHAT_KEY', jsonb_build_object('key', chat_key(7))),
    (format('qfs_api.send_message(%L, 1, %L, %L, ''x25519-hkdf-aes256gcm'', %L, %L, ', account(3), base64url(substr(sha256('nonce'), 1, 12)), base64url(sha256('body')), chat_key(n), chat_key(3)) || '%s)', 'MESSAGE',
      jsonb_build_object('alg', 'x25519-hkdf-aes256gcm', 'hash', qfs.message_hash(account(n)::qfs.user_id, account(3)::qfs.user_id, 1, substr(sha256('nonce'), 1, 12), sha256('body'))::text, 'recipient', account(3), 'seq', 1,
                         'size', 32, 'thread', qfs.thread(account(n)::qfs.user_id, account(3)::qfs.user_id)::text)),
    ('qfs_api.use_referral(' || quote_literal(qfs.referral_code(account(3)::qfs.user_id)) || ', %s)', 'REFERRAL_USE', jsonb_build_object('code', qfs.referral_code(account(3)::qfs.user_id))),
    ('qfs_api.create_content(' || quote_literal(repeat('ab', 32)) || ', ''note'', 3, %s)', 'CONTENT_CREATED', jsonb_build_object('content', repeat('ab', 32), 'kind', 'note', 'size', 3)),
    ('qfs_api.score_content(' || quote_literal(repeat('cd', 32)) || ', ''{"topic":"0.9","logic":"0.8","signal":"0.7","contradiction":"1","clarity":"0.6","hsmf":"0.5"}'', %s)', 'COHERENCE_SCORED',
      jsonb_build_object('content', repeat('cd', 32), 'features', '{"topic":"0.9","logic":"0.8","signal":"0.7","contradiction":"1","clarity":"0.6","hsmf":"0.5"}'::jsonb)),
    ('qfs_api.session_rotate(' || quote_literal(repeat('12', 32)) || ', %s)', 'SESSION_ROTATED', jsonb_build_object('nonce', repeat('12', 32))),
    ('qfs_api.session_revoke(' || quote_literal(session) || ', ''compromised'', %s)', 'SESSION_REVOKED', jsonb_build_object('reason', 'compromised', 'session', session)),
    ('qfs_api.events_batch(jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(''type'', ''SAID'', ''payload'', ''{"t":1}''::jsonb, ''auth'', %s))))', 'SAID', '{"t":1}')
$$;
-- What it gives, which is undone.
CREATE FUNCTION try(token text, call text, auth jsonb) RETURNS text LANGUAGE sql AS $$
  SELECT CASE WHEN r ~ '^[0-9A-Z]{5} ' OR r = '-' THEN regexp_replace(r, ' \(event 0.*', '') ELSE 'accepted' END
  FROM try_as('qfs_user', token, 'SELECT ' || format(call, coalesce(quote_literal(auth) || '::jsonb', 'NULL::jsonb'))) r
$$;
-- every function of qfs_api that writes to the ledger is among them, but for those of governance, which test/t/046_every_entry.pl has
SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'qfs_api'::regnamespace AND 'auth' = ANY (p.proargnames) AND p.proname NOT IN (SELECT substring(call FROM 'qfs_api\.(\w+)') FROM acts(1, '')) ORDER BY 1;
SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'qfs_api'::regnamespace AND p.provolatile = 'v' AND NOT coalesce('auth' = ANY (p.proargnames), false) ORDER BY p.proname COLLATE "C";

-- by a session with a device
SELECT type, try(:'a_token', call, NULL) AS unsigned FROM acts(1, :'a_session');
SELECT type, try(:'a_token', call, event_auth(2, 1, 2, type, payload)) AS other_device, try(:'a_token', call, event_auth(1, 1, 1, type, payload)) AS nonce_used FROM acts(1, :'a_session');
SELECT type, try(:'a_token', call, event_auth(1, 1, 2, type, payload) || '{"nonce":3}') AS other_nonce, try(:'a_token', call, event_auth(1, 1, 2, type, payload || '{"more":1}')) AS other_payload,
       try(:'a_token', call, event_auth(1, 3, 2, type, payload)) AS other_actor, try(:'a_token', call, event_auth(1, 1, 2, 'OTHER', payload)) AS other_type FROM acts(1, :'a_session');
SELECT type, try(:'a_token', call, '{}') AS nothing, try(:'a_token', call, event_auth(1, 1, 2, type, payload)) AS signed FROM acts(1, :'a_session');
-- by a session without one: signed by nobody, or not at all
SELECT type, try(:'b_token', call, NULL) AS unsigned, try(:'b_token', call, event_auth(1, 2, 2, type, payload)) AS signed FROM acts(2, :'b_session');

-- a signature is over all of the payload: what the server would choose has to be said
SELECT try(:'a_token', 'qfs_api.set_profile(''Alice'', auth => %s)', event_auth(1, 1, 2, 'PROFILE_UPDATE', '{}')) AS profile, try(:'a_token', 'qfs_api.set_profile(''Alice'', salt => ' || quote_literal(base64url(sha256('salt'))) || ', auth => %s)', event_auth(1, 1, 2, 'PROFILE_UPDATE', '{}')) AS salt_alone,
       try(:'a_token', 'qfs_api.session_rotate(auth => %s)', event_auth(1, 1, 2, 'SESSION_ROTATED', '{}')) AS rotation;
SELECT try(:'b_token', 'qfs_api.set_profile(''Bob'', salt => ''short'')', NULL) AS salt, try(:'b_token', 'qfs_api.set_profile(''Bob'', version => 2)', NULL) AS version, try(:'b_token', 'qfs_api.set_profile(''Bob'', version => -1)', NULL) AS negative,
       try(:'b_token', 'qfs_api.session_rotate(''AB'')', NULL) AS nonce, try(:'b_token', 'qfs_api.session_rotate(' || quote_literal(repeat('AB', 32)) || ')', NULL) AS upper_case;

-- a code that comes with the sign-in of a device is used in an entry of its own, which the device signs, too
CREATE FUNCTION sign_in_with(n int, device text, code text, auth jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said text := message(n, qfs_api.auth_nonce(), device);
  result text;
BEGIN
  SELECT qfs_api.auth_login(said, sign(n, said), code, auth) ->> 'user_id' INTO result;
  RETURN CASE WHEN result = account(n) THEN 'signed in' END;
END $$;
SELECT qfs.referral_code(account(3)::qfs.user_id) AS code \gset
SELECT attempt(format('SELECT sign_in_with(4, device(1), %L, NULL)', :'code')) AS unsigned, attempt(format('SELECT sign_in_with(4, device(1), %L, %L)', :'code', event_auth(2, 4, 1, 'REFERRAL_USE', jsonb_build_object('code', :'code')))) AS other_device,
       attempt(format('SELECT sign_in_with(4, device(1), %L, %L)', :'code', event_auth(1, 4, 1, 'REFERRAL_USE', '{"code":"another"}'))) AS other_code, attempt(format('SELECT sign_in_with(4, device(1), NULL, %L)', event_auth(1, 4, 1, 'REFERRAL_USE', '{"code":"another"}'))) AS no_code;
SELECT count(*) AS accounts FROM qfs.account;
SELECT sign_in_with(4, device(1), :'code', event_auth(1, 4, 1, 'REFERRAL_USE', jsonb_build_object('code', :'code'))) AS signed;
SELECT type, auth ->> 'via' AS via, auth ->> 'key' = device(1) AS device, auth ->> 'nonce' AS nonce FROM qfs.ledger ORDER BY seq DESC LIMIT 2;
-- whose word it is
SELECT l.seq, l.type, qfs.explain(l.seq)::jsonb #>> '{result,by}' AS by, regexp_replace(qfs.explain(l.seq)::jsonb ->> 'narrative', 'user_\w+…', '…', 'g') AS narrative
FROM qfs.ledger l WHERE type IN ('GENESIS', 'LOGIN', 'CHAT_KEY', 'REFERRAL_USE') ORDER BY seq;

-- by policy.signed
CREATE FUNCTION under(policy jsonb, a text, b text, a_session text, b_session text, OUT type text, OUT with_device text, OUT without text) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
  PERFORM qfs.set_policy(policy);
  RETURN QUERY SELECT x.type, try(a, x.call, NULL), try(b, y.call, NULL) FROM acts(1, a_session) x JOIN acts(2, b_session) y ON y.type = x.type ORDER BY x.type COLLATE "C";
END $$;
SELECT * FROM under('{"signed":"all"}', :'a_token', :'b_token', :'a_session', :'b_session');
SELECT type, try(:'a_token', call, event_auth(1, 1, 2, type, payload)) AS signed FROM acts(1, :'a_session');
SELECT * FROM under('{"signed":"none"}', :'a_token', :'b_token', :'a_session', :'b_session');
SELECT * FROM under('{"signed":"none","signed_types":["CHAT_KEY","SAID"]}', :'a_token', :'b_token', :'a_session', :'b_session') WHERE type IN ('CHAT_KEY', 'SAID', 'MESSAGE');
SELECT attempt('SELECT qfs.set_policy(''{"signed":"some"}'')') AS some, attempt('SELECT qfs.set_policy(''{"signed":null}'')') AS nothing;
SELECT count(*) AS faults FROM qfs.verify();
