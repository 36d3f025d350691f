-- Are the guards in place and the objects as they were installed?

CREATE FUNCTION qfs.self_check(OUT code text, OUT detail text) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'qfs_sql_self_check' LANGUAGE C STABLE
  SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs.self_check() IS
  'compares every object of qfs, owner, privilege, role, trigger and policy with what was installed, '
  'and names who can go past the guards; no rows: all is as it was';

CREATE FUNCTION qfs.rearm(OUT code text, OUT detail text, OUT mended boolean, OUT action text) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'qfs_sql_rearm' LANGUAGE C
  SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs.rearm() IS
  'a superuser''s: mends what qfs.self_check() finds; a row each, what was done about it, or what has to be done by hand';

CREATE FUNCTION qfs.knows_server() RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_knows_server' LANGUAGE C STABLE;
COMMENT ON FUNCTION qfs.knows_server() IS
  'was the list that qfs.self_check() compares with found right on this major version of PostgreSQL? '
  'If not, it leaves out bodies that PostgreSQL keeps parsed';

-- Not a fault each: whom it takes to be trusted.
CREATE FUNCTION qfs.access() RETURNS TABLE (role name, by text)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH RECURSIVE power (role, via) AS (
    SELECT r.oid, r.rolname FROM pg_roles r
    WHERE r.rolname IN ('qfs_owner', 'qfs_anon', 'qfs_user', 'qfs_operator', 'qfs_auditor', 'qfs_monitor', 'qfs_bridge', 'aegis_readonly', 'aegis_advisor', 'pg_read_all_data', 'pg_write_all_data',
                        'pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
    UNION
    SELECT m.member, p.via FROM pg_auth_members m JOIN power p ON m.roleid = p.role),
  found (role, by) AS (
    SELECT p.role, 'member of ' || p.via FROM power p JOIN pg_roles r ON r.oid = p.role WHERE r.rolname <> p.via
    UNION ALL
    SELECT r.oid, f.by FROM pg_roles r, LATERAL (VALUES
      (CASE WHEN r.rolsuper THEN 'superuser' END), (CASE WHEN r.rolcreaterole AND NOT r.rolsuper THEN 'CREATEROLE' END),
      (CASE WHEN r.rolreplication AND NOT r.rolsuper THEN 'REPLICATION' END), (CASE WHEN r.rolbypassrls AND NOT r.rolsuper THEN 'BYPASSRLS' END)) AS f(by)
    UNION ALL
    SELECT d.datdba, 'owner of the database' FROM pg_database d WHERE d.datname = current_database()
    UNION ALL
    SELECT a.grantee, format('%s of %s', a.privilege_type, p.parname) FROM pg_parameter_acl p, aclexplode(p.paracl) a
    WHERE p.parname IN ('session_replication_role', 'event_triggers') OR p.parname LIKE 'qfs.%')
  SELECT r.rolname, f.by FROM found f JOIN pg_roles r ON r.oid = f.role
  WHERE f.by IS NOT NULL AND r.rolname NOT LIKE 'pg\_%' ORDER BY r.rolname, f.by COLLATE "C";
$$;
COMMENT ON FUNCTION qfs.access() IS
  'who was given something of qfs''s, or can go past it: members of its roles and of PostgreSQL''s, superusers, attributes, owner of the database';

GRANT EXECUTE ON FUNCTION qfs.self_check(), qfs.knows_server(), qfs.access() TO qfs_operator, qfs_auditor;
