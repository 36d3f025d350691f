-- Pure functions: hashes, canonical JSON, Merkle verification.

CREATE FUNCTION qfs.canonical(value jsonb) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_canonical' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.canonical(jsonb) IS
  'RFC 8785 text of a JSON value with integers only; refuses what has no canonical form';

CREATE FUNCTION qfs.sha256_jcs(value jsonb) RETURNS qfs.hash
  AS 'MODULE_PATHNAME', 'qfs_sql_sha256_jcs' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.sha256_jcs(jsonb) IS 'SHA-256 of qfs.canonical(value)';

CREATE FUNCTION qfs.keccak256(data bytea) RETURNS qfs.hash
  AS 'MODULE_PATHNAME', 'qfs_sql_keccak256' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.keccak256(bytea) IS 'Keccak-256, the hash of Ethereum (not SHA3-256)';

CREATE FUNCTION qfs.sha3_256(data bytea) RETURNS qfs.hash
  AS 'MODULE_PATHNAME', 'qfs_sql_sha3_256' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.sha3_256(bytea) IS 'SHA3-256 (FIPS 202)';

CREATE FUNCTION qfs.base64url(data bytea) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_base64url' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.base64url(bytea) IS 'base64url without padding (RFC 4648, section 5)';

CREATE FUNCTION qfs.leaf_hash(head text) RETURNS qfs.hash
  AS 'MODULE_PATHNAME', 'qfs_sql_leaf_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.leaf_hash(text) IS
  'hash of an entry, from its head: SHA-256(0x00 || head), RFC 6962';

CREATE FUNCTION qfs.node_hash("left" qfs.hash, "right" qfs.hash) RETURNS qfs.hash
  AS 'MODULE_PATHNAME', 'qfs_sql_node_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.node_hash(qfs.hash, qfs.hash) IS
  'interior node of the Merkle tree: SHA-256(0x01 || left || right), RFC 6962';

CREATE FUNCTION qfs.verify_inclusion(leaf qfs.hash, seq bigint, size bigint, proof qfs.hash[], root qfs.hash)
  RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_verify_inclusion' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.verify_inclusion(qfs.hash, bigint, bigint, qfs.hash[], qfs.hash) IS
  'does the path lead from leaf number seq to the root of size leaves? (RFC 9162, 2.1.3.2)';

CREATE FUNCTION qfs.verify_consistency(old bigint, new bigint, proof qfs.hash[], old_root qfs.hash, new_root qfs.hash)
  RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_verify_consistency' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.verify_consistency(bigint, bigint, qfs.hash[], qfs.hash, qfs.hash) IS
  'is the tree of old leaves a beginning of the tree of new leaves? (RFC 9162, 2.1.4.2)';

CREATE FUNCTION qfs.version() RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_version' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.version() IS 'version of the library; pg_extension.extversion is that of the SQL objects';

CREATE FUNCTION qfs.default_policy() RETURNS jsonb
  AS 'MODULE_PATHNAME', 'qfs_sql_default_policy' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.default_policy() IS
  'every key of a policy with the value it has when genesis does not say otherwise';

GRANT EXECUTE ON FUNCTION
  qfs.canonical(jsonb), qfs.sha256_jcs(jsonb), qfs.keccak256(bytea), qfs.sha3_256(bytea),
  qfs.leaf_hash(text), qfs.node_hash(qfs.hash, qfs.hash),
  qfs.verify_inclusion(qfs.hash, bigint, bigint, qfs.hash[], qfs.hash),
  qfs.verify_consistency(bigint, bigint, qfs.hash[], qfs.hash, qfs.hash),
  qfs.version(), qfs.default_policy()
  TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
