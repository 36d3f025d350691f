-- Types of fixed length: qfs.hash and qfs.user_id (32 bytes), qfs.address (20 bytes).

CREATE TYPE qfs.hash;

CREATE FUNCTION qfs.hash_in(cstring) RETURNS qfs.hash
  AS 'MODULE_PATHNAME', 'qfs_sql_hash_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION qfs.hash_out(qfs.hash) RETURNS cstring
  AS 'MODULE_PATHNAME', 'qfs_sql_hash_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION qfs.hash_recv(internal) RETURNS qfs.hash
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION qfs.hash_send(qfs.hash) RETURNS bytea
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE TYPE qfs.hash (
  INPUT = qfs.hash_in, OUTPUT = qfs.hash_out, RECEIVE = qfs.hash_recv, SEND = qfs.hash_send,
  INTERNALLENGTH = 32, ALIGNMENT = char, STORAGE = plain
);
COMMENT ON TYPE qfs.hash IS 'a 256-bit hash: 32 bytes, written as 64 lower-case hexadecimal digits';

CREATE TYPE qfs.user_id;

CREATE FUNCTION qfs.user_id_in(cstring) RETURNS qfs.user_id
  AS 'MODULE_PATHNAME', 'qfs_sql_user_id_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION qfs.user_id_out(qfs.user_id) RETURNS cstring
  AS 'MODULE_PATHNAME', 'qfs_sql_user_id_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION qfs.user_id_recv(internal) RETURNS qfs.user_id
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION qfs.user_id_send(qfs.user_id) RETURNS bytea
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE TYPE qfs.user_id (
  INPUT = qfs.user_id_in, OUTPUT = qfs.user_id_out,
  RECEIVE = qfs.user_id_recv, SEND = qfs.user_id_send,
  INTERNALLENGTH = 32, ALIGNMENT = char, STORAGE = plain
);
COMMENT ON TYPE qfs.user_id IS
  'an account: user_ and the SHA3-256 of its wallet address as 64 lower-case hexadecimal digits';

CREATE TYPE qfs.address;

CREATE FUNCTION qfs.address_in(cstring) RETURNS qfs.address
  AS 'MODULE_PATHNAME', 'qfs_sql_address_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION qfs.address_out(qfs.address) RETURNS cstring
  AS 'MODULE_PATHNAME', 'qfs_sql_address_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION qfs.address_recv(internal) RETURNS qfs.address
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes20_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION qfs.address_send(qfs.address) RETURNS bytea
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes20_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE TYPE qfs.address (
  INPUT = qfs.address_in, OUTPUT = qfs.address_out,
  RECEIVE = qfs.address_recv, SEND = qfs.address_send,
  INTERNALLENGTH = 20, ALIGNMENT = char, STORAGE = plain
);
COMMENT ON TYPE qfs.address IS
  'an Ethereum address: 20 bytes, written as 0x and 40 digits with the EIP-55 checksum';

-- hash: comparison, order, hashing, casts

CREATE FUNCTION qfs.hash_eq(qfs.hash, qfs.hash) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_eq' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.hash_ne(qfs.hash, qfs.hash) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.hash_lt(qfs.hash, qfs.hash) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_lt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.hash_le(qfs.hash, qfs.hash) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_le' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.hash_gt(qfs.hash, qfs.hash) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_gt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.hash_ge(qfs.hash, qfs.hash) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_ge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.hash_cmp(qfs.hash, qfs.hash) RETURNS integer
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_cmp' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.hash_hash(qfs.hash) RETURNS integer
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.hash_hash_extended(qfs.hash, bigint) RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_hash_extended' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;

CREATE OPERATOR qfs.= (
  LEFTARG = qfs.hash, RIGHTARG = qfs.hash, FUNCTION = qfs.hash_eq,
  COMMUTATOR = OPERATOR(qfs.=), NEGATOR = OPERATOR(qfs.<>),
  RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR qfs.= (qfs.hash, qfs.hash) IS 'equal';
CREATE OPERATOR qfs.<> (
  LEFTARG = qfs.hash, RIGHTARG = qfs.hash, FUNCTION = qfs.hash_ne,
  COMMUTATOR = OPERATOR(qfs.<>), NEGATOR = OPERATOR(qfs.=),
  RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR qfs.<> (qfs.hash, qfs.hash) IS 'not equal';
CREATE OPERATOR qfs.< (
  LEFTARG = qfs.hash, RIGHTARG = qfs.hash, FUNCTION = qfs.hash_lt,
  COMMUTATOR = OPERATOR(qfs.>), NEGATOR = OPERATOR(qfs.>=),
  RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR qfs.< (qfs.hash, qfs.hash) IS 'less than';
CREATE OPERATOR qfs.<= (
  LEFTARG = qfs.hash, RIGHTARG = qfs.hash, FUNCTION = qfs.hash_le,
  COMMUTATOR = OPERATOR(qfs.>=), NEGATOR = OPERATOR(qfs.>),
  RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR qfs.<= (qfs.hash, qfs.hash) IS 'less than or equal';
CREATE OPERATOR qfs.> (
  LEFTARG = qfs.hash, RIGHTARG = qfs.hash, FUNCTION = qfs.hash_gt,
  COMMUTATOR = OPERATOR(qfs.<), NEGATOR = OPERATOR(qfs.<=),
  RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR qfs.> (qfs.hash, qfs.hash) IS 'greater than';
CREATE OPERATOR qfs.>= (
  LEFTARG = qfs.hash, RIGHTARG = qfs.hash, FUNCTION = qfs.hash_ge,
  COMMUTATOR = OPERATOR(qfs.<=), NEGATOR = OPERATOR(qfs.<),
  RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR qfs.>= (qfs.hash, qfs.hash) IS 'greater than or equal';

CREATE OPERATOR CLASS qfs.hash_ops DEFAULT FOR TYPE qfs.hash USING btree AS
  OPERATOR 1 qfs.<, OPERATOR 2 qfs.<=, OPERATOR 3 qfs.=, OPERATOR 4 qfs.>=, OPERATOR 5 qfs.>,
  FUNCTION 1 qfs.hash_cmp(qfs.hash, qfs.hash);
COMMENT ON OPERATOR CLASS qfs.hash_ops USING btree IS 'order of the bytes';
COMMENT ON OPERATOR FAMILY qfs.hash_ops USING btree IS 'order of the bytes';
CREATE OPERATOR CLASS qfs.hash_hash_ops DEFAULT FOR TYPE qfs.hash USING hash AS
  OPERATOR 1 qfs.=,
  FUNCTION 1 qfs.hash_hash(qfs.hash), FUNCTION 2 qfs.hash_hash_extended(qfs.hash, bigint);
COMMENT ON OPERATOR CLASS qfs.hash_hash_ops USING hash IS 'equality of the bytes';
COMMENT ON OPERATOR FAMILY qfs.hash_hash_ops USING hash IS 'equality of the bytes';

CREATE FUNCTION qfs.hash(bytea) RETURNS qfs.hash
  AS 'MODULE_PATHNAME', 'qfs_sql_hash_from_bytea' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION qfs.bytea(qfs.hash) RETURNS bytea
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_to_bytea' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE CAST (bytea AS qfs.hash) WITH FUNCTION qfs.hash(bytea);
COMMENT ON CAST (bytea AS qfs.hash) IS 'exactly 32 bytes';
CREATE CAST (qfs.hash AS bytea) WITH FUNCTION qfs.bytea(qfs.hash);
COMMENT ON CAST (qfs.hash AS bytea) IS 'the 32 bytes';
CREATE CAST (text AS qfs.hash) WITH INOUT;
COMMENT ON CAST (text AS qfs.hash) IS 'the text form of the type';
CREATE CAST (qfs.hash AS text) WITH INOUT AS ASSIGNMENT;
COMMENT ON CAST (qfs.hash AS text) IS 'the text form of the type';

-- user_id: comparison, order, hashing, casts

CREATE FUNCTION qfs.user_id_eq(qfs.user_id, qfs.user_id) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_eq' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.user_id_ne(qfs.user_id, qfs.user_id) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.user_id_lt(qfs.user_id, qfs.user_id) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_lt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.user_id_le(qfs.user_id, qfs.user_id) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_le' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.user_id_gt(qfs.user_id, qfs.user_id) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_gt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.user_id_ge(qfs.user_id, qfs.user_id) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_ge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.user_id_cmp(qfs.user_id, qfs.user_id) RETURNS integer
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_cmp' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.user_id_hash(qfs.user_id) RETURNS integer
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.user_id_hash_extended(qfs.user_id, bigint) RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_hash_extended' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;

CREATE OPERATOR qfs.= (
  LEFTARG = qfs.user_id, RIGHTARG = qfs.user_id, FUNCTION = qfs.user_id_eq,
  COMMUTATOR = OPERATOR(qfs.=), NEGATOR = OPERATOR(qfs.<>),
  RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR qfs.= (qfs.user_id, qfs.user_id) IS 'equal';
CREATE OPERATOR qfs.<> (
  LEFTARG = qfs.user_id, RIGHTARG = qfs.user_id, FUNCTION = qfs.user_id_ne,
  COMMUTATOR = OPERATOR(qfs.<>), NEGATOR = OPERATOR(qfs.=),
  RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR qfs.<> (qfs.user_id, qfs.user_id) IS 'not equal';
CREATE OPERATOR qfs.< (
  LEFTARG = qfs.user_id, RIGHTARG = qfs.user_id, FUNCTION = qfs.user_id_lt,
  COMMUTATOR = OPERATOR(qfs.>), NEGATOR = OPERATOR(qfs.>=),
  RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR qfs.< (qfs.user_id, qfs.user_id) IS 'less than';
CREATE OPERATOR qfs.<= (
  LEFTARG = qfs.user_id, RIGHTARG = qfs.user_id, FUNCTION = qfs.user_id_le,
  COMMUTATOR = OPERATOR(qfs.>=), NEGATOR = OPERATOR(qfs.>),
  RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR qfs.<= (qfs.user_id, qfs.user_id) IS 'less than or equal';
CREATE OPERATOR qfs.> (
  LEFTARG = qfs.user_id, RIGHTARG = qfs.user_id, FUNCTION = qfs.user_id_gt,
  COMMUTATOR = OPERATOR(qfs.<), NEGATOR = OPERATOR(qfs.<=),
  RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR qfs.> (qfs.user_id, qfs.user_id) IS 'greater than';
CREATE OPERATOR qfs.>= (
  LEFTARG = qfs.user_id, RIGHTARG = qfs.user_id, FUNCTION = qfs.user_id_ge,
  COMMUTATOR = OPERATOR(qfs.<=), NEGATOR = OPERATOR(qfs.<),
  RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR qfs.>= (qfs.user_id, qfs.user_id) IS 'greater than or equal';

CREATE OPERATOR CLASS qfs.user_id_ops DEFAULT FOR TYPE qfs.user_id USING btree AS
  OPERATOR 1 qfs.<, OPERATOR 2 qfs.<=, OPERATOR 3 qfs.=, OPERATOR 4 qfs.>=, OPERATOR 5 qfs.>,
  FUNCTION 1 qfs.user_id_cmp(qfs.user_id, qfs.user_id);
COMMENT ON OPERATOR CLASS qfs.user_id_ops USING btree IS 'order of the bytes';
COMMENT ON OPERATOR FAMILY qfs.user_id_ops USING btree IS 'order of the bytes';
CREATE OPERATOR CLASS qfs.user_id_hash_ops DEFAULT FOR TYPE qfs.user_id USING hash AS
  OPERATOR 1 qfs.=,
  FUNCTION 1 qfs.user_id_hash(qfs.user_id), FUNCTION 2 qfs.user_id_hash_extended(qfs.user_id, bigint);
COMMENT ON OPERATOR CLASS qfs.user_id_hash_ops USING hash IS 'equality of the bytes';
COMMENT ON OPERATOR FAMILY qfs.user_id_hash_ops USING hash IS 'equality of the bytes';

CREATE FUNCTION qfs.user_id(bytea) RETURNS qfs.user_id
  AS 'MODULE_PATHNAME', 'qfs_sql_user_id_from_bytea' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION qfs.bytea(qfs.user_id) RETURNS bytea
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes32_to_bytea' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE CAST (bytea AS qfs.user_id) WITH FUNCTION qfs.user_id(bytea);
COMMENT ON CAST (bytea AS qfs.user_id) IS 'exactly 32 bytes';
CREATE CAST (qfs.user_id AS bytea) WITH FUNCTION qfs.bytea(qfs.user_id);
COMMENT ON CAST (qfs.user_id AS bytea) IS 'the 32 bytes';
CREATE CAST (text AS qfs.user_id) WITH INOUT;
COMMENT ON CAST (text AS qfs.user_id) IS 'the text form of the type';
CREATE CAST (qfs.user_id AS text) WITH INOUT AS ASSIGNMENT;
COMMENT ON CAST (qfs.user_id AS text) IS 'the text form of the type';

-- address: comparison, order, hashing, casts

CREATE FUNCTION qfs.address_eq(qfs.address, qfs.address) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes20_eq' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.address_ne(qfs.address, qfs.address) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes20_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.address_lt(qfs.address, qfs.address) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes20_lt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.address_le(qfs.address, qfs.address) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes20_le' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.address_gt(qfs.address, qfs.address) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes20_gt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.address_ge(qfs.address, qfs.address) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes20_ge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.address_cmp(qfs.address, qfs.address) RETURNS integer
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes20_cmp' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.address_hash(qfs.address) RETURNS integer
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes20_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION qfs.address_hash_extended(qfs.address, bigint) RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes20_hash_extended' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;

CREATE OPERATOR qfs.= (
  LEFTARG = qfs.address, RIGHTARG = qfs.address, FUNCTION = qfs.address_eq,
  COMMUTATOR = OPERATOR(qfs.=), NEGATOR = OPERATOR(qfs.<>),
  RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR qfs.= (qfs.address, qfs.address) IS 'equal';
CREATE OPERATOR qfs.<> (
  LEFTARG = qfs.address, RIGHTARG = qfs.address, FUNCTION = qfs.address_ne,
  COMMUTATOR = OPERATOR(qfs.<>), NEGATOR = OPERATOR(qfs.=),
  RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR qfs.<> (qfs.address, qfs.address) IS 'not equal';
CREATE OPERATOR qfs.< (
  LEFTARG = qfs.address, RIGHTARG = qfs.address, FUNCTION = qfs.address_lt,
  COMMUTATOR = OPERATOR(qfs.>), NEGATOR = OPERATOR(qfs.>=),
  RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR qfs.< (qfs.address, qfs.address) IS 'less than';
CREATE OPERATOR qfs.<= (
  LEFTARG = qfs.address, RIGHTARG = qfs.address, FUNCTION = qfs.address_le,
  COMMUTATOR = OPERATOR(qfs.>=), NEGATOR = OPERATOR(qfs.>),
  RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR qfs.<= (qfs.address, qfs.address) IS 'less than or equal';
CREATE OPERATOR qfs.> (
  LEFTARG = qfs.address, RIGHTARG = qfs.address, FUNCTION = qfs.address_gt,
  COMMUTATOR = OPERATOR(qfs.<), NEGATOR = OPERATOR(qfs.<=),
  RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR qfs.> (qfs.address, qfs.address) IS 'greater than';
CREATE OPERATOR qfs.>= (
  LEFTARG = qfs.address, RIGHTARG = qfs.address, FUNCTION = qfs.address_ge,
  COMMUTATOR = OPERATOR(qfs.<=), NEGATOR = OPERATOR(qfs.<),
  RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR qfs.>= (qfs.address, qfs.address) IS 'greater than or equal';

CREATE OPERATOR CLASS qfs.address_ops DEFAULT FOR TYPE qfs.address USING btree AS
  OPERATOR 1 qfs.<, OPERATOR 2 qfs.<=, OPERATOR 3 qfs.=, OPERATOR 4 qfs.>=, OPERATOR 5 qfs.>,
  FUNCTION 1 qfs.address_cmp(qfs.address, qfs.address);
COMMENT ON OPERATOR CLASS qfs.address_ops USING btree IS 'order of the bytes';
COMMENT ON OPERATOR FAMILY qfs.address_ops USING btree IS 'order of the bytes';
CREATE OPERATOR CLASS qfs.address_hash_ops DEFAULT FOR TYPE qfs.address USING hash AS
  OPERATOR 1 qfs.=,
  FUNCTION 1 qfs.address_hash(qfs.address), FUNCTION 2 qfs.address_hash_extended(qfs.address, bigint);
COMMENT ON OPERATOR CLASS qfs.address_hash_ops USING hash IS 'equality of the bytes';
COMMENT ON OPERATOR FAMILY qfs.address_hash_ops USING hash IS 'equality of the bytes';

CREATE FUNCTION qfs.address(bytea) RETURNS qfs.address
  AS 'MODULE_PATHNAME', 'qfs_sql_address_from_bytea' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION qfs.bytea(qfs.address) RETURNS bytea
  AS 'MODULE_PATHNAME', 'qfs_sql_bytes20_to_bytea' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE CAST (bytea AS qfs.address) WITH FUNCTION qfs.address(bytea);
COMMENT ON CAST (bytea AS qfs.address) IS 'exactly 20 bytes';
CREATE CAST (qfs.address AS bytea) WITH FUNCTION qfs.bytea(qfs.address);
COMMENT ON CAST (qfs.address AS bytea) IS 'the 20 bytes';
CREATE CAST (text AS qfs.address) WITH INOUT;
COMMENT ON CAST (text AS qfs.address) IS 'the text form of the type';
CREATE CAST (qfs.address AS text) WITH INOUT AS ASSIGNMENT;
COMMENT ON CAST (qfs.address AS text) IS 'the text form of the type';

CREATE FUNCTION qfs.user_id(qfs.address) RETURNS qfs.user_id
  AS 'MODULE_PATHNAME', 'qfs_sql_address_user_id' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.user_id(qfs.address) IS
  'the account of a wallet: SHA3-256 of the address as 42 lower-case ASCII characters';

CREATE DOMAIN qfs.amount AS numeric
  CONSTRAINT amount_range CHECK (VALUE >= 0 AND VALUE < 340282366920938463463.374607431768211456
                                 AND VALUE = pg_catalog.trunc(VALUE, 18));
COMMENT ON DOMAIN qfs.amount IS 'an unsigned 128-bit integer, shown at scale 10^18';
COMMENT ON CONSTRAINT amount_range ON DOMAIN qfs.amount IS 'what 128 bits hold, with at most 18 digits after the point';

-- Every role reads and compares these types; the comment says which part a function plays.
DO $$
DECLARE
  f record;
BEGIN
  FOR f IN
    SELECT p.oid::pg_catalog.regprocedure AS name, p.proname
    FROM pg_catalog.pg_proc p
    WHERE p.pronamespace = 'qfs'::pg_catalog.regnamespace
      AND pg_catalog.obj_description(p.oid, 'pg_proc') IS NULL
  LOOP
    EXECUTE pg_catalog.format('COMMENT ON FUNCTION %s IS %L', f.name,
      CASE
        WHEN f.proname ~ '_(in|out|recv|send)$' THEN 'input and output of the type'
        WHEN f.proname ~ '_hash(_extended)?$' THEN 'hash support of the type'
        WHEN f.proname ~ '_(eq|ne|lt|le|gt|ge|cmp)$' THEN 'comparison of the bytes'
        ELSE 'conversion between the type and bytea'
      END);
    EXECUTE pg_catalog.format(
      'GRANT EXECUTE ON FUNCTION %s TO qfs_anon, qfs_user, qfs_operator, qfs_auditor', f.name);
  END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION qfs.user_id(qfs.address) TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
GRANT USAGE ON TYPE qfs.hash, qfs.user_id, qfs.address, qfs.amount
  TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
