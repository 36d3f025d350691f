-- qfs_api: the map of what the rules are made of, with what is live.

-- Which guards judge entries that everybody reads, and no others?
CREATE FUNCTION qfs.guard_readers() RETURNS TABLE (guard text, is_public boolean)
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  catalogue jsonb := qfs.catalogue();
BEGIN
  RETURN QUERY
    SELECT substr(edge ->> 'from', 7), bool_and((rule ->> 'public')::boolean)
    FROM jsonb_array_elements(catalogue -> 'edges') edge
    JOIN jsonb_array_elements(catalogue -> 'rules') rule ON edge ->> 'to' = 'rule:' || (rule ->> 'id')
    WHERE edge ->> 'kind' = 'guards'
    GROUP BY 1;
END $$;
COMMENT ON FUNCTION qfs.guard_readers() IS 'every guard, and whether everybody reads all entries that it judges';

-- How often a guard blocked would tell, entry by entry, of what nobody but its parties sees; entries of some types are everybody's.
CREATE FUNCTION qfs.blocked_counts() RETURNS jsonb
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  sees_all boolean := qfs.is_public() OR qfs.caller_audits();
BEGIN
  RETURN (
    SELECT jsonb_object_agg(r.guard, CASE WHEN sees_all OR r.is_public THEN coalesce(c.blocked, 0) END)
    FROM qfs.guard_readers() r
    LEFT JOIN qfs.guard_count c ON c.guard = r.guard);
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

-- ---- what a guard said ----

-- How often a guard passed and blocked, by epoch: of those that are over, and wholly among some entries.  What is not everybody's to read is told of
-- five accounts at least, or it would be told of somebody.
CREATE FUNCTION qfs.guard_epochs(guard text, low bigint, high bigint, tells_all boolean) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  genesis bigint := (SELECT g.genesis_at FROM qfs.ledger_state g);
  span bigint := (SELECT (p.policy::jsonb ->> 'block_ms')::bigint * (p.policy::jsonb ->> 'epoch_blocks')::bigint FROM qfs.ledger_state g JOIN qfs.policy p ON p.seq = g.policy_seq);
  first bigint := coalesce((SELECT (l.at - genesis) / span + 1 FROM qfs.ledger l WHERE l.seq = low - 1), 0);
  "end" bigint := least(qfs.current_epoch(), (SELECT (l.at - genesis) / span FROM qfs.ledger l WHERE l.seq = high + 1));
BEGIN
  RETURN (
    SELECT coalesce(jsonb_agg(jsonb_build_object('blocked', e.blocked, 'epoch', e.epoch, 'passed', e.passed) ORDER BY e.epoch DESC), '[]')
    FROM (SELECT (l.at - genesis) / span AS epoch, count(*) FILTER (WHERE v ->> 'result' = 'BLOCK') AS blocked, count(*) FILTER (WHERE v ->> 'result' = 'PASS') AS passed
          FROM qfs.ledger l
          CROSS JOIN LATERAL jsonb_path_query(l.outcome, '$.guards[*] ? (@.guard == $name)', jsonb_build_object('name', guard_epochs.guard)) v
          WHERE l.seq BETWEEN low AND high AND l.outcome @> jsonb_build_object('guards', jsonb_build_array(jsonb_build_object('guard', guard_epochs.guard)))
          GROUP BY 1
          HAVING tells_all OR count(DISTINCT l.actor::text COLLATE "C") >= 5) e
    WHERE e.epoch >= first AND e.epoch < "end");
END $$;
COMMENT ON FUNCTION qfs.guard_epochs(text, bigint, bigint, boolean) IS
  'how often a guard passed and blocked in each whole epoch of low..high that is over, the last first; unless all is told, where five accounts or more were judged';

-- Entries low..high that the caller reads, the last first, and what the guard said in each.
CREATE FUNCTION qfs.guard_verdicts(guard text, low bigint, high bigint, most integer, sees_all boolean) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN (
    SELECT coalesce(jsonb_agg(jsonb_build_object('at', e.at, 'seq', e.seq, 'type', e.type, 'verdicts', e.verdicts) ORDER BY e.seq DESC), '[]')
    FROM (SELECT l.at, l.seq, l.type, jsonb_path_query_array(l.outcome, '$.guards[*] ? (@.guard == $name)', jsonb_build_object('name', guard_verdicts.guard)) AS verdicts
          FROM qfs.ledger l
          WHERE l.seq BETWEEN low AND high AND l.outcome @> jsonb_build_object('guards', jsonb_build_array(jsonb_build_object('guard', guard_verdicts.guard)))
            AND (sees_all OR qfs.sees(l.type, l.actor, l.payload, l.accounts))
          ORDER BY l.seq DESC LIMIT most) e);
END $$;
COMMENT ON FUNCTION qfs.guard_verdicts(text, bigint, bigint, integer, boolean) IS
  'what a guard said in the last entries of low..high that the account that is signed in reads, at most so many';

CREATE FUNCTION qfs_api.guard_history(guard text, "from" bigint DEFAULT NULL, "max" integer DEFAULT 50) RETURNS jsonb
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- Of one answer: it has to come soon, however long the ledger is.
  looked_at CONSTANT bigint := 10000;
  most integer := least(greatest(coalesce("max", 50), 1), 200);
  described jsonb := (SELECT g FROM jsonb_array_elements(qfs.catalogue() -> 'guards') g WHERE g ->> 'id' = guard_history.guard);
  sees_all boolean := qfs.is_public() OR qfs.caller_audits();
  size bigint := (SELECT h.size FROM qfs.head() h);
  high bigint := least("from", size - 1);
  low bigint;
  entries jsonb;
  before bigint;
BEGIN
  IF described IS NULL THEN
    PERFORM qfs.refuse('GUARD_UNKNOWN', coalesce(left(guard, 100), 'null'));
  ELSIF "from" < 0 THEN
    PERFORM qfs.refuse('ARGUMENT', 'from is the number of an entry, or null for the last one');
  END IF;
  low := greatest(high - looked_at + 1, 0);
  entries := qfs.guard_verdicts(guard, low, high, most, sees_all);
  before := CASE WHEN jsonb_array_length(entries) = most THEN (entries -> -1 ->> 'seq')::bigint ELSE low END;
  RETURN jsonb_build_object(
    'guard', described, 'size', size, 'entries', entries, 'next', nullif(before - 1, -1),
    'epochs', qfs.guard_epochs(guard, low, high, sees_all OR (SELECT r.is_public FROM qfs.guard_readers() r WHERE r.guard = guard_history.guard)));
END $$;
COMMENT ON FUNCTION qfs_api.guard_history(text, bigint, integer) IS
  'What a guard has said, the last first: up to max entries (200 at most) that the reader may read, back from one of them through 10,000, with bound and observed in the unit that guard tells; go on from next. epochs: how often it passed and blocked in each epoch that is over and wholly among those 10,000, for everybody; where not everybody reads what it judges, of epochs in which 5 accounts or more were judged.';

GRANT EXECUTE ON FUNCTION qfs_api.token_guard_map(), qfs_api.principles(text), qfs_api.guard_history(text, bigint, integer)
  TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
