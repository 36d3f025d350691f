-- qfs_api: an act of one's own before it is done, and after.

-- What a guard demands and found, and from which observed value on the verdict would be another one.
CREATE FUNCTION qfs.reflect_guards(guards jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  catalogue jsonb := qfs.catalogue() -> 'guards';
BEGIN
  RETURN (
    SELECT coalesce(jsonb_agg(
      g || jsonb_build_object(
        'relation', c ->> 'relation', 'unit', c ->> 'unit', 'key', c ->> 'key', 'principle', c ->> 'principle', 'stops', c ->> 'stops',
        'turns_at', CASE WHEN turn < 0 THEN NULL WHEN is_amount THEN to_jsonb(turn::text) ELSE to_jsonb(turn::bigint) END,
        'margin', CASE WHEN turn < 0 THEN NULL WHEN is_amount THEN to_jsonb(abs(turn - observed)::text) ELSE to_jsonb(abs(turn - observed)::bigint) END)
      ORDER BY n), '[]')
    FROM jsonb_array_elements(guards) WITH ORDINALITY x(g, n)
    JOIN jsonb_array_elements(catalogue) c ON c ->> 'id' = g ->> 'guard'
    CROSS JOIN LATERAL (SELECT (g ->> 'bound')::numeric AS bound, (g ->> 'observed')::numeric AS observed,
                               jsonb_typeof(g -> 'bound') = 'string' AS is_amount) v
    CROSS JOIN LATERAL (SELECT CASE WHEN is_amount THEN 0.000000000000000001 ELSE 1 END AS unit) u
    -- The last value of this verdict is the bound or its neighbour, and the first of the other is next to it.
    CROSS JOIN LATERAL (SELECT CASE c ->> 'relation'
        WHEN '<=' THEN CASE WHEN g ->> 'result' = 'PASS' THEN bound + unit ELSE bound END
        WHEN '<' THEN CASE WHEN g ->> 'result' = 'PASS' THEN bound ELSE bound - unit END
        ELSE CASE WHEN g ->> 'result' = 'PASS' THEN bound - unit ELSE bound END END AS turn) t);
END $$;
COMMENT ON FUNCTION qfs.reflect_guards(jsonb) IS
  'guards of an outcome with what the catalogue says of them, the observed value that would turn each, and how far away that is';

-- Keys that decide events of a type, as a policy has them; types that are not qfs's own are one rule.
CREATE FUNCTION qfs.keys_of_rule(type text, policy jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  catalogue jsonb := qfs.catalogue();
  rule text := 'rule:' || CASE WHEN catalogue -> 'rules' @> jsonb_build_array(jsonb_build_object('id', type)) THEN type ELSE '*' END;
BEGIN
  RETURN (
    WITH edge AS MATERIALIZED (
      SELECT e ->> 'from' AS "from", e ->> 'kind' AS kind, e ->> 'to' AS "to" FROM jsonb_array_elements(catalogue -> 'edges') e
    ), read AS (
      SELECT "from" FROM edge WHERE kind = 'sets' AND "to" = rule
      UNION
      SELECT b."from" FROM edge b JOIN edge g ON g."from" = b."to" AND g.kind = 'guards' WHERE b.kind = 'bounds' AND g."to" = rule
    )
    SELECT coalesce(jsonb_agg(jsonb_build_object('key', k.key, 'class', k.class, 'value', k.value) ORDER BY k.key COLLATE "C"), '[]')
    FROM read r JOIN qfs.policy_key_list(policy) k ON 'key:' || k.key = r."from");
END $$;
COMMENT ON FUNCTION qfs.keys_of_rule(text, jsonb) IS 'keys that decide events of a type, with their class, and their value in a policy';

CREATE FUNCTION qfs.values_of_keys(keys jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN (SELECT coalesce(jsonb_object_agg(k ->> 'key', k -> 'value' ORDER BY n), '{}') FROM jsonb_array_elements(keys) WITH ORDINALITY x(k, n));
END $$;
COMMENT ON FUNCTION qfs.values_of_keys(jsonb) IS 'of keys as keys_of_rule() has them: each with its value';

CREATE FUNCTION qfs.classes_of_keys(keys jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN (SELECT coalesce(jsonb_agg(k - 'value' ORDER BY n), '[]') FROM jsonb_array_elements(keys) WITH ORDINALITY x(k, n));
END $$;
COMMENT ON FUNCTION qfs.classes_of_keys(jsonb) IS 'of keys as keys_of_rule() has them: each with its class';

-- Who may ask as often as he likes must not see in an answer what others do, entry by entry: not by what guards observe of them, nor by
-- which of these are reached, nor by the tier of somebody's reward, nor by what the act read, which names the last entry of each account.
CREATE FUNCTION qfs.hide_others(step jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  catalogue jsonb := qfs.catalogue() -> 'guards';
BEGIN
  RETURN step || jsonb_build_object(
    'accounts', (SELECT coalesce(jsonb_agg(jsonb_set(a, '{rules}', (
        SELECT jsonb_agg(CASE WHEN starts_with(r, 'REFERRAL_TIER_') THEN 'REFERRAL_TIER' ELSE r END ORDER BY m)
        FROM jsonb_array_elements_text(a -> 'rules') WITH ORDINALITY y(r, m))) ORDER BY n), '[]')
      FROM jsonb_array_elements(step -> 'accounts') WITH ORDINALITY x(a, n)),
    'outcome', CASE WHEN jsonb_typeof(step -> 'outcome') = 'object' THEN ((step -> 'outcome') - 'read') ||
      CASE WHEN step #> '{outcome,guards}' IS NULL THEN '{}' ELSE jsonb_build_object('guards', (
        SELECT coalesce(jsonb_agg(g ORDER BY n), '[]')
        FROM jsonb_array_elements(step #> '{outcome,guards}') WITH ORDINALITY x(g, n)
        JOIN jsonb_array_elements(catalogue) c ON c ->> 'id' = g ->> 'guard'
        WHERE NOT (c ->> 'of_other')::boolean)) END END);
END $$;
COMMENT ON FUNCTION qfs.hide_others(jsonb) IS 'a step of a simulation without what tells of other accounts';

CREATE FUNCTION qfs.reflection(subject text, size bigint, policy jsonb, decided jsonb, guards jsonb, evidence bigint[]) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN qfs.seal_explanation(jsonb_build_object(
    'v', 1, 'kind', 'reflection', 'subject', subject, 'snapshot', qfs.snapshot_at(size), 'policy', policy,
    'decided', jsonb_build_object('arithmetic', '[]'::jsonb, 'decided_by', 'qfs') || decided,
    'guards', qfs.reflect_guards(coalesce(guards, '[]')),
    'evidence', (SELECT coalesce(jsonb_agg(jsonb_build_object('seq', l.seq, 'hash', l.hash::text,
                   'role', CASE WHEN l.seq = (policy ->> 'seq')::bigint THEN 'policy' ELSE 'decision' END) ORDER BY l.seq), '[]')
                 FROM qfs.ledger l WHERE l.seq = ANY (evidence)),
    'advisory', NULL));
END $$;
COMMENT ON FUNCTION qfs.reflection(text, bigint, jsonb, jsonb, jsonb, bigint[]) IS 'the explanation of an act, before it is done or after';

CREATE FUNCTION qfs_api.preview(type text, payload jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  run jsonb;
  step jsonb;
  is_taken boolean;
  size bigint := (SELECT h.size FROM qfs.head() h);
  keys jsonb;
BEGIN
  IF type IS NULL OR payload IS NULL THEN
    PERFORM qfs.refuse('ARGUMENT', 'type and payload are of the act that is looked at');
  END IF;
  -- The beginning of what is too long for a type is none either, and takes less room.
  run := qfs.simulate(jsonb_build_array(jsonb_build_object('payload', payload, 'type', left(type, 100))));
  step := CASE WHEN qfs.is_public() THEN run #> '{steps,0}' ELSE qfs.hide_others(run #> '{steps,0}') END;
  is_taken := step -> 'error' = 'null';
  keys := qfs.keys_of_rule(type, run #> '{policy,text}');
  RETURN qfs.reflection('act:' || type, size, (run -> 'policy') - 'text', jsonb_build_object(
    'mode', 'SIMULATION', 'rule', type, 'seq', NULL,
    'outcome', CASE WHEN is_taken THEN coalesce(step #>> '{outcome,status}', 'OK') ELSE 'REFUSED' END, 'error', step -> 'error',
    -- What is due is settled before it.
    'inputs', jsonb_build_object('at', run -> 'at', 'settled', (run ->> 'next')::bigint - is_taken::integer - size),
    'thresholds', qfs.values_of_keys(keys), 'keys', qfs.classes_of_keys(keys),
    'effects', step -> 'accounts',
    'needs', (SELECT coalesce(jsonb_agg(jsonb_build_object('what', 'signature', 'nonce', a #> '{state,event_nonce}',
                'by', CASE WHEN s.device IS NULL THEN 'wallet' ELSE 'device' END)), '[]')
              FROM jsonb_array_elements(step -> 'accounts') a, qfs.session s
              WHERE a ->> 'kind' = 'nonce' AND s.session OPERATOR(qfs.=) qfs.current_session())),
    step #> '{outcome,guards}', ARRAY[(run #>> '{policy,seq}')::bigint]);
END $$;
COMMENT ON FUNCTION qfs_api.preview(text, jsonb) IS
  'What would come of an act of the account that is signed in, if it were done now: an explanation of kind reflection with outcome or error, what it changes, guards with what they demand and found, and the value that would turn each. Nothing is written, and nothing is told of others. needs: a signature of the session''s device or of the wallet, with this nonce.';

CREATE FUNCTION qfs_api.reflect(seq bigint) RETURNS jsonb
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  me qfs.user_id := qfs.require_user_id();
  entry qfs.ledger;
  policy qfs.policy;
  keys jsonb;
BEGIN
  SELECT l.* INTO entry FROM qfs.ledger l WHERE l.seq = reflect.seq AND l.actor OPERATOR(qfs.=) me;
  IF entry.seq IS NULL THEN
    PERFORM qfs.refuse('FORBIDDEN', 'entry ' || coalesce(seq::text, 'null') || ' is no act of yours');
  END IF;
  policy := qfs.policy_before(seq);
  keys := qfs.keys_of_rule(entry.type, policy.policy::jsonb);
  RETURN qfs.reflection('entry:' || seq, seq, qfs.policy_named(policy), jsonb_build_object(
    'mode', 'RECORDED', 'rule', entry.type, 'seq', entry.seq,
    'outcome', coalesce(entry.outcome ->> 'status', 'OK'), 'error', NULL,
    'inputs', jsonb_build_object('at', entry.at, 'settled', 0),
    'thresholds', qfs.values_of_keys(keys), 'keys', qfs.classes_of_keys(keys),
    'effects', (SELECT coalesce(jsonb_agg(a ORDER BY n), '[]') FROM jsonb_array_elements(entry.accounts) WITH ORDINALITY x(a, n) WHERE a ->> 'account' = me::text),
    'needs', '[]'::jsonb),
    entry.outcome -> 'guards', ARRAY[entry.seq, policy.seq]);
END $$;
COMMENT ON FUNCTION qfs_api.reflect(bigint) IS
  'An act of the account that is signed in that is on the ledger, as preview shows one that is not; policy and keys as they were then.';

GRANT EXECUTE ON FUNCTION qfs_api.preview(text, jsonb), qfs_api.reflect(bigint) TO qfs_user, qfs_operator;
