-- Advice: who may give it, what it has to be, what is shown of it, and that the ledger is what it is without it.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/wallet.sql
SELECT length(qfs.genesis('regress.example/log', jsonb_build_object('auth', '{"chain_ids":[1],"domains":["app.example"],"uris":["https://app.example"]}'::jsonb))::text);
SELECT qfs.register_event_type('SAID', '{}', 'account');
SELECT qfs.register_event_type('RULED', '{}');
SELECT sign_in(1) ->> 'token' AS token \gset a_
SELECT '{"intended_use": "tests", "scope": "proposals", "inputs": ["map"], "limits": "none is known", "evaluation": {"by": "nobody"}}' AS card \gset

-- ---- services and models ----

SELECT attempt(call) AS refused FROM unnest(ARRAY['qfs.advisor_token(NULL)', 'qfs.advisor_token('''')', 'qfs.advisor_token(''Critic'')', 'qfs.advisor_token(''a b'')',
  'qfs.advisor_token(repeat(''a'', 64))', 'qfs.advisor_token(''critic'', 0)', 'qfs.advisor_token(''critic'', 2678401)', 'qfs.advisor_token(''critic'', -1)',
  'qfs.revoke_advisor(''nobody'')', 'qfs.revoke_advisor(NULL)', 'qfs.advisor_of(NULL)', 'qfs.advisor_of(''Bearer x'')']) c(name), LATERAL (SELECT 'SELECT ' || name) x(call);
SELECT count(*) FROM aegis.service;
SELECT qfs.advisor_token('critic') AS critic, qfs.advisor_token('rival', 3600) AS rival \gset
SELECT service, revoked FROM aegis.service ORDER BY service;
SELECT convert_from(from_base64url(split_part(:'rival', '.', 2)), 'UTF8')::jsonb - ARRAY['exp', 'iat', 'jti'] AS claims,
  (convert_from(from_base64url(split_part(:'rival', '.', 2)), 'UTF8')::json ->> 'exp')::bigint - (convert_from(from_base64url(split_part(:'rival', '.', 2)), 'UTF8')::json ->> 'iat')::bigint AS ttl;
SELECT qfs.advisor_of('Bearer ' || :'critic');
-- one signature more or less, and a token of an account
SELECT attempt(format('SELECT qfs.advisor_of(%L)', 'Bearer ' || left(:'critic', -6) || 'AAAAAA')) AS spoilt,
  attempt(format('SELECT qfs.advisor_of(%L)', 'Bearer ' || :'a_token')) AS account;
-- it is nobody's session
SELECT attempt(format('SELECT qfs.authenticate(%L)', :'critic')) AS authenticate, qfs.current_user_id();

CREATE FUNCTION register(card text, service text DEFAULT 'critic', model text DEFAULT 'rules', version text DEFAULT '1.0', rest text DEFAULT '') RETURNS text
  LANGUAGE sql AS $$ SELECT attempt(format('SELECT qfs.register_model(%L, %L, %L, %L%s)', service, model, version, card, rest)) $$;
SELECT register(card) AS refused FROM unnest(ARRAY[NULL, '1', '[]', '{}', (:'card'::jsonb - 'limits')::text, (:'card'::jsonb || '{"limits": ""}')::text, (:'card'::jsonb || '{"inputs": []}')::text,
  (:'card'::jsonb || '{"scope": 1}')::text, (:'card'::jsonb || '{"evaluation": null}')::text, (:'card'::jsonb || jsonb_build_object('x', repeat('x', 65536)))::text]) card;
SELECT register(:'card', service => 'Critic') AS service, register(:'card', model => '') AS model, register(:'card', version => 'v 1') AS version,
  register(:'card', rest => ', ''retired''') AS status, register(:'card', rest => ', ''active'', 0') AS approved_by;
SELECT register(:'card') AS candidate, register(:'card', rest => ', ''active''') AS active, register(:'card', version => '2.0') AS second, register(:'card', 'rival', 'luck') AS rival;
SELECT model, version, service, status, approved_by, card_hash::text = qfs.sha3_256(convert_to(qfs.canonical(card), 'UTF8'))::text AS card_hash FROM aegis.model ORDER BY 1, 2;
SELECT register((:'card'::jsonb || '{"limits": "many"}')::text) AS another_card, register(:'card', 'rival') AS another_service;
SELECT model, version, status FROM qfs_api.advice_models();

-- ---- giving advice ----

CREATE FUNCTION as_service(token text, call text, role text DEFAULT 'aegis_advisor') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer text;
BEGIN
  PERFORM set_config('request.headers', json_build_object('authorization', 'Bearer ' || token)::text, true), set_config('role', role, true);
  answer := attempt(call);
  PERFORM set_config('role', 'none', true), set_config('request.headers', '', true);
  RETURN answer;
END $$;
CREATE FUNCTION advise(token text, changes jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
  SELECT as_service(token, format('SELECT qfs_api.advise(%L, %L, %L, %L, %L, %L, %L)', a ->> 'model', a ->> 'version', a ->> 'subject', a ->> 'size', a ->> 'head', a ->> 'input_hash', a ->> 'body'))
  FROM (SELECT jsonb_build_object('model', 'rules', 'version', '1.0', 'subject', 'proposal:7', 'size', h.size, 'head', h.hash::text, 'input_hash', repeat('ab', 32),
          'body', '{"advisory": true, "text": "wait"}'::jsonb) || changes AS a FROM qfs.head() h) x
$$;
SELECT qfs_api.advice('proposal:7') AS none_yet;
SELECT advise(:'critic') AS given;
SELECT service, model, version, subject, size, head::text = (SELECT hash::text FROM qfs.head()) AS head, input_hash, body,
  advice_hash::text = qfs.sha3_256(convert_to(qfs.canonical(jsonb_build_object('model', model, 'version', version, 'subject', subject, 'size', size, 'head', head::text, 'input_hash', input_hash::text, 'body', body, 'at', at)), 'UTF8'))::text AS advice_hash
FROM aegis.advice;
SELECT regexp_replace(advise(:'critic', c), 'head [0-9a-f]{20,}.*', 'head …') AS refused FROM unnest(ARRAY['{"model": "unknown"}', '{"version": "9"}', '{"model": null}', '{"model": "luck"}',
  '{"size": 0}', '{"size": 2}', '{"size": 999999}', '{"size": null}', '{"size": -1}', '{"size": -9223372036854775808}', '{"head": null}', '{"head": "x"}', '{"input_hash": null}', '{"input_hash": "AB"}',
  '{"subject": null}', '{"subject": "proposal"}', '{"subject": "proposal: 7"}', '{"subject": "<b>:7"}',
  '{"body": null}', '{"body": {}}', '{"body": []}', '{"body": {"advisory": false}}', '{"body": {"advisory": "true"}}', '{"body": {"advisory": 1}}', '{"body": "x"}', '{"body": {"advisory": true, "recommend": "maybe"}}', '{"body": {"advisory": true, "recommend": true}}',
  '{"body": {"advisory": true, "recommend": null}}', '{"subject": "key:referral.cap", "body": {"advisory": true, "recommend": "yes"}}']::jsonb[]) c;
SELECT advise(:'critic', jsonb_build_object('body', jsonb_build_object('advisory', true, 'text', repeat('x', 66560)))) AS sixty_five_kib;
SELECT regexp_replace(advise(:'critic', jsonb_build_object('head', (SELECT hash::text FROM qfs.ledger WHERE seq = 1))), 'head [0-9a-f]{20,}.*', 'head …') AS head_of_another_size,
  advise(:'critic', jsonb_build_object('size', 2, 'head', (SELECT hash::text FROM qfs.ledger WHERE seq = 1))) AS older;
-- whose token it is decides, whatever the session says of itself
SELECT advise(:'a_token') AS account, advise('') AS none, attempt('SELECT qfs_api.advise(''rules'', ''1.0'', ''a:b'', 1, ''x'', ''x'', ''{}'')') AS superuser;
SELECT count(*) FROM aegis.advice;
-- a script is a text
SELECT advise(:'critic', '{"subject": "key:referral.cap", "body": {"advisory": true, "text": "<script>alert(1)</script>"}}');
SELECT qfs_api.advice('key:referral.cap') #>> '{advice,0,body,text}' AS text;

-- ---- reading it ----

SELECT jsonb_object_agg(key, CASE WHEN key IN ('age_ms', 'at') THEN to_jsonb((value::text)::bigint >= 0) WHEN key ~ 'hash|head' THEN to_jsonb(length(value #>> '{}')) ELSE value END) AS advice
FROM jsonb_each(qfs_api.advice('proposal:7') #> '{advice,0}');
SELECT qfs_api.advice('proposal:7') - 'advice' AS about, qfs_api.advice('proposal:8') AS nothing, qfs_api.advice(NULL) AS null;
-- the newest of each model
SELECT advise(:'critic', '{"version": "2.0", "body": {"advisory": true, "text": "two"}}'), advise(:'critic', '{"body": {"advisory": true, "text": "go"}}');
SELECT a ->> 'version' AS version, a ->> 'status' AS status, a #>> '{body,text}' AS text FROM jsonb_array_elements(qfs_api.advice('proposal:7') -> 'advice') a;
-- older than qfs.advice_stale
SET qfs.advice_stale = 1;
SELECT pg_sleep(1.1);
SELECT qfs_api.advice('proposal:7') AS offline;
RESET qfs.advice_stale;
-- which is an incident while it lasts (FM1), and counts as nothing
SET qfs.advice_stale = 1;
SELECT count(*) FROM qfs.check_aegis();
SELECT count(*) FROM qfs.check_aegis();
RESET qfs.advice_stale;
SELECT failure, regexp_replace(detail, '\d{13}', '…') AS detail, released FROM aegis.incident;
SELECT count(*) FROM qfs.check_aegis();
SELECT failure, released >= at AS over FROM aegis.incident;
DELETE FROM aegis.incident;
SELECT name, regexp_replace(samples, ' \d+\.\d+$', ' …') AS samples FROM qfs.metric_families() WHERE name ~ 'aegis|advice|recommend' ORDER BY name;
-- who may read
SELECT role, as_service('', 'SELECT qfs_api.advice(''proposal:7'')', role) AS advice, as_service('', 'SELECT qfs_api.advice_models()', role) AS models,
  as_service('', 'SELECT FROM aegis.advice', role) AS "table", as_service('', 'SELECT FROM aegis.model', role) AS cards
FROM unnest(ARRAY['qfs_anon', 'qfs_user', 'qfs_operator', 'qfs_auditor', 'qfs_monitor', 'qfs_bridge', 'aegis_readonly', 'aegis_advisor']) role;
-- a model that is retired gives no advice, and what it gave is not shown
SELECT qfs.retire_model('rules', '1.0'), attempt('SELECT qfs.retire_model(''x'', ''y'')'), attempt('SELECT qfs.retire_model(NULL, NULL)');
SELECT advise(:'critic') AS retired, register(:'card') AS again, jsonb_array_length(qfs_api.advice('proposal:7') -> 'advice') AS shown;
SELECT status FROM qfs_api.advice_models() WHERE model = 'rules' AND version = '1.0';

-- ---- it is appended and deleted ----

SELECT regexp_replace(attempt(command), 'contains .*', 'contains …') FROM unnest(ARRAY['UPDATE aegis.advice SET subject = ''a:b''', 'UPDATE aegis.advice SET subject = ''a:b'' WHERE false', 'TRUNCATE aegis.advice',
  'INSERT INTO aegis.advice SELECT qfs.sha3_256(''''), model, version, service, subject, size, head, input_hash, ''{}'', at FROM aegis.advice LIMIT 1',
  'INSERT INTO aegis.advice SELECT qfs.sha3_256(''''), model, version, service, subject, size, head, input_hash, jsonb_build_object(''advisory'', true, ''x'', repeat(''x'', 65536)), at FROM aegis.advice LIMIT 1']) command;
SELECT as_service('', 'DELETE FROM aegis.advice WHERE subject = ''key:referral.cap''', 'qfs_operator') AS operator, as_service('', 'DELETE FROM aegis.advice', 'qfs_auditor') AS auditor;
SELECT qfs_api.advice('key:referral.cap') -> 'advice' AS deleted;

-- ---- limits ----

DELETE FROM aegis.advice;
SELECT count(*) FILTER (WHERE a LIKE 'done') AS given, count(*) FILTER (WHERE a LIKE 'PT429%') AS refused, max(a) AS why
FROM (SELECT advise(:'critic', jsonb_build_object('version', '2.0', 'subject', 'entry:' || n)) AS a FROM generate_series(1, 102) n) x;
SELECT advise(:'rival', '{"model": "luck"}') AS another_service;
-- an hour later, and a second before
CREATE TEMP TABLE given AS SELECT * FROM aegis.advice;
DELETE FROM aegis.advice;
INSERT INTO aegis.advice SELECT advice_hash, model, version, service, subject, size, head, input_hash, body, at - 3500000 FROM given;
SELECT advise(:'critic', '{"version": "2.0"}') AS earlier;
DELETE FROM aegis.advice;
INSERT INTO aegis.advice SELECT advice_hash, model, version, service, subject, size, head, input_hash, body, at - 3600000 FROM given;
SELECT advise(:'critic', '{"version": "2.0"}') AS later;
-- on the newest 10,000 entries
SELECT size, hash::text AS head FROM qfs.head() \gset old_
INSERT INTO qfs.ledger (type, payload) SELECT 'RULED', '{}' FROM generate_series(1, 10000);
SELECT advise(:'critic', jsonb_build_object('version', '2.0', 'size', :old_size, 'head', :'old_head')) AS just;
INSERT INTO qfs.ledger (type, payload) VALUES ('RULED', '{}');
SELECT advise(:'critic', jsonb_build_object('version', '2.0', 'size', :old_size, 'head', :'old_head')) AS stale;

-- ---- revoked ----

SELECT qfs.revoke_advisor('critic'), qfs.revoke_advisor('critic');
SELECT advise(:'critic', '{"version": "2.0"}') AS advise, attempt('SELECT qfs.advisor_token(''critic'')') AS token, jsonb_path_query_array(qfs_api.advice('proposal:7'), '$.advice[*].model') AS shown;
SELECT advise(:'rival', '{"model": "luck"}') AS another;

-- ---- a boundary is broken ----

SELECT * FROM qfs.check_aegis();
SELECT status, value, remedy FROM qfs.health() WHERE item = 'advice';
SET qfs.ddl_guard = off;
GRANT INSERT ON qfs.ledger TO aegis_advisor;
SET qfs.ddl_guard = on;
BEGIN TRANSACTION READ ONLY;
SELECT * FROM qfs.check_aegis();
COMMIT;
SELECT count(*) AS not_written FROM aegis.incident;
SELECT * FROM qfs.check_aegis();
SELECT count(*) AS once FROM qfs.check_aegis();
SELECT number, failure, detail, released FROM aegis.incident;
SELECT status, value, remedy FROM qfs.health() WHERE item = 'advice';
SELECT advise(:'rival', '{"model": "luck"}') AS advise, attempt('SELECT qfs_api.advice(''proposal:7'')') AS advice, attempt('SELECT qfs.aegis_release()') AS release;
SELECT samples FROM qfs.metric_families() WHERE name = 'qfs_aegis_findings';
-- the ledger goes on
INSERT INTO qfs.ledger (type, payload) VALUES ('RULED', '{}');
SET qfs.ddl_guard = off;
REVOKE INSERT ON qfs.ledger FROM aegis_advisor;
SET qfs.ddl_guard = on;
SELECT advise(:'rival', '{"model": "luck"}') AS mended_not_released;
SELECT status, value, remedy FROM qfs.health() WHERE item = 'advice';
SELECT as_service('', 'SELECT qfs.aegis_release()', 'qfs_user') AS "user", as_service('', 'SELECT qfs.aegis_release()', 'aegis_advisor') AS advisor;
SELECT qfs.aegis_release(), qfs.aegis_release() AS nothing;
SELECT status, value, remedy FROM qfs.health() WHERE item = 'advice';
SELECT advise(:'rival', '{"model": "luck"}') AS advise, released > at AS released FROM aegis.incident;

SELECT samples FROM qfs.metric_families() WHERE name = 'qfs_aegis_findings';

-- ---- what only reads tries to write ----

BEGIN;
SET LOCAL qfs.ddl_guard = off;
CREATE TABLE public.written (a int);
CREATE OR REPLACE FUNCTION qfs_api.advice_models() RETURNS TABLE (model text, version text, status text, approved_by bigint, card_hash text, card jsonb)
  LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN INSERT INTO public.written VALUES (1); END $$;
GRANT ALL ON public.written TO qfs_owner;
SELECT * FROM qfs.check_aegis() WHERE boundary = 4;
SELECT failure, detail FROM aegis.incident WHERE released IS NULL ORDER BY number;
SELECT count(*) AS written FROM public.written;
ROLLBACK;

-- ---- what the roles may not ----

SELECT role, call, as_service(:'rival', call, role) FROM unnest(ARRAY['aegis_readonly', 'aegis_advisor']) role, unnest(ARRAY['SELECT qfs_api.head()', 'SELECT qfs_api.governance()',
  'SELECT FROM qfs_api.proposals', 'SELECT FROM qfs_api.policy_keys', 'SELECT qfs_api.token_guard_map()', 'SELECT qfs_api.checkpoint()',
  'SELECT FROM qfs_api.ledger', 'SELECT FROM qfs_api.votes', 'SELECT FROM qfs_api.seats', 'SELECT qfs_api.entry(1)', 'SELECT qfs_api.explain_entry(1)', 'SELECT qfs_api.profile()',
  'SELECT qfs_api.settle()', 'SELECT qfs_api.propose(''{}'', ''x'', ''text'', ''x'')', 'SELECT qfs_api.deliver(''X'', ''{}'', 1, '''')', 'SELECT qfs.advisor_token(''x'')', 'SELECT qfs.check_aegis()',
  'INSERT INTO qfs.ledger (type, payload) VALUES (''RULED'', ''{}'')', 'INSERT INTO aegis.advice DEFAULT VALUES', 'DELETE FROM aegis.advice', 'CREATE TABLE aegis.mine ()']) call;

-- ---- without it ----

SELECT attempt('DROP SCHEMA aegis CASCADE') AS guarded, attempt('ALTER ROLE aegis_advisor LOGIN') AS role;
SELECT size, hash::text AS head, qfs.state_hash()::text AS state FROM qfs.head() \gset
CREATE TEMP TABLE answers AS SELECT qfs_api.token_guard_map() AS map, qfs_api.governance() AS governance, (SELECT jsonb_agg(to_jsonb(l) ORDER BY l.seq) FROM qfs_api.ledger l) AS ledger;
-- with its tables renamed away health still tells how the ledger is
BEGIN;
SET LOCAL qfs.ddl_guard = off;
ALTER TABLE aegis.incident RENAME TO gone;
SELECT item, status, value, remedy FROM qfs.health() WHERE item IN ('aegis', 'advice', 'ledger') ORDER BY item;
SELECT count(*) FILTER (WHERE name ~ 'aegis|advice|recommend') AS about_advice, count(*) > 10 AS others FROM qfs.metric_families();
ROLLBACK;
BEGIN;
SET LOCAL qfs.ddl_guard = off;
SET LOCAL client_min_messages = warning;
DO $$
DECLARE
  o record;
BEGIN
  FOR o IN
    SELECT i.type, i.identity FROM pg_extension e JOIN pg_depend d ON d.refobjid = e.oid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
    CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) i
    WHERE e.extname = 'qfs' AND (i.schema = 'aegis' OR (i.type = 'schema' AND i.name = 'aegis')) AND i.type IN ('table', 'function', 'schema')
  LOOP
    EXECUTE format('ALTER EXTENSION qfs DROP %s %s', o.type, o.identity);
  END LOOP;
END $$;
DROP SCHEMA aegis CASCADE;
SELECT hash::text = :'head' AS head, qfs.state_hash()::text = :'state' AS state FROM qfs.head();
SELECT a.map = qfs_api.token_guard_map() AS map, a.governance - 'block' = qfs_api.governance() - 'block' AS governance,
  a.ledger = (SELECT jsonb_agg(to_jsonb(l) ORDER BY l.seq) FROM qfs_api.ledger l) AS ledger FROM answers a;
SELECT * FROM qfs.verify();
INSERT INTO qfs.ledger (type, payload) VALUES ('RULED', '{}');
SELECT sign_in(2) ? 'token' AS signed_in;
SELECT size - :size AS appended FROM qfs.head();
SELECT * FROM qfs.verify();
SELECT code, regexp_replace(detail, 'aegis\..*', 'aegis.…') AS detail, count(*) > 0 AS some FROM qfs.self_check() WHERE detail NOT LIKE 'qfs.ddl_guard%' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT item, status FROM qfs.health() WHERE item IN ('advice', 'guards', 'ledger') ORDER BY item;
-- what is about advice says that there is none
SELECT qfs_api.advice('proposal:7'), (SELECT count(*) FROM qfs.check_aegis()) AS findings, (SELECT count(*) FROM qfs_api.advice_models()) AS models;
SELECT count(*) FILTER (WHERE name ~ 'aegis|advice|recommend') AS about_advice, count(*) > 10 AS others FROM qfs.metric_families();
ROLLBACK;
SELECT * FROM qfs.self_check();
