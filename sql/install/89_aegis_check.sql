-- The boundaries of advice that need no run of the rules, executed: a row a finding.  docs/aegis.md is the contract that they hold to.

-- Boundary 1.  What a role may do is asked of PostgreSQL, so it counts what comes through PUBLIC, a membership or ownership, too.
CREATE FUNCTION aegis.excess() RETURNS TABLE (finding text)
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  readable text[] := ARRAY['aegis.model', 'qfs_api.policy_keys', 'qfs_api.proposals', 'qfs_api.tallies'];
  -- what is not listed is not theirs; of these the last three may be volatile, and are the advisor's alone
  callable text[] := ARRAY['qfs_api.advice', 'qfs_api.advice_models', 'qfs_api.checkpoint', 'qfs_api.consequence_map', 'qfs_api.explanation_schema',
    'qfs_api.governance', 'qfs_api.head', 'qfs_api.policy',
    'qfs_api.principles', 'qfs_api.sandbox', 'qfs_api.sandbox_templates', 'qfs_api.token_guard_map', 'qfs_api.vkey', 'qfs_api.what_if', 'qfs.block_time', 'qfs.policy_key_list', 'qfs.who_changes'];
  volatile text[] := ARRAY['qfs_api.advise', 'qfs_api.pre_request', 'qfs.authenticate_request'];
BEGIN
  RETURN QUERY
  WITH RECURSIVE own AS (SELECT r.* FROM pg_roles r WHERE r.rolname IN ('aegis_readonly', 'aegis_advisor')),
  above (role, over, path) AS (
    SELECT o.rolname::text COLLATE "C", m.roleid, ''::text COLLATE "C" FROM own o JOIN pg_auth_members m ON m.member = o.oid
    UNION
    SELECT a.role, m.roleid, a.path || ' through ' || pg_get_userbyid(a.over)::text FROM above a JOIN pg_auth_members m ON m.member = a.over
    WHERE length(a.path) < 1000),
  -- PostgreSQL's own schemas are looked at for what was granted to these roles by name
  space AS (SELECT n.* FROM pg_namespace n WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp|toast_temp)'),
  relation AS (SELECT c.oid, c.relkind, format('%s.%s', s.nspname, c.relname) AS name FROM pg_class c JOIN space s ON s.oid = c.relnamespace
               WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f', 'S')),
  routine AS (SELECT p.oid, p.provolatile, p.prosecdef, s.nspname, s.oid AS space, format('%s.%s', s.nspname, p.proname) AS name, p.oid::regprocedure::text AS full_name
              FROM pg_proc p JOIN space s ON s.oid = p.pronamespace)
  -- the roles themselves
  SELECT format('role %s is missing', v.name) FROM (VALUES ('aegis_readonly'), ('aegis_advisor')) v(name)
  WHERE NOT EXISTS (SELECT FROM own o WHERE o.rolname = v.name)
  UNION ALL
  SELECT format('role %s has %s', o.rolname, a.attribute)
  FROM own o CROSS JOIN LATERAL (VALUES ('SUPERUSER', o.rolsuper), ('CREATEROLE', o.rolcreaterole), ('CREATEDB', o.rolcreatedb),
    ('REPLICATION', o.rolreplication), ('BYPASSRLS', o.rolbypassrls), ('LOGIN', o.rolcanlogin)) a(attribute, has) WHERE a.has
  UNION ALL
  SELECT format('role %s is a member of %s%s', a.role, pg_get_userbyid(a.over), a.path) FROM above a
  UNION ALL
  SELECT format('role %s owns %s', o.rolname, coalesce((pg_identify_object(d.classid, d.objid, d.objsubid)).identity, 'what is in another database'))
  FROM own o JOIN pg_shdepend d ON d.refclassid = 'pg_authid'::regclass AND d.refobjid = o.oid AND d.deptype = 'o'
  UNION ALL
  -- tables, columns, sequences
  SELECT format('role %s has %s on %s', o.rolname, p.privilege, r.name)
  FROM own o CROSS JOIN relation r CROSS JOIN (VALUES ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('REFERENCES'), ('TRIGGER')) p(privilege)
  WHERE r.relkind <> 'S' AND (has_table_privilege(o.oid, r.oid, p.privilege)
    OR (p.privilege IN ('INSERT', 'UPDATE', 'REFERENCES') AND has_any_column_privilege(o.oid, r.oid, p.privilege)))
  UNION ALL
  SELECT format('role %s reads %s', o.rolname, r.name) FROM own o CROSS JOIN relation r
  WHERE r.relkind <> 'S' AND r.name <> ALL (readable) AND r.name ~ '^(qfs|qfs_api|aegis)\.' AND has_any_column_privilege(o.oid, r.oid, 'SELECT')
  UNION ALL
  SELECT format('role %s has %s on sequence %s', o.rolname, p.privilege, r.name)
  FROM own o CROSS JOIN relation r CROSS JOIN (VALUES ('USAGE'), ('UPDATE'), ('SELECT')) p(privilege)
  -- what is evaluated first is not left to the planner
  WHERE CASE WHEN r.relkind = 'S' THEN has_sequence_privilege(o.oid, r.oid, p.privilege) ELSE false END
  UNION ALL
  -- functions: those of qfs by the list; of others such as run with more rights than the caller's
  SELECT format('role %s calls %s', o.rolname, f.full_name) FROM own o CROSS JOIN routine f
  WHERE has_function_privilege(o.oid, f.oid, 'EXECUTE')
    AND CASE WHEN f.nspname IN ('qfs', 'qfs_api', 'aegis') THEN f.name <> ALL (callable) AND NOT (o.rolname = 'aegis_advisor' AND f.name = ANY (volatile))
             ELSE f.prosecdef AND f.provolatile = 'v' AND has_schema_privilege(o.oid, f.space, 'USAGE') END
  UNION ALL
  SELECT format('function %s is volatile', f.full_name) FROM routine f WHERE f.provolatile = 'v' AND f.name = ANY (callable)
  UNION ALL
  -- schemas, the database, parameters
  SELECT format('role %s creates in schema %s', o.rolname, s.nspname) FROM own o CROSS JOIN pg_namespace s
  WHERE s.nspname !~ '^pg_(toast|temp|toast_temp)' AND has_schema_privilege(o.oid, s.oid, 'CREATE')
  UNION ALL
  SELECT format('role %s uses schema qfs', o.rolname) FROM own o WHERE has_schema_privilege(o.oid, 'qfs', 'USAGE')
  UNION ALL
  SELECT format('role %s creates in database %s', o.rolname, current_database()) FROM own o WHERE has_database_privilege(o.oid, current_database(), 'CREATE')
  UNION ALL
  SELECT format('%s has %s of parameter %s', CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END, a.privilege_type, p.parname)
  FROM pg_parameter_acl p CROSS JOIN LATERAL aclexplode(p.paracl) a WHERE a.grantee = 0 OR a.grantee IN (SELECT o.oid FROM own o)
  UNION ALL
  -- what will be granted of what is made from now on
  SELECT format('%s gets %s of %s that are made%s', CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END, a.privilege_type,
    CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'objects' END,
    coalesce(' in schema ' || n.nspname, ''))
  FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) a LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
  WHERE a.grantee IN (SELECT o.oid FROM own o)
     OR (a.grantee = 0 AND (d.defaclobjtype IN ('r', 'S', 'n') OR n.nspname IN ('qfs', 'qfs_api', 'aegis')))
  UNION ALL
  -- whatever else names these roles: languages, large objects, foreign servers, objects of PostgreSQL's own schemas
  SELECT format('role %s was granted something on %s %s', o.rolname, i.type, i.identity)
  FROM own o JOIN pg_shdepend d ON d.refclassid = 'pg_authid'::regclass AND d.refobjid = o.oid AND d.deptype = 'a'
    AND d.dbid = (SELECT b.oid FROM pg_database b WHERE b.datname = current_database())
  CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) i
  WHERE NOT (d.classid = 'pg_class'::regclass AND d.objid IN (SELECT r.oid FROM relation r))
    AND NOT (d.classid = 'pg_proc'::regclass AND d.objid IN (SELECT f.oid FROM routine f WHERE f.nspname IN ('qfs', 'qfs_api', 'aegis')))
    AND NOT (d.classid = 'pg_namespace'::regclass AND i.identity IN ('qfs_api', 'aegis'))
    AND d.classid <> 'pg_default_acl'::regclass;
END $$;
COMMENT ON FUNCTION aegis.excess() IS 'boundary 1: what the roles of advice may do that the contract does not give them';

-- Boundaries 3 and 5.  A name that is put together at run time is in no source: what reads aegis so is found by what it reads, at run time.
CREATE FUNCTION aegis.entangled() RETURNS TABLE (boundary integer, finding text)
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  -- what is about advice, and is called by nothing of the ledger
  about text[] := ARRAY['qfs.advisor_token', 'qfs.revoke_advisor', 'qfs.register_model', 'qfs.retire_model', 'qfs.check_aegis', 'qfs.aegis_release',
    'qfs_api.advise', 'qfs_api.advice', 'qfs_api.advice_models', 'qfs_api.consequence_map', 'qfs.newest_advice', 'qfs.explain_advice',
    'qfs_api.explanation_with_advice'];
  -- the page, which holds texts
  page text[] := ARRAY['qfs_api.app', 'qfs_api.page_module'];
BEGIN
  RETURN QUERY
  WITH ledger_space AS (SELECT n.* FROM pg_namespace n WHERE n.nspname IN ('qfs', 'qfs_api')),
  routine AS (
    SELECT p.oid, s.nspname || '.' || p.proname AS name, p.oid::regprocedure::text AS full_name,
           p.prosrc || coalesce(pg_get_function_sqlbody(p.oid), '') AS source
    FROM pg_proc p JOIN ledger_space s ON s.oid = p.pronamespace),
  part AS (
    SELECT 'pg_namespace'::regclass AS classid, n.oid FROM pg_namespace n WHERE n.nspname = 'aegis'
    UNION ALL SELECT 'pg_class'::regclass, c.oid FROM pg_class c WHERE c.relnamespace = to_regnamespace('aegis')
    UNION ALL SELECT 'pg_type'::regclass, t.oid FROM pg_type t WHERE t.typnamespace = to_regnamespace('aegis')
    UNION ALL SELECT 'pg_proc'::regclass, p.oid FROM pg_proc p WHERE p.pronamespace = to_regnamespace('aegis'))
  -- names that an entry, a policy or a table of the ledger could have
  SELECT 3, format('event type %s', e.type) FROM qfs.event_type e WHERE e.type ~* '^aegis_'
  UNION ALL
  SELECT 3, format('key of the policy %s', k.key) FROM qfs.policy_key_list() k WHERE k.key ~* '(^|\.)aegis_'
  UNION ALL
  SELECT 3, format('%s.%s', s.nspname, x.name)
  FROM ledger_space s CROSS JOIN LATERAL (
    SELECT c.relname::text AS name FROM pg_class c WHERE c.relnamespace = s.oid
    UNION SELECT t.typname FROM pg_type t WHERE t.typnamespace = s.oid
    UNION SELECT c.relname || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
          WHERE c.relnamespace = s.oid AND a.attname ~* '^aegis_') x(name)
  WHERE x.name ~* '(^|\.)aegis_'
  UNION ALL
  -- what depends on advice
  SELECT 5, format('%s %s depends on aegis', i.type, i.identity)
  FROM pg_depend d JOIN part p ON p.classid = d.refclassid AND p.oid = d.refobjid
  CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) i
  WHERE d.deptype <> 'e' AND (i.schema IN ('qfs', 'qfs_api') OR i.identity ~ ' on (qfs|qfs_api)\.')
  UNION ALL
  -- what names it
  SELECT 5, format('function %s names aegis', r.full_name) FROM routine r
  WHERE r.name <> ALL (about || page) AND r.source ~* '\yaegis\y'
  UNION ALL
  SELECT 5, format('view %s names aegis', c.oid::regclass) FROM pg_class c JOIN ledger_space s ON s.oid = c.relnamespace
  WHERE c.relkind IN ('v', 'm') AND pg_get_viewdef(c.oid) ~* '\yaegis\y'
  UNION ALL
  SELECT 5, format('trigger %s on %s names aegis', t.tgname, t.tgrelid::regclass)
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN ledger_space s ON s.oid = c.relnamespace JOIN pg_proc p ON p.oid = t.tgfoid
  WHERE NOT t.tgisinternal AND p.prosrc || coalesce(pg_get_function_sqlbody(p.oid), '') || pg_get_triggerdef(t.oid) ~* '\yaegis\y'
  UNION ALL
  -- what stands between
  SELECT 5, format('%s calls %s', r.full_name, a.name) FROM routine r JOIN unnest(about) a(name) ON r.source ~* ('\y' || split_part(a.name, '.', 1) || '\.' || split_part(a.name, '.', 2) || '\y')
  WHERE r.name <> ALL (about || page)
  UNION ALL
  SELECT 5, format('function %s does not belong to the extension', r.full_name) FROM routine r
  WHERE NOT EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
                    WHERE d.classid = 'pg_proc'::regclass AND d.objid = r.oid AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass AND e.extname = 'qfs')
  UNION ALL
  SELECT 5, format('trigger %s on %s', t.tgname, t.tgrelid::regclass)
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
  WHERE c.relnamespace = to_regnamespace('aegis') AND NOT t.tgisinternal AND t.tgname <> 'zzz_aegis_refuse_change'
  UNION ALL
  SELECT 5, format('rule %s on %s', r.rulename, r.ev_class::regclass)
  FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE c.relnamespace = to_regnamespace('aegis');
END $$;
COMMENT ON FUNCTION aegis.entangled() IS 'boundaries 3 and 5: what of the ledger bears a name of advice, reads it, or is written by it';

CREATE FUNCTION aegis.findings() RETURNS TABLE (boundary integer, finding text)
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT f.boundary, f.finding
    FROM (SELECT 1 AS boundary, x.finding FROM aegis.excess() x UNION SELECT x.boundary, x.finding FROM aegis.entangled() x) f
    ORDER BY f.boundary, f.finding COLLATE "C";
END $$;
COMMENT ON FUNCTION aegis.findings() IS 'what is broken of the boundaries now';

-- Failure mode 1.  A service that was let in, and has given advice, gives none any more.
CREATE FUNCTION aegis.silence() RETURNS text
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  last bigint := (SELECT max(m.last) FROM aegis.model m JOIN aegis.service s ON s.service = m.service AND s.revoked IS NULL WHERE m.status <> 'retired');
BEGIN
  RETURN CASE WHEN last <= (extract(epoch FROM statement_timestamp()) * 1000)::bigint - qfs.advice_stale()
              THEN format('no advice since %s', last) END;
END $$;
COMMENT ON FUNCTION aegis.silence() IS 'since when there is no advice, or null: there is some that is newer than qfs.advice_stale, or nobody gives any';

-- Failure mode 2.  The newest recommendation of each version, and what became of the proposal.
CREATE FUNCTION aegis.overruled() RETURNS TABLE (detail text)
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT format('proposal %s: %s %s recommended %s, and it is %s%s', t.proposal, m.model, m.version, a.recommended, t.state, ', for ' || t.guard)
  FROM qfs.tally t CROSS JOIN aegis.model m
  CROSS JOIN LATERAL (SELECT x.body ->> 'recommend' AS recommended FROM aegis.advice x
                      WHERE x.subject = 'proposal:' || t.proposal AND x.model = m.model AND x.version = m.version AND x.body ? 'recommend'
                      ORDER BY x.at DESC LIMIT 1) a
  WHERE (a.recommended = 'yes' AND t.state IN ('REJECTED', 'FAILED')) OR (a.recommended IN ('no', 'veto') AND t.state IN ('EXECUTED', 'ADOPTED'));
END $$;
COMMENT ON FUNCTION aegis.overruled() IS 'recommendations on proposals that were settled otherwise, with the guard that blocked them';

-- Failure mode 3.  All that the roles may call is called where nothing can be written; who tries to is told so by PostgreSQL.
CREATE FUNCTION aegis.writers() RETURNS TABLE (finding text)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  f record;
BEGIN
  FOR f IN
    SELECT p.oid::regprocedure::text AS name,
           -- with arguments where it needs some, or would take long without
           format('SELECT count(*) FROM %I.%I(%s)', n.nspname, p.proname, a.arguments) AS call
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'qfs_api'
    LEFT JOIN (VALUES ('advice', $a$'entry:0'$a$), ('what_if', 'size => 1'), ('consequence_map', $a$changes => '{}', "window" => 0$a$),
                      ('sandbox', $a$'alpha', '{"value": "0.5"}', 1$a$)) a(name, arguments) ON a.name = p.proname
    WHERE has_function_privilege('aegis_readonly', p.oid, 'EXECUTE') AND (p.pronargs = p.pronargdefaults OR a.name IS NOT NULL)
    ORDER BY p.oid::regprocedure::text COLLATE "C"
  LOOP
    BEGIN
      PERFORM set_config('transaction_read_only', 'on', true);
      EXECUTE f.call;
      RAISE EXCEPTION USING ERRCODE = 'QF000';
    -- The end of the block is the end of its being read-only.
    EXCEPTION
      WHEN read_only_sql_transaction THEN
        finding := format('function %s tries to write: %s', f.name, SQLERRM);
        RETURN NEXT;
      WHEN OTHERS THEN NULL;
    END;
  END LOOP;
END $$;
COMMENT ON FUNCTION aegis.writers() IS 'functions for the roles of advice that try to write, and fail with 25006';

CREATE FUNCTION aegis.note(failure text, details text[]) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  INSERT INTO aegis.incident (number, at, failure, detail)
  SELECT coalesce((SELECT max(i.number) FROM aegis.incident i), 0) + row_number() OVER (ORDER BY x.n),
         (extract(epoch FROM clock_timestamp()) * 1000)::bigint, note.failure, x.detail
  FROM unnest(details) WITH ORDINALITY x(detail, n)
  WHERE NOT EXISTS (SELECT FROM aegis.incident i WHERE i.failure = note.failure AND i.released IS NULL AND i.detail = x.detail);
END $$;
COMMENT ON FUNCTION aegis.note(text, text[]) IS 'writes down what was found, unless it is there and open';

CREATE FUNCTION qfs.check_aegis(OUT boundary integer, OUT finding text) RETURNS SETOF record
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  found text[];
  writers text[];
  silence text;
BEGIN
  IF to_regnamespace('aegis') IS NULL THEN
    RETURN;
  END IF;
  found := ARRAY(SELECT f.boundary || ' ' || f.finding FROM aegis.findings() f);
  writers := ARRAY(SELECT w.finding FROM aegis.writers() w);
  IF NOT current_setting('transaction_read_only')::boolean THEN
    LOCK TABLE aegis.incident IN SHARE ROW EXCLUSIVE MODE;
    PERFORM aegis.note('FM3', writers);
    PERFORM aegis.note('FM4', found);
    -- What is broken may keep the rest from being known, and must not keep itself from being told.
    BEGIN
      silence := aegis.silence();
      UPDATE aegis.incident i SET released = (extract(epoch FROM clock_timestamp()) * 1000)::bigint
      WHERE i.failure = 'FM1' AND i.released IS NULL AND i.detail IS DISTINCT FROM silence;
      PERFORM aegis.note('FM1', array_remove(ARRAY[silence], NULL));
      PERFORM aegis.note('FM2', ARRAY(SELECT o.detail FROM aegis.overruled() o));
    EXCEPTION WHEN insufficient_privilege OR undefined_table OR undefined_column THEN NULL;
    END;
  END IF;
  RETURN QUERY SELECT split_part(f, ' ', 1)::integer, substr(f, strpos(f, ' ') + 1) FROM unnest(found) f;
  RETURN QUERY SELECT 4, w FROM unnest(writers) w;
END $$;
COMMENT ON FUNCTION qfs.check_aegis() IS
  'checks the boundaries of advice: a row a finding, and an incident; one of FM4 closes advice until qfs.aegis_release(). Notes the other failures of advice, too. In a read-only transaction nothing is noted; no rows: they hold';

CREATE FUNCTION qfs.aegis_release() RETURNS bigint
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found text := (SELECT min(c.finding COLLATE "C") FROM qfs.check_aegis() c);
  released bigint;
BEGIN
  IF found IS NOT NULL THEN
    PERFORM qfs.refuse('AEGIS_CLOSED', found);
  END IF;
  UPDATE aegis.incident i SET released = (extract(epoch FROM clock_timestamp()) * 1000)::bigint WHERE i.failure IN ('FM3', 'FM4') AND i.released IS NULL;
  GET DIAGNOSTICS released = ROW_COUNT;
  RETURN released;
END $$;
COMMENT ON FUNCTION qfs.aegis_release() IS
  'opens advice again after what qfs.check_aegis() found was mended, and gives how many incidents that released; an error while there is a finding';

-- Found by qfs.part_calls().
CREATE FUNCTION aegis.health() RETURNS TABLE (item text, status text, value text, remedy text)
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found record;
  open record;
BEGIN
  SELECT count(*) AS count, min(f.finding COLLATE "C") AS first INTO found FROM aegis.findings() f;
  SELECT count(*) AS count, min(i.detail COLLATE "C") AS first INTO open FROM aegis.incident i WHERE i.failure IN ('FM3', 'FM4') AND i.released IS NULL;
  RETURN QUERY SELECT 'advice', CASE WHEN found.count + open.count > 0 THEN 'error' ELSE 'ok' END,
    CASE WHEN found.count > 0 THEN format('%s findings; %s', found.count, found.first)
         WHEN open.count > 0 THEN format('%s incidents are not released; %s', open.count, open.first)
         ELSE 'its boundaries hold' END,
    CASE WHEN found.count > 0
         THEN 'SELECT * FROM qfs.check_aegis() shows all of them, and closes advice; have them mended, then SELECT qfs.aegis_release(). docs/aegis.md.'
         WHEN open.count > 0 THEN 'What qfs.check_aegis() found is mended: SELECT qfs.aegis_release().' END;
END $$;
COMMENT ON FUNCTION aegis.health() IS 'the item of advice in qfs.health()';

-- Found by qfs.part_calls(), too.
CREATE FUNCTION aegis.metrics() RETURNS TABLE (name text, type text, help text, samples text)
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT 'qfs_advice_total', 'counter', 'Pieces of advice by model.',
         string_agg(format('qfs_advice_total{model="%s"} %s', x.model, x.given), E'\n' ORDER BY x.model)
  FROM (SELECT m.model, sum(m.given) AS given FROM aegis.model m GROUP BY m.model) x HAVING count(*) > 0
  UNION ALL
  SELECT 'qfs_advice_age_seconds', 'gauge', 'Age of the newest piece of advice.',
         'qfs_advice_age_seconds ' || round(greatest((extract(epoch FROM statement_timestamp()) * 1000)::bigint - max(m.last), 0) / 1000.0, 3)
  FROM aegis.model m HAVING max(m.last) IS NOT NULL
  UNION ALL
  SELECT 'qfs_aegis_findings', 'gauge', 'Findings about the boundaries of advice, with those that are mended and not released.', 'qfs_aegis_findings ' || count(*)
  FROM (SELECT f.boundary || ' ' || f.finding FROM aegis.findings() f
        UNION SELECT i.detail FROM aegis.incident i WHERE i.failure IN ('FM3', 'FM4') AND i.released IS NULL) x
  UNION ALL
  SELECT 'qfs_recommendations_overruled_total', 'counter', 'Recommendations that were decided otherwise, as qfs.check_aegis() has counted them.',
         'qfs_recommendations_overruled_total ' || count(*)
  FROM aegis.incident i WHERE i.failure = 'FM2';
END $$;
COMMENT ON FUNCTION aegis.metrics() IS 'what advice adds to qfs_api.metrics(), a row a metric';

GRANT EXECUTE ON FUNCTION qfs.check_aegis(), qfs.aegis_release() TO qfs_operator;
GRANT EXECUTE ON FUNCTION qfs.check_aegis() TO qfs_auditor;
