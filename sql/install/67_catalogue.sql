-- The rules read aloud: docs/token-guard-map.md.

CREATE FUNCTION qfs.catalogue() RETURNS jsonb
  AS 'MODULE_PATHNAME', 'qfs_sql_catalogue' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION qfs.catalogue() IS
  'the map of keys, guards, rules, tokens and principles that the code runs on, {edges, nodes}, with its hash and what each of them is';
GRANT EXECUTE ON FUNCTION qfs.catalogue() TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
