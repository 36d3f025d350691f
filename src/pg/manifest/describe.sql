-- What there is of qfs in this database: one row a fact of an object.  The list
-- of what was installed (manifest.def) is made of it, and compared with it.
--
-- Run with search_path = pg_catalog, pg_temp, so that names are written out.
-- Names stand for oids, SUPERUSER for whichever superuser installed it, hashes
-- for bodies.  A fact is "label" or "label = value"; a label occurs once an
-- object.  tolerated: an application may have it, and it is in no list.
WITH
ext AS (SELECT * FROM pg_extension WHERE extname = 'qfs'),
schema AS (SELECT n.* FROM pg_namespace n WHERE n.nspname IN ('qfs', 'qfs_api', 'aegis')),
member AS (
  SELECT d.classid, d.objid FROM pg_depend d JOIN ext ON d.refobjid = ext.oid
  WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'),
-- in our schemas or members of the extension; a table's row type and arrays go with what they are of
object AS MATERIALIZED (
  SELECT o.classid, o.objid, bool_or(o.member) AS member FROM (
    SELECT classid, objid, true AS member FROM member
    UNION ALL SELECT d.classid, d.objid, false FROM pg_depend d JOIN schema s ON d.refobjid = s.oid
      WHERE d.refclassid = 'pg_namespace'::regclass
        -- a view or a default elsewhere may mention a schema of ours
        AND (d.classid IN ('pg_extension'::regclass, 'pg_default_acl'::regclass)
             OR (pg_identify_object(d.classid, d.objid, d.objsubid)).schema IN ('qfs', 'qfs_api', 'aegis'))
    UNION ALL SELECT 'pg_namespace'::regclass, oid, false FROM schema
    -- one that was put in a guard's place
    UNION ALL SELECT 'pg_event_trigger'::regclass, oid, false FROM pg_event_trigger WHERE evtname LIKE 'qfs\_guard\_%') o
  LEFT JOIN pg_type t ON o.classid = 'pg_type'::regclass AND t.oid = o.objid
  WHERE o.classid NOT IN ('pg_publication_namespace'::regclass, 'pg_statistic_ext'::regclass)
    AND (t.oid IS NULL OR (t.typrelid = 0 AND t.typcategory <> 'A'))
  GROUP BY 1, 2),
relation AS (
  SELECT c.* FROM object o JOIN pg_class c ON o.classid = 'pg_class'::regclass AND c.oid = o.objid
  WHERE c.relkind <> 'i' AND c.relkind <> 'I'),
own_role AS (
  SELECT r.* FROM pg_roles r
  WHERE r.rolname IN ('qfs_owner', 'qfs_anon', 'qfs_user', 'qfs_operator', 'qfs_auditor', 'qfs_monitor', 'qfs_bridge', 'aegis_readonly', 'aegis_advisor')),
-- settings that switch guards off, for whoever was granted them
setting AS (
  SELECT p.oid, p.paracl FROM pg_parameter_acl p
  WHERE p.parname IN ('session_replication_role', 'event_triggers')
     OR (p.parname LIKE 'qfs.%' AND p.parname <> 'qfs.early_lock_release')),

-- owner and privileges of every kind of object
owned AS (
  SELECT 'pg_class'::regclass AS classid, oid AS objid, 0 AS objsubid, relowner AS owner, relacl AS acl,
    CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char" AS kind FROM relation
  UNION ALL SELECT 'pg_proc'::regclass, p.oid, 0, p.proowner, p.proacl, 'f'
    FROM object JOIN pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid
  UNION ALL SELECT 'pg_type'::regclass, t.oid, 0, t.typowner, t.typacl, 'T'
    FROM object JOIN pg_type t ON classid = 'pg_type'::regclass AND t.oid = objid
  UNION ALL SELECT 'pg_namespace'::regclass, oid, 0, nspowner, nspacl, 'n' FROM schema
  UNION ALL SELECT 'pg_operator'::regclass, p.oid, 0, p.oprowner, NULL, NULL
    FROM object JOIN pg_operator p ON classid = 'pg_operator'::regclass AND p.oid = objid
  UNION ALL SELECT 'pg_opclass'::regclass, p.oid, 0, p.opcowner, NULL, NULL
    FROM object JOIN pg_opclass p ON classid = 'pg_opclass'::regclass AND p.oid = objid
  UNION ALL SELECT 'pg_opfamily'::regclass, p.oid, 0, p.opfowner, NULL, NULL
    FROM object JOIN pg_opfamily p ON classid = 'pg_opfamily'::regclass AND p.oid = objid
  UNION ALL SELECT 'pg_event_trigger'::regclass, p.oid, 0, p.evtowner, NULL, NULL
    FROM object JOIN pg_event_trigger p ON classid = 'pg_event_trigger'::regclass AND p.oid = objid
  UNION ALL SELECT 'pg_extension'::regclass, oid, 0, extowner, NULL, NULL FROM ext),
granted AS (
  SELECT o.classid, o.objid, o.objsubid, a.grantee, a.privilege_type, a.is_grantable
  FROM owned o, aclexplode(coalesce(o.acl, acldefault(o.kind, o.owner))) a
  WHERE o.kind IS NOT NULL AND a.grantee <> o.owner
  UNION ALL
  SELECT 'pg_class'::regclass, t.attrelid, t.attnum, a.grantee, a.privilege_type, a.is_grantable
  FROM relation c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
  WHERE a.grantee <> c.relowner
  UNION ALL
  SELECT 'pg_parameter_acl'::regclass, p.oid, 0, a.grantee, a.privilege_type, a.is_grantable
  FROM setting p, aclexplode(p.paracl) a
  WHERE a.grantee NOT IN (SELECT oid FROM pg_roles WHERE rolsuper)),

fact (classid, objid, objsubid, fact, tolerated) AS (
  SELECT classid, objid, 0, 'member', false FROM object WHERE member
  UNION ALL
  -- what only lies in our schemas is described no further
  SELECT classid, objid, 0, 'there', false FROM object
  UNION ALL
  SELECT o.classid, o.objid, o.objsubid,
    'owner = ' || CASE WHEN r.rolsuper THEN 'SUPERUSER' ELSE coalesce(r.rolname, 'nobody') END, false
  FROM owned o LEFT JOIN pg_roles r ON r.oid = o.owner
  UNION ALL
  SELECT DISTINCT g.classid, g.objid, g.objsubid,
    format('grant %s %s%s', CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(g.grantee) END, g.privilege_type,
           CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), false
  FROM granted g
  UNION ALL
  SELECT 'pg_extension'::regclass, ext.oid, 0, f, false
  FROM ext, LATERAL (
    SELECT 'schema = ' || extnamespace::regnamespace
    UNION ALL SELECT 'relocatable = ' || extrelocatable
    UNION ALL SELECT format('dumps %s %s', c.rel::regclass, c.cond) FROM unnest(extconfig, extcondition) AS c(rel, cond)) AS x(f)
  UNION ALL
  -- functions
  SELECT 'pg_proc'::regclass, p.oid, 0, f, false
  FROM object JOIN pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid JOIN pg_language l ON l.oid = p.prolang, LATERAL (
    VALUES ('kind = ' || p.prokind::text), ('language = ' || l.lanname),
      ('returns = ' || coalesce(pg_get_function_result(p.oid), '')),
      ('arguments = ' || pg_get_function_arguments(p.oid)),
      ('volatility = ' || CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE' END),
      ('null input = ' || CASE WHEN p.proisstrict THEN 'STRICT' ELSE 'CALLED ON NULL INPUT' END),
      ('parallel = ' || CASE p.proparallel WHEN 's' THEN 'PARALLEL SAFE' WHEN 'r' THEN 'PARALLEL RESTRICTED' ELSE 'PARALLEL UNSAFE' END),
      ('leaks = ' || CASE WHEN p.proleakproof THEN 'LEAKPROOF' ELSE 'NOT LEAKPROOF' END),
      ('security = ' || CASE WHEN p.prosecdef THEN 'SECURITY DEFINER' ELSE 'SECURITY INVOKER' END),
      ('settings = ' || coalesce(array_to_string(p.proconfig, '; '), '')),
      ('planned as = ' || p.procost || ' ' || p.prorows || ' ' || p.prosupport::regproc),
      (CASE WHEN p.prosqlbody IS NOT NULL
            THEN 'parsed body = ' || left(encode(sha256(convert_to(pg_get_function_sqlbody(p.oid), 'UTF8')), 'hex'), 32)
            WHEN l.lanname IN ('c', 'internal') THEN 'body = ' || concat_ws(' in ', p.prosrc, p.probin)
            ELSE 'body = ' || left(encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex'), 32) END)) AS x(f)
  UNION ALL
  -- tables and views
  SELECT 'pg_class'::regclass, c.oid, 0, f, false
  FROM relation c, LATERAL (
    VALUES ('kind = ' || c.relkind::text), ('persistence = ' || c.relpersistence::text), ('replica identity = ' || c.relreplident::text),
      ('row security = ' || CASE WHEN c.relrowsecurity THEN 'ENABLE' ELSE 'DISABLE' END),
      ('row security of the owner = ' || CASE WHEN c.relforcerowsecurity THEN 'FORCE' ELSE 'NO FORCE' END),
      (CASE WHEN c.relkind = 'v' THEN 'options = ' || coalesce(array_to_string(c.reloptions, '; '), '') END),
      (CASE WHEN c.relkind = 'v' THEN 'parsed body = ' || left(encode(sha256(convert_to(pg_get_viewdef(c.oid), 'UTF8')), 'hex'), 32) END)) AS x(f)
  WHERE f IS NOT NULL
  UNION ALL
  SELECT 'pg_class'::regclass, i.inhparent, 0, format('child %s', i.inhrelid::regclass), false
  FROM pg_inherits i WHERE i.inhparent IN (SELECT oid FROM relation)
  UNION ALL
  SELECT 'pg_class'::regclass, i.inhrelid, 0,
    format('%s %s', CASE WHEN c.relispartition THEN 'partition of' ELSE 'parent' END, i.inhparent::regclass), false
  FROM pg_inherits i JOIN relation c ON c.oid = i.inhrelid
  UNION ALL
  SELECT 'pg_class'::regclass, a.attrelid, a.attnum, f, false
  FROM relation c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum, LATERAL (
    VALUES ('number = ' || (SELECT count(*) FROM pg_attribute b WHERE b.attrelid = a.attrelid AND b.attnum BETWEEN 1 AND a.attnum AND NOT b.attisdropped)),
      ('type = ' || format_type(a.atttypid, a.atttypmod)),
      ('null = ' || CASE WHEN a.attnotnull THEN 'NOT NULL' ELSE 'NULL' END),
      ('collation = ' || CASE WHEN a.attcollation <> 0 THEN a.attcollation::regcollation::text END),
      ('default = ' || pg_get_expr(d.adbin, d.adrelid)),
      ('generated = ' || nullif(concat(a.attgenerated, a.attidentity), ''))) AS x(f)
  WHERE f IS NOT NULL
  UNION ALL
  -- what hangs on tables; indexes of an application's own have columns alone, but for the ledger's
  SELECT 'pg_class'::regclass, i.indexrelid, 0, f,
    i.indrelid = to_regclass('qfs.ledger') OR (i.indexprs IS NULL AND i.indpred IS NULL AND NOT i.indisexclusion)
  FROM pg_index i JOIN relation c ON c.oid = i.indrelid, LATERAL (
    VALUES ('definition = ' || pg_get_indexdef(i.indexrelid)),
      ('state = ' || concat_ws(' ', CASE WHEN i.indisvalid THEN 'valid' ELSE 'invalid' END, CASE WHEN i.indisready THEN 'ready' ELSE 'not ready' END,
                               CASE WHEN i.indislive THEN 'live' ELSE 'dead' END)),
      ('checked = ' || CASE WHEN i.indimmediate THEN 'immediately' ELSE 'late' END),
      ('primary = ' || i.indisprimary)) AS x(f)
  UNION ALL
  SELECT 'pg_constraint'::regclass, n.oid, 0, f, false
  FROM pg_constraint n, LATERAL (
    VALUES ('definition = ' || pg_get_constraintdef(n.oid)), ('validated = ' || n.convalidated)) AS x(f)
  WHERE n.contype IN ('c', 'f', 'p', 'u', 'x')
    AND (n.conrelid IN (SELECT oid FROM relation)
         OR n.contypid IN (SELECT objid FROM object WHERE classid = 'pg_type'::regclass))
  UNION ALL
  -- AFTER triggers are an application's, on the two tables that are written by statements while there is one
  SELECT 'pg_trigger'::regclass, t.oid, 0, f,
    t.tgenabled = 'D' OR (t.tgtype & 66 = 0 AND t.tgrelid IN (to_regclass('qfs.ledger'), to_regclass('qfs.message')))
  FROM pg_trigger t JOIN relation c ON c.oid = t.tgrelid, LATERAL (
    -- where pg_class says that there are none, PostgreSQL does not look for any; what makes one anew sets that right
    VALUES ('definition = ' || CASE WHEN c.relhastriggers THEN '' ELSE 'never fires: ' END || pg_get_triggerdef(t.oid)),
           ('enabled = ' || t.tgenabled::text)) AS x(f)
  WHERE NOT t.tgisinternal
  UNION ALL
  SELECT 'pg_rewrite'::regclass, r.oid, 0, f, r.ev_enabled = 'D'
  FROM pg_rewrite r JOIN relation c ON c.oid = r.ev_class, LATERAL (
    VALUES ('enabled = ' || r.ev_enabled::text), ('event = ' || r.ev_type::text)) AS x(f)
  WHERE r.ev_type <> '1' OR r.ev_enabled <> 'O'
  UNION ALL
  SELECT 'pg_policy'::regclass, p.oid, 0, f, false
  FROM pg_policy p JOIN relation c ON c.oid = p.polrelid, LATERAL (
    VALUES ('command = ' || p.polcmd::text), ('permissive = ' || p.polpermissive),
      ('to = ' || (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(r) END, ', ' ORDER BY r) FROM unnest(p.polroles) r)),
      ('using = ' || coalesce(pg_get_expr(p.polqual, p.polrelid), '')),
      ('with check = ' || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), ''))) AS x(f)
  UNION ALL
  -- types, operators, casts
  SELECT 'pg_type'::regclass, t.oid, 0, f, false
  FROM object JOIN pg_type t ON classid = 'pg_type'::regclass AND t.oid = objid, LATERAL (
    VALUES ('kind = ' || concat_ws(' ', t.typtype, t.typcategory, CASE WHEN t.typispreferred THEN 'preferred' END)),
      ('stored as = ' || concat_ws(' ', t.typlen, t.typalign, t.typstorage, CASE WHEN t.typbyval THEN 'by value' END)),
      ('functions = ' || concat_ws(' ', t.typinput::regproc, t.typoutput::regproc, t.typreceive::regproc, t.typsend::regproc,
                                   t.typmodin::regproc, t.typmodout::regproc, t.typanalyze::regproc, t.typsubscript::regproc)),
      ('base = ' || concat_ws(' ', nullif(format_type(t.typbasetype, t.typtypmod), '-'), CASE WHEN t.typnotnull THEN 'NOT NULL' END, t.typdefault,
                              CASE WHEN t.typcollation <> 0 THEN t.typcollation::regcollation END))) AS x(f)
  UNION ALL
  SELECT 'pg_operator'::regclass, p.oid, 0, f, false
  FROM object JOIN pg_operator p ON classid = 'pg_operator'::regclass AND p.oid = objid, LATERAL (
    VALUES ('function = ' || p.oprcode::regprocedure),
      ('commutator = ' || p.oprcom::regoperator), ('negator = ' || p.oprnegate::regoperator),
      ('estimated by = ' || concat_ws(' ', p.oprrest::regproc, p.oprjoin::regproc)),
      ('joins by = ' || concat_ws(' ', CASE WHEN p.oprcanmerge THEN 'merging' END, CASE WHEN p.oprcanhash THEN 'hashing' END))) AS x(f)
  UNION ALL
  SELECT 'pg_opclass'::regclass, p.oid, 0,
    format('class = %s for %s in %s%s', CASE WHEN p.opcdefault THEN 'default' ELSE 'not the default' END, format_type(p.opcintype, NULL),
           y.opfname, CASE WHEN p.opckeytype <> 0 THEN ' as ' || format_type(p.opckeytype, NULL) END), false
  FROM object JOIN pg_opclass p ON classid = 'pg_opclass'::regclass AND p.oid = objid JOIN pg_opfamily y ON y.oid = p.opcfamily
  UNION ALL
  SELECT 'pg_opfamily'::regclass, p.amopfamily, 0,
    format('operator %s %s %s%s', p.amopstrategy, p.amopopr::regoperator, p.amoppurpose, nullif(p.amopsortfamily, 0)), false
  FROM object JOIN pg_amop p ON classid = 'pg_opfamily'::regclass AND p.amopfamily = objid
  UNION ALL
  SELECT 'pg_opfamily'::regclass, p.amprocfamily, 0,
    format('function %s %s (%s, %s)', p.amprocnum, p.amproc::regproc, format_type(p.amproclefttype, NULL), format_type(p.amprocrighttype, NULL)), false
  FROM object JOIN pg_amproc p ON classid = 'pg_opfamily'::regclass AND p.amprocfamily = objid
  UNION ALL
  SELECT 'pg_cast'::regclass, p.oid, 0,
    format('cast = %s %s %s', p.castcontext, p.castmethod, CASE WHEN p.castfunc <> 0 THEN p.castfunc::regprocedure END), false
  FROM pg_cast p
  WHERE p.castsource IN (SELECT objid FROM object WHERE classid = 'pg_type'::regclass)
    OR p.casttarget IN (SELECT objid FROM object WHERE classid = 'pg_type'::regclass)
  UNION ALL
  -- event triggers
  SELECT 'pg_event_trigger'::regclass, p.oid, 0, f, false
  FROM object JOIN pg_event_trigger p ON classid = 'pg_event_trigger'::regclass AND p.oid = objid, LATERAL (
    VALUES ('event = ' || p.evtevent), ('enabled = ' || p.evtenabled::text), ('function = ' || p.evtfoid::regproc),
      ('tags = ' || coalesce(array_to_string(p.evttags, ', '), ''))) AS x(f)
  UNION ALL
  -- privileges that objects to come would have: of the owner's, wherever; of anybody's, in our schemas
  SELECT 'pg_default_acl'::regclass, p.oid, 0, 'privileges = ' || p.defaclacl::text, false
  FROM pg_default_acl p
  WHERE p.defaclnamespace IN (SELECT oid FROM schema) OR p.defaclrole IN (SELECT oid FROM own_role)
  UNION ALL
  -- roles, their memberships, and the owner's members: it has none
  SELECT 'pg_authid'::regclass, r.oid, 0, f, false
  FROM own_role r, LATERAL (
    VALUES ('login = ' || CASE WHEN r.rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END),
      ('superuser = ' || CASE WHEN r.rolsuper THEN 'SUPERUSER' ELSE 'NOSUPERUSER' END),
      ('roles = ' || CASE WHEN r.rolcreaterole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END),
      ('databases = ' || CASE WHEN r.rolcreatedb THEN 'CREATEDB' ELSE 'NOCREATEDB' END),
      ('replication = ' || CASE WHEN r.rolreplication THEN 'REPLICATION' ELSE 'NOREPLICATION' END),
      ('row security = ' || CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' ELSE 'NOBYPASSRLS' END),
      ('inherits = ' || CASE WHEN r.rolinherit THEN 'INHERIT' ELSE 'NOINHERIT' END)) AS x(f)
  UNION ALL
  SELECT DISTINCT 'pg_authid'::regclass, m.member, 0, format('member of %s', m.roleid::regrole), false
  FROM pg_auth_members m WHERE m.member IN (SELECT oid FROM own_role)
  UNION ALL
  SELECT DISTINCT 'pg_authid'::regclass, m.roleid, 0, format('has member %s', m.member::regrole), false
  FROM pg_auth_members m WHERE m.roleid = (SELECT oid FROM own_role WHERE rolname = 'qfs_owner'))
SELECT i.type || ' ' || i.identity AS object, f.fact, f.tolerated
FROM (SELECT classid, objid, objsubid, bool_and(tolerated) AS tolerated, array_agg(fact) AS facts
      FROM fact GROUP BY 1, 2, 3 OFFSET 0) o,
  pg_identify_object(o.classid, o.objid, o.objsubid) i, unnest(o.facts) AS f0(fact),
  LATERAL (SELECT f0.fact, o.tolerated) f
