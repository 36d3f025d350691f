-- Opening the ledger, and the events of the ledger itself.

CREATE FUNCTION qfs.genesis(origin text, policy jsonb DEFAULT '{}', recovery_key qfs.hash DEFAULT NULL) RETURNS qfs.hash
  AS 'MODULE_PATHNAME', 'qfs_sql_genesis' LANGUAGE C;
COMMENT ON FUNCTION qfs.genesis(text, jsonb, qfs.hash) IS
  'writes entry 0: the origin (a schema-less URL), the full policy with the given changes, new keys; recovery_key: the public half of '
  'an Ed25519 pair held offline, which can sign new keys should these be lost; null: none, ever; returns its hash';

CREATE FUNCTION qfs.register_event_type(type text, schema jsonb, "by" text DEFAULT 'operator') RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_register_event_type' LANGUAGE C STRICT;
COMMENT ON FUNCTION qfs.register_event_type(text, jsonb, text) IS
  'registers an event type with the JSON Schema of its payload; by: operator or account; returns the entry''s seq';

CREATE FUNCTION qfs.set_policy(changes jsonb) RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_set_policy' LANGUAGE C STRICT;
COMMENT ON FUNCTION qfs.set_policy(jsonb) IS
  'puts the policy with these changes in force from the next entry on; returns the entry''s seq';

CREATE FUNCTION qfs.rotate_keys() RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_rotate_keys' LANGUAGE C STRICT;
COMMENT ON FUNCTION qfs.rotate_keys() IS
  'makes new signing keys, endorsed by the outgoing one; returns the entry''s seq';

CREATE FUNCTION qfs.prepare_keys() RETURNS qfs.hash
  AS 'MODULE_PATHNAME', 'qfs_sql_prepare_keys' LANGUAGE C STRICT;
COMMENT ON FUNCTION qfs.prepare_keys() IS
  'writes the seed of the next signing keys to the key file, to be copied to standbys; returns its digest, for qfs.rotate_keys(digest), or '
  'for qfs.recover_keys where the file was lost; no rollback takes it back';

CREATE FUNCTION qfs.rotate_keys(digest qfs.hash) RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_rotate_to_prepared' LANGUAGE C STRICT;
COMMENT ON FUNCTION qfs.rotate_keys(qfs.hash) IS
  'puts the keys of a prepared seed in force, endorsed by the outgoing one; returns the entry''s seq';

CREATE FUNCTION qfs.recovery_message(digest qfs.hash, next_recovery_key qfs.hash DEFAULT NULL) RETURNS bytea
  AS 'MODULE_PATHNAME', 'qfs_sql_recovery_message' LANGUAGE C;
COMMENT ON FUNCTION qfs.recovery_message(qfs.hash, qfs.hash) IS
  'what the recovery key signs to put the keys of a prepared seed in force, and from then on the next recovery key (null: the same)';

CREATE FUNCTION qfs.recover_keys(digest qfs.hash, signature bytea, next_recovery_key qfs.hash DEFAULT NULL) RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_recover_keys' LANGUAGE C;
COMMENT ON FUNCTION qfs.recover_keys(qfs.hash, bytea, qfs.hash) IS
  'puts the keys of a prepared seed in force, endorsed by the recovery key: signature is its own over qfs.recovery_message of the same '
  'digest and next key, 64 bytes; returns the entry''s seq';

CREATE FUNCTION qfs.import(lines text[]) RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_import' LANGUAGE C STRICT;
COMMENT ON FUNCTION qfs.import(text[]) IS
  'puts exported lines into an empty ledger, or behind those that were imported before, checking everything; returns how many were new; '
  'qfs.post_restore() opens the ledger then';

GRANT EXECUTE ON FUNCTION
  qfs.genesis(text, jsonb, qfs.hash), qfs.register_event_type(text, jsonb, text),
  qfs.set_policy(jsonb), qfs.rotate_keys(), qfs.rotate_keys(qfs.hash), qfs.prepare_keys(),
  qfs.recovery_message(qfs.hash, qfs.hash), qfs.recover_keys(qfs.hash, bytea, qfs.hash)
  TO qfs_operator;

CREATE FUNCTION qfs.erase_payload(seq bigint, reason text) RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_erase_payload' LANGUAGE C STRICT;
COMMENT ON FUNCTION qfs.erase_payload(bigint, text) IS
  'erases payload and signature of an entry of an application''s type, or of a sign-in that is over, and appends PAYLOAD_ERASED, which says so; gives that entry';
GRANT EXECUTE ON FUNCTION qfs.erase_payload(bigint, text) TO qfs_operator;
