-- What a change of the policy, or a proposal of one, reaches: docs/consequence-map.md.  What is asked over HTTP has advice beside it, and stands there.

-- Changes of a policy by their keys.
CREATE FUNCTION qfs.changed_keys(changes jsonb) RETURNS text[]
  LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN (
    WITH RECURSIVE member AS (
      SELECT e.key, e.value FROM jsonb_each(changes) e
      UNION ALL
      SELECT m.key || '.' || e.key, e.value
      FROM member m CROSS JOIN LATERAL jsonb_each(CASE WHEN jsonb_typeof(m.value) = 'object' THEN m.value ELSE '{}' END) e
    )
    SELECT coalesce(array_agg(m.key ORDER BY m.key COLLATE "C"), '{}') FROM member m WHERE jsonb_typeof(m.value) <> 'object');
END $$;
COMMENT ON FUNCTION qfs.changed_keys(jsonb) IS 'the keys that changes of a policy name, by their path with dots';

-- Whichever of two is executed first, the other one then fails by BASE_CHANGED.
CREATE FUNCTION qfs.conflicts(changes jsonb, proposal bigint) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN (
    SELECT coalesce(jsonb_agg(jsonb_build_object('proposal', p.seq, 'state', t.state, 'enacts', t.enacts, 'keys', k.keys) ORDER BY p.seq), '[]')
    FROM qfs.proposal p
    JOIN qfs.tally t ON t.proposal = p.seq AND t.state IN ('OPEN', 'QUEUED')
    CROSS JOIN LATERAL (
      SELECT jsonb_agg(x.key ORDER BY x.key COLLATE "C") AS keys
      FROM unnest(qfs.changed_keys(p.change::jsonb -> 'policy')) x(key) WHERE x.key = ANY (qfs.changed_keys(changes))) k
    WHERE p.seq IS DISTINCT FROM conflicts.proposal AND k.keys IS NOT NULL);
END $$;
COMMENT ON FUNCTION qfs.conflicts(jsonb, bigint) IS 'other proposals, open or queued, that change some of the same keys';

CREATE FUNCTION qfs.map_of(proposal bigint, changes jsonb, "window" bigint) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  sees_all boolean := qfs.is_public() OR qfs.caller_audits();
  size bigint := (SELECT h.size FROM qfs.head() h);
  "from" bigint;
  said jsonb;
  is_said boolean;
  answer jsonb;
BEGIN
  IF (proposal IS NULL) = (changes IS NULL) THEN
    PERFORM qfs.refuse('ARGUMENT', 'a map is of a proposal, or of changes: one of them');
  END IF;
  IF "window" IS NULL OR "window" < 0 THEN
    PERFORM qfs.refuse('ARGUMENT', 'window is how many entries, 0 or more, not ' || coalesce("window"::text, 'null'));
  END IF;
  "from" := greatest(size - "window", 1);
  IF proposal IS NOT NULL THEN
    SELECT coalesce(p.change::jsonb -> 'policy', '{}'), l.payload -> 'simulation' INTO changes, said
    FROM qfs.proposal p JOIN qfs.ledger l ON l.seq = p.seq WHERE p.seq = map_of.proposal;
    IF changes IS NULL THEN
      PERFORM qfs.refuse('PROPOSAL_UNKNOWN', 'entry ' || proposal);
    END IF;
  END IF;
  -- Of the entries that the proposer has said, if the ledger ever had so many.
  is_said := said IS NOT NULL AND (said ->> 'size')::bigint BETWEEN 1 AND size;
  IF is_said THEN
    size := (said ->> 'size')::bigint;
    "from" := greatest(size - (said ->> 'window')::bigint, 1);
  END IF;
  IF sees_all THEN
    answer := qfs.consequence_map(changes, proposal, "from", size)::jsonb;
  ELSE
    -- What is proposed is asked once, and by name.
    IF proposal IS NULL THEN
      PERFORM qfs.check_asked(changes);
    END IF;
    SELECT w."from", w.size INTO "from", size FROM qfs.whole_epochs("from", size) w;
    answer := qfs.consequence_map(changes, proposal, "from", size, true)::jsonb;
    answer := jsonb_set(answer, '{what_if}', qfs.hide_entries(answer -> 'what_if'));
  END IF;
  RETURN answer || jsonb_build_object(
    'conflicts', qfs.conflicts(changes, proposal), 'simulation', said,
    'reproduced', CASE WHEN said IS NOT NULL AND sees_all THEN is_said AND answer #>> '{what_if,run_hash}' = said ->> 'run' END);
END $$;
COMMENT ON FUNCTION qfs.map_of(bigint, jsonb, bigint) IS
  'the consequence map of a proposal or of changes, as who asks may see it, with conflicts, and whether the run that the proposer has said is reproduced: null if there is none, or if who asks may not read every entry';
