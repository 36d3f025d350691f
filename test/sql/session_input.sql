-- What is wrong with a sign-in, a token or a batch: each fault has its own error, and leaves nothing behind.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/wallet.sql
SELECT length(qfs.genesis('regress.example/log', '{"auth":{"chain_ids":[1,137],"domains":["app.example"],"uris":["https://app.example"]}, "block_ms":1000, "nonce_ttl_ms":60000, "limits":{"logins_per_minute":1000000}}')::text);
SELECT qfs.register_event_type('SAID', '{"properties":{"t":{"type":"string"}},"required":["t"],"type":"object"}', 'account');
SELECT qfs.register_event_type('RULED', '{}');

-- a message of wallet 1 with a new nonce, changed and then signed by wallet n; \n is a line end
CREATE FUNCTION login(n int, change_from text, change_to text, flags text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said text := regexp_replace(message(1, qfs_api.auth_nonce()), replace(change_from, '\n', E'\n'), replace(change_to, '\n', E'\n'), flags);
BEGIN
  RETURN regexp_replace(attempt(format('SELECT qfs_api.auth_login(%L, %L)', said, sign(n, said))), '[0-9a-f]{63,64}|T[0-9:.]+Z', '…', 'g');
END $$;
SELECT n, login(1, change_from, change_to) FROM (VALUES
  (1, 'x', 'x'),
  -- another place
  (2, '^app.example', 'evil.example'), (3, '^app.example', 'app.example.evil.example'), (4, '^app.example', 'app.example:443'), (5, '^app.example', 'APP.example'), (6, '^app.example', 'me@app.example'),
  (7, '^app.example', ''), (8, '^app.example', 'https://app.example'), (9, '^app.example', 'http://app.example'), (10, 'URI: https://app.example/login', 'URI: https://evil.example/login'),
  (11, 'URI: https://app.example/login', 'URI: https://app.example.evil.example'), (12, 'URI: https://app.example/login', 'URI: https://app.example@evil.example'), (13, 'URI: https://app.example/login', 'URI: https://app.example'),
  (14, 'URI: https://app.example/login', 'URI: app'), (15, 'Chain ID: 1', 'Chain ID: 137'), (16, 'Chain ID: 1', 'Chain ID: 5'), (17, 'Chain ID: 1', 'Chain ID: 01'), (18, 'Chain ID: 1', 'Chain ID: -1'), (19, 'Chain ID: 1', 'Chain ID: '),
  (20, 'Version: 1', 'Version: 2'), (21, 'Version: 1', 'Version: 01'), (22, 'Version: 1', 'Version: '),
  -- fields reordered, missing, repeated, unknown
  (23, '(Version: 1)\n(Chain ID: 1)', '\2\n\1'), (24, 'URI: [^\n]+\n', ''), (25, 'Version: 1\n', ''), (26, 'Chain ID: 1\n', ''), (27, 'Nonce: [^\n]+\n', ''), (28, '\nIssued At: .*$', ''), (29, '(Nonce: [^\n]+)\n', '\1\n\1\n'),
  (30, '$', '\nNot Before: 2020-01-01T00:00:00Z\nExpiration Time: 2100-01-01T00:00:00Z'), (31, '$', '\nColour: red'), (32, '$', '\n'), (33, 'Hello.', 'Hello.\nHello.'), (34, 'Hello.', 'Hallö.'), (35, 'Hello.\n', ''),
  (36, '\n', E'\r\n'), (37, ' wants you', ' asks you'), (38, '^.*$', ''), (39, 'Nonce: ', 'nonce: '), (40, 'Nonce: ', 'Nonce:  '), (41, 'Version: 1', ' Version: 1'), (42, '$', repeat('x', 5000)), (43, 'Hello.', repeat('x', 513)),
  -- times
  (44, 'Issued At: .*', 'Issued At: 2100-01-01T00:00:00Z'), (45, 'Issued At: .*', 'Issued At: 2026-02-30T00:00:00Z'), (46, 'Issued At: .*', 'Issued At: yesterday'), (47, 'Issued At: .*', 'Issued At: 2020-01-01T00:00:00Z'), (48, '$', '\nExpiration Time: 2020-01-01T00:00:00Z'),
  (49, '$', '\nExpiration Time: 2100-01-01T00:00:00Z\nNot Before: 2099-01-01T00:00:00Z'), (50, '$', '\nExpiration Time: 2100-01-01T00:00:00Z\nNot Before: 2020-01-01T00:00:00Z\nRequest ID: 7'), (51, '$', '\nExpiration Time: never'),
  -- nonces
  (52, 'Nonce: [^\n]+', 'Nonce: 0123456789abcdef'), (53, 'Nonce: [^\n]+', 'Nonce: short'), (54, '(Nonce: [^\n]+).\n', '\1g\n'), (55, 'Nonce: 0', 'Nonce: f'), (56, 'Nonce: 0', 'Nonce: 00'), (57, 'Nonce: [^\n]+', 'Nonce: ' || repeat('0', 64)), (58, '(Nonce: [^\n]+)\n', '\1ab\n'),
  (59, 'Nonce: ([^\n]{62})(..)', 'Nonce: \1zz'),
  -- addresses
  (60, '0x7E5F', '0x7e5F'), (61, '0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf', '0x7e5f4552091a69125d5dfcb7b8c2659029395bdf'), (62, '0x7E5F', '7E5F'), (63, 'Bdf\n', 'Bd\n'), (64, '0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf', '0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF'),
  (65, '0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf', '0x' || repeat('0', 40)),
  -- devices
  (66, '$', '\nResources:\n- urn:qfs:device:short'), (67, '$', '\nResources:\n- urn:qfs:device:' || device(1) || '\n- urn:qfs:device:' || device(2)), (68, '$', '\nResources:\n- urn:qfs:device:' || repeat('A', 43)),
  (69, '$', '\nResources:\n- https://app.example/terms'), (70, '$', '\nResources:'), (71, '$', '\nResources:\n' || repeat('- https://app.example/terms\n', 17) || '- a:b')) AS t(n, change_from, change_to) ORDER BY n;
-- forged: every digit of a nonce counts
SELECT count(DISTINCT digit) AS digits, attempt AS error FROM generate_series(1, 64) digit, LATERAL (SELECT qfs_api.auth_nonce() AS nonce) n,
  LATERAL (SELECT message(1, overlay(nonce PLACING translate(substr(nonce, digit, 1), '0123456789abcdef', '1032547698badcfe') FROM digit FOR 1)) AS said) m,
  LATERAL (SELECT split_part(attempt(format('SELECT qfs_api.auth_login(%L, %L)', said, sign(1, said))), ':', 1) AS attempt) a
WHERE digit > 12 GROUP BY 2;

-- signatures
CREATE FUNCTION signed(how text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said text := message(1, qfs_api.auth_nonce());
  signature text := sign(1, said);
BEGIN
  EXECUTE 'SELECT ' || how INTO signature USING said, signature;
  RETURN regexp_replace(attempt(format('SELECT qfs_api.auth_login(%L, %L)', said, signature)), '0x[0-9a-fA-F]{40}|s is [0-9a-f]+', '…');
END $$;
SELECT how, signed(how) FROM unnest(ARRAY['$2', 'sign(2, $1)', 'sign(1, $1 || '' '')', 'sign(1, $1, true)', '''''', '''0x''', '''0xzz''', 'left($2, -1)', '$2 || ''00''', '$2 || $2 || $2',
  'left($2, -2) || CASE right($2, 2) WHEN ''1b'' THEN ''00'' ELSE ''01'' END', 'left($2, -2) || CASE right($2, 2) WHEN ''1b'' THEN ''1c'' ELSE ''1b'' END',
  'left($2, -2) || ''1d''', 'overlay($2 PLACING repeat(''0'', 64) FROM 3 FOR 64)', 'overlay($2 PLACING repeat(''0'', 64) FROM 67 FOR 64)', 'overlay($2 PLACING repeat(''f'', 64) FROM 3 FOR 64)',
  'overlay($2 PLACING repeat(''f'', 64) FROM 67 FOR 64)', 'overlay($2 PLACING lpad(''5'', 64, ''0'') FROM 3 FOR 64)', '''0X'' || upper(substr($2, 3))', 'substr($2, 3)', 'substr($2, 3) || ''é''', 'E''\\n'' || $2', 'repeat(''0'', 10000)', 'NULL']) how;
SELECT qfs_api.auth_login(NULL, NULL), qfs_api.auth_login('x', NULL);
-- EIP-2098: 64 bytes, the parity in the highest bit of s
SELECT count(*) AS compact, bool_and(signed('left(overlay($2 PLACING CASE right($2, 2) WHEN ''1c'' THEN to_hex(8 + (''x0'' || substr($2, 67, 1))::bit(8)::int) ELSE substr($2, 67, 1) END FROM 67 FOR 1), -2)') = 'done') AS done FROM generate_series(1, 8);
SELECT count(DISTINCT seq) = count(*) AS gapless FROM qfs.ledger;

-- a nonce is for one sign-in, of whomever, in its time
SELECT message(1, qfs_api.auth_nonce()) AS said \gset
SELECT qfs_api.auth_login(:'said', sign(1, :'said')) ->> 'user_id' = account(1) AS first;
SELECT regexp_replace(attempt(format('SELECT qfs_api.auth_login(%L, %L)', :'said', sign(1, :'said'))), '\d+\.$', '….') AS again,
       regexp_replace(attempt(format('SELECT qfs_api.auth_login(%L, %L)', m, sign(2, m))), '\d+\.$', '….') AS other
FROM (SELECT message(2, substring(:'said' from 'Nonce: (\w+)'))) t(m);
SELECT qfs.set_policy('{"nonce_ttl_ms":1000}') > 0 AS done;
SELECT message(1, qfs_api.auth_nonce()) AS said \gset
SELECT pg_sleep(1.05);
SELECT attempt(format('SELECT qfs_api.auth_login(%L, %L)', :'said', sign(1, :'said'))) AS expired;
SELECT qfs.set_policy('{"nonce_ttl_ms":60000}') > 0 AS done;
-- one that another ledger's key made
BEGIN;
SELECT count(qfs.rotate_keys()) AS rotated;
SELECT attempt(format('SELECT qfs_api.auth_login(%L, %L)', :'said', sign(1, :'said'))) AS foreign_nonce;
ROLLBACK;

-- LOGIN by hand: refused, for the nonce is checked by auth_login alone, and so is a message that is as good as its own
SELECT jsonb_build_object('message', m, 'nonce', substring(m from 'Nonce: (\w+)'), 'signature', sign(1, m), 'wallet', wallet(1)) AS payload FROM (SELECT message(1, qfs_api.auth_nonce())) t(m) \gset
SELECT attempt(format('INSERT INTO qfs.ledger (type, actor, payload) VALUES (''LOGIN'', %L, %L)', account(1), :'payload')) AS own,
       attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (''LOGIN'', %L)', :'payload')) AS nobody,
       attempt(format('INSERT INTO qfs.ledger (type, actor, payload, auth) VALUES (''LOGIN'', %L, %L, ''{"via":"wallet"}'')', account(1), :'payload')) AS auth;

-- limits
SELECT qfs.set_policy('{"limits":{"logins_per_minute":0}}') > 0 AS done;
SELECT regexp_replace(login(1, 'x', 'x'), 'in \d+', 'in …') AS logins;
SELECT qfs.set_policy('{"limits":{"logins_per_minute":1000000}}') > 0 AS done;
-- an application without a place to sign in
SELECT qfs.set_policy('{"auth":{"domains":[]}}') > 0 AS done;
SELECT login(1, 'x', 'x'), attempt('SELECT qfs_api.auth_challenge(wallet(1))') AS challenge;
SELECT qfs.set_policy('{"auth":{"domains":["app.example"],"uris":[]}}') > 0 AS done;
SELECT login(1, 'x', 'x'), attempt('SELECT qfs_api.auth_challenge(wallet(1))') AS challenge;
SELECT qfs.set_policy('{"auth":{"uris":["https://app.example"]}}') > 0 AS done;

-- tokens
SELECT sign_in(1) ->> 'token' AS token \gset a_
SELECT sign_in(2) ->> 'token' AS token \gset b_
CREATE FUNCTION jwt(header text, claims text, signature text) RETURNS text LANGUAGE sql AS $$
  SELECT base64url(convert_to(header, 'UTF8')) || '.' || base64url(convert_to(claims, 'UTF8')) || '.' || signature
$$;
SELECT convert_from(from_base64url(split_part(:'a_token', '.', 1)), 'UTF8') AS header, convert_from(from_base64url(split_part(:'a_token', '.', 2)), 'UTF8') AS claims, split_part(:'a_token', '.', 3) AS signature \gset a_
SELECT jwt(:'a_header', :'a_claims', :'a_signature') = :'a_token' AS same;
SELECT what, attempt(format('SELECT qfs.authenticate(%L)', token)) FROM (VALUES
  ('the token', :'a_token'), ('nothing', ''), ('dots', '..'), ('two parts', split_part(:'a_token', '.', 1) || '.' || split_part(:'a_token', '.', 2)), ('four parts', :'a_token' || '.'), ('a space', :'a_token' || ' '), ('padding', :'a_token' || '='),
  ('long', repeat('x', 100000)), ('not ASCII', :'a_token' || 'é'), ('the signature of another', jwt(:'a_header', :'a_claims', split_part(:'b_token', '.', 3))), ('another account', jwt(:'a_header', replace(:'a_claims', account(1), account(2)), :'a_signature')),
  ('operator', jwt(:'a_header', replace(:'a_claims', 'qfs_user', 'qfs_operator'), :'a_signature')), ('longer', jwt(:'a_header', regexp_replace(:'a_claims', '"exp":\d', '"exp":9'), :'a_signature')),
  ('alg none', jwt('{"alg":"none","typ":"JWT"}', :'a_claims', '')), ('alg HS256', jwt(replace(:'a_header', 'EdDSA', 'HS256'), :'a_claims', base64url(sha256('')))), ('signed by a device', jwt(:'a_header', :'a_claims', device_sign(1, base64url(convert_to(:'a_header', 'UTF8')) || '.' || base64url(convert_to(:'a_claims', 'UTF8'))))),
  ('zero signature', jwt(:'a_header', :'a_claims', repeat('A', 86))), ('spaces in claims', jwt(:'a_header', replace(:'a_claims', ',', ', '), :'a_signature')), ('upper case', upper(:'a_token')), ('text', 'null')) AS t(what, token);
-- the unused bits of the last digit are no second form of it
SELECT count(*) AS forms FROM (VALUES ('A'), ('Q'), ('g'), ('w'), ('B'), ('R'), ('h'), ('x')) t(digit) WHERE attempt(format('SELECT qfs.authenticate(%L)', left(:'a_token', -1) || digit)) = 'done';
SELECT qfs.authenticate(NULL), qfs.current_user_id();
-- after a change of the keys
BEGIN;
SELECT count(qfs.rotate_keys()) AS rotated;
SELECT attempt(format('SELECT qfs.authenticate(%L)', :'a_token')) AS old_key;
ROLLBACK;

-- batches
CREATE FUNCTION batch(events text, id text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$ SELECT try_as('qfs_user', current_setting('regress.token'), format('SELECT jsonb_array_length(qfs_api.events_batch(%L, %L))', events, id)) $$;
SELECT set_config('regress.token', :'a_token', false) <> '' AS set;
SELECT events, batch(events) FROM unnest(ARRAY['[]', '{}', 'null', '1', '[1]', '[[]]', '[null]', '[{}]', '[{"type":"SAID"}]', '[{"payload":{"t":"x"}}]', '[{"type":1,"payload":{"t":"x"}}]', '[{"type":null,"payload":{"t":"x"}}]', '[{"type":"SAID","payload":null}]',
  '[{"type":"SAID","payload":[]}]', '[{"type":"SAID","payload":"x"}]', '[{"type":"SAID","payload":{"t":"x"},"more":1}]', '[{"type":"SAID","payload":{"t":"x"},"actor":"x"}]', '[{"type":"said","payload":{"t":"x"}}]', '[{"type":"UNKNOWN","payload":{"t":"x"}}]',
  '[{"type":"RULED","payload":{}}]', '[{"type":"LOGIN","payload":{}}]', '[{"type":"GENESIS","payload":{}}]', '[{"type":"SAID","payload":{"t":7}}]', '[{"type":"SAID","payload":{"t":"x"},"auth":7}]', '[{"type":"SAID","payload":{"t":"x","n":0.5}}]',
  '[{"type":"SAID","payload":{"t":"x"}},{"type":"SAID","payload":{"t":"x"}},{"type":"SAID","payload":{}},{"type":"SAID","payload":{"t":"x"}}]', NULL]) events;
SELECT n, batch((SELECT jsonb_agg('{"type":"SAID","payload":{"t":"x"}}'::jsonb) FROM generate_series(1, n))::text) FROM unnest(ARRAY[999, 1000, 1001]) n;
SELECT length(id), batch('[{"type":"SAID","payload":{"t":"x"}}]', id) FROM unnest(ARRAY['', 'x', repeat('x', 64), repeat('x', 65), repeat('é', 64), repeat('é', 65)]) id;
SELECT size AS before FROM qfs.head() \gset
-- one that is bad, in the middle: none
BEGIN;
SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a;
SELECT attempt($$SELECT qfs_api.events_batch('[{"type":"SAID","payload":{"t":"x"}},{"type":"SAID","payload":{"t":null}},{"type":"SAID","payload":{"t":"x"}}]', 'bad')$$);
COMMIT;
SELECT size = :before AS unchanged, (SELECT count(*) FROM qfs.batch) AS batches FROM qfs.head();
-- the same id: the first result again, or a conflict
BEGIN;
SELECT qfs.authenticate(:'a_token') IS NOT NULL AS a;
SELECT qfs_api.events_batch('[{"type":"SAID","payload":{"t":"x"}},{"type":"SAID","payload":{"t":"y"}}]', 'one') AS result \gset a_
SELECT qfs_api.events_batch('[{"payload":{"t":"x"},"type":"SAID"},{"type":"SAID","payload":{"t":"y"}}]', 'one') = :'a_result' AS again;
SELECT attempt($$SELECT qfs_api.events_batch('[{"type":"SAID","payload":{"t":"y"}},{"type":"SAID","payload":{"t":"x"}}]', 'one')$$) AS order, attempt($$SELECT qfs_api.events_batch('[]', 'one')$$) AS fewer;
COMMIT;
SELECT size - :before AS appended, (SELECT count(*) FROM qfs.batch) AS batches FROM qfs.head();
SELECT (r ->> 'seq')::bigint - :before AS nth, r ->> 'hash' = l.hash::text AS hash, r -> 'outcome' = l.outcome AS outcome FROM jsonb_array_elements(:'a_result') r JOIN qfs.ledger l ON l.seq = (r ->> 'seq')::bigint ORDER BY 1;
-- the id is the account's own
BEGIN;
SELECT qfs.authenticate(:'b_token') IS NOT NULL AS b;
SELECT jsonb_array_length(qfs_api.events_batch('[{"type":"SAID","payload":{"t":"b"}}]', 'one')) AS of_b;
COMMIT;
-- a result that a trigger of somebody's swallows would be appended twice
SELECT size AS before FROM qfs.head() \gset
CREATE FUNCTION regress_swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
SET qfs.ddl_guard = off;
CREATE TRIGGER regress_swallow BEFORE INSERT ON qfs.batch FOR EACH ROW EXECUTE FUNCTION regress_swallow();
SELECT batch('[{"type":"SAID","payload":{"t":"x"}}]', 'lost'), size = :before AS unchanged FROM qfs.head();
DROP TRIGGER regress_swallow ON qfs.batch;
RESET qfs.ddl_guard;
-- and how many there may be
SELECT qfs.set_policy('{"limits":{"events_per_minute":3}}') > 0 AS done;
SELECT sign_in(3) ->> 'token' AS token \gset c_
SELECT set_config('regress.token', :'c_token', false) <> '' AS set;
SELECT n, regexp_replace(batch((SELECT jsonb_agg('{"type":"SAID","payload":{"t":"x"}}'::jsonb) FROM generate_series(1, n))::text), 'in \d+', 'in …') FROM unnest(ARRAY[3, 4]) n;

SELECT * FROM qfs.verify();
