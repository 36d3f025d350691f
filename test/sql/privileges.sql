-- Privileges: what operators, auditors, anonymous callers, users and strangers may do, and what not.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
SELECT length(qfs.genesis('regress.example/log')::text);
SELECT qfs.register_event_type('NOTE', '{}');
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"n":2}');
CREATE ROLE regress_qfs_stranger;
CREATE SCHEMA regress_space;
GRANT ALL ON SCHEMA regress_space TO PUBLIC;
SELECT rolname, rolsuper, rolcanlogin, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles r WHERE rolname ~ '^qfs_' ORDER BY 1;

-- may: runs a command as a role and undoes it
CREATE FUNCTION may(who text, command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  detail text;
BEGIN
  PERFORM set_config('role', who, true);
  EXECUTE command;
  RAISE EXCEPTION 'yes';
EXCEPTION
  WHEN insufficient_privilege THEN
    RETURN '-';
  WHEN raise_exception THEN
    RETURN SQLERRM;
  WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN split_part(COALESCE(NULLIF(detail, ''), SQLERRM), ':', 1);
END $$;
CREATE TABLE commands (n serial, command text);
INSERT INTO commands (command) VALUES
  ('SELECT seq, at, type, hash FROM qfs.ledger'), ('SELECT payload FROM qfs.ledger'), ('SELECT actor FROM qfs.ledger'), ('SELECT auth FROM qfs.ledger'),
  ('SELECT outcome FROM qfs.ledger'), ('SELECT prev FROM qfs.ledger'), ('SELECT nodes FROM qfs.ledger'), ('SELECT count(*) FROM qfs.ledger'),
  ('SELECT FROM qfs.ledger_state, qfs.policy, qfs.signing_key, qfs.event_type'), ('SELECT FROM qfs.witness, qfs.cosignature'),
  ('INSERT INTO qfs.ledger (type, payload) VALUES (''NOTE'', ''{}'')'),
  ('INSERT INTO qfs.ledger (type, actor, payload) VALUES (''NOTE'', NULL, ''{}'') RETURNING seq, hash'),
  ('INSERT INTO qfs.ledger (type, payload) VALUES (''NOTE'', ''{}'') RETURNING payload'),
  ('INSERT INTO qfs.ledger (type, payload, auth) VALUES (''NOTE'', ''{}'', ''{}'')'), ('INSERT INTO qfs.ledger (type, payload, seq) VALUES (''NOTE'', ''{}'', 3)'),
  ('INSERT INTO qfs.ledger SELECT * FROM qfs.ledger'), ('UPDATE qfs.ledger SET at = 0'), ('DELETE FROM qfs.ledger'), ('TRUNCATE qfs.ledger'),
  ('SELECT 1 FROM qfs.ledger WHERE seq = 0 FOR UPDATE'), ('LOCK TABLE qfs.ledger IN ROW EXCLUSIVE MODE'),
  ('INSERT INTO qfs.policy VALUES (9, ''{}'')'), ('UPDATE qfs.event_type SET by = ''account'''), ('DELETE FROM qfs.ledger_state'), ('UPDATE qfs.signing_key SET seq = 0'),
  ('INSERT INTO qfs.witness (vkey) VALUES (''x'')'), ('INSERT INTO qfs.cosignature VALUES (1, ''x'', ''x'')'),
  ('CREATE TRIGGER t AFTER INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION qfs.refuse_change()'), ('CREATE INDEX ON qfs.ledger (at)'),
  ('CREATE TABLE qfs.mine (n int)'), ('CREATE TABLE regress_space.mine (seq bigint REFERENCES qfs.ledger)'), ('CREATE TABLE regress_space.mine (h qfs.hash)'),
  ('SELECT qfs.genesis(''a/b'')'), ('SELECT qfs.register_event_type(''X'', ''{}'')'), ('SELECT qfs.set_policy(''{}'')'), ('SELECT qfs.rotate_keys()'),
  ('SELECT qfs.import(''{}'')'), ('SELECT qfs.head()'), ('SELECT qfs.root(2)'), ('SELECT qfs.inclusion_proof(1, 2)'), ('SELECT qfs.consistency_proof(1, 2)'),
  ('SELECT qfs.tile(0, 0, 1)'), ('SELECT qfs.entry(1)'), ('SELECT qfs.export()'), ('SELECT qfs.entry_bundle(0, 1)'), ('SELECT qfs.vkey()'), ('SELECT qfs.checkpoint()'),
  ('SELECT qfs.tlog_proof(0)'), ('SELECT qfs.add_witness(''x'')'), ('SELECT qfs.add_cosignature(''x'')'), ('SELECT qfs.verify()'), ('SELECT qfs.self_check()'),
  ('SELECT qfs.rebuild()'), ('SELECT qfs.post_restore()'), ('SELECT qfs.ledger_append()'), ('SELECT qfs.refuse_change()'),
  ('SELECT qfs.canonical(''{}''), qfs.sha256_jcs(''{}''), qfs.default_policy(), qfs.keccak256(''''), qfs.sha3_256(''''), qfs.leaf_hash('''')'),
  ('SELECT repeat(''0'', 64)::qfs.hash OPERATOR(qfs.=) sha256('''')::qfs.hash'), ('SELECT qfs.user_id((''0x'' || repeat(''0'', 40))::qfs.address)'),
  ('SELECT qfs.verify_inclusion(qfs.leaf_hash(''''), 0, 1, ''{}'', qfs.leaf_hash(''''))'), ('ALTER TABLE qfs.ledger DISABLE TRIGGER ALL'), ('DROP EXTENSION qfs'),
  ('SET qfs.ddl_guard = off');
SELECT command, may('qfs_operator', command) AS operator, may('qfs_auditor', command) AS auditor, may('qfs_user', command) AS "user",
       may('qfs_anon', command) AS anon, may('regress_qfs_stranger', command) AS stranger
FROM commands ORDER BY n;
-- the owner owns: it stops at the guards, and at the rules
SELECT command, may('qfs_owner', command) AS owner FROM commands WHERE n BETWEEN 11 AND 34 ORDER BY n;

-- a member acts as one, if it inherits or says so
CREATE ROLE regress_qfs_member IN ROLE qfs_operator;
CREATE ROLE regress_qfs_reluctant NOINHERIT IN ROLE qfs_operator;
SELECT may('regress_qfs_member', $$INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')$$) AS member,
       may('regress_qfs_reluctant', $$INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')$$) AS reluctant;
SET SESSION AUTHORIZATION regress_qfs_reluctant;
SET ROLE qfs_operator;
SELECT attempt($$INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"n":3}')$$);
RESET SESSION AUTHORIZATION;
-- the privilege alone does not make an operator
GRANT USAGE ON SCHEMA qfs TO regress_qfs_stranger;
GRANT INSERT (type, payload) ON qfs.ledger TO regress_qfs_stranger;
SET ROLE regress_qfs_stranger;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}');
RESET ROLE;
SELECT * FROM qfs.self_check() ORDER BY detail COLLATE "C";
REVOKE USAGE ON SCHEMA qfs FROM regress_qfs_stranger;
REVOKE INSERT (type, payload) ON qfs.ledger FROM regress_qfs_stranger;
-- an application's own function with an operator's rights is how others append
CREATE FUNCTION note_for_all(n int) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', jsonb_build_object('n', n))
$$;
ALTER FUNCTION note_for_all OWNER TO regress_qfs_member;
SET ROLE regress_qfs_stranger;
SELECT note_for_all(4);
RESET ROLE;
SELECT seq, auth, payload FROM qfs.ledger WHERE seq > 2 ORDER BY seq;
DROP FUNCTION note_for_all;

-- somebody else's operators, functions and tables in the search path are not ours to run
CREATE SCHEMA regress_evil;
GRANT USAGE ON SCHEMA regress_evil TO PUBLIC;
DO $$
DECLARE
  type text;
BEGIN
  FOREACH type IN ARRAY ARRAY['bigint', 'integer', 'text', 'oid', 'name', 'qfs.hash'] LOOP
    EXECUTE format('CREATE FUNCTION regress_evil.fail(%1$s, %1$s) RETURNS boolean LANGUAGE plpgsql AS ''BEGIN RAISE EXCEPTION ''''hijacked''''; END''', type);
    EXECUTE format('CREATE OPERATOR regress_evil.= (LEFTARG = %1$s, RIGHTARG = %1$s, FUNCTION = regress_evil.fail)', type);
    EXECUTE format('CREATE OPERATOR regress_evil.<> (LEFTARG = %1$s, RIGHTARG = %1$s, FUNCTION = regress_evil.fail)', type);
  END LOOP;
END $$;
CREATE FUNCTION regress_evil.now() RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'hijacked'; END $$;
CREATE TABLE regress_evil.pg_trigger (n int);
CREATE TABLE regress_evil.ledger (n int);
CREATE TEMP TABLE pg_trigger (n int);
CREATE TEMP TABLE ledger (n int);
GRANT SELECT ON pg_trigger, ledger TO PUBLIC;
SET search_path = regress_evil, pg_temp, pg_catalog, public;
SELECT public.attempt('SELECT 1::bigint = 1::bigint') AS trap;
SET ROLE regress_qfs_member;
SELECT command, public.attempt(command)
FROM unnest(ARRAY['SELECT qfs.register_event_type(''EVIL'', ''{}'')', 'SELECT qfs.set_policy(''{}'')', 'SELECT qfs.rotate_keys()', 'SELECT qfs.head()', 'SELECT qfs.root(5)',
  'SELECT qfs.checkpoint(5)', 'SELECT qfs.tlog_proof(0, 5)', 'SELECT qfs.import(''{}'')', 'SELECT qfs.verify()', 'SELECT qfs.self_check()',
  'SELECT qfs.add_witness(''w+00000000+x'')', 'SELECT qfs.add_cosignature(qfs.checkpoint(5))',
  'INSERT INTO qfs.ledger (type, payload) VALUES (''EVIL'', ''{}'')']) AS command;
RESET ROLE;
SELECT public.attempt('DROP TABLE regress_evil.pg_trigger') AS ddl, public.attempt('ALTER TABLE qfs.ledger DISABLE TRIGGER ALL') AS guarded, public.attempt('SELECT qfs.rebuild()') AS rebuild;
SET search_path = public;
SET client_min_messages = warning;
DROP SCHEMA regress_evil CASCADE;
RESET client_min_messages;
DROP TABLE pg_temp.pg_trigger, pg_temp.ledger;
SELECT * FROM qfs.verify();
SELECT * FROM qfs.self_check();
DROP FUNCTION may;
DROP SCHEMA regress_space;
DROP ROLE regress_qfs_stranger, regress_qfs_member, regress_qfs_reluctant;
