-- Simulation: what would come of something, and what would have come of what was.  docs/reflection.md, docs/what-if.md, docs/consequence-map.md.

CREATE FUNCTION qfs.simulate(actions jsonb) RETURNS jsonb
  AS 'MODULE_PATHNAME', 'qfs_sql_simulate' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION qfs.simulate(jsonb) IS
  'what acts of the account that is signed in, [{type, payload}…], would become one after the other: {at, next, policy, steps}, each step as an append would record it, next and policy as they are then; nothing is written';

CREATE FUNCTION qfs.what_if(changes jsonb DEFAULT '{}', actions jsonb DEFAULT '[]', "from" bigint DEFAULT NULL, size bigint DEFAULT NULL) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_what_if' LANGUAGE C STABLE;
COMMENT ON FUNCTION qfs.what_if(jsonb, jsonb, bigint, bigint) IS
  'what would have come of the entries from..size - 1 under a policy with these changes, and what accounts would do then: the line of qfs-verify what-if';
GRANT EXECUTE ON FUNCTION qfs.what_if(jsonb, jsonb, bigint, bigint) TO qfs_auditor;

CREATE FUNCTION qfs.consequence_map(changes jsonb, proposal bigint DEFAULT NULL, "from" bigint DEFAULT NULL, size bigint DEFAULT NULL, now boolean DEFAULT false) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_consequence_map' LANGUAGE C STABLE;
COMMENT ON FUNCTION qfs.consequence_map(jsonb, bigint, bigint, bigint, boolean) IS
  'what of the rules changes of the policy reach, and how many of the entries from..size - 1 differ through it: the line of qfs-verify consequence-map; now: what keys have is told of the policy in force, not of the one after these entries';
GRANT EXECUTE ON FUNCTION qfs.consequence_map(jsonb, bigint, bigint, bigint, boolean) TO qfs_auditor;

CREATE FUNCTION qfs.sandbox(template text, params jsonb, policy text, "from" bigint, size bigint) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_sandbox' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION qfs.sandbox(text, jsonb, text, bigint, bigint) IS
  'a template of the sandbox over the first `size` entries: the line of qfs-verify what-if --template; policy is the one in force after them, from where the window begins';

CREATE FUNCTION qfs.sandbox_templates() RETURNS jsonb
  AS 'MODULE_PATHNAME', 'qfs_sql_sandbox_templates' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION qfs.sandbox_templates() IS 'the templates of the sandbox: [{about, name, params: [{about, name, range, type}…], window}…], window being whether it looks at one';
