-- Simulation: what would come of something, if it were done now.  docs/reflection.md.

CREATE FUNCTION qfs.simulate(type text, payload jsonb) RETURNS jsonb
  AS 'MODULE_PATHNAME', 'qfs_sql_simulate' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION qfs.simulate(text, jsonb) IS
  'what an event of the account that is signed in would become: {at, next, policy, step}, step as an append would record it, next and policy as they are then; nothing is written';
