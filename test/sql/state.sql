-- qfs.state_hash: one hash of all state tables, which follows from the ledger.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
SELECT qfs.state_hash()::bytea = sha256('') AS "of nothing";
SELECT length(qfs.genesis('regress.example/log', recovery_key => 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')::text);
-- as docs/format.md has it, written down by hand
CREATE VIEW by_hand AS
SELECT sha256(string_agg(sha256(convert_to(line, 'UTF8')), '' ORDER BY sha256(convert_to(line, 'UTF8')))) AS hash
FROM (SELECT format('["ledger_state",%s,%s,"%s","%s",%s,"%s",%s]', number, genesis_at, ledger, origin, policy_seq, policy, key_number) FROM qfs.ledger_state
      UNION ALL SELECT format('["policy",%s,%s]', seq, policy) FROM qfs.policy
      UNION ALL SELECT format('["signing_key",%s,%s,"%s","%s",%s]', number, seq, checkpoint, token, coalesce('"' || recovery::text || '"', 'null')) FROM qfs.signing_key
      UNION ALL SELECT format('["server",%s,%s,"%s","%s","%s",%s,%s]', number, seq, database, salt, system, timeline, version) FROM qfs.server
      UNION ALL SELECT format('["event_type","%s",%s,"%s",%s]', type, seq, by, schema) FROM qfs.event_type) AS x(line);
SELECT qfs.state_hash()::bytea = hash AS "after genesis" FROM by_hand;
CREATE TABLE seen AS SELECT 0 AS n, qfs.state_hash()::bytea AS hash;
SELECT qfs.register_event_type('NOTE', '{"properties":{"n":{"type":"integer"}}}');
INSERT INTO seen SELECT 1, qfs.state_hash()::bytea;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"n":1}');
INSERT INTO seen SELECT 2, qfs.state_hash()::bytea;
SELECT qfs.set_policy('{"ttl_blocks":2000}');
INSERT INTO seen SELECT 3, qfs.state_hash()::bytea;
SELECT qfs.rotate_keys();
INSERT INTO seen SELECT 4, qfs.state_hash()::bytea;
SELECT qfs.state_hash()::bytea = hash AS "after all of that" FROM by_hand;
-- an operator's event of its own leaves no record, everything else does
SELECT b.n, a.hash = b.hash AS same FROM seen a JOIN seen b ON b.n = a.n + 1 ORDER BY 1;
-- it does not depend on where rows lie, and a rebuild gives it again
SELECT unguarded($$UPDATE qfs.policy SET seq = seq WHERE seq = 0$$);
SELECT qfs.state_hash()::bytea = hash AS moved FROM seen WHERE n = 4;
SELECT qfs.rebuild();
SELECT qfs.state_hash()::bytea = hash AS rebuilt FROM seen WHERE n = 4;
-- a table that was changed has another one; an undone change has not
BEGIN;
SELECT unguarded($$UPDATE qfs.event_type SET by = 'account'$$);
SELECT qfs.state_hash()::bytea = hash AS changed FROM seen WHERE n = 4;
ROLLBACK;
SELECT qfs.state_hash()::bytea = hash AS undone FROM seen WHERE n = 4;
-- it reads what its snapshot reads, on a standby too
SELECT provolatile, proisstrict FROM pg_proc WHERE oid = 'qfs.state_hash()'::regprocedure;
BEGIN READ ONLY;
SELECT qfs.state_hash()::bytea = hash AS "read only" FROM seen WHERE n = 4;
ROLLBACK;
SET ROLE qfs_auditor;
SELECT length(qfs.state_hash()::text) AS auditor;
SET ROLE qfs_operator;
SELECT qfs.state_hash();
RESET ROLE;
