-- The boundaries of advice: do they hold here, and is each of the mutants found?  Prints the report, as JSON; scripts/check-aegis runs it.
\set QUIET on
\set ON_ERROR_STOP on
\pset tuples_only on
\pset format unaligned
SET client_min_messages = warning;
SET qfs.ddl_guard = off;

CREATE TEMP TABLE mutant (number integer GENERATED ALWAYS AS IDENTITY, name text, boundary integer, plant text, finding text);
INSERT INTO mutant (name, boundary, finding, plant) VALUES
  ('grant on a table', 1, 'role aegis_advisor has INSERT on qfs.ledger', 'GRANT INSERT ON qfs.ledger TO aegis_advisor'),
  ('grant on a table, to the reader', 1, 'role aegis_readonly has DELETE on aegis.advice', 'GRANT DELETE ON aegis.advice TO aegis_readonly'),
  ('grant on a column', 1, 'role aegis_advisor has UPDATE on qfs.message', 'GRANT UPDATE (seq) ON qfs.message TO aegis_advisor'),
  ('grant to PUBLIC', 1, 'role aegis_readonly has TRUNCATE on qfs.account', 'GRANT TRUNCATE ON qfs.account TO PUBLIC'),
  ('grant on a table of an application', 1, 'role aegis_advisor has UPDATE on public.mutant_table', 'CREATE TABLE public.mutant_table (a int); GRANT UPDATE ON public.mutant_table TO aegis_advisor'),
  ('UPDATE of advice', 1, 'role aegis_advisor has UPDATE on aegis.advice', 'GRANT UPDATE ON aegis.advice TO aegis_advisor'),
  ('reading entries of accounts', 1, 'role aegis_readonly reads qfs_api.ledger', 'GRANT SELECT ON qfs_api.ledger TO aegis_readonly'),
  ('reading a column of a table', 1, 'role aegis_advisor reads qfs.message', 'GRANT SELECT (seq) ON qfs.message TO aegis_advisor'),
  ('a function that gives entries', 1, 'role aegis_advisor calls qfs_api.explain_entry(bigint)', 'GRANT EXECUTE ON FUNCTION qfs_api.explain_entry(bigint) TO aegis_advisor'),
  ('membership', 1, 'role aegis_advisor is a member of qfs_operator', 'GRANT qfs_operator TO aegis_advisor'),
  ('membership through a role', 1, 'role aegis_readonly is a member of qfs_operator through mutant_role',
   'CREATE ROLE mutant_role; GRANT qfs_operator TO mutant_role; GRANT mutant_role TO aegis_readonly'),
  ('membership in a role of PostgreSQL', 1, 'role aegis_advisor is a member of pg_write_all_data', 'GRANT pg_write_all_data TO aegis_advisor'),
  ('BYPASSRLS', 1, 'role aegis_advisor has BYPASSRLS', 'ALTER ROLE aegis_advisor BYPASSRLS'),
  ('SUPERUSER', 1, 'role aegis_readonly has SUPERUSER', 'ALTER ROLE aegis_readonly SUPERUSER'),
  ('CREATEROLE', 1, 'role aegis_readonly has CREATEROLE', 'ALTER ROLE aegis_readonly CREATEROLE'),
  ('LOGIN', 1, 'role aegis_advisor has LOGIN', 'ALTER ROLE aegis_advisor LOGIN'),
  ('a volatile function', 1, 'function qfs_api.head() is volatile', 'ALTER FUNCTION qfs_api.head() VOLATILE'),
  ('a function that writes', 1, 'role aegis_advisor calls qfs_api.settle()', 'GRANT EXECUTE ON FUNCTION qfs_api.settle() TO aegis_advisor'),
  ('advise for the reader', 1, 'role aegis_readonly calls qfs_api.advise(text,text,text,bigint,text,text,jsonb)',
   'GRANT EXECUTE ON FUNCTION qfs_api.advise(text, text, text, bigint, text, text, jsonb) TO aegis_readonly'),
  ('default privileges of a new function', 1, 'role aegis_advisor calls qfs_api.mutant()', 'CREATE FUNCTION qfs_api.mutant() RETURNS int LANGUAGE sql AS ''SELECT 1'''),
  ('a function of an application that runs with its owner''s rights', 1, 'role aegis_readonly calls public.mutant()',
   'CREATE FUNCTION public.mutant() RETURNS int LANGUAGE sql SECURITY DEFINER AS ''SELECT 1'''),
  ('CREATE in a schema', 1, 'role aegis_advisor creates in schema aegis', 'GRANT CREATE ON SCHEMA aegis TO aegis_advisor'),
  ('CREATE in public, of PUBLIC', 1, 'role aegis_readonly creates in schema public', 'GRANT CREATE ON SCHEMA public TO PUBLIC'),
  ('USAGE of schema qfs', 1, 'role aegis_advisor uses schema qfs', 'GRANT USAGE ON SCHEMA qfs TO aegis_advisor'),
  ('CREATE in the database', 1, 'role aegis_advisor creates in database %', format('GRANT CREATE ON DATABASE %I TO aegis_advisor', current_database())),
  ('ownership of a table', 1, 'role aegis_advisor owns aegis.advice', 'ALTER TABLE aegis.advice OWNER TO aegis_advisor'),
  ('ownership of a function', 1, 'role aegis_readonly owns public.mutant()', 'CREATE FUNCTION public.mutant() RETURNS int LANGUAGE sql AS ''SELECT 1''; ALTER FUNCTION public.mutant() OWNER TO aegis_readonly'),
  ('a sequence', 1, 'role aegis_advisor has USAGE on sequence public.mutant_sequence', 'CREATE SEQUENCE public.mutant_sequence; GRANT USAGE ON SEQUENCE public.mutant_sequence TO aegis_advisor'),
  ('default privileges', 1, 'aegis_advisor gets INSERT of tables that are made', 'ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO aegis_advisor'),
  ('default privileges of PUBLIC', 1, 'PUBLIC gets INSERT of tables that are made in schema public', 'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT INSERT ON TABLES TO PUBLIC'),
  ('a parameter', 1, 'aegis_advisor has SET of parameter session_replication_role', 'GRANT SET ON PARAMETER session_replication_role TO aegis_advisor'),
  ('a table of PostgreSQL''s', 1, 'role aegis_readonly was granted something on table pg_catalog.pg_authid', 'GRANT SELECT ON pg_catalog.pg_authid TO aegis_readonly'),
  ('a function of PostgreSQL''s', 1, 'role aegis_advisor was granted something on function pg_catalog.pg_read_file(%text)', 'GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO aegis_advisor'),
  ('a language', 1, 'role aegis_advisor was granted something on language plpgsql', 'GRANT USAGE ON LANGUAGE plpgsql TO aegis_advisor'),

  ('an event type', 3, 'event type AEGIS_ADVICE', 
   'ALTER TABLE qfs.event_type DISABLE TRIGGER USER; INSERT INTO qfs.event_type (type, "by", schema, seq) VALUES (''AEGIS_ADVICE'', ''operator'', ''{}'', 0)'),
  ('a table', 3, 'qfs.aegis_note', 'CREATE TABLE qfs.aegis_note (a int)'),
  ('a column', 3, 'qfs.account.aegis_score', 'ALTER TABLE qfs.account ADD COLUMN aegis_score int'),
  ('a type', 3, 'qfs_api.aegis_answer', 'CREATE DOMAIN qfs_api.aegis_answer AS text'),

  ('a view of the ledger over advice', 5, 'view qfs_api.mutant names aegis', 'CREATE VIEW qfs_api.mutant AS SELECT * FROM aegis.advice'),
  ('a dependence on advice', 5, 'function qfs.mutant() depends on aegis', 'CREATE FUNCTION qfs.mutant() RETURNS aegis.advice LANGUAGE plpgsql AS ''BEGIN RETURN NULL; END'''),
  ('PL/pgSQL', 5, 'function qfs.mutant() names aegis', 'CREATE FUNCTION qfs.mutant() RETURNS bigint LANGUAGE plpgsql AS ''BEGIN RETURN (SELECT count(*) FROM aegis.advice); END'''),
  ('a body that was parsed', 5, 'function qfs.mutant() names aegis', 'CREATE FUNCTION qfs.mutant() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM aegis.advice; END'),
  ('a function of the ledger''s that is replaced', 5, 'function qfs.is_public() names aegis',
   'CREATE OR REPLACE FUNCTION qfs.is_public() RETURNS boolean LANGUAGE sql STABLE AS ''SELECT EXISTS (SELECT FROM "aegis"."advice")'''),
  ('a function of the ledger''s that asks for advice', 5, 'qfs.mutant() calls qfs_api.advice', 'CREATE FUNCTION qfs.mutant() RETURNS jsonb LANGUAGE plpgsql AS ''BEGIN RETURN qfs_api.advice(current_user); END'''),
  ('a trigger of an application''s', 5, 'trigger mutant on qfs.ledger names aegis',
   'CREATE FUNCTION public.mutant() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN PERFORM FROM aegis.advice; RETURN NULL; END''; CREATE TRIGGER mutant AFTER INSERT ON qfs.ledger EXECUTE FUNCTION public.mutant()'),
  ('a function that is not the extension''s', 5, 'function qfs.mutant() does not belong to the extension', 'CREATE FUNCTION qfs.mutant() RETURNS int LANGUAGE sql AS ''SELECT 1'''),
  ('a trigger on advice', 5, 'trigger mutant on aegis.advice',
   'CREATE FUNCTION public.mutant() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NULL; END''; CREATE TRIGGER mutant AFTER INSERT ON aegis.advice EXECUTE FUNCTION public.mutant()'),
  ('a rule on advice', 5, 'rule mutant on aegis.advice', 'CREATE RULE mutant AS ON INSERT TO aegis.advice DO ALSO NOTIFY mutant');

-- ---- boundary 4: the sandbox ----

-- The API's function with something before it asks, and something made of the answer.
CREATE FUNCTION pg_temp.altered(volatility text, before text, answer text) RETURNS text LANGUAGE sql AS $$
  SELECT format('CREATE OR REPLACE FUNCTION qfs_api.sandbox(template text, params jsonb DEFAULT ''{}'', size bigint DEFAULT NULL) RETURNS jsonb
    LANGUAGE plpgsql %s SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS %L',
    volatility, format('BEGIN %s RETURN qfs.run_sandbox(template, params, size)::jsonb %s; END', before, answer))
$$;

INSERT INTO mutant (name, boundary, finding, plant) VALUES
  ('a template function made volatile', 4, 'function qfs.sandbox(text,jsonb,text,bigint,bigint) is volatile', 'ALTER FUNCTION qfs.sandbox VOLATILE'),
  ('the API''s function made volatile', 4, 'function qfs_api.sandbox(text,jsonb,bigint) is volatile', 'ALTER FUNCTION qfs_api.sandbox VOLATILE'),
  ('a run that writes', 4, 'alpha as qfs_anon: 25006 %', pg_temp.altered('VOLATILE', 'DELETE FROM aegis.incident;', '')),
  ('a result that depends on who asks', 4, 'alpha: qfs_auditor gets another answer than qfs_anon', pg_temp.altered('STABLE', '', '|| jsonb_build_object(''size'', length(current_setting(''role'')))')),
  ('a result that depends on the time', 4, 'alpha as qfs_anon: another answer the second time', pg_temp.altered('STABLE', '', '|| jsonb_build_object(''size'', clock_timestamp())')),
  ('a result that its hash does not name', 4, 'alpha as qfs_anon: result_hash is not that of the answer', pg_temp.altered('STABLE', '', '|| ''{"size": 2}''')),
  ('a sandbox that is not for everybody', 4, 'alpha as qfs_anon: 42501 %', 'REVOKE EXECUTE ON FUNCTION qfs_api.sandbox FROM qfs_anon');

CREATE TEMP TABLE question (template text, params jsonb);
INSERT INTO question VALUES ('alpha', '{"value": "0.5"}'), ('change', '{"key": "referral.cap", "value": 5}'), ('fifty_proposals', '{}'), ('limits', '{"factor": 2}'),
  ('reward_times', '{"factor": 2}'), ('rollback', '{"changes": {"referral": {"cap": 5}}}'), ('sybil_ring', '{"wallets": 2}');

-- What writes to a table has a number of its own by the end of its transaction.
BEGIN READ ONLY;
SELECT count(qfs_api.sandbox(template, params)) AS answers FROM question \gset
SELECT pg_current_xact_id_if_assigned() IS NULL AS unwritten \gset
COMMIT;
CREATE TEMP TABLE written AS SELECT 'the runs have written to a table' AS finding WHERE NOT :'unwritten'::boolean;

-- The answer as a role gets it where nothing can be written; or why there is none.
CREATE FUNCTION pg_temp.run(role text, template text, params jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer text;
BEGIN
  PERFORM set_config('transaction_read_only', 'on', true), set_config('role', role, true);
  EXECUTE 'SELECT qfs_api.sandbox($1, $2, 1)' INTO answer USING template, params;
  RAISE EXCEPTION USING ERRCODE = 'QF000';
-- The end of the block is the end of the role, and of its being read-only.
EXCEPTION
  WHEN SQLSTATE 'QF000' THEN RETURN answer;
  WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
END $$;

CREATE FUNCTION pg_temp.state() RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', (SELECT h.hash FROM qfs.head() h), qfs.state_hash(),
    (SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_all_tables WHERE schemaname IN ('qfs', 'qfs_api')))
$$;

CREATE FUNCTION pg_temp.sandbox() RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  before text := pg_temp.state();
  found text[];
BEGIN
  WITH run AS MATERIALIZED (
    SELECT q.template, r.role, r.n, pg_temp.run(r.role, q.template, q.params) AS once, pg_temp.run(r.role, q.template, q.params) AS again
    FROM question q CROSS JOIN unnest(ARRAY['qfs_anon', 'qfs_user', 'qfs_auditor', 'qfs_operator']) WITH ORDINALITY r(role, n))
  SELECT array_agg(f.finding) INTO found
  FROM (SELECT format('%s as %s: %s', template, role, once) FROM run WHERE once !~ '^\{'
        UNION ALL SELECT format('%s as %s: another answer the second time', template, role) FROM run WHERE once <> again
        UNION ALL SELECT format('%s: %s gets another answer than %s', a.template, a.role, b.role) FROM run a JOIN run b ON b.template = a.template AND b.n = 1 WHERE a.once <> b.once
        UNION ALL SELECT format('%s as %s: result_hash is not that of the answer', template, role) FROM run
          WHERE CASE WHEN once ~ '^\{' THEN once::jsonb ->> 'result_hash' IS DISTINCT FROM qfs.sha3_256(convert_to(qfs.canonical(once::jsonb - 'result_hash'), 'UTF8'))::text END
        UNION ALL SELECT format('function %s is volatile', p.oid::regprocedure) FROM pg_proc p
          WHERE p.oid IN ('qfs.sandbox'::regproc, 'qfs.run_sandbox'::regproc, 'qfs.window_begin'::regproc, 'qfs.sandbox_templates'::regproc, 'qfs_api.sandbox'::regproc,
            'qfs_api.sandbox_templates'::regproc) AND p.provolatile = 'v'
        UNION ALL SELECT format('there is no question for %s', t ->> 'name') FROM jsonb_array_elements(qfs.sandbox_templates()) t
          WHERE NOT EXISTS (SELECT FROM question q WHERE q.template = t ->> 'name')
        UNION ALL SELECT w.finding FROM written w
        UNION ALL SELECT 'the ledger is another one after the runs' WHERE pg_temp.state() <> before) f(finding);
  RETURN coalesce(found, '{}');
END $$;

-- ---- what is found ----

-- What is found while it is planted; all of it is undone.
CREATE FUNCTION pg_temp.found(boundary integer, plant text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  found text[];
BEGIN
  EXECUTE plant;
  found := ARRAY(SELECT c.boundary || ' ' || c.finding FROM qfs.check_aegis() c);
  IF boundary = 4 THEN
    found := found || ARRAY(SELECT '4 ' || f FROM unnest(pg_temp.sandbox()) f);
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'QF000';
EXCEPTION WHEN SQLSTATE 'QF000' THEN
  RETURN found;
END $$;

-- What the role's statements come to, on every table; each has to fail for want of the privilege.
CREATE FUNCTION pg_temp.writes() RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  went text[] := '{}';
  a record;
BEGIN
  FOR a IN
    SELECT o.role, c.relkind, format(v.statement, n.nspname, c.relname, t.attname) AS statement
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute t ON t.attrelid = c.oid AND t.attnum = 1
    CROSS JOIN unnest(ARRAY['aegis_readonly', 'aegis_advisor']) o(role)
    CROSS JOIN unnest(ARRAY['INSERT INTO %I.%I (%I) VALUES (NULL)', 'UPDATE %I.%I SET %I = NULL', 'DELETE FROM %I.%I', 'TRUNCATE %I.%I']) v(statement)
    WHERE n.nspname IN ('qfs', 'qfs_api', 'aegis') AND (c.relkind = 'r' OR (c.relkind = 'v' AND v.statement NOT LIKE 'TRUNCATE%'))
    ORDER BY n.nspname, c.relname
  LOOP
    BEGIN
      PERFORM set_config('role', a.role, true);
      EXECUTE a.statement;
      RAISE EXCEPTION USING ERRCODE = 'QF000';
    EXCEPTION
      WHEN insufficient_privilege OR read_only_sql_transaction THEN NULL;
      -- into a view of several tables nobody writes
      WHEN object_not_in_prerequisite_state THEN
        IF a.relkind <> 'v' THEN
          went := went || format('%s: %s: %s', a.role, a.statement, SQLERRM);
        END IF;
      WHEN OTHERS THEN went := went || format('%s: %s: %s', a.role, a.statement, CASE SQLSTATE WHEN 'QF000' THEN 'done' ELSE SQLERRM END);
    END;
    PERFORM set_config('role', 'none', true);
  END LOOP;
  RETURN went;
END $$;

CREATE TEMP TABLE result AS
SELECT m.number, m.name, m.boundary, f.found, EXISTS (SELECT FROM unnest(f.found) x WHERE x LIKE m.boundary || ' ' || m.finding) AS is_found
FROM mutant m CROSS JOIN LATERAL (SELECT pg_temp.found(m.boundary, m.plant) AS found) f;

SELECT jsonb_build_object('checks', jsonb_agg(jsonb_build_object('id', b.id, 'ok', b.findings = '[]' AND b.mutants @? '$[0]' AND NOT b.mutants @? '$[*] ? (@.found == false)',
  'findings', b.findings, 'mutants', b.mutants) ORDER BY b.id))
FROM (SELECT i.id,
        (SELECT coalesce(jsonb_agg(c.finding), '[]') FROM qfs.check_aegis() c WHERE c.boundary = i.id)
          || CASE i.id WHEN 1 THEN to_jsonb(pg_temp.writes()) WHEN 4 THEN to_jsonb(pg_temp.sandbox()) ELSE '[]' END AS findings,
        (SELECT coalesce(jsonb_agg(jsonb_build_object('name', r.name, 'found', r.is_found)
           || CASE WHEN r.is_found THEN '{}' ELSE jsonb_build_object('instead', to_jsonb(r.found)) END ORDER BY r.number), '[]') FROM result r WHERE r.boundary = i.id) AS mutants
      FROM unnest(ARRAY[1, 3, 4, 5]) i(id)) b;
