-- Opening the ledger, and the events of the ledger itself.

CREATE FUNCTION qfs.genesis(origin text, policy jsonb DEFAULT '{}') RETURNS qfs.hash
  AS 'MODULE_PATHNAME', 'qfs_sql_genesis' LANGUAGE C STRICT;
COMMENT ON FUNCTION qfs.genesis(text, jsonb) IS
  'writes entry 0: the origin (a schema-less URL), the full policy with the given changes, new keys; returns its hash';

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
  'writes the seed of the next signing keys to the key file, to be copied to standbys; returns its digest, for qfs.rotate_keys(digest); no rollback takes it back';

CREATE FUNCTION qfs.rotate_keys(digest qfs.hash) RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_rotate_to_prepared' LANGUAGE C STRICT;
COMMENT ON FUNCTION qfs.rotate_keys(qfs.hash) IS
  'puts the keys of a prepared seed in force, endorsed by the outgoing one; returns the entry''s seq';

CREATE FUNCTION qfs.import(lines text[]) RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_import' LANGUAGE C STRICT;
COMMENT ON FUNCTION qfs.import(text[]) IS
  'puts exported lines into an empty ledger, or behind those that were imported before, checking everything; returns how many were new; '
  'qfs.post_restore() opens the ledger then';

GRANT EXECUTE ON FUNCTION
  qfs.genesis(text, jsonb), qfs.register_event_type(text, jsonb, text),
  qfs.set_policy(jsonb), qfs.rotate_keys(), qfs.rotate_keys(qfs.hash), qfs.prepare_keys()
  TO qfs_operator;
