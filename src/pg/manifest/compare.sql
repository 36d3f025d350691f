-- Findings: where what there is (now, as describe.sql has it) is not what was
-- installed, and what else puts the guards out of force.  Each with the command
-- that mends it (cure; SCRIPT: the statement of the installation script does),
-- or with what somebody has to do (advice).
--
-- $1, $2: objects of the list, and their facts; $3: are its parsed bodies those
-- of this major version?
installed AS (
  SELECT w.object, f.fact
  FROM unnest($1::text[], $2::text[]) AS w(object, facts), string_to_table(w.facts, ' | ') AS f(fact)),
-- where the label of a fact ends; those that name something are all label
fact_of AS (
  SELECT side, object, fact, tolerated,
    CASE WHEN fact ~ '^(grant|child|parent|partition of|member of|has member) ' THEN 0 ELSE strpos(fact, ' = ') END AS stop
  FROM (SELECT 'now' AS side, object, fact, tolerated FROM now UNION ALL SELECT 'installed', object, fact, NULL FROM installed) f
  WHERE $3 OR fact NOT LIKE 'parsed body = %'),
labelled AS (
  SELECT side, object, tolerated, CASE WHEN stop > 0 THEN left(fact, stop - 1) ELSE fact END AS label,
    CASE WHEN stop > 0 THEN substr(fact, stop + 3) END AS value
  FROM fact_of),
n AS MATERIALIZED (SELECT object, label, value, tolerated FROM labelled WHERE side = 'now'),
w AS MATERIALIZED (SELECT object, label, value FROM labelled WHERE side = 'installed'),
difference AS (
  -- an object that is new, or gone, is one finding
  SELECT n.object, 'foreign' AS label, NULL AS is, NULL AS was, 'foreign' AS how
  FROM n LEFT JOIN unnest($1::text[]) AS w(object) USING (object)
  WHERE NOT n.tolerated AND w.object IS NULL AND n.object NOT LIKE 'parameter ACL %' GROUP BY n.object
  UNION ALL
  SELECT object, label, NULL, NULL, 'added' FROM n WHERE object LIKE 'parameter ACL %'
  UNION ALL
  SELECT w.object, 'missing', NULL, NULL, 'missing'
  FROM unnest($1::text[]) AS w(object) LEFT JOIN n USING (object) WHERE n.object IS NULL
  UNION ALL
  SELECT object, label, n.value, w.value,
    CASE WHEN n.there IS NULL THEN 'gone' WHEN w.there IS NULL THEN 'added' ELSE 'changed' END
  FROM (SELECT n.*, n.label AS there FROM n JOIN unnest($1::text[]) AS o(object) USING (object)) n
  FULL JOIN (SELECT w.*, w.label AS there FROM w JOIN (SELECT DISTINCT object FROM n) o USING (object)) w USING (object, label)
  WHERE n.there IS NULL OR w.there IS NULL OR n.value IS DISTINCT FROM w.value),
-- the object's type and name, its parts where the name is of two, and who was granted what
named AS (
  SELECT d.*, i.type, i.name, p[1] AS part, p[2] AS relation,
    g[2] AS privilege, coalesce(g[3], '') AS option, CASE g[1] WHEN 'PUBLIC' THEN 'PUBLIC' ELSE quote_ident(g[1]) END AS grantee,
    CASE i.type WHEN 'view' THEN 'TABLE ' || i.name WHEN 'domain' THEN 'TYPE ' || i.name WHEN 'parameter ACL' THEN 'PARAMETER ' || i.name
      WHEN 'table column' THEN 'TABLE ' || regexp_replace(i.name, '\.[^.]+$', '')
      WHEN 'view column' THEN 'TABLE ' || regexp_replace(i.name, '\.[^.]+$', '') ELSE upper(i.type) || ' ' || i.name END AS target,
    CASE WHEN i.type LIKE '% column' THEN ' (' || substring(i.name FROM '[^.]+$') || ')' ELSE '' END AS columns
  FROM difference d
  CROSS JOIN LATERAL (
    SELECT t.type, substr(d.object, length(t.type) + 2) AS name
    FROM unnest(ARRAY['table column', 'view column', 'table constraint', 'domain constraint', 'event trigger', 'operator class', 'operator family',
                      'parameter ACL', 'default acl', 'default value', 'materialized view', 'foreign table',
                      split_part(d.object, ' ', 1)]) WITH ORDINALITY AS t(type, number)
    WHERE starts_with(d.object, t.type || ' ') ORDER BY t.number LIMIT 1) i
  -- a name may have " on " in it; tables of ours have not
  LEFT JOIN LATERAL regexp_match(i.name, '^(.*) on (qfs(?:_api)?\.[a-z_]+)$') p ON true
  LEFT JOIN LATERAL regexp_match(CASE WHEN d.label LIKE 'grant %' THEN d.label END, '^grant (.*?) (ALTER SYSTEM|[A-Z]+)( WITH GRANT OPTION)?$') g ON true),
-- facts of installed objects, for making them again
fact AS (SELECT object, jsonb_object_agg(label, value) AS facts FROM w WHERE object LIKE 'trigger %' OR object LIKE 'event trigger %' GROUP BY 1),
compared AS (
  SELECT
    CASE WHEN d.label LIKE 'grant %' OR d.type IN ('default', 'default acl', 'parameter ACL') THEN 'QFS_PRIVILEGES'
         WHEN d.label = 'owner' THEN 'QFS_OWNER'
         WHEN d.label LIKE ANY (ARRAY['child %', 'parent %', 'partition of %']) THEN 'QFS_CHILD'
         WHEN d.type = 'event trigger' THEN 'QFS_EVENT_TRIGGER'
         WHEN d.type = 'trigger' AND d.how = 'foreign' THEN 'QFS_TRIGGER_BETWEEN'
         WHEN d.type = 'trigger' THEN 'QFS_TRIGGER'
         WHEN d.type = 'rule' THEN 'QFS_RULE'
         WHEN d.type = 'role' THEN 'QFS_ROLE'
         WHEN d.type = 'policy' OR d.label LIKE 'row security%' THEN 'QFS_ROW_SECURITY'
         WHEN d.how = 'foreign' THEN 'QFS_FOREIGN'
         WHEN d.type = 'function' THEN 'QFS_FUNCTION'
         WHEN d.type = 'index' THEN 'QFS_INDEX'
         ELSE 'QFS_OBJECT' END AS code,
    CASE d.how
      WHEN 'foreign' THEN format('%s was not installed', d.object)
      WHEN 'missing' THEN format('%s is missing', d.object)
      WHEN 'gone' THEN format('%s: %s is gone', d.object, d.label)
      WHEN 'added' THEN format('%s: %s was added', d.object, d.label)
      ELSE CASE WHEN d.label = 'enabled' THEN format('%s is not enabled ALWAYS', d.object)
                ELSE format('%s: %s is "%s", not "%s"', d.object, d.label, d.is, d.was) END END AS detail,
    CASE
      -- privileges, owners, membership of the extension
      WHEN d.privilege IS NOT NULL AND d.how = 'added' THEN format('REVOKE %s%s ON %s FROM %s CASCADE', d.privilege, d.columns, d.target, d.grantee)
      WHEN d.privilege IS NOT NULL THEN format('GRANT %s%s ON %s TO %s%s', d.privilege, d.columns, d.target, d.grantee, d.option)
      WHEN d.label = 'owner' AND d.how = 'changed' AND d.type <> 'extension'
        THEN format('ALTER %s OWNER TO %s', upper(d.type) || ' ' || d.name, CASE d.was WHEN 'SUPERUSER' THEN 'CURRENT_USER' ELSE quote_ident(d.was) END)
      WHEN d.label = 'member' AND d.how = 'gone' THEN format('ALTER EXTENSION qfs ADD %s %s', upper(d.type), d.name)
      -- functions and views: what they are by attributes, and the rest by their statement
      WHEN d.type = 'function' AND d.label IN ('volatility', 'null input', 'parallel', 'leaks', 'security') THEN format('ALTER FUNCTION %s %s', d.name, d.was)
      WHEN d.type = 'function' AND d.label = 'settings'
        THEN format('ALTER FUNCTION %s RESET ALL', d.name) || CASE WHEN d.was <> '' THEN format('; ALTER FUNCTION %s SET %s', d.name, replace(d.was, '=', ' = ')) ELSE '' END
      WHEN d.type IN ('function', 'view') AND d.how <> 'foreign' AND d.label <> 'there' THEN 'SCRIPT'
      -- what hangs on tables
      WHEN d.type = 'trigger' AND d.how = 'foreign' THEN format('ALTER TABLE %s DISABLE TRIGGER %s', d.relation, d.part)
      WHEN d.type = 'trigger' AND d.label = 'enabled' THEN format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %s', d.relation, d.part)
      WHEN d.type = 'trigger' THEN format('%s; ALTER TABLE %s ENABLE ALWAYS TRIGGER %s',
                                          regexp_replace(f.facts ->> 'definition', '^CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER'), d.relation, d.part)
      WHEN d.type = 'rule' AND d.how = 'foreign' AND d.relation <> 'qfs_api.ledger' THEN format('ALTER TABLE %s DISABLE RULE %s', d.relation, d.part)
      WHEN d.type = 'policy' AND d.how = 'foreign' THEN format('DROP POLICY %s ON %s', d.part, d.relation)
      WHEN d.type = 'policy' THEN 'SCRIPT'
      WHEN d.type = 'table' AND d.label = 'row security' THEN format('ALTER TABLE %s %s ROW LEVEL SECURITY', d.name, d.was)
      WHEN d.type = 'table' AND d.label = 'row security of the owner' THEN format('ALTER TABLE %s %s ROW LEVEL SECURITY', d.name, d.was)
      WHEN d.type = 'table' AND d.label LIKE 'child %' THEN format('ALTER TABLE %s NO INHERIT %s', substr(d.label, 7), d.name)
      WHEN d.type = 'table' AND d.label LIKE 'parent %' THEN format('ALTER TABLE %s NO INHERIT %s', d.name, substr(d.label, 8))
      WHEN d.type = 'table' AND d.label LIKE 'partition of %' THEN format('ALTER TABLE %s DETACH PARTITION %s', substr(d.label, 14), d.name)
      WHEN d.type = 'table' AND d.label = 'persistence' THEN format('ALTER TABLE %s SET LOGGED', d.name)
      WHEN d.type = 'table' AND d.label = 'replica identity' AND d.was = 'd' THEN format('ALTER TABLE %s REPLICA IDENTITY DEFAULT', d.name)
      WHEN d.type = 'table column' AND d.label = 'null' THEN format('ALTER %s ALTER COLUMN%s %s NOT NULL', d.target, translate(d.columns, '()', ''),
                                                                    CASE d.was WHEN 'NOT NULL' THEN 'SET' ELSE 'DROP' END)
      WHEN d.type = 'table column' AND d.label = 'default' AND d.how = 'added' THEN format('ALTER %s ALTER COLUMN%s DROP DEFAULT', d.target, translate(d.columns, '()', ''))
      WHEN d.type = 'table constraint' AND d.how = 'foreign' THEN format('ALTER TABLE %s DROP CONSTRAINT %s', d.relation, d.part)
      WHEN d.type = 'index' AND d.label = 'state' THEN format('REINDEX INDEX %s', d.name)
      WHEN d.type = 'index' AND d.how = 'missing' THEN 'SCRIPT'
      -- event triggers
      WHEN d.type = 'event trigger' AND d.label = 'enabled' THEN format('ALTER EVENT TRIGGER %s ENABLE ALWAYS', d.name)
      WHEN d.type = 'event trigger' AND d.how <> 'foreign' AND d.label NOT IN ('member', 'owner', 'there') THEN
        CASE WHEN d.how <> 'missing' THEN CASE WHEN EXISTS (SELECT FROM n WHERE n.object = d.object AND n.label = 'member')
                                               THEN format('ALTER EXTENSION qfs DROP EVENT TRIGGER %s; ', d.name) ELSE '' END || format('DROP EVENT TRIGGER %s; ', d.name) ELSE '' END ||
        format('CREATE EVENT TRIGGER %1$s ON %2$s%3$s EXECUTE FUNCTION %4$s(); ALTER EVENT TRIGGER %1$s ENABLE ALWAYS; ALTER EXTENSION qfs ADD EVENT TRIGGER %1$s',
               d.name, f.facts ->> 'event',
               (SELECT ' WHEN tag IN (' || string_agg(quote_literal(t), ', ') || ')' FROM string_to_table(nullif(f.facts ->> 'tags', ''), ', ') t), f.facts ->> 'function')
      -- roles
      -- from 16 on a membership is each grantor's own
      WHEN d.type = 'role' AND d.label ~ '^(member of|has member) ' THEN
        (SELECT string_agg(format('REVOKE %s FROM %s%s CASCADE', m.roleid::regrole, m.member::regrole,
                                  CASE WHEN m.grantor = current_user::regrole THEN '' ELSE ' GRANTED BY ' || m.grantor::regrole END), '; ')
         FROM pg_auth_members m
         WHERE d.name = ANY (ARRAY[m.roleid, m.member]::regrole[]::text[]) AND d.label IN ('member of ' || m.roleid::regrole, 'has member ' || m.member::regrole))
      WHEN d.type = 'role' AND d.how = 'changed' THEN format('ALTER ROLE %s %s', d.name, d.was)
    END AS cure,
    CASE WHEN d.how = 'foreign' AND d.type IN ('default', 'default acl') THEN 'Undo the ALTER DEFAULT PRIVILEGES that made it, with qfs.ddl_guard off.'
         WHEN d.how = 'foreign' THEN 'Find out whose it is; drop it, or move it to another schema, with qfs.ddl_guard off.'
         WHEN d.how = 'missing' THEN 'It cannot be made again with what it held: restore a dump into a new database.'
         ELSE 'Compare it with a new installation, and mend it by hand with qfs.ddl_guard off.' END AS advice
  FROM named d LEFT JOIN fact f ON f.object = d.object),
-- members, direct or not, of roles that PostgreSQL knows
power (role, via) AS (
  SELECT oid, rolname::text FROM pg_roles
  WHERE rolname IN ('pg_write_all_data', 'pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
  UNION
  SELECT m.member, p.via FROM pg_auth_members m JOIN power p ON m.roleid = p.role),
-- what is set for roles and databases; a name that no library had claimed is kept as it was written
kept AS (
  SELECT s.setrole, s.setdatabase, split_part(c, '=', 1) AS written, lower(split_part(c, '=', 1)) AS name, substr(c, strpos(c, '=') + 1) AS value,
    substr(c, strpos(c, '=') + 1) ~* '^(on|t|tr|tru|true|y|ye|yes|1)$' AS is_on, r.oid IS NOT NULL AS own
  FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) c
  LEFT JOIN pg_roles r ON r.oid = s.setrole AND r.rolname IN ('qfs_owner', 'qfs_anon', 'qfs_user', 'qfs_operator', 'qfs_auditor', 'qfs_monitor', 'qfs_bridge', 'aegis_readonly', 'aegis_advisor')
  WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))),
-- those that switch a guard off, for whomever; and what our roles, or all, would see or run otherwise: limits and the like are an application's
unwanted AS (
  SELECT k.*, CASE WHEN k.name IN ('qfs.ddl_guard', 'event_triggers') THEN 'QFS_GUARD_OFF' ELSE 'QFS_SETTING' END AS code,
    CASE k.setrole WHEN 0 THEN 'every role' ELSE 'role ' || pg_get_userbyid(k.setrole) END || CASE WHEN k.setdatabase <> 0 THEN ' in this database' ELSE '' END AS whom,
    CASE WHEN k.setrole = 0 AND k.setdatabase <> 0 THEN format('ALTER DATABASE %I', current_database())
         ELSE format('ALTER ROLE %s%s', CASE k.setrole WHEN 0 THEN 'ALL' ELSE quote_ident(pg_get_userbyid(k.setrole)) END,
                     CASE WHEN k.setdatabase <> 0 THEN format(' IN DATABASE %I', current_database()) END) END AS command
  FROM kept k
  WHERE (k.name IN ('qfs.ddl_guard', 'event_triggers') AND NOT k.is_on)
    OR ((k.own OR k.setrole = 0) AND CASE k.name
          WHEN 'row_security' THEN NOT k.is_on
          WHEN 'session_replication_role' THEN k.value <> 'origin'
          WHEN 'local_preload_libraries' THEN k.value <> ''
          ELSE k.own AND (k.name IN ('search_path', 'role', 'session_preload_libraries', 'dynamic_library_path', 'transform_null_equals',
                                     'allow_system_table_mods', 'ignore_system_indexes', 'zero_damaged_pages', 'ignore_checksum_failure')
                          OR (k.name LIKE 'qfs.%' AND k.name NOT IN ('qfs.ddl_guard', 'qfs.early_lock_release'))) END)),
finding AS (
SELECT code, detail, cure, advice FROM compared
UNION ALL
-- unknown until something loads the library, and then at its default: on
SELECT 'QFS_GUARD_OFF', format('%s is off in this session', s.name), NULL, format('SET %s = on.', s.name)
FROM (VALUES ('qfs.ddl_guard'), ('event_triggers')) AS s(name)
WHERE NOT coalesce(nullif(current_setting(s.name, true), ''), 'on')::boolean
UNION ALL
SELECT code, format('%s is %s for %s', name, value, whom),
  -- by another spelling PostgreSQL does not find it
  CASE WHEN written ~ '^[a-z0-9_.]+$' THEN format('%s RESET %s', command, written) END,
  format('Take away all that is set there: %s RESET ALL.', command)
FROM unwanted
UNION ALL
SELECT 'QFS_BYPASS', format('role %s is a member of %s', quote_ident(r.rolname), string_agg(p.via, ', ' ORDER BY p.via)), NULL,
  'Revoke it, if it need not be: docs/threat-model.md says what it can do past the guards.'
FROM power p JOIN pg_roles r ON r.oid = p.role
WHERE NOT r.rolsuper AND r.rolname !~ '^pg_' GROUP BY r.rolname
UNION ALL
-- since 16 this takes more
SELECT 'QFS_BYPASS', format('role %s has CREATEROLE, and can make itself a member of qfs_owner', quote_ident(r.rolname)), NULL,
  'ALTER ROLE … NOCREATEROLE, if it need not make roles.'
FROM pg_roles r WHERE r.rolcreaterole AND NOT r.rolsuper AND current_setting('server_version_num')::integer < 160000)
SELECT code, detail, cure, advice FROM finding ORDER BY code COLLATE "C", detail COLLATE "C"
