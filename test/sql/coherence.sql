-- Amounts, coherence, the holographic model, referral codes, threads and message hashes: known answers and edges.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql

-- qfs.amount: an unsigned 128-bit integer at scale 10^18
SELECT text, attempt(format('SELECT %L::qfs.amount', text))
FROM unnest(ARRAY['0', '-0', '0.000000000000000001', '340282366920938463463.374607431768211455', '1e20', '1.0000000000000000000000',
                  '340282366920938463463.374607431768211456', '1e21', '-0.000000000000000001', '-1', '0.0000000000000000001', 'NaN', 'Infinity', '-Infinity', '', '1,5']) AS text;
SELECT NULL::qfs.amount IS NULL AS null_stays_null;

-- qfs.coherence_score: the specification's vectors, rounding, clamping, what is missing counts as 0
SELECT qfs.coherence_score('{"topic":".9","logic":"0.8"}', '{}');
SELECT qfs.coherence_score('{"topic":"0.9","logic":"0.8","signal":"0.7","contradiction":"1.0","clarity":"0.6","hsmf":"0.5"}', w) AS all_six,
       qfs.coherence_score('{"topic":"0.9","logic":"0.8","signal":"0.7","contradiction":"1.0","clarity":"0.6"}',
                           '{"topic":"0.30","logic":"0.25","signal":"0.20","contradiction":"0.15","clarity":"0.10"}') AS without_hsmf,
       qfs.coherence_score('{}', w) AS nothing,
       qfs.coherence_score('{"topic":"0.000000000000000001"}', '{"topic":"0.999999999999999999"}') AS rounded_down,
       qfs.coherence_score('{"topic":"1","logic":"1"}', '{"topic":"1","logic":"1"}') AS at_most_one
FROM (SELECT qfs.default_policy() #> '{coherence,weights}' AS w) p;
-- rounded once, not a product at a time: 1/3 three times
SELECT qfs.coherence_score('{"topic":"0.333333333333333333","logic":"0.333333333333333333","signal":"0.333333333333333334"}', '{"topic":"0.5","logic":"0.5","signal":"0.5"}') AS half;
SELECT features, attempt(format('SELECT qfs.coherence_score(%L, ''{}'')', features))
FROM unnest(ARRAY['{"topic":0.5}', '{"topic":"1.000000000000000001"}', '{"topic":"-0.1"}', '{"topic":null}', '{"topic":"0.5x"}', '{"topics":"0.5"}', '{"topic":"1e0"}',
                  '{"topic":"0.1234567890123456789"}', '{"topic":""}', '["topic"]', '"topic"', 'null', '0.5', '{"topic":{"a":1}}']::jsonb[]) AS features;
SELECT attempt($$SELECT qfs.coherence_score('{}', '{"topic":"1.1"}')$$), qfs.coherence_score(NULL, '{}') IS NULL AS null1, qfs.coherence_score('{}', NULL) IS NULL AS null2;

-- qfs.coherence_step: floor(c (1 - alpha) + q alpha), recomputed with numeric
SELECT c, q, a, qfs.coherence_step(c, q, a) AS next,
       qfs.coherence_step(c, q, a) = trunc((c::numeric * (1 - a::numeric) + q::numeric * a::numeric), 18) AS agrees
FROM (VALUES (0, 1, 0.1), (0, 0.3, 0.1), (0.1, 0.6, 0.1), (1, 1, 0.1), (1, 0, 0.1), (0.5, 0.25, 0), (0.5, 0.25, 1),
             (0.000000000000000009, 0, 0.1), (0.999999999999999999, 1, 0.1), (0.999999999999999999, 0.999999999999999998, 0.000000000000000001), (0.123456789012345678, 0.876543210987654321, 0.333333333333333333)) AS t(c, q, a);
SELECT attempt('SELECT qfs.coherence_step(1.000000000000000001, 0, 0.1)') AS c, attempt('SELECT qfs.coherence_step(0, 1.1, 0.1)') AS q,
       attempt('SELECT qfs.coherence_step(0, 0, 1.1)') AS alpha, attempt('SELECT qfs.coherence_step(-0.1, 0, 0.1)') AS negative,
       qfs.coherence_step(NULL, 0, 0.1) IS NULL AS null_stays_null;
-- random steps never leave [0, 1] and agree with numeric
SELECT setseed(0.25);
SELECT count(*) AS steps, count(*) FILTER (WHERE next <> trunc(c * (1 - a) + q * a, 18) OR next > 1) AS wrong
FROM (SELECT c, q, a, qfs.coherence_step(c, q, a)::numeric AS next
      FROM (SELECT trunc(random()::numeric + random()::numeric / 1e15, 18) % 1 AS c, trunc(random()::numeric, 18) AS q, trunc(random()::numeric, 18) AS a
            FROM generate_series(1, 20000)) r) s;

-- qfs.hsmf: the specification's vectors
SELECT * FROM qfs.hsmf(10, 5, 0, 10, 900, 1, 1);
SELECT c_holo FROM qfs.hsmf(100, 50, 75, 0, 0, 1, 1);
SELECT * FROM qfs.hsmf(0, 0, 0, 0, 0, 0, 0);
SELECT attempt('SELECT qfs.hsmf(340282366920938463463, 340282366920938463463, 0, 0, 0, 1, 1)') AS sum,
       attempt('SELECT qfs.hsmf(0, 340282366920938463463, 0, 0, 0, 2, 0)') AS product,
       attempt('SELECT qfs.hsmf(0, 0, 0, -1, 0, 0, 0)') AS negative;
SELECT attempt('SELECT qfs.hsmf(NULL, 0, 0, 0, 0, 0, 0)') AS null_stays_null, (qfs.hsmf(NULL, 0, 0, 0, 0, 0, 0)).total IS NULL AS total;
-- against numeric, which divides with more digits than we keep
SELECT count(*) AS rows, count(*) FILTER (WHERE (h).action_cost <> cost OR (h).c_holo <> holo OR (h).chr <> trunc(e * holo, 18) OR (h).flx <> trunc(b * cost, 18)
    OR (h).res <> trunc(a * holo, 18) OR (h).psi <> trunc(c * d, 18) OR (h).atr <> trunc(d * holo, 18)
    OR (h).total <> trunc(e * holo, 18) + trunc(b * cost, 18) + trunc(a * holo, 18) + trunc(c * d, 18) + trunc(d * holo, 18)) AS wrong
FROM (SELECT *, a + trunc(l1 * b, 18) + trunc(l2 * c, 18) + d AS cost, div(1e36, (1 + a + b + c) * 1e18) / 1e18 AS holo, qfs.hsmf(a, b, c, d, e, l1, l2) AS h
      FROM (SELECT trunc(random()::numeric * 1000, 18) AS a, trunc(random()::numeric * 100, 18) AS b, trunc(random()::numeric, 18) AS c,
                   trunc(random()::numeric * 50, 18) AS d, trunc(random()::numeric * 10000, 18) AS e, trunc(random()::numeric * 3, 18) AS l1, trunc(random()::numeric * 3, 18) AS l2
            FROM generate_series(1, 2000)) r) s;

-- qfs.trust_level: by the policy in force, so it needs a ledger
SELECT attempt('SELECT qfs.trust_level(0.5)');
SELECT length(qfs.genesis('regress.example/log')::text);
SELECT c, qfs.trust_level(c) FROM unnest(ARRAY[0, 0.499999999999999999, 0.5, 0.699999999999999999, 0.7, 0.899999999999999999, 0.9, 1]::numeric[]) AS c;
SELECT attempt('SELECT qfs.trust_level(1.000000000000000001)') AS more, attempt('SELECT qfs.trust_level(-1)') AS less, qfs.trust_level(NULL) IS NULL AS nothing;
BEGIN;
SELECT qfs.set_policy('{"coherence":{"trust":{"VERIFIED":"0.1","TRUSTED":"0.2","AUTHORITY":"0.3"}}}');
SELECT c, qfs.trust_level(c) FROM unnest(ARRAY[0.05, 0.1, 0.2, 0.3]::numeric[]) AS c;
ROLLBACK;

-- qfs.referral_code: base 59 of 16 bytes of a hash, recomputed here
CREATE FUNCTION code_of(account text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  digits CONSTANT text := '0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
  hash bytea := qfs.sha3_256(convert_to(account || ':QFS_REF_V1', 'UTF8'))::bytea;
  n numeric := 0;
  code text := '';
BEGIN
  FOR i IN 0 .. 15 LOOP n := n * 256 + get_byte(hash, i); END LOOP;
  FOR i IN 1 .. 22 LOOP code := substr(digits, mod(n, 59)::int + 1, 1) || code; n := div(n, 59); END LOOP;
  RETURN code;
END $$;
SELECT qfs.referral_code(('user_' || repeat('0', 64))::qfs.user_id);
SELECT count(*) AS codes, count(DISTINCT code) AS different, bool_and(code = code_of(account)) AS right, bool_and(code ~ '^[0-9A-HJ-NP-Za-km-z]{22}$') AS form
FROM (SELECT account, qfs.referral_code(account::qfs.user_id) AS code
      FROM (SELECT 'user_' || encode(sha256(convert_to(i::text, 'UTF8')), 'hex') AS account FROM generate_series(1, 300) i) a) c;
SELECT qfs.referral_code(NULL) IS NULL AS nothing, attempt($$SELECT qfs.referral_code('user_1')$$) AS short;

-- qfs.thread and qfs.message_hash
CREATE TEMP TABLE two AS SELECT ('user_' || repeat('01', 32)) AS a, ('user_' || repeat('f2', 32)) AS b;
SELECT qfs.thread(a::qfs.user_id, b::qfs.user_id)::text = encode(sha256('qfs:thread:v1\000'::bytea || decode(repeat('01', 32) || repeat('f2', 32), 'hex')), 'hex') AS thread,
       qfs.thread(b::qfs.user_id, a::qfs.user_id)::text = qfs.thread(a::qfs.user_id, b::qfs.user_id)::text AS in_whatever_order,
       qfs.thread(NULL, a::qfs.user_id) IS NULL AS nothing FROM two;
SELECT qfs.message_hash(b::qfs.user_id, a::qfs.user_id, 258, '\x000102030405060708090a0b', '\xabcd')::text =
  encode(sha256('qfs:message:v2\000'::bytea || qfs.thread(a::qfs.user_id, b::qfs.user_id)::bytea || decode(repeat('f2', 32) || repeat('01', 32), 'hex') || '\x0000000000000102'
                || '\x000102030405060708090a0b' || '\xabcd'), 'hex') AS hash FROM two;
SELECT what, attempt(format('SELECT qfs.message_hash(%L, %L, %s, %L, %L)', a, b, seq, nonce, body))
FROM two, (VALUES ('11 bytes', '1', '\x000102030405060708090a', '\x00'), ('13 bytes', '1', '\x000102030405060708090a0b0c', '\x00'), ('no nonce', '1', '\x', '\x00'),
                  ('seq', '-1', '\x000102030405060708090a0b', '\x00'), ('no body', '1', '\x000102030405060708090a0b', '\x')) AS t(what, seq, nonce, body);
-- who may compute: everybody; who may ask for the trust level: nobody but through qfs_api
SELECT role, has_function_privilege(role, 'qfs.coherence_step(qfs.amount, qfs.amount, qfs.amount)', 'EXECUTE') AS step,
       has_function_privilege(role, 'qfs.trust_level(qfs.amount)', 'EXECUTE') AS trust_level
FROM unnest(ARRAY['qfs_anon', 'qfs_user', 'qfs_operator', 'qfs_auditor']) AS role;
