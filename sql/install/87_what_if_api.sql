-- qfs_api: what another policy would have led to, and what the account that is signed in would do under it.

-- The first entry of an epoch or of one after it; the ledger's size if there is none yet.
CREATE FUNCTION qfs.epoch_begin(epoch bigint) RETURNS bigint
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  low bigint := 0;
  high bigint := (SELECT h.size FROM qfs.head() h);
  middle bigint;
BEGIN
  -- A ledger that was restored and not opened yet has entries, and no state to tell of them.
  IF qfs.epoch_at(0) IS NULL AND high > 0 THEN
    PERFORM qfs.refuse('NOT_VERIFIED', format('it has %s entries', high));
  END IF;
  WHILE low < high LOOP
    middle := (low + high) / 2;
    IF (SELECT qfs.epoch_at(l.at) FROM qfs.ledger l WHERE l.seq = middle) < epoch THEN
      low := middle + 1;
    ELSE
      high := middle;
    END IF;
  END LOOP;
  RETURN low;
END $$;
COMMENT ON FUNCTION qfs.epoch_begin(bigint) IS 'the first entry that is not before an epoch; the size of the ledger if all are';

-- The beginning of the epoch that an entry is in; of what is not there yet, and of the epoch that it is, the beginning of that.
CREATE FUNCTION qfs.epoch_floor(seq bigint) RETURNS bigint
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN qfs.epoch_begin(coalesce((
    SELECT least(qfs.current_epoch(), qfs.epoch_at(l.at)) FROM qfs.ledger l WHERE l.seq = epoch_floor.seq), qfs.current_epoch()));
END $$;
COMMENT ON FUNCTION qfs.epoch_floor(bigint) IS 'the first entry of the epoch that an entry is in';

-- Actions of the account that is signed in, by this session: nobody asks for somebody else.
CREATE FUNCTION qfs.own_actions(actions jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  own jsonb := actions;
  identity jsonb;
BEGIN
  IF jsonb_typeof(actions) = 'array' AND jsonb_array_length(actions) > 0 THEN
    identity := jsonb_strip_nulls(jsonb_build_object('actor', qfs.require_user_id()::text, 'session', qfs.current_session()::text));
    FOR n IN 0 .. jsonb_array_length(actions) - 1 LOOP
      IF actions -> n ?| ARRAY['actor', 'session'] THEN
        PERFORM qfs.refuse('PAYLOAD_INVALID', 'actions: an action is type and payload, and is the act of who asks');
      END IF;
      IF jsonb_typeof(actions -> n) = 'object' THEN
        own := jsonb_set(own, ARRAY[n::text], actions -> n || identity);
      END IF;
    END LOOP;
  END IF;
  RETURN own;
END $$;
COMMENT ON FUNCTION qfs.own_actions(jsonb) IS 'actions, with the account that is signed in and its session';

-- Two answers that differ by an entry would tell of it: windows are whole epochs that are over.
CREATE FUNCTION qfs.whole_epochs(INOUT "from" bigint, INOUT size bigint)
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  size := greatest(qfs.epoch_floor(size), 1);
  "from" := least(greatest(qfs.epoch_floor(coalesce("from", greatest(size - 10000, 1))), 1), size);
END $$;
COMMENT ON FUNCTION qfs.whole_epochs(bigint, bigint) IS
  'a window of entries, down to where the epochs begin that it begins and ends in; from: null: the default of a what-if';

-- Counts and sums, and nothing that tells of an entry or of somebody; a hash of the rest would let it be guessed.
CREATE FUNCTION qfs.hide_entries(run jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN run || jsonb_build_object(
    'direct', run -> 'direct' || '{"entries": null}', 'run_hash', NULL,
    'cumulative', run -> 'cumulative' || '{"first": null, "state": null}' ||
      CASE WHEN (run #>> '{cumulative,accounts}')::bigint < 5 THEN '{"accounts": null, "tokens": null}' ELSE '{}' END::jsonb);
END $$;
COMMENT ON FUNCTION qfs.hide_entries(jsonb) IS 'a what-if as it is told to who may not read every entry';

-- A list that names accounts would ask about each of them: how much it has scored, epoch by epoch.
CREATE FUNCTION qfs.check_asked(changes jsonb) RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF changes ? 'evaluators' THEN
    PERFORM qfs.refuse('FORBIDDEN', 'a change of evaluators: who has scored how much, auditors may ask');
  END IF;
END $$;
COMMENT ON FUNCTION qfs.check_asked(jsonb) IS 'may whoever cannot read every entry ask about these changes?';

CREATE FUNCTION qfs_api.what_if(changes jsonb DEFAULT '{}', actions jsonb DEFAULT '[]', "from" bigint DEFAULT NULL, size bigint DEFAULT NULL) RETURNS jsonb
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  sees_all boolean := qfs.is_public() OR qfs.caller_audits();
  most bigint := (SELECT h.size FROM qfs.head() h);
  answer jsonb;
BEGIN
  IF changes IS NULL OR actions IS NULL THEN
    PERFORM qfs.refuse('ARGUMENT', 'changes and actions may be empty, but not null');
  END IF;
  IF sees_all THEN
    RETURN qfs.what_if(changes, qfs.own_actions(actions), "from", size)::jsonb;
  END IF;
  IF size > most OR size < 1 OR "from" > coalesce(size, most) OR "from" < 1 THEN
    PERFORM qfs.refuse('SIZE_UNKNOWN', format('the window from %s to %s, of %s entries', coalesce("from"::text, 'null'), coalesce(size::text, 'null'), most));
  END IF;
  PERFORM qfs.check_asked(changes);
  SELECT w."from", w.size INTO "from", size FROM qfs.whole_epochs("from", coalesce(size, most)) w;
  answer := qfs.hide_entries(qfs.what_if(changes, '[]', "from", size)::jsonb);
  IF actions <> '[]' THEN
    answer := answer || jsonb_build_object('actions', actions, 'steps',
      (SELECT jsonb_agg(qfs.hide_others(s) ORDER BY n) FROM jsonb_array_elements(qfs.simulate(actions) -> 'steps') WITH ORDINALITY x(s, n)));
  END IF;
  RETURN answer;
END $$;
COMMENT ON FUNCTION qfs_api.what_if(jsonb, jsonb, bigint, bigint) IS
  'A simulation: what would have come of the last entries (from..size - 1) under a policy with these changes; and what would come of actions of the account that is signed in, [{type, payload}…]. Nothing is written. Where not everybody reads every entry, windows are whole epochs that are over to all but auditors, numbers of entries and hashes are null, and so are sums if fewer than 5 accounts differ; actions are done now, under the policy in force.';
GRANT EXECUTE ON FUNCTION qfs_api.what_if(jsonb, jsonb, bigint, bigint) TO qfs_anon, qfs_user, qfs_auditor, qfs_operator;
