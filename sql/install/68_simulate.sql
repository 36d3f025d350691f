-- Simulation: what would come of something, and what would have come of what was.  docs/reflection.md, docs/what-if.md.

CREATE FUNCTION qfs.simulate(actions jsonb) RETURNS jsonb
  AS 'MODULE_PATHNAME', 'qfs_sql_simulate' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION qfs.simulate(jsonb) IS
  'what acts of the account that is signed in, [{type, payload}…], would become one after the other: {at, next, policy, steps}, each step as an append would record it, next and policy as they are then; nothing is written';

CREATE FUNCTION qfs.what_if(changes jsonb DEFAULT '{}', actions jsonb DEFAULT '[]', "from" bigint DEFAULT NULL, size bigint DEFAULT NULL) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_what_if' LANGUAGE C STABLE;
COMMENT ON FUNCTION qfs.what_if(jsonb, jsonb, bigint, bigint) IS
  'what would have come of the entries from..size - 1 under a policy with these changes, and what accounts would do then: the line of qfs-verify what-if';
GRANT EXECUTE ON FUNCTION qfs.what_if(jsonb, jsonb, bigint, bigint) TO qfs_auditor;
