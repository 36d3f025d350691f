-- qfs_api: the map of what the rules are made of, with what is live.

-- How often a guard blocked would tell, entry by entry, of what nobody but its parties sees; entries of some types are everybody's.
CREATE FUNCTION qfs.blocked_counts() RETURNS jsonb
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  catalogue jsonb := qfs.catalogue();
  sees_all boolean := qfs.is_public() OR qfs.caller_audits();
BEGIN
  RETURN (
    SELECT jsonb_object_agg(e.guard, CASE WHEN sees_all OR e.is_public THEN coalesce(c.blocked, 0) END)
    FROM (SELECT substr(edge ->> 'from', 7) AS guard, bool_and((rule ->> 'public')::boolean) AS is_public
          FROM jsonb_array_elements(catalogue -> 'edges') edge
          JOIN jsonb_array_elements(catalogue -> 'rules') rule ON edge ->> 'to' = 'rule:' || (rule ->> 'id')
          WHERE edge ->> 'kind' = 'guards'
          GROUP BY 1) e
    LEFT JOIN qfs.guard_count c ON c.guard = e.guard);
END $$;
COMMENT ON FUNCTION qfs.blocked_counts() IS
  'how often each guard has blocked, as far as qfs.verify_new() has seen; null of those that judge what is not everybody''s to read, but to auditors';

-- Tokens that a key bounds, of the account that is signed in.
CREATE FUNCTION qfs.own_headroom() RETURNS jsonb
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN (
    SELECT jsonb_build_object(
      'FLX', jsonb_build_object('key', 'referral.flx_cap', 'bound', k.flx_cap, 'observed', s.flx::text, 'left', greatest(k.flx_cap::numeric - s.flx::text::numeric, 0)::text),
      'referrals', jsonb_build_object('key', 'referral.cap', 'bound', k.cap, 'observed', s.referrals, 'left', greatest(k.cap - s.referrals, 0)))
    FROM qfs.standing s
    CROSS JOIN (SELECT max(l.value #>> '{}') FILTER (WHERE l.key = 'referral.flx_cap') AS flx_cap,
                       max((l.value #>> '{}')::bigint) FILTER (WHERE l.key = 'referral.cap') AS cap
                FROM qfs.policy_key_list() l WHERE l.key IN ('referral.cap', 'referral.flx_cap')) k
    WHERE s.user_id OPERATOR(qfs.=) qfs.current_user_id());
END $$;
COMMENT ON FUNCTION qfs.own_headroom() IS 'of the account that is signed in: what bounds its FLX and referrals, how much it has, and how much is left';

CREATE FUNCTION qfs_api.token_guard_map() RETURNS jsonb
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN qfs.catalogue() || jsonb_build_object(
    'values', (SELECT jsonb_object_agg(k.key, k.value) FROM qfs.policy_key_list() k),
    'policy', (SELECT jsonb_build_object('hash', g.policy::text, 'seq', g.policy_seq) FROM qfs.ledger_state g),
    'blocked', qfs.blocked_counts(),
    'account', qfs.own_headroom());
END $$;
COMMENT ON FUNCTION qfs_api.token_guard_map() IS
  'Which key of the policy bounds which guard, which guard guards which rule, which rule moves which token, and what for: {nodes, edges, map_hash} and what each is, with the values of the keys in force, how often guards have blocked, and of the account that is signed in how far it is from its bounds.';

CREATE FUNCTION qfs_api.principles(id text DEFAULT NULL) RETURNS jsonb
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  catalogue jsonb := qfs.catalogue();
  told jsonb := (
    WITH edge AS MATERIALIZED (
      SELECT e ->> 'from' AS "from", e ->> 'kind' AS kind, e ->> 'to' AS "to" FROM jsonb_array_elements(catalogue -> 'edges') e
    ), served AS (
      SELECT substr(protects."to", 11) AS principle,
             jsonb_agg(DISTINCT protects."from" COLLATE "C" ORDER BY protects."from" COLLATE "C") AS guards,
             jsonb_agg(DISTINCT guards."to" COLLATE "C" ORDER BY guards."to" COLLATE "C") AS rules
      FROM edge protects JOIN edge guards ON guards."from" = protects."from" AND guards.kind = 'guards'
      WHERE protects.kind = 'protects'
      GROUP BY 1
    )
    SELECT jsonb_agg(p || jsonb_build_object('guards', s.guards, 'rules', s.rules) ORDER BY n)
    FROM jsonb_array_elements(catalogue -> 'principles') WITH ORDINALITY x(p, n)
    JOIN served s ON s.principle = p ->> 'id'
    WHERE principles.id IS NULL OR p ->> 'id' = principles.id);
BEGIN
  IF told IS NULL THEN
    PERFORM qfs.refuse('PRINCIPLE_UNKNOWN', left(id, 100));
  END IF;
  RETURN CASE WHEN id IS NULL THEN told ELSE told -> 0 END;
END $$;
COMMENT ON FUNCTION qfs_api.principles(text) IS
  'What guards are there for: each principle with the guards that protect it and the rules that they guard. id: one of them.';

GRANT EXECUTE ON FUNCTION qfs_api.token_guard_map(), qfs_api.principles(text)
  TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
