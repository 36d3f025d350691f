-- Reading and proving.  STABLE: they work on a hot standby and in a read-only
-- transaction, and none of them scans the ledger.

CREATE FUNCTION qfs.head(OUT seq bigint, OUT hash qfs.hash, OUT at bigint, OUT size bigint)
  AS 'MODULE_PATHNAME', 'qfs_sql_head' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION qfs.head() IS
  'the last entry, and the number of entries; seq, hash and at are null while there is none';

CREATE FUNCTION qfs.durable_head(wait_ms integer DEFAULT 0, OUT seq bigint, OUT hash qfs.hash, OUT size bigint)
  AS 'MODULE_PATHNAME', 'qfs_sql_durable_head' LANGUAGE C;
COMMENT ON FUNCTION qfs.durable_head(integer) IS
  'the last entry seen here that no crash of this server and no failover to a synchronous standby takes back, none of the transaction''s own; waits for standbys for so many milliseconds, at most a minute; too low where they are missing, never too high';

CREATE FUNCTION qfs.root(size bigint) RETURNS qfs.hash
  AS 'MODULE_PATHNAME', 'qfs_sql_root' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.root(bigint) IS 'Merkle root of the first size entries (RFC 6962)';

CREATE FUNCTION qfs.inclusion_proof(seq bigint, size bigint) RETURNS qfs.hash[]
  AS 'MODULE_PATHNAME', 'qfs_sql_inclusion_proof' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.inclusion_proof(bigint, bigint) IS
  'path from entry seq to the root of the first size entries, the leaf''s sibling first';

CREATE FUNCTION qfs.consistency_proof(old bigint, new bigint) RETURNS qfs.hash[]
  AS 'MODULE_PATHNAME', 'qfs_sql_consistency_proof' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.consistency_proof(bigint, bigint) IS
  'proof that the first new entries begin with the first old ones';

CREATE FUNCTION qfs.entry(seq bigint) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_entry' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.entry(bigint) IS 'full line of an entry: its head with all parts and the salt of their commitments';

CREATE FUNCTION qfs.entry_head(seq bigint) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_entry_head' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.entry_head(bigint) IS
  'head of an entry, canonical: commitments to its parts, which say nothing of them; qfs.leaf_hash of it is the entry''s hash';

CREATE FUNCTION qfs.export("from" bigint DEFAULT 0, "to" bigint DEFAULT NULL) RETURNS SETOF text
  AS 'MODULE_PATHNAME', 'qfs_sql_export' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION qfs.export(bigint, bigint) IS
  'JSONL: the full lines of the entries from..to, inclusive; to the last one by default';

CREATE FUNCTION qfs.tile(level integer, n bigint, width integer DEFAULT 256) RETURNS bytea
  AS 'MODULE_PATHNAME', 'qfs_sql_tile' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.tile(integer, bigint, integer) IS
  'hash tile n of a level: width hashes of 32 bytes (C2SP tlog-tiles)';

CREATE FUNCTION qfs.entry_bundle(n bigint, width integer DEFAULT 256) RETURNS bytea
  AS 'MODULE_PATHNAME', 'qfs_sql_entry_bundle' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.entry_bundle(bigint, integer) IS
  'heads of the entries 256 n to 256 n + width - 1, each after its length as a big-endian u16 (C2SP tlog-tiles)';

GRANT EXECUTE ON FUNCTION
  qfs.head(), qfs.root(bigint), qfs.inclusion_proof(bigint, bigint),
  qfs.consistency_proof(bigint, bigint), qfs.tile(integer, bigint, integer),
  qfs.entry_head(bigint), qfs.entry_bundle(bigint, integer)
  TO qfs_operator, qfs_auditor;
-- A follower stops at the durable head.
GRANT EXECUTE ON FUNCTION qfs.durable_head(integer), qfs.head(), qfs.consistency_proof(bigint, bigint) TO qfs_bridge;
GRANT EXECUTE ON FUNCTION qfs.durable_head(integer) TO qfs_operator, qfs_auditor;
-- Content is the auditor's to read.
GRANT EXECUTE ON FUNCTION
  qfs.entry(bigint), qfs.export(bigint, bigint)
  TO qfs_auditor;
