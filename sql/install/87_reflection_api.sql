-- qfs_api: an act of one's own before it is done, and after.

-- What a guard demands and found, and from which observed value on the verdict would be another one.  hides: others' numbers are not told.
CREATE FUNCTION qfs.reflect_guards(guards jsonb, hides boolean) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  catalogue jsonb := qfs.catalogue() -> 'guards';
BEGIN
  RETURN (
    SELECT coalesce(jsonb_agg(
      jsonb_build_object(
        'guard', g ->> 'guard', 'result', g ->> 'result', 'bound', g -> 'bound',
        'relation', c ->> 'relation', 'unit', c ->> 'unit', 'key', c ->> 'key', 'principle', c ->> 'principle', 'stops', c ->> 'stops',
        'observed', CASE WHEN NOT is_hidden THEN g -> 'observed' END,
        'turns_at', CASE WHEN NOT is_hidden AND turn >= 0 THEN CASE WHEN jsonb_typeof(g -> 'bound') = 'string' THEN to_jsonb(turn::text) ELSE to_jsonb(turn::bigint) END END,
        'margin', CASE WHEN NOT is_hidden AND turn >= 0 THEN CASE WHEN jsonb_typeof(g -> 'bound') = 'string' THEN to_jsonb(abs(turn - observed)::text) ELSE to_jsonb(abs(turn - observed)::bigint) END END)
      ORDER BY n), '[]')
    FROM jsonb_array_elements(guards) WITH ORDINALITY x(g, n)
    JOIN jsonb_array_elements(catalogue) c ON c ->> 'id' = g ->> 'guard'
    CROSS JOIN LATERAL (SELECT hides AND (c ->> 'of_other')::boolean AS is_hidden, (g ->> 'bound')::numeric AS bound, (g ->> 'observed')::numeric AS observed,
                               CASE WHEN jsonb_typeof(g -> 'bound') = 'string' THEN 0.000000000000000001 ELSE 1 END AS unit) v
    -- The last value of this verdict is the bound or its neighbour, and the first of the other is next to it.
    CROSS JOIN LATERAL (SELECT CASE c ->> 'relation'
        WHEN '<=' THEN CASE WHEN g ->> 'result' = 'PASS' THEN bound + unit ELSE bound END
        WHEN '<' THEN CASE WHEN g ->> 'result' = 'PASS' THEN bound ELSE bound - unit END
        ELSE CASE WHEN g ->> 'result' = 'PASS' THEN bound - unit ELSE bound END END AS turn) t);
END $$;
COMMENT ON FUNCTION qfs.reflect_guards(jsonb, boolean) IS
  'guards of an outcome with what the catalogue says of them, the observed value that would turn each, and how far away that is';

-- Keys that decide events of a type, as they are.
CREATE FUNCTION qfs.keys_of_rule(type text) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  edges jsonb := qfs.catalogue() -> 'edges';
BEGIN
  RETURN (
    WITH edge AS MATERIALIZED (
      SELECT e ->> 'from' AS "from", e ->> 'kind' AS kind, e ->> 'to' AS "to" FROM jsonb_array_elements(edges) e
    ), read AS (
      SELECT "from" FROM edge WHERE kind = 'sets' AND "to" = 'rule:' || type
      UNION
      SELECT b."from" FROM edge b JOIN edge g ON g."from" = b."to" AND g.kind = 'guards' WHERE b.kind = 'bounds' AND g."to" = 'rule:' || type
    )
    SELECT coalesce(jsonb_agg(jsonb_build_object('key', k.key, 'class', k.class, 'value', k.value, 'changed_by_vote', c.seq) ORDER BY k.key COLLATE "C"), '[]')
    FROM read r JOIN qfs.policy_key_list() k ON 'key:' || k.key = r."from" LEFT JOIN qfs.policy_key c ON c.key = k.key);
END $$;
COMMENT ON FUNCTION qfs.keys_of_rule(text) IS 'keys of the policy that decide events of a type: class, value in force, and the vote that changed it last';

CREATE FUNCTION qfs_api.preview(type text, payload jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  run jsonb := qfs.simulate(type, payload);
  step jsonb := run -> 'step';
BEGIN
  IF run IS NULL THEN
    PERFORM qfs.refuse('ARGUMENT', 'type and payload are of the act that is looked at');
  END IF;
  RETURN jsonb_build_object(
    'v', 1, 'kind', 'reflection', 'mode', 'SIMULATION', 'type', type, 'at', run -> 'at', 'seq', NULL,
    'snapshot', jsonb_build_object('size', run -> 'size'),
    'policy', (SELECT jsonb_build_object('hash', g.policy::text, 'seq', g.policy_seq) FROM qfs.ledger_state g),
    'status', step #> '{outcome,status}', 'error', step -> 'error',
    'effects', step -> 'accounts',
    'guards', qfs.reflect_guards(coalesce(step #> '{outcome,guards}', '[]'), NOT qfs.is_public()),
    'keys', qfs.keys_of_rule(type),
    'needs', (SELECT coalesce(jsonb_agg(jsonb_build_object('what', 'signature', 'nonce', a #> '{state,nonce}')), '[]')
              FROM jsonb_array_elements(step -> 'accounts') a WHERE a ->> 'kind' = 'nonce'),
    'decided_by', 'qfs', 'suggested_by', NULL);
END $$;
COMMENT ON FUNCTION qfs_api.preview(text, jsonb) IS
  'What would come of an act of the account that is signed in, if it were done now: status or error, what it changes, every guard with what it demands and found, and the value that would turn it. Nothing is written. needs: what it still needs, a device''s signature with this nonce.';

CREATE FUNCTION qfs_api.reflect(seq bigint) RETURNS jsonb
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  me qfs.user_id := qfs.require_user_id();
BEGIN
  IF NOT EXISTS (SELECT FROM qfs.ledger l WHERE l.seq = reflect.seq AND l.actor OPERATOR(qfs.=) me) THEN
    PERFORM qfs.refuse('FORBIDDEN', 'entry ' || coalesce(seq::text, 'null') || ' is no act of yours');
  END IF;
  RETURN (
    SELECT jsonb_build_object(
      'v', 1, 'kind', 'reflection', 'mode', 'RECORDED', 'type', l.type, 'at', l.at, 'seq', l.seq,
      'snapshot', jsonb_build_object('size', l.seq),
      'policy', (SELECT jsonb_build_object('hash', l.outcome ->> 'policy', 'seq', max(p.seq)) FROM qfs.policy p WHERE p.seq < l.seq),
      'status', l.outcome -> 'status', 'error', NULL,
      'effects', (SELECT coalesce(jsonb_agg(a ORDER BY n), '[]') FROM jsonb_array_elements(l.accounts) WITH ORDINALITY x(a, n) WHERE a ->> 'account' = me::text),
      'guards', qfs.reflect_guards(coalesce(l.outcome -> 'guards', '[]'), false),
      'keys', qfs.keys_of_rule(l.type),
      'needs', '[]'::jsonb,
      'decided_by', 'qfs', 'suggested_by', NULL)
    FROM qfs.ledger l WHERE l.seq = reflect.seq);
END $$;
COMMENT ON FUNCTION qfs_api.reflect(bigint) IS
  'An act of the account that is signed in that is on the ledger, as preview shows one that is not.';

GRANT EXECUTE ON FUNCTION qfs_api.preview(text, jsonb), qfs_api.reflect(bigint) TO qfs_user, qfs_operator;
