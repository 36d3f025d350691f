-- Verifying, and what follows a restore.

CREATE FUNCTION qfs.verify(
    "from" bigint DEFAULT 0, "to" bigint DEFAULT NULL, depth text DEFAULT 'replay',
    OUT seq bigint, OUT code text, OUT detail text)
  RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'qfs_sql_verify' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION qfs.verify(bigint, bigint, text) IS
  'checks the entries from..to, inclusive; no rows: sound. depth: hashes (bytes, chain, tree), '
  'signatures (and each act), replay (and every outcome and all state)';

CREATE FUNCTION qfs.state_hash() RETURNS qfs.hash
  AS 'MODULE_PATHNAME', 'qfs_sql_state_hash' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION qfs.state_hash() IS
  'SHA-256 over all state tables; qfs-verify ledger --state gives the same from an export';

CREATE FUNCTION qfs.rebuild() RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_rebuild' LANGUAGE C;
COMMENT ON FUNCTION qfs.rebuild() IS
  'recomputes all state tables from the ledger; returns the number of records';

CREATE FUNCTION qfs.post_restore(accept_time boolean DEFAULT false, acknowledge jsonb DEFAULT '{}') RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_post_restore' LANGUAGE C;
COMMENT ON FUNCTION qfs.post_restore(boolean, jsonb) IS
  'after a restore or an import: verifies every entry, arms the guards, rebuilds state, opens the ledger; returns its size. '
  'Superusers: accept_time opens it with entries ahead of the clock, too; acknowledge, {"seq": "reason"}, with outcomes that are wrong, which an entry names then';

CREATE FUNCTION qfs.self_check() RETURNS TABLE (code text, detail text)
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  -- triggers: there, enabled always, on the right event, running the right function
  SELECT 'QFS_TRIGGER'::text,
         format('trigger %s of qfs.ledger %s', want.name,
                CASE WHEN t.oid IS NULL THEN 'is missing'
                     WHEN t.tgenabled <> 'A' THEN 'is not enabled ALWAYS'
                     ELSE 'was changed' END)
  FROM (VALUES ('zzz_qfs_append', 'ledger_append', 7),
               ('zzz_qfs_refuse_row', 'refuse_change', 27),
               ('zzz_qfs_refuse_statement', 'refuse_change', 58)) AS want(name, function, type)
  LEFT JOIN pg_trigger t ON t.tgrelid = 'qfs.ledger'::regclass AND t.tgname = want.name
  LEFT JOIN pg_proc p ON p.oid = t.tgfoid AND p.pronamespace = 'qfs'::regnamespace
                     AND p.proname = want.function AND p.prosrc = 'qfs_sql_' || want.function
  WHERE t.tgenabled IS DISTINCT FROM 'A' OR p.oid IS NULL OR t.tgtype <> want.type
     OR t.tgqual IS NOT NULL OR t.tgattr <> ''
  UNION ALL
  -- nothing in between: BEFORE row triggers behind ours, rules, row security, children
  SELECT 'QFS_TRIGGER_BETWEEN', format('trigger %s of qfs.ledger fires behind zzz_qfs_append', t.tgname)
  FROM pg_trigger t
  WHERE t.tgrelid = 'qfs.ledger'::regclass AND t.tgtype & 7 = 7
    AND t.tgenabled <> 'D' AND t.tgname > 'zzz_qfs_append'
  UNION ALL
  SELECT 'QFS_RULE', format('rule %s on %s', r.rulename, r.ev_class::regclass)
  FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
  WHERE c.relnamespace = 'qfs'::regnamespace AND c.relkind = 'r'
  UNION ALL
  SELECT 'QFS_ROW_SECURITY', format('row security is on for %s', c.oid::regclass)
  FROM pg_class c WHERE c.oid = 'qfs.ledger'::regclass AND c.relrowsecurity
  UNION ALL
  -- and where it keeps envelopes to their two parties: there, for the owner too, by the one policy that says so
  SELECT 'QFS_ROW_SECURITY',
         format('row security of %s %s', want.name,
                CASE WHEN NOT c.relrowsecurity THEN 'is off'
                     WHEN NOT c.relforcerowsecurity THEN 'does not bind the owner'
                     ELSE 'was changed' END)
  FROM (VALUES ('qfs.message', 'parties', '((sender OPERATOR(qfs.=) qfs.current_user_id()) OR (recipient OPERATOR(qfs.=) qfs.current_user_id()))'),
               ('qfs.read_mark', 'reader', '(user_id OPERATOR(qfs.=) qfs.current_user_id())')) AS want(name, policy, rows)
  JOIN pg_class c ON c.oid = want.name::regclass
  WHERE NOT c.relrowsecurity OR NOT c.relforcerowsecurity
     OR 1 <> (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid)
     OR NOT EXISTS (SELECT FROM pg_policy p
                    WHERE p.polrelid = c.oid AND p.polname = want.policy AND p.polcmd = '*' AND p.polroles = '{0}'
                      AND pg_get_expr(p.polqual, c.oid) = want.rows
                      AND coalesce(pg_get_expr(p.polwithcheck, c.oid), want.rows) = want.rows)
  UNION ALL
  SELECT 'QFS_ROW_SECURITY', 'row security does not bind qfs_owner'
  FROM pg_roles WHERE rolname = 'qfs_owner' AND (rolsuper OR rolbypassrls)
  UNION ALL
  SELECT 'QFS_CHILD', format('table %s inherits from qfs.ledger', i.inhrelid::regclass)
  FROM pg_inherits i WHERE i.inhparent = 'qfs.ledger'::regclass
  UNION ALL
  -- event triggers
  SELECT 'QFS_EVENT_TRIGGER',
         format('event trigger %s %s', want.name,
                CASE WHEN e.oid IS NULL THEN 'is missing'
                     WHEN e.evtenabled <> 'A' THEN 'is not enabled ALWAYS'
                     ELSE 'was changed' END)
  FROM (VALUES ('qfs_guard_start', 'ddl_command_start'), ('qfs_guard_end', 'ddl_command_end'),
               ('qfs_guard_drop', 'sql_drop'), ('qfs_guard_rewrite', 'table_rewrite')) AS want(name, event)
  LEFT JOIN pg_event_trigger e ON e.evtname = want.name
  LEFT JOIN pg_proc p ON p.oid = e.evtfoid AND p.pronamespace = 'qfs'::regnamespace
                     AND p.proname = 'guard_ddl' AND p.prosrc = 'qfs_sql_guard_ddl'
  WHERE e.evtenabled IS DISTINCT FROM 'A' OR e.evtevent <> want.event OR p.oid IS NULL
  UNION ALL
  SELECT 'QFS_GUARD_OFF', 'qfs.ddl_guard is off in this session'
  -- unknown until something loads the library, and then at its default: on
  WHERE NOT coalesce(current_setting('qfs.ddl_guard', true), 'on')::boolean
  UNION ALL
  -- owners: REASSIGN OWNED is seen by no event trigger
  SELECT 'QFS_OWNER', format('%s belongs to %s', o.name, pg_get_userbyid(o.owner))
  FROM (SELECT format('table %s', c.oid::regclass) AS name, c.relowner AS owner
        FROM pg_class c WHERE c.relnamespace::regnamespace::text IN ('qfs', 'qfs_api') AND c.relkind IN ('r', 'v')
        UNION ALL
        SELECT format('function %s', p.oid::regprocedure), p.proowner
        FROM pg_proc p
        WHERE p.pronamespace::regnamespace::text IN ('qfs', 'qfs_api') AND p.prorettype <> 'event_trigger'::regtype) AS o
  WHERE pg_get_userbyid(o.owner) <> 'qfs_owner'
  UNION ALL
  -- privileges as they were installed, but for the owner's own
  SELECT 'QFS_PRIVILEGES',
         format('%s: %s %s %s', o.name,
                CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END, x.privilege_type,
                CASE WHEN x.installed THEN 'was revoked' ELSE 'was granted' END)
  FROM (SELECT 'pg_class'::regclass AS classid, c.oid AS objid, 0 AS objsubid,
               format('table %s', c.oid::regclass) AS name, c.relacl AS acl
        FROM pg_class c WHERE c.relnamespace::regnamespace::text IN ('qfs', 'qfs_api') AND c.relkind IN ('r', 'v')
        UNION ALL
        SELECT 'pg_class'::regclass, c.oid, a.attnum, format('column %s.%I', c.oid::regclass, a.attname), a.attacl
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relnamespace::regnamespace::text IN ('qfs', 'qfs_api') AND c.relkind IN ('r', 'v')
        UNION ALL
        SELECT 'pg_proc'::regclass, p.oid, 0, format('function %s', p.oid::regprocedure), p.proacl
        FROM pg_proc p WHERE p.pronamespace::regnamespace::text IN ('qfs', 'qfs_api')
        UNION ALL
        SELECT 'pg_namespace'::regclass, n.oid, 0, format('schema %I', n.nspname), n.nspacl
        FROM pg_namespace n WHERE n.nspname IN ('qfs', 'qfs_api')) AS o
  LEFT JOIN pg_init_privs i ON (i.classoid, i.objoid, i.objsubid) = (o.classid, o.objid, o.objsubid),
  LATERAL (
    SELECT coalesce(now.grantee, was.grantee) AS grantee,
           coalesce(now.privilege_type, was.privilege_type) AS privilege_type,
           was.grantee IS NOT NULL AS installed
    FROM (SELECT DISTINCT grantee, privilege_type, is_grantable FROM aclexplode(o.acl)
          WHERE grantee <> grantor) now
    FULL JOIN
         (SELECT DISTINCT grantee, privilege_type, is_grantable FROM aclexplode(i.initprivs)
          WHERE grantee <> grantor) was
      USING (grantee, privilege_type, is_grantable)
    WHERE now.grantee IS NULL OR was.grantee IS NULL) AS x;
END;
COMMENT ON FUNCTION qfs.self_check() IS
  'are the guards in place and the privileges as they were installed? no rows: yes';

GRANT EXECUTE ON FUNCTION qfs.verify(bigint, bigint, text), qfs.self_check()
  TO qfs_operator, qfs_auditor;
GRANT EXECUTE ON FUNCTION qfs.state_hash() TO qfs_auditor;
