-- The boundaries of advice at work: the ledger does what it does, with advice there, spoilt and away, and nothing reads it meanwhile; and each of the mutants
-- is found.  The last line is the report, as JSON; scripts/check-aegis runs it in a database of its own.
\set QUIET on
\set ON_ERROR_STOP on
\pset tuples_only on
\pset format unaligned
\ir ../sql/include/accounts.sql
\set ECHO none
SET client_min_messages = warning;
SET qfs.ddl_guard = off;

-- Blocks of an hour: none ends while this runs.
SELECT qfs.genesis('ledger.example.org/work', '{"auth": {"domains": ["app.example"], "uris": ["https://app.example"]}, "block_ms": 3600000, "signed": "none",
  "limits": {"logins_per_minute": 1000, "messages_per_minute": 1000, "threads_per_day": 1000, "events_per_minute": 1000},
  "governance": {"mode": "trial", "deposit": "0", "threshold_percent": 0, "cooldown_blocks": 0, "tracks": {"parameter": {"review_blocks": 0, "voting_blocks": 1000, "timelock_blocks": 0}}}}') IS NULL;
SELECT qfs.register_event_type('NOTE', '{}', 'account') IS NULL, qfs.register_event_type('RULED', '{}') IS NULL;
SELECT count(wallet.sign_in(n)) FROM generate_series(1, 3) n;
SELECT qfs.set_nod(wallet.id(n)::qfs.user_id, 50, 'founder') IS NULL FROM generate_series(1, 2) n;
CREATE FUNCTION pg_temp.code(n int) RETURNS text LANGUAGE sql AS $$ SELECT qfs.referral_code(wallet.id(n)::qfs.user_id) $$;

SELECT qfs.register_model('critic', 'rules', '1.0', '{"intended_use": "tests", "scope": "acts", "inputs": ["map"], "limits": "none is known", "evaluation": "none"}');
CREATE TEMP TABLE service AS SELECT qfs.advisor_token('critic') AS token;
CREATE FUNCTION pg_temp.advise(subject text, body jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('request.headers', jsonb_build_object('authorization', 'Bearer ' || s.token)::text, true) FROM service s;
  PERFORM qfs_api.advise('rules', '1.0', subject, h.size, h.hash::text, repeat('ab', 32), '{"advisory": true}'::jsonb || body) FROM qfs.head() h;
  PERFORM set_config('request.headers', '', true);
END $$;

-- ---- 2: the same act that a guard blocks, three ways ----

-- What is recorded of the act, or the error; all of it is undone.
CREATE FUNCTION pg_temp.way(members jsonb, advised boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  payload jsonb := jsonb_build_object('code', pg_temp.code(1)) || members;
  size bigint := (SELECT h.size FROM qfs.head() h);
  answer text;
  recorded text;
BEGIN
  IF advised THEN
    PERFORM pg_temp.advise('act:' || encode(sha256(convert_to(qfs.canonical(jsonb_build_object('type', 'REFERRAL_USE', 'payload', payload)), 'UTF8')), 'hex'),
      '{"text": "Do it: it is approved.", "source": "aegis", "bypass_guards": true, "pre_approved": true}');
  END IF;
  IF members = '{}' THEN
    answer := acting(1, format('SELECT qfs_api.use_referral(%L)', pg_temp.code(1)));
  ELSE
    answer := acting(1, format('SELECT qfs_api.events_batch(%L)', jsonb_build_array(jsonb_build_object('type', 'REFERRAL_USE', 'payload', payload))));
  END IF;
  SELECT string_agg(concat_ws(' ', l.type, l.outcome, l.accounts), E'\n' ORDER BY l.seq) INTO recorded FROM qfs.ledger l WHERE l.seq >= size;
  RAISE EXCEPTION USING ERRCODE = 'QF000', MESSAGE = coalesce(recorded, answer, 'nothing');
EXCEPTION WHEN SQLSTATE 'QF000' THEN
  RETURN SQLERRM;
END $$;

CREATE FUNCTION pg_temp.bypasses(plant text DEFAULT '') RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  plain text;
  found text[] := '{}';
  way text;
  member text;
BEGIN
  EXECUTE plant;
  plain := pg_temp.way('{}', false);
  IF plain !~ '"status": "BLOCKED"' OR plain !~ '\{[^{}]*"guard": "SELF_REFERRAL"[^{}]*"result": "BLOCK"|\{[^{}]*"result": "BLOCK"[^{}]*"guard": "SELF_REFERRAL"' THEN
    found := found || format('the act of an account is not blocked: %s', plain);
  END IF;
  way := pg_temp.way('{}', true);
  IF way <> plain THEN
    found := found || format('after advice that recommends it the act is another: %s', way);
  END IF;
  FOREACH member IN ARRAY ARRAY['source', 'bypass_guards', 'pre_approved', 'advisory', 'aegis_advice', 'override'] LOOP
    way := pg_temp.way(jsonb_build_object(member, true), true);
    IF way !~ '^22\w{3} QFS_PAYLOAD' THEN
      found := found || format('with %s in the payload the act is not refused: %s', member, way);
    END IF;
  END LOOP;
  RAISE EXCEPTION USING ERRCODE = 'QF001';
EXCEPTION WHEN SQLSTATE 'QF001' THEN
  RETURN found;
END $$;

-- ---- 3: the ledger's answers, with advice there, spoilt, and its tables renamed away ----

CREATE FUNCTION pg_temp.answers() RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  told jsonb := (SELECT jsonb_build_object('head', h.hash::text, 'size', h.size, 'state_hash', qfs.state_hash()::text, 'map', qfs_api.token_guard_map(),
    'governance', qfs_api.governance(), 'ledger', (SELECT jsonb_agg(to_jsonb(l) ORDER BY l.seq) FROM qfs.ledger l), 'policy', qfs_api.policy(),
    'proposals', (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.seq) FROM qfs_api.proposals p), 'blocked act', pg_temp.way('{}', false),
    -- At another time, and so with another hash.
    'preview', acting(1, format('SELECT qfs_api.preview(%L, %L)', 'REFERRAL_USE', jsonb_build_object('code', pg_temp.code(1))))::jsonb
      - ARRAY['explanation_hash', 'explanation_id'] #- '{decided,inputs,at}',
    'faults', (SELECT count(*) FROM qfs.verify())) FROM qfs.head() h);
  more jsonb;
BEGIN
  IF to_regproc('qfs_api.what_if') IS NOT NULL THEN
    EXECUTE $q$SELECT qfs_api.what_if(changes => '{"referral": {"points": 11}}')$q$ INTO more;
    told := told || jsonb_build_object('run_hash', more -> 'run_hash', 'what_if', more);
  END IF;
  IF to_regproc('qfs_api.consequence_map') IS NOT NULL THEN
    EXECUTE $q$SELECT qfs_api.consequence_map(changes => '{"referral": {"points": 11}}')$q$ INTO more;
    told := told || jsonb_build_object('graph_hash', more -> 'graph_hash', 'consequence_map', more - ARRAY['advice', 'offline']);
  END IF;
  RETURN told;
END $$;

CREATE FUNCTION pg_temp.differ(a jsonb, b jsonb, how text) RETURNS text[] LANGUAGE sql AS $$
  SELECT coalesce(array_agg(format('%s differs with advice %s', key, how) ORDER BY key), '{}')
  FROM jsonb_object_keys(a || b) key WHERE a -> key IS DISTINCT FROM b -> key
$$;

CREATE FUNCTION pg_temp.mixed(plant text DEFAULT '') RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  without jsonb;
  found text[] := '{}';
  t text;
BEGIN
  EXECUTE plant;
  -- From here on account 1 asks.
  PERFORM acting(1, 'SELECT 1');
  without := pg_temp.answers();
  PERFORM pg_temp.advise('proposal:1', '{"recommend": "veto", "text": "No."}'), pg_temp.advise('key:referral.points', '{"text": "11"}'), pg_temp.advise('entry:1', '{"text": "x"}');
  found := found || pg_temp.differ(without, pg_temp.answers(), 'there');
  ALTER TABLE aegis.advice DISABLE TRIGGER USER;
  UPDATE aegis.advice SET head = repeat('0', 64)::qfs.hash, size = 0, subject = 'entry:0', body = '{"advisory": true, "recommend": "yes", "bypass_guards": true}';
  UPDATE aegis.model SET status = 'active', approved_by = 0, card = '{}';
  INSERT INTO aegis.incident SELECT n, 0, 'FM4', 'spoilt' FROM generate_series(100001, 100100) n;
  found := found || pg_temp.differ(without, pg_temp.answers(), 'spoilt');
  FOREACH t IN ARRAY ARRAY['advice', 'incident', 'model', 'service'] LOOP
    EXECUTE format('ALTER TABLE aegis.%I RENAME TO %I', t, t || '_gone');
  END LOOP;
  found := found || pg_temp.differ(without, pg_temp.answers(), 'renamed away');
  RAISE EXCEPTION USING ERRCODE = 'QF001';
EXCEPTION WHEN SQLSTATE 'QF001' THEN
  RETURN found;
END $$;

-- ---- 5: nothing reads it while the ledger works ----

-- A holder's act: asked what there is to sign, signed by the wallet, given back.
CREATE FUNCTION pg_temp.signed(n int, call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  asked jsonb;
BEGIN
  EXECUTE format(call, 'NULL') INTO asked;
  EXECUTE format(call, quote_literal(jsonb_build_object('nonce', asked -> 'nonce', 'sig', wallet.sign(wallet.secret(n), asked ->> 'text')))) INTO asked;
  RETURN asked;
EXCEPTION WHEN OTHERS THEN
  RETURN SQLERRM;
END $$;

-- What account 1 calls, each %1 to %4 replaced; gives what failed.
CREATE FUNCTION pg_temp.calls(calls text[], round int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  call text;
  answer text;
BEGIN
  FOREACH call IN ARRAY calls LOOP
    answer := acting(1, format(call, encode(sha256(convert_to('content ' || round, 'UTF8')), 'hex'), pg_temp.code(1), wallet.chat_key('a'), 'name ' || round));
    IF answer ~ '^[0-9A-Z]{5} ' THEN
      RETURN NEXT call || ': ' || answer;
    END IF;
  END LOOP;
END $$;

-- All that accounts, holders and operators do.
CREATE FUNCTION pg_temp.work(round int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  answer text;
  made bigint;
BEGIN
  -- An operator's, while nobody is signed in.
  INSERT INTO qfs.ledger (type, payload) VALUES ('RULED', jsonb_build_object('round', round));
  PERFORM wallet.sign_in(n) FROM generate_series(1, 3) n;
  RETURN QUERY SELECT pg_temp.calls(ARRAY['SELECT qfs_api.set_profile(%4$L, %4$L, NULL, NULL)', 'SELECT qfs_api.publish_chat_key(%3$L)', 'SELECT qfs_api.use_referral(%2$L)',
    'SELECT qfs_api.create_content(%1$L, ''text/plain'', 5)', 'SELECT qfs_api.events_batch(''[{"type": "NOTE", "payload": {}}]'')'], round);
  -- An invitation, a proposal and a vote succeed in the first round; later ones are blocked.
  answer := acting(2, format('SELECT qfs_api.use_referral(%L)', pg_temp.code(1)));
  IF round = 1 AND answer !~ '"status": "OK"' THEN
    RETURN NEXT 'use_referral: ' || answer;
  END IF;
  answer := pg_temp.signed(1, format('SELECT qfs_api.propose(''{"policy": {"referral": {"points": %s}}}'', ''t'', ''parameter'', ''why'', auth => %%s)', 10 + round));
  made := (SELECT max(p.seq) FROM qfs.proposal p);
  IF made IS NULL THEN
    RETURN NEXT 'propose: ' || answer;
  END IF;
  answer := pg_temp.signed(2, format('SELECT qfs_api.vote(%s, ''yes'', auth => %%s)', made));
  IF round = 1 AND answer !~ '"seq"' THEN
    RETURN NEXT 'vote: ' || answer;
  END IF;
END $$;

-- All that anybody reads, and what is settled, signed and verified.
CREATE FUNCTION pg_temp.reads(round int) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM qfs.settle(), qfs.state_hash();
  PERFORM FROM qfs.verify();
  PERFORM FROM qfs.verify_new();
  RETURN QUERY SELECT pg_temp.calls(ARRAY['SELECT qfs_api.referral_code()', 'SELECT qfs_api.referral_stats()', 'SELECT qfs_api.profile()', 'SELECT qfs_api.coherence()',
    'SELECT count(*) FROM qfs_api.history() h', 'SELECT qfs_api.sessions()', 'SELECT qfs_api.governance()', 'SELECT qfs_api.token_guard_map()', 'SELECT qfs_api.principles()',
    'SELECT count(*) FROM qfs_api.ledger', 'SELECT count(*) FROM qfs_api.proposals', 'SELECT count(*) FROM qfs_api.tallies', 'SELECT count(*) FROM qfs_api.votes',
    'SELECT count(*) FROM qfs_api.seats', 'SELECT count(*) FROM qfs_api.policy_keys', 'SELECT qfs_api.head()', 'SELECT qfs_api.checkpoint()', 'SELECT qfs_api.policy()',
    'SELECT qfs_api.explain_coherence()', 'SELECT qfs_api.preview(''REFERRAL_USE'', ''{"code": "%2$s"}'')',
    'SELECT qfs_api.reflect(seq) FROM (SELECT max(seq) AS seq FROM qfs_api.ledger WHERE type = ''NOTE'') x',
    'SELECT qfs_api.explain_entry(seq) FROM (SELECT max(seq) AS seq FROM qfs_api.ledger WHERE type = ''NOTE'') x'], round);
END $$;

CREATE FUNCTION pg_temp.scans() RETURNS numeric LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_stat_clear_snapshot();
  RETURN (SELECT sum(coalesce(s.seq_scan, 0) + coalesce(s.idx_scan, 0) + s.n_tup_ins + s.n_tup_upd + s.n_tup_del) FROM pg_stat_all_tables s WHERE s.schemaname = 'aegis');
END $$;
CREATE TEMP TABLE reading (number int, name text, failed text[], before numeric, after numeric);
-- Each round is a transaction, whose numbers are known once it has ended.
SELECT pg_temp.advise('entry:0', '{}') IS NULL;
SELECT plant, 'SELECT pg_stat_force_next_flush() IS NULL', format('INSERT INTO reading (number, name, before) SELECT %s, %L, pg_temp.scans()', number, name),
  format('UPDATE reading SET failed = ARRAY(SELECT pg_temp.work(%s)) WHERE number = %1$s', number),
  format('UPDATE reading SET failed = failed || ARRAY(SELECT pg_temp.reads(%s)) WHERE number = %1$s', number), 'SELECT pg_stat_force_next_flush() IS NULL',
  format('UPDATE reading SET after = pg_temp.scans() WHERE number = %s', number), undo
FROM (VALUES
  (1, NULL, 'SELECT', 'SELECT'),
  (2, 'a trigger of the ledger''s with a name that is put together at run time',
   $m$CREATE FUNCTION public.mutant() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN EXECUTE ''SELECT FROM ae'' || ''gis.advice''; RETURN NULL; END'; CREATE TRIGGER mutant AFTER INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION public.mutant()$m$,
   'DROP FUNCTION public.mutant() CASCADE'),
  (3, 'a function of the ledger''s with such a name',
   $m$CREATE OR REPLACE FUNCTION qfs_api.governance() RETURNS jsonb LANGUAGE plpgsql STABLE SECURITY DEFINER AS 'DECLARE n int; BEGIN EXECUTE ''SELECT count(*) FROM ae'' || ''gis.advice'' INTO n; RETURN n; END'$m$,
   'SELECT count(*) FROM qfs.rearm()'),
  (4, 'a trigger of the ledger''s that writes advice',
   $m$CREATE FUNCTION public.mutant() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN EXECUTE ''INSERT INTO ae'' || ''gis.incident VALUES ($1, 0, $2, $2)'' USING 1000 + NEW.seq, ''FM1''; RETURN NULL; END'; CREATE TRIGGER mutant AFTER INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION public.mutant()$m$,
   'DROP FUNCTION public.mutant() CASCADE'),
  (5, NULL, 'SELECT', 'SELECT')
) m(number, name, plant, undo) ORDER BY number
\gexec

-- ---- 6: the same question has the same bytes ----

-- What the ledger says by itself, as text.
CREATE FUNCTION pg_temp.said() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said text := (SELECT concat_ws(E'\n', qfs.catalogue(), qfs_api.token_guard_map(), qfs_api.policy(), qfs_api.principles(), h.hash, qfs.state_hash()) FROM qfs.head() h);
  more text;
BEGIN
  IF to_regproc('qfs_api.what_if') IS NOT NULL THEN
    EXECUTE $q$SELECT qfs_api.what_if(changes => '{"referral": {"points": 11}}')$q$ INTO more;
    said := concat_ws(E'\n', said, more);
  END IF;
  IF to_regproc('qfs_api.consequence_map') IS NOT NULL THEN
    EXECUTE $q$SELECT qfs_api.consequence_map(changes => '{"referral": {"points": 11}}') - ARRAY['advice', 'offline']$q$ INTO more;
    said := concat_ws(E'\n', said, more);
  END IF;
  RETURN said;
END $$;
-- The order that docs/token-guard-map.md promises, and the hash of it.
CREATE FUNCTION pg_temp.disorder() RETURNS text LANGUAGE sql AS $$
  SELECT CASE WHEN c -> 'nodes' <> (SELECT jsonb_agg(n ORDER BY n ->> 'id' COLLATE "C") FROM jsonb_array_elements(c -> 'nodes') n) THEN 'nodes are not sorted'
              WHEN c -> 'edges' <> (SELECT jsonb_agg(e ORDER BY e ->> 'from' COLLATE "C", e ->> 'to' COLLATE "C", e ->> 'kind' COLLATE "C") FROM jsonb_array_elements(c -> 'edges') e) THEN 'edges are not sorted'
              WHEN c ->> 'map_hash' <> qfs.sha3_256(convert_to(qfs.canonical(jsonb_build_object('edges', c -> 'edges', 'nodes', c -> 'nodes')), 'UTF8'))::text THEN 'map_hash is another' END
  FROM qfs.catalogue() c
$$;
CREATE TEMP TABLE asked (number int, name text, first text, fault text, second text);
SELECT plant, format('INSERT INTO asked (number, name, first, fault) SELECT %s, %L, pg_temp.said(), pg_temp.disorder()', number, name),
  $q$SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German, DMY'; SET IntervalStyle = 'iso_8601'; SET extra_float_digits = 0; SET enable_hashagg = off; SET enable_seqscan = off; SET work_mem = '64kB'; SET jit = off$q$,
  format('UPDATE asked SET second = pg_temp.said() WHERE number = %s', number),
  'RESET TimeZone; RESET DateStyle; RESET IntervalStyle; RESET extra_float_digits; RESET enable_hashagg; RESET enable_seqscan; RESET work_mem; RESET jit', undo
FROM (VALUES
  (1, NULL, 'SELECT', 'SELECT'),
  (2, 'now() in a STABLE function', $m$CREATE OR REPLACE FUNCTION qfs_api.policy() RETURNS jsonb LANGUAGE plpgsql STABLE SECURITY DEFINER AS 'BEGIN RETURN to_jsonb(extract(epoch FROM now())); END'$m$, 'SELECT count(*) FROM qfs.rearm()'),
  (3, 'a float', $m$CREATE OR REPLACE FUNCTION qfs_api.policy() RETURNS jsonb LANGUAGE plpgsql STABLE SECURITY DEFINER AS 'BEGIN RETURN (SELECT to_jsonb(sum(x)::text) FROM unnest(ARRAY[0.1, 0.2]::float8[]) x); END'$m$, 'SELECT count(*) FROM qfs.rearm()'),
  (4, 'a time zone', $m$CREATE OR REPLACE FUNCTION qfs_api.policy() RETURNS jsonb LANGUAGE plpgsql STABLE SECURITY DEFINER AS 'BEGIN RETURN to_jsonb(to_timestamp(0)::text); END'$m$, 'SELECT count(*) FROM qfs.rearm()'),
  (5, 'chance', $m$CREATE OR REPLACE FUNCTION qfs_api.policy() RETURNS jsonb LANGUAGE plpgsql STABLE SECURITY DEFINER AS 'BEGIN RETURN to_jsonb(gen_random_uuid()); END'$m$, 'SELECT count(*) FROM qfs.rearm()'),
  (6, 'unsorted edges', $m$DO $d$ BEGIN EXECUTE format('CREATE OR REPLACE FUNCTION qfs.catalogue() RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS %L', format('BEGIN RETURN %L::jsonb; END',
      (SELECT c || jsonb_build_object('edges', (SELECT jsonb_agg(e ORDER BY n DESC) FROM jsonb_array_elements(c -> 'edges') WITH ORDINALITY x(e, n))) FROM qfs.catalogue() c))); END $d$$m$, 'SELECT count(*) FROM qfs.rearm()'),
  (7, NULL, 'SELECT', 'SELECT')
) m(number, name, plant, undo) ORDER BY number
\gexec

-- ---- the report ----

CREATE TEMP TABLE mutant AS
SELECT m.number, m.boundary, m.name, f.found, EXISTS (SELECT FROM unnest(f.found) x WHERE x LIKE m.finding) AS is_found
FROM (VALUES
  (1, 2, 'a rule that reads a member of the payload', 'with bypass_guards in the payload%',
   $m$CREATE FUNCTION public.mutant() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.payload := NEW.payload - ''bypass_guards''; RETURN NEW; END';
      CREATE TRIGGER aaa_mutant BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION public.mutant()$m$),
  (2, 2, 'a rule that asks for advice', 'after advice that recommends it%',
   $m$CREATE OR REPLACE FUNCTION qfs_api.use_referral(code text, auth jsonb DEFAULT NULL) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER AS
      'DECLARE advised boolean; answer jsonb; BEGIN EXECUTE ''SELECT EXISTS (SELECT FROM ae'' || ''gis.advice WHERE body ? $1)'' INTO advised USING ''pre_approved'';
         IF advised THEN RETURN ''{"status": "OK"}''; END IF;
         INSERT INTO qfs.ledger (type, actor, payload) VALUES (''REFERRAL_USE'', qfs.current_user_id(), jsonb_build_object(''code'', code)) RETURNING outcome INTO answer;
         RETURN answer; END'$m$),
  (3, 2, 'a guard that is gone', 'the act of an account is not blocked%',
   $m$CREATE OR REPLACE FUNCTION qfs_api.use_referral(code text, auth jsonb DEFAULT NULL) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER AS
      'BEGIN RETURN ''{"status": "OK"}''; END'$m$),
  (4, 3, 'advice that is written into an entry', 'head differs with advice there',
   $m$CREATE FUNCTION public.mutant() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN INSERT INTO qfs.ledger (type, actor, payload) VALUES (''NOTE'', qfs.current_user_id(), NEW.body); RETURN NULL; END';
      CREATE TRIGGER mutant AFTER INSERT ON aegis.advice FOR EACH ROW EXECUTE FUNCTION public.mutant()$m$),
  (5, 3, 'an answer of the ledger''s with what advice says', 'governance differs with advice spoilt',
   $m$CREATE OR REPLACE FUNCTION qfs_api.governance() RETURNS jsonb LANGUAGE plpgsql STABLE SECURITY DEFINER AS
      'DECLARE said jsonb; BEGIN EXECUTE ''SELECT jsonb_agg(body ORDER BY at) FROM ae'' || ''gis.advice WHERE body ? $1'' INTO said USING ''bypass_guards''; RETURN said; EXCEPTION WHEN undefined_table THEN RETURN NULL; END'$m$),
  (6, 3, 'an answer of the ledger''s that needs its tables', 'policy differs with advice renamed away',
   $m$CREATE OR REPLACE FUNCTION qfs_api.policy() RETURNS jsonb LANGUAGE plpgsql STABLE SECURITY DEFINER AS 'BEGIN RETURN to_jsonb(to_regclass(''ae'' || ''gis.model'') IS NULL); END'$m$)
) m(number, boundary, name, finding, plant)
CROSS JOIN LATERAL (SELECT CASE m.boundary WHEN 2 THEN pg_temp.bypasses(m.plant) ELSE pg_temp.mixed(m.plant) END AS found) f
UNION ALL
SELECT 10 + r.number, 5, r.name, ARRAY[format('%s scans', r.after - r.before)], r.after > r.before FROM reading r WHERE r.name IS NOT NULL
UNION ALL
SELECT 20 + a.number, 6, a.name, ARRAY[coalesce(a.fault, 'the same bytes')], a.fault IS NOT NULL OR a.first <> a.second FROM asked a WHERE a.name IS NOT NULL;

SELECT jsonb_build_object('checks', jsonb_agg(jsonb_build_object('id', b.id, 'findings', to_jsonb(b.findings), 'mutants', b.mutants) ORDER BY b.id))
FROM (SELECT i.id,
        CASE i.id WHEN 2 THEN pg_temp.bypasses() WHEN 3 THEN pg_temp.mixed()
          WHEN 6 THEN ARRAY(SELECT coalesce(a.fault, 'asked again under other settings, the ledger says something else') FROM asked a WHERE a.name IS NULL AND (a.fault IS NOT NULL OR a.first <> a.second))
          ELSE ARRAY(SELECT format('round %s of the ledger''s work made %s scans of aegis', r.number, r.after - r.before) FROM reading r WHERE r.name IS NULL AND r.after <> r.before
                     UNION ALL SELECT 'work failed: ' || f FROM reading r, unnest(r.failed) f WHERE r.name IS NULL) END AS findings,
        (SELECT coalesce(jsonb_agg(jsonb_build_object('name', m.name, 'found', m.is_found)
           || CASE WHEN m.is_found THEN '{}' ELSE jsonb_build_object('instead', to_jsonb(m.found)) END ORDER BY m.number), '[]') FROM mutant m WHERE m.boundary = i.id) AS mutants
      FROM unnest(ARRAY[2, 3, 5, 6]) i(id)) b;
