-- Owners, labels and grants of every member: written by scripts/generate-privileges, to be read, not edited.
BEGIN;
CREATE EXTENSION pgtap;
CREATE EXTENSION qfs;
SELECT plan(141);

CREATE TEMP VIEW facts AS
WITH extension AS (SELECT * FROM pg_extension WHERE extname = 'qfs'),
members AS (
  SELECT d.classid, d.objid FROM pg_depend d, extension e
  WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
  UNION ALL SELECT 'pg_namespace'::regclass, extnamespace FROM extension
  UNION ALL SELECT 'pg_trigger'::regclass, t.oid FROM pg_trigger t, extension e, pg_class c
  WHERE c.oid = t.tgrelid AND c.relnamespace = e.extnamespace AND NOT t.tgisinternal),
labels AS (
  SELECT 'pg_proc'::regclass AS classid, p.oid AS objid, p.proowner AS owner, p.proacl AS acl, 'f'::"char" AS kind,
    concat_ws(' ', l.lanname, CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END,
      CASE WHEN p.proisstrict THEN 'strict' END, CASE p.proparallel WHEN 's' THEN 'parallel safe' WHEN 'r' THEN 'parallel restricted' ELSE 'parallel unsafe' END,
      CASE WHEN p.proleakproof THEN 'leakproof' END, CASE WHEN p.prosecdef THEN 'security definer' END, '{' || array_to_string(p.proconfig, '; ') || '}') AS label
  FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
  UNION ALL SELECT 'pg_class'::regclass, oid, relowner, relacl, 'r', CASE WHEN relrowsecurity THEN 'row security' END FROM pg_class
  UNION ALL SELECT 'pg_type'::regclass, oid, typowner, typacl, 'T', NULL FROM pg_type
  UNION ALL SELECT 'pg_namespace'::regclass, oid, nspowner, nspacl, 'n', NULL FROM pg_namespace
  UNION ALL SELECT 'pg_operator'::regclass, oid, oprowner, NULL, NULL, NULL FROM pg_operator
  UNION ALL SELECT 'pg_opclass'::regclass, oid, opcowner, NULL, NULL, NULL FROM pg_opclass
  UNION ALL SELECT 'pg_opfamily'::regclass, oid, opfowner, NULL, NULL, NULL FROM pg_opfamily
  UNION ALL SELECT 'pg_cast'::regclass, oid, NULL, NULL, NULL, format('context %s method %s', castcontext, castmethod) FROM pg_cast
  UNION ALL SELECT 'pg_trigger'::regclass, oid, NULL, NULL, NULL, format('enabled %s type %s %s', tgenabled, tgtype, tgfoid::regproc) FROM pg_trigger
  UNION ALL SELECT 'pg_event_trigger'::regclass, oid, evtowner, NULL, NULL,
    rtrim(format('enabled %s on %s %s %s', evtenabled, evtevent, evtfoid::regproc, evttags)) FROM pg_event_trigger),
grants AS (
  SELECT l.classid, l.objid, '' AS columns, a.grantee, a.privilege_type, a.is_grantable
  FROM labels l, aclexplode(COALESCE(l.acl, acldefault(l.kind, l.owner))) a WHERE a.grantee <> l.owner
  UNION ALL
  SELECT 'pg_class'::regclass, c.oid, format('(%s)', string_agg(t.attname, ', ' ORDER BY t.attnum)), a.grantee, a.privilege_type, a.is_grantable
  FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
  WHERE a.grantee <> c.relowner GROUP BY c.oid, a.grantee, a.privilege_type, a.is_grantable)
SELECT concat_ws(' ', i.type, i.identity) AS object,
  concat_ws('; ', 'owner ' || CASE l.owner WHEN e.extowner THEN 'installer' ELSE pg_get_userbyid(l.owner) END, NULLIF(l.label, ''),
    (SELECT string_agg(g.line, '; ' ORDER BY g.line COLLATE "C")
     FROM (SELECT format('%s: %s', CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee) END,
             string_agg(privilege_type || columns || CASE WHEN is_grantable THEN '*' ELSE '' END, ', ' ORDER BY privilege_type || columns COLLATE "C"))
           FROM grants WHERE (classid, objid) = (m.classid, m.objid) GROUP BY grantee) AS g(line))) AS facts
FROM extension e, members m LEFT JOIN labels l USING (classid, objid), LATERAL pg_identify_object(m.classid, m.objid, 0) i;
CREATE TEMP TABLE pinned (object text, facts text);
INSERT INTO pinned VALUES
  ('cast (pg_catalog.bytea AS qfs.address)', 'context e method f'),
  ('cast (pg_catalog.bytea AS qfs.hash)', 'context e method f'),
  ('cast (pg_catalog.bytea AS qfs.user_id)', 'context e method f'),
  ('cast (pg_catalog.text AS qfs.address)', 'context e method i'),
  ('cast (pg_catalog.text AS qfs.hash)', 'context e method i'),
  ('cast (pg_catalog.text AS qfs.user_id)', 'context e method i'),
  ('cast (qfs.address AS pg_catalog.bytea)', 'context e method f'),
  ('cast (qfs.address AS pg_catalog.text)', 'context a method i'),
  ('cast (qfs.hash AS pg_catalog.bytea)', 'context e method f'),
  ('cast (qfs.hash AS pg_catalog.text)', 'context a method i'),
  ('cast (qfs.user_id AS pg_catalog.bytea)', 'context e method f'),
  ('cast (qfs.user_id AS pg_catalog.text)', 'context a method i'),
  ('event trigger qfs_guard_drop', 'owner installer; enabled A on sql_drop qfs.guard_ddl'),
  ('event trigger qfs_guard_end', 'owner installer; enabled A on ddl_command_end qfs.guard_ddl'),
  ('event trigger qfs_guard_rewrite', 'owner installer; enabled A on table_rewrite qfs.guard_ddl'),
  ('event trigger qfs_guard_start', 'owner installer; enabled A on ddl_command_start qfs.guard_ddl {"DROP EXTENSION","DROP SCHEMA","ALTER EXTENSION"}'),
  ('function qfs.add_cosignature(pg_catalog.text)', 'owner qfs_owner; c volatile strict parallel unsafe security definer {search_path=pg_catalog, pg_temp}; qfs_operator: EXECUTE'),
  ('function qfs.add_witness(pg_catalog.text)', 'owner qfs_owner; c volatile strict parallel unsafe security definer {search_path=pg_catalog, pg_temp}; qfs_operator: EXECUTE'),
  ('function qfs.address(pg_catalog.bytea)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.address_cmp(qfs.address,qfs.address)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.address_eq(qfs.address,qfs.address)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.address_ge(qfs.address,qfs.address)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.address_gt(qfs.address,qfs.address)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.address_hash(qfs.address)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.address_hash_extended(qfs.address,bigint)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.address_in(pg_catalog.cstring)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.address_le(qfs.address,qfs.address)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.address_lt(qfs.address,qfs.address)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.address_ne(qfs.address,qfs.address)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.address_out(qfs.address)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.address_recv(pg_catalog.internal)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.address_send(qfs.address)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.bytea(qfs.address)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.bytea(qfs.hash)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.bytea(qfs.user_id)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.canonical(pg_catalog.jsonb)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.checkpoint(bigint)', 'owner qfs_owner; c stable parallel unsafe security definer {search_path=pg_catalog, pg_temp}; qfs_auditor: EXECUTE; qfs_operator: EXECUTE'),
  ('function qfs.consistency_proof(bigint,bigint)', 'owner qfs_owner; c stable strict parallel safe; qfs_auditor: EXECUTE; qfs_operator: EXECUTE'),
  ('function qfs.default_policy()', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.entry(bigint)', 'owner qfs_owner; c stable strict parallel safe; qfs_auditor: EXECUTE'),
  ('function qfs.entry_bundle(bigint,integer)', 'owner qfs_owner; c stable strict parallel safe; qfs_auditor: EXECUTE'),
  ('function qfs.export(bigint,bigint)', 'owner qfs_owner; c stable parallel safe; qfs_auditor: EXECUTE'),
  ('function qfs.genesis(pg_catalog.text,pg_catalog.jsonb)', 'owner qfs_owner; c volatile strict parallel unsafe; qfs_operator: EXECUTE'),
  ('function qfs.guard_ddl()', 'owner installer; c volatile parallel unsafe {search_path=pg_catalog, pg_temp}'),
  ('function qfs.hash(pg_catalog.bytea)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.hash_cmp(qfs.hash,qfs.hash)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.hash_eq(qfs.hash,qfs.hash)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.hash_ge(qfs.hash,qfs.hash)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.hash_gt(qfs.hash,qfs.hash)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.hash_hash(qfs.hash)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.hash_hash_extended(qfs.hash,bigint)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.hash_in(pg_catalog.cstring)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.hash_le(qfs.hash,qfs.hash)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.hash_lt(qfs.hash,qfs.hash)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.hash_ne(qfs.hash,qfs.hash)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.hash_out(qfs.hash)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.hash_recv(pg_catalog.internal)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.hash_send(qfs.hash)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.head()', 'owner qfs_owner; c stable parallel safe; qfs_auditor: EXECUTE; qfs_operator: EXECUTE'),
  ('function qfs.import(pg_catalog.text[])', 'owner qfs_owner; c volatile strict parallel unsafe security definer {search_path=pg_catalog, pg_temp}; qfs_operator: EXECUTE'),
  ('function qfs.inclusion_proof(bigint,bigint)', 'owner qfs_owner; c stable strict parallel safe; qfs_auditor: EXECUTE; qfs_operator: EXECUTE'),
  ('function qfs.keccak256(pg_catalog.bytea)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.leaf_hash(pg_catalog.text)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.ledger_append()', 'owner qfs_owner; c volatile parallel unsafe'),
  ('function qfs.node_hash(qfs.hash,qfs.hash)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.post_restore()', 'owner qfs_owner; c volatile parallel unsafe'),
  ('function qfs.rebuild()', 'owner qfs_owner; c volatile parallel unsafe'),
  ('function qfs.refuse_change()', 'owner qfs_owner; c volatile parallel unsafe'),
  ('function qfs.register_event_type(pg_catalog.text,pg_catalog.jsonb,pg_catalog.text)', 'owner qfs_owner; c volatile strict parallel unsafe; qfs_operator: EXECUTE'),
  ('function qfs.root(bigint)', 'owner qfs_owner; c stable strict parallel safe; qfs_auditor: EXECUTE; qfs_operator: EXECUTE'),
  ('function qfs.rotate_keys()', 'owner qfs_owner; c volatile strict parallel unsafe; qfs_operator: EXECUTE'),
  ('function qfs.self_check()', 'owner qfs_owner; sql stable parallel unsafe {search_path=pg_catalog, pg_temp}; qfs_auditor: EXECUTE; qfs_operator: EXECUTE'),
  ('function qfs.set_policy(pg_catalog.jsonb)', 'owner qfs_owner; c volatile strict parallel unsafe; qfs_operator: EXECUTE'),
  ('function qfs.sha256_jcs(pg_catalog.jsonb)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.sha3_256(pg_catalog.bytea)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.tile(integer,bigint,integer)', 'owner qfs_owner; c stable strict parallel safe; qfs_auditor: EXECUTE; qfs_operator: EXECUTE'),
  ('function qfs.tlog_proof(bigint,bigint)', 'owner qfs_owner; c stable parallel unsafe security definer {search_path=pg_catalog, pg_temp}; qfs_auditor: EXECUTE; qfs_operator: EXECUTE'),
  ('function qfs.user_id(pg_catalog.bytea)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.user_id(qfs.address)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.user_id_cmp(qfs.user_id,qfs.user_id)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.user_id_eq(qfs.user_id,qfs.user_id)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.user_id_ge(qfs.user_id,qfs.user_id)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.user_id_gt(qfs.user_id,qfs.user_id)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.user_id_hash(qfs.user_id)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.user_id_hash_extended(qfs.user_id,bigint)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.user_id_in(pg_catalog.cstring)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.user_id_le(qfs.user_id,qfs.user_id)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.user_id_lt(qfs.user_id,qfs.user_id)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.user_id_ne(qfs.user_id,qfs.user_id)', 'owner qfs_owner; c immutable strict parallel safe leakproof; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.user_id_out(qfs.user_id)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.user_id_recv(pg_catalog.internal)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.user_id_send(qfs.user_id)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.verify(bigint,bigint,pg_catalog.text)', 'owner qfs_owner; c stable parallel unsafe; qfs_auditor: EXECUTE; qfs_operator: EXECUTE'),
  ('function qfs.verify_consistency(bigint,bigint,qfs.hash[],qfs.hash,qfs.hash)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.verify_inclusion(qfs.hash,bigint,bigint,qfs.hash[],qfs.hash)', 'owner qfs_owner; c immutable strict parallel safe; qfs_anon: EXECUTE; qfs_auditor: EXECUTE; qfs_operator: EXECUTE; qfs_user: EXECUTE'),
  ('function qfs.vkey()', 'owner qfs_owner; c stable parallel safe; qfs_auditor: EXECUTE; qfs_operator: EXECUTE'),
  ('operator class qfs.address_hash_ops USING hash', 'owner installer'),
  ('operator class qfs.address_ops USING btree', 'owner installer'),
  ('operator class qfs.hash_hash_ops USING hash', 'owner installer'),
  ('operator class qfs.hash_ops USING btree', 'owner installer'),
  ('operator class qfs.user_id_hash_ops USING hash', 'owner installer'),
  ('operator class qfs.user_id_ops USING btree', 'owner installer'),
  ('operator family qfs.address_hash_ops USING hash', 'owner installer'),
  ('operator family qfs.address_ops USING btree', 'owner installer'),
  ('operator family qfs.hash_hash_ops USING hash', 'owner installer'),
  ('operator family qfs.hash_ops USING btree', 'owner installer'),
  ('operator family qfs.user_id_hash_ops USING hash', 'owner installer'),
  ('operator family qfs.user_id_ops USING btree', 'owner installer'),
  ('operator qfs.<(qfs.address,qfs.address)', 'owner installer'),
  ('operator qfs.<(qfs.hash,qfs.hash)', 'owner installer'),
  ('operator qfs.<(qfs.user_id,qfs.user_id)', 'owner installer'),
  ('operator qfs.<=(qfs.address,qfs.address)', 'owner installer'),
  ('operator qfs.<=(qfs.hash,qfs.hash)', 'owner installer'),
  ('operator qfs.<=(qfs.user_id,qfs.user_id)', 'owner installer'),
  ('operator qfs.<>(qfs.address,qfs.address)', 'owner installer'),
  ('operator qfs.<>(qfs.hash,qfs.hash)', 'owner installer'),
  ('operator qfs.<>(qfs.user_id,qfs.user_id)', 'owner installer'),
  ('operator qfs.=(qfs.address,qfs.address)', 'owner installer'),
  ('operator qfs.=(qfs.hash,qfs.hash)', 'owner installer'),
  ('operator qfs.=(qfs.user_id,qfs.user_id)', 'owner installer'),
  ('operator qfs.>(qfs.address,qfs.address)', 'owner installer'),
  ('operator qfs.>(qfs.hash,qfs.hash)', 'owner installer'),
  ('operator qfs.>(qfs.user_id,qfs.user_id)', 'owner installer'),
  ('operator qfs.>=(qfs.address,qfs.address)', 'owner installer'),
  ('operator qfs.>=(qfs.hash,qfs.hash)', 'owner installer'),
  ('operator qfs.>=(qfs.user_id,qfs.user_id)', 'owner installer'),
  ('schema qfs', 'owner installer; qfs_auditor: USAGE; qfs_operator: USAGE; qfs_owner: USAGE'),
  ('table qfs.cosignature', 'owner qfs_owner; qfs_auditor: SELECT; qfs_operator: SELECT'),
  ('table qfs.event_type', 'owner qfs_owner; qfs_auditor: SELECT; qfs_operator: SELECT'),
  ('table qfs.ledger', 'owner qfs_owner; qfs_auditor: SELECT; qfs_operator: INSERT(type, actor, payload), SELECT(seq, at, type, hash)'),
  ('table qfs.ledger_state', 'owner qfs_owner; qfs_auditor: SELECT; qfs_operator: SELECT'),
  ('table qfs.policy', 'owner qfs_owner; qfs_auditor: SELECT; qfs_operator: SELECT'),
  ('table qfs.signing_key', 'owner qfs_owner; qfs_auditor: SELECT; qfs_operator: SELECT'),
  ('table qfs.witness', 'owner qfs_owner; qfs_auditor: SELECT; qfs_operator: SELECT'),
  ('trigger zzz_qfs_append on qfs.ledger', 'enabled A type 7 qfs.ledger_append'),
  ('trigger zzz_qfs_refuse_row on qfs.ledger', 'enabled A type 27 qfs.refuse_change'),
  ('trigger zzz_qfs_refuse_statement on qfs.ledger', 'enabled A type 58 qfs.refuse_change'),
  ('type qfs.address', 'owner installer'),
  ('type qfs.hash', 'owner installer'),
  ('type qfs.user_id', 'owner installer');

SELECT is(f.facts, p.facts, p.object) FROM pinned p LEFT JOIN facts f USING (object) ORDER BY p.object COLLATE "C";
SELECT is_empty('SELECT f.* FROM facts f LEFT JOIN pinned p USING (object) WHERE p.object IS NULL', 'no other members');

SELECT * FROM finish();
ROLLBACK;
