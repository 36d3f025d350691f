-- A consequence map with what is advised on it: it is the same with advice, without, while advice is closed, spoilt and taken away.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/wallet.sql
SELECT length(qfs.genesis('regress.example/log')::text);
SELECT qfs.register_event_type('RULED', '{}');
SELECT qfs.advisor_token('critic') AS critic \gset
SELECT qfs.register_model('critic', 'rules', '1.0', '{"intended_use": "tests", "scope": "proposals", "inputs": ["map"], "limits": "none is known", "evaluation": {"by": "nobody"}}') IS NOT NULL AS registered;

CREATE TEMP TABLE without AS SELECT qfs_api.consequence_map(changes => '{"referral": {"cap": 5}}') AS map;
CREATE FUNCTION asked(OUT said text, OUT offline jsonb, OUT same boolean) LANGUAGE sql AS $$
  SELECT m #>> '{advice,0,body,text}', m -> 'offline', m - ARRAY['advice', 'offline'] = w.map - ARRAY['advice', 'offline']
  FROM without w, qfs_api.consequence_map(changes => '{"referral": {"cap": 5}}') m
$$;
SELECT map ->> 'subject' AS subject, map -> 'advice' AS advice, map -> 'offline' AS offline, (SELECT count(*) FROM jsonb_object_keys(map)) AS members FROM without;
SELECT 'changes:' || qfs.sha3_256(convert_to('{"referral":{"cap":5}}', 'UTF8'))::text = map ->> 'subject' AS subject FROM without;

-- ---- with advice ----

CREATE FUNCTION advise(token text, subject text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('request.headers', json_build_object('authorization', 'Bearer ' || token)::text, true), set_config('role', 'aegis_advisor', true);
  RETURN (SELECT attempt(format('SELECT qfs_api.advise(''rules'', ''1.0'', %L, %s, %L, repeat(''ab'', 32), ''{"advisory": true, "text": "wait"}'')', subject, h ->> 'size', h ->> 'hash')) FROM (SELECT to_jsonb(x) AS h FROM qfs_api.head() x) y);
END $$;
BEGIN;
SELECT advise(:'critic', map ->> 'subject') AS given FROM without;
COMMIT;
SELECT * FROM asked();
-- the roles of advice may ask
BEGIN;
SET LOCAL ROLE aegis_readonly;
SELECT qfs_api.consequence_map(changes => '{"referral": {"cap": 5}}') #>> '{advice,0,body,text}' AS said;
ROLLBACK;
SET qfs.advice_stale = 1;
SELECT pg_sleep(1.1) IS NOT NULL AS later;
SELECT * FROM asked();
RESET qfs.advice_stale;

-- ---- closed, spoilt, taken away ----

BEGIN;
INSERT INTO aegis.incident (number, at, failure, detail) VALUES (1, 0, 'FM4', 'x');
SELECT attempt('SELECT qfs_api.advice(''a:b'')') AS advice;
SELECT * FROM asked();
ROLLBACK;
BEGIN;
SET LOCAL qfs.ddl_guard = off;
ALTER TABLE aegis.advice RENAME COLUMN body TO spoilt;
SELECT * FROM asked();
ALTER TABLE aegis.advice RENAME TO gone;
SELECT * FROM asked();
ROLLBACK;
SELECT * FROM asked();
-- it is about advice, so nothing of the ledger calls it
SELECT * FROM qfs.check_aegis();
