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

CREATE FUNCTION qfs.adopt(reason text) RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_adopt' LANGUAGE C STRICT;
COMMENT ON FUNCTION qfs.adopt(text) IS
  'the ledger lives on in this database: after a copy, a restore to a target or pg_upgrade it takes events, signs and signs in again; '
  'an entry has the reason; returns its seq, or null if there is nothing to adopt';

CREATE FUNCTION qfs.server_changes() RETURNS text[]
  AS 'MODULE_PATHNAME', 'qfs_sql_server_changes' LANGUAGE C STABLE;
COMMENT ON FUNCTION qfs.server_changes() IS
  'what of database, recovery, system, timeline, version is not what the ledger has recorded; with one of the first three it waits for qfs.adopt()';
-- What goes on by itself, and what somebody has to decide, core says (identity/server.h).
CREATE FUNCTION qfs.is_adopted() RETURNS boolean
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT NOT qfs.server_changes() && ARRAY['database', 'recovery', 'system'];
END;
COMMENT ON FUNCTION qfs.is_adopted() IS 'is this the server and the database that the ledger lives in, as far as somebody has to decide?';

GRANT EXECUTE ON FUNCTION qfs.verify(bigint, bigint, text)
  TO qfs_operator, qfs_auditor;
GRANT EXECUTE ON FUNCTION qfs.state_hash() TO qfs_auditor;
