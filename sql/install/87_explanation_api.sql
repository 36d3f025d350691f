-- qfs_api: explanations of every kind in one form, docs/explanations.md.  What proves them are the bundles of qfs.explain().

-- The text of docs/explanation.schema.json, put in here by scripts/build-page.
CREATE FUNCTION qfs_api.explanation_schema() RETURNS json
  LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $qfs_function$
BEGIN
  RETURN $qfs_json$@EXPLANATION_SCHEMA@$qfs_json$;
END $qfs_function$;
COMMENT ON FUNCTION qfs_api.explanation_schema() IS
  'The JSON Schema (2020-12) of every explanation, docs/explanation.schema.json.';

-- ---- whose decision it is ----

CREATE FUNCTION qfs.execution_of(proposal bigint) RETURNS bigint
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found bigint := (SELECT t.settled FROM qfs.tally t JOIN qfs.ledger l ON l.seq = t.settled
                   WHERE t.proposal = execution_of.proposal AND l.type = 'PROPOSAL_EXECUTED');
BEGIN
  IF found IS NULL THEN
    PERFORM qfs.refuse('ENTRY_UNKNOWN', format('no execution of proposal %s', proposal));
  END IF;
  RETURN found;
END $$;
COMMENT ON FUNCTION qfs.execution_of(bigint) IS 'the entry that carried a proposal out, or failed to';

-- entry:N, or proposal:N for what became of it.
CREATE FUNCTION qfs.decision_entry(kind text, subject text) RETURNS bigint
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  wanted text := '{"proposal": "PROPOSAL_CREATED", "vote": "VOTE_CAST", "tally": "PROPOSAL_TALLIED", "execution": "PROPOSAL_EXECUTED"}'::jsonb ->> kind;
  number bigint := (regexp_match(subject, '^(?:entry|proposal):([0-9]{1,15})$'))[1]::bigint;
  decision bigint := number;
BEGIN
  IF number IS NULL THEN
    PERFORM qfs.refuse('ARGUMENT', 'subject of kind ' || kind || ' is entry:N or proposal:N');
  ELSIF starts_with(subject, 'proposal:') THEN
    decision := CASE kind WHEN 'vote' THEN qfs.find_vote(number, NULL) WHEN 'tally' THEN qfs.find_tally(number)
                          WHEN 'execution' THEN qfs.execution_of(number) ELSE number END;
  END IF;
  IF NOT EXISTS (SELECT FROM qfs.ledger l WHERE l.seq = decision AND l.type = wanted) THEN
    PERFORM qfs.refuse('ENTRY_UNKNOWN', format('entry %s is no %s', decision, wanted));
  END IF;
  RETURN decision;
END $$;
COMMENT ON FUNCTION qfs.decision_entry(text, text) IS 'the entry of a proposal, vote, tally or execution that a subject names';

-- ---- parts of explanations ----

-- Of what everybody reads, entries and steps that everybody is shown: a bundle has more of them for who may see more.
CREATE FUNCTION qfs.evidence_in(bundle jsonb, everybodys boolean) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  roles jsonb := '{"GENESIS": "genesis", "POLICY_CHANGED": "policy", "KEY_ROTATED": "key", "EVENT_TYPE": "type", "NOD_CHANGED": "seats",
    "PROPOSAL_CREATED": "proposal", "PROPOSAL_CANCELLED": "cancellation", "VOTE_CAST": "vote", "PROPOSAL_TALLIED": "tally",
    "PROPOSAL_EXECUTED": "execution", "DORMANCY_CLAIMED": "claim", "DORMANCY_SETTLED": "claim"}';
BEGIN
  RETURN (
    SELECT jsonb_agg(jsonb_build_object('seq', l.seq, 'hash', l.hash::text, 'role',
        CASE WHEN l.seq = (bundle ->> 'seq')::bigint THEN 'decision' ELSE coalesce(roles ->> l.type, 'account') END) ORDER BY l.seq)
    FROM jsonb_array_elements(bundle -> 'entries') e
    JOIN qfs.ledger l ON l.seq = (((e ->> 'line')::jsonb) ->> 'seq')::bigint
    WHERE NOT everybodys OR roles ? l.type OR l.seq = (bundle ->> 'seq')::bigint);
END $$;
COMMENT ON FUNCTION qfs.evidence_in(jsonb, boolean) IS 'the entries of a bundle, each with its hash and why it is there';

CREATE FUNCTION qfs.arithmetic_in(bundle jsonb, everybodys boolean) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN (
    SELECT coalesce(jsonb_agg(s ORDER BY n), '[]') FROM jsonb_array_elements(bundle -> 'steps') WITH ORDINALITY x(s, n)
    WHERE NOT everybodys OR s ->> 'op' <> ALL (ARRAY['coherence', 'flx', 'points', 'referrals', 'score', 'tier']));
END $$;
COMMENT ON FUNCTION qfs.arithmetic_in(jsonb, boolean) IS 'the steps of a bundle, each with what goes in and what comes out';

-- Keys that a proposal changes, from what they were in the policy that it was made under.
CREATE FUNCTION qfs.changes_proposed(change jsonb, base bigint) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN (
    SELECT coalesce(jsonb_agg(jsonb_build_object('key', k.key, 'class', k.class, 'from', k.value, 'to', change #> string_to_array(k.key, '.'))
                              ORDER BY k.key COLLATE "C"), '[]')
    FROM qfs.policy p CROSS JOIN LATERAL qfs.policy_key_list(p.policy::jsonb) k
    WHERE p.seq = base AND change #> string_to_array(k.key, '.') IS NOT NULL);
END $$;
COMMENT ON FUNCTION qfs.changes_proposed(jsonb, bigint) IS 'of changes to the policy that an entry put in force: each key with its class, its value there and its new one';

-- ---- what was decided: {outcome, rule, inputs, thresholds, arithmetic} and the members of the kind ----

CREATE FUNCTION qfs.decided_proposal(entry qfs.ledger) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  result jsonb := entry.outcome -> 'result';
BEGIN
  RETURN jsonb_build_object(
    'outcome', entry.outcome ->> 'status',
    'inputs', jsonb_build_object('holders', result #> '{snapshot,holders}', 'total', result #> '{snapshot,total}'),
    'thresholds', result -> 'terms',
    'proposer', entry.actor::text, 'title', entry.payload -> 'title', 'text', entry.payload -> 'text', 'track', entry.payload -> 'track',
    'action', encode(sha256(convert_to(qfs.canonical(entry.payload), 'UTF8')), 'hex'),
    'simulation', coalesce(entry.payload -> 'simulation', 'null'),
    'changes', qfs.changes_proposed(coalesce(entry.payload #> '{action,policy}', '{}'), (result ->> 'base')::bigint),
    'seats', coalesce(result -> 'seats', '[]'),
    'schedule', result -> 'schedule', 'result', coalesce(result -> 'result', 'null'));
END $$;
COMMENT ON FUNCTION qfs.decided_proposal(qfs.ledger) IS 'what an entry decided: of a PROPOSAL_CREATED';

CREATE FUNCTION qfs.decided_vote(entry qfs.ledger) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  result jsonb := entry.outcome -> 'result';
  proposal jsonb := (SELECT l.outcome -> 'result' FROM qfs.ledger l WHERE l.seq = (entry.payload ->> 'proposal')::bigint);
BEGIN
  RETURN jsonb_build_object(
    'outcome', entry.outcome ->> 'status',
    'inputs', jsonb_build_object('seat', result #> '{voter,seat}', 'total', proposal #> '{snapshot,total}'),
    'thresholds', jsonb_build_object('opens', proposal #> '{schedule,opens}', 'power_percent', proposal #> '{terms,power_percent}'),
    'proposal', entry.payload -> 'proposal', 'voter', entry.actor::text, 'choice', entry.payload -> 'choice',
    'reason', coalesce(entry.payload -> 'reason', 'null'), 'power', result #> '{voter,power}',
    'previous', result #> '{voter,previous}', 'tally', result -> 'tally');
END $$;
COMMENT ON FUNCTION qfs.decided_vote(qfs.ledger) IS 'what an entry decided: of a VOTE_CAST';

CREATE FUNCTION qfs.decided_tally(entry qfs.ledger) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  result jsonb := entry.outcome -> 'result';
  proposal jsonb := (SELECT l.outcome -> 'result' FROM qfs.ledger l WHERE l.seq = (entry.payload ->> 'proposal')::bigint);
BEGIN
  RETURN jsonb_build_object(
    'outcome', CASE WHEN result ->> 'state' = 'OPEN' THEN 'EXTENDED' ELSE result ->> 'state' END,
    'inputs', jsonb_build_object('total', proposal #> '{snapshot,total}'),
    'thresholds', proposal -> 'terms',
    'proposal', entry.payload -> 'proposal', 'tally', result -> 'tally', 'enacts', result -> 'enacts');
END $$;
COMMENT ON FUNCTION qfs.decided_tally(qfs.ledger) IS 'what an entry decided: of a PROPOSAL_TALLIED';

CREATE FUNCTION qfs.decided_execution(entry qfs.ledger) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  result jsonb := entry.outcome -> 'result';
  proposal qfs.ledger;
BEGIN
  SELECT l.* INTO proposal FROM qfs.ledger l WHERE l.seq = (entry.payload ->> 'proposal')::bigint;
  RETURN jsonb_build_object(
    'outcome', result ->> 'state',
    'inputs', jsonb_build_object('base', result -> 'base', 'tally', result -> 'tally'),
    'thresholds', jsonb_build_object('grace_blocks', proposal.outcome #> '{result,terms,grace_blocks}', 'power_percent', proposal.outcome #> '{result,terms,power_percent}'),
    'proposal', proposal.seq,
    'before', entry.outcome -> 'policy', 'after', coalesce(result -> 'policy', entry.outcome -> 'policy'),
    'changes', qfs.changes_proposed(coalesce(proposal.payload #> '{action,policy}', '{}'), (result ->> 'base')::bigint),
    'seats', coalesce(result -> 'seats', '[]'));
END $$;
COMMENT ON FUNCTION qfs.decided_execution(qfs.ledger) IS 'what an entry decided: of a PROPOSAL_EXECUTED';

-- Of a guard of an entry: the kth of its name.
CREATE FUNCTION qfs.decided_guard(bundle jsonb, guard text, number bigint) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found jsonb := (SELECT g FROM jsonb_array_elements(qfs.reflect_guards(bundle -> 'guards')) WITH ORDINALITY x(g, n)
                  WHERE g ->> 'guard' = decided_guard.guard ORDER BY n OFFSET number - 1 LIMIT 1);
BEGIN
  IF found IS NULL THEN
    PERFORM qfs.refuse('ENTRY_UNKNOWN', format('entry %s has no guard %s number %s', bundle ->> 'seq', guard, number));
  END IF;
  RETURN jsonb_build_object(
    'outcome', found -> 'result', 'inputs', jsonb_build_object('observed', found -> 'observed'), 'thresholds', jsonb_build_object('bound', found -> 'bound'),
    'arithmetic', (SELECT coalesce(jsonb_agg(s ORDER BY n), '[]') FROM jsonb_array_elements(bundle -> 'steps') WITH ORDINALITY x(s, n)
                   WHERE s #>> '{inputs,guard}' = decided_guard.guard),
    'entry', bundle -> 'seq', 'number', number, 'guard', found);
END $$;
COMMENT ON FUNCTION qfs.decided_guard(jsonb, text, bigint) IS 'what a guard of an entry decided, of several of one name the kth';

-- ---- explanations ----

CREATE FUNCTION qfs.bundle_for_caller(seq bigint, size bigint) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN CASE WHEN qfs.caller_audits() THEN qfs.explain(seq, 'entry', NULL, size) ELSE qfs.explain_own(seq, 'entry', NULL, size, 0) END;
END $$;
COMMENT ON FUNCTION qfs.bundle_for_caller(bigint, bigint) IS 'why an entry has its outcome, proven, as far as the caller may see it';

CREATE FUNCTION qfs.explanation_of_bundle(kind text, subject text, bundle jsonb, decided jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  decision bigint := (bundle ->> 'seq')::bigint;
  everybodys boolean := kind <> 'guard_decision';
BEGIN
  RETURN qfs.seal_explanation(jsonb_build_object(
    'v', 1, 'kind', kind, 'subject', subject,
    'snapshot', qfs.snapshot_at(split_part(bundle ->> 'checkpoint', E'\n', 2)::bigint),
    'policy', qfs.policy_named(qfs.policy_before(decision)),
    'decided', jsonb_build_object('rule', (SELECT l.type FROM qfs.ledger l WHERE l.seq = decision), 'arithmetic', qfs.arithmetic_in(bundle, everybodys)) || decided,
    'guards', qfs.reflect_guards(bundle -> 'guards'), 'evidence', qfs.evidence_in(bundle, everybodys), 'advisory', NULL));
END $$;
COMMENT ON FUNCTION qfs.explanation_of_bundle(text, text, jsonb, jsonb) IS 'the explanation of what an entry decided';

CREATE FUNCTION qfs.explain_decision(kind text, subject text, size bigint) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  decision bigint := qfs.decision_entry(kind, subject);
  bundle jsonb := qfs.bundle_for_caller(decision, size);
  entry qfs.ledger;
BEGIN
  SELECT l.* INTO entry FROM qfs.ledger l WHERE l.seq = decision;
  RETURN qfs.explanation_of_bundle(kind, 'entry:' || decision, bundle, CASE kind
    WHEN 'proposal' THEN qfs.decided_proposal(entry)
    WHEN 'vote' THEN qfs.decided_vote(entry)
    WHEN 'tally' THEN qfs.decided_tally(entry)
    ELSE qfs.decided_execution(entry) END);
END $$;
COMMENT ON FUNCTION qfs.explain_decision(text, text, bigint) IS 'the explanation of a proposal, a vote, a tally or an execution, the same for everybody';

CREATE FUNCTION qfs.explain_guard(subject text, size bigint) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  part text[] := regexp_match(subject, '^entry:([0-9]{1,15})/([A-Z][A-Z0-9_]{0,62})(?:/([1-9][0-9]{0,3}))?$');
  bundle jsonb;
BEGIN
  IF part IS NULL THEN
    PERFORM qfs.refuse('ARGUMENT', 'subject of kind guard_decision is entry:N/GUARD, or entry:N/GUARD/2 for the second of that name');
  END IF;
  bundle := qfs.bundle_for_caller(part[1]::bigint, size);
  RETURN qfs.explanation_of_bundle('guard_decision', subject, bundle, qfs.decided_guard(bundle, part[2], coalesce(part[3], '1')::bigint));
END $$;
COMMENT ON FUNCTION qfs.explain_guard(text, bigint) IS 'the explanation of what a guard of an entry decided';

-- Values that a key had, the newest first, and the entries that brought them.
CREATE FUNCTION qfs.key_history(key text, size bigint) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN (
    WITH had AS (
      SELECT p.seq, k.value, lag(k.value) OVER (ORDER BY p.seq) AS was
      FROM qfs.policy p CROSS JOIN LATERAL qfs.policy_key_list(p.policy::jsonb) k
      WHERE k.key = key_history.key AND p.seq < key_history.size
    )
    SELECT jsonb_agg(jsonb_build_object('seq', h.seq, 'type', l.type, 'value', h.value, 'proposal', coalesce(l.payload -> 'proposal', 'null')) ORDER BY h.seq DESC)
    FROM had h JOIN qfs.ledger l ON l.seq = h.seq
    WHERE h.was IS DISTINCT FROM h.value);
END $$;
COMMENT ON FUNCTION qfs.key_history(text, bigint) IS 'which values a key of the policy has had below a size, the newest first: {seq, type, value, proposal}';

CREATE FUNCTION qfs.explain_key(subject text, size bigint) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  name text := substr(subject, 5);
  at bigint := coalesce(size, (SELECT h.size FROM qfs.head() h));
  policy qfs.policy := qfs.policy_before(at);
  history jsonb := qfs.key_history(name, at);
BEGIN
  IF starts_with(subject, 'key:') IS NOT TRUE OR history IS NULL OR at > (SELECT h.size FROM qfs.head() h) THEN
    PERFORM qfs.refuse('ARGUMENT', 'subject of kind parameter is key:NAME, with the name of a key that the policy has at that size');
  END IF;
  RETURN qfs.seal_explanation(jsonb_build_object(
    'v', 1, 'kind', 'parameter', 'subject', subject, 'snapshot', qfs.snapshot_at(at), 'policy', qfs.policy_named(policy),
    'decided', (
      SELECT jsonb_build_object('outcome', 'IN_FORCE', 'rule', history #> '{0,type}', 'inputs', jsonb_build_object('mode', m.value),
        'thresholds', '{}'::jsonb, 'arithmetic', '[]'::jsonb, 'key', k.key, 'class', k.class, 'value', k.value, 'set_by', history #> '{0,seq}',
        'may_change', to_jsonb(qfs.who_changes(k.class, m.value #>> '{}', k.is_operators)), 'history', history)
      FROM qfs.policy_key_list(policy.policy::jsonb) k, qfs.policy_key_list(policy.policy::jsonb) m
      WHERE k.key = name AND m.key = 'governance.mode'),
    'guards', '[]'::jsonb,
    'evidence', (SELECT jsonb_agg(jsonb_build_object('seq', l.seq, 'hash', l.hash::text, 'role', 'policy') ORDER BY l.seq)
                 FROM jsonb_array_elements(history) h JOIN qfs.ledger l ON l.seq = (h ->> 'seq')::bigint),
    'advisory', NULL));
END $$;
COMMENT ON FUNCTION qfs.explain_key(text, bigint) IS 'the explanation of a key of the policy: its value, its class, who may change it, and what it was';

-- A number of a question that is an object: {"from": 5}.
CREATE FUNCTION qfs.number_in(question jsonb, member text) RETURNS bigint
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  value text := question ->> member;
BEGIN
  IF regexp_match(value, '^[0-9]{1,15}$') IS NULL AND value IS NOT NULL THEN
    PERFORM qfs.refuse('ARGUMENT', member || ' of the question is a number of entries');
  END IF;
  RETURN value::bigint;
END $$;
COMMENT ON FUNCTION qfs.number_in(jsonb, text) IS 'the number that a question has as a member; null if it has none';

CREATE FUNCTION qfs.check_question(kind text, subject text, question jsonb, members text[]) RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF jsonb_typeof(question) IS DISTINCT FROM 'object' OR question - members <> '{}' THEN
    PERFORM qfs.refuse('ARGUMENT', format('question of kind %s is an object, with what it needs of %s', kind, array_to_string(members, ', ')));
  END IF;
  IF subject IS NOT NULL AND 'changes' = ANY (members) AND (question ? 'changes' OR kind = 'what_if') THEN
    PERFORM qfs.refuse('ARGUMENT', format('subject of kind %s follows from its question', kind));
  END IF;
END $$;
COMMENT ON FUNCTION qfs.check_question(text, text, jsonb, text[]) IS 'is a question of the kind, and does it stand for the subject alone?';

CREATE FUNCTION qfs.explanation_of_run(kind text, subject text, run jsonb, decided jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  policy qfs.policy := qfs.policy_before((run ->> 'from')::bigint);
  head bigint := (run ->> 'size')::bigint - 1;
BEGIN
  RETURN qfs.seal_explanation(jsonb_build_object(
    'v', 1, 'kind', kind, 'subject', subject,
    'snapshot', jsonb_build_object('size', run -> 'size', 'head', run -> 'head'), 'policy', qfs.policy_named(policy),
    'decided', '{"rule": null, "thresholds": {}, "arithmetic": []}'::jsonb || decided,
    'guards', '[]'::jsonb,
    'evidence', (SELECT jsonb_agg(jsonb_build_object('seq', l.seq, 'hash', l.hash::text,
                   'role', CASE l.seq WHEN 0 THEN 'genesis' WHEN policy.seq THEN 'policy' ELSE 'head' END) ORDER BY l.seq)
                 FROM qfs.ledger l WHERE l.seq IN (0, policy.seq, head)),
    'advisory', NULL));
END $$;
COMMENT ON FUNCTION qfs.explanation_of_run(text, text, jsonb, jsonb) IS 'the explanation of what a what-if answers';

CREATE FUNCTION qfs.changes_subject(changes jsonb) RETURNS text
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN 'changes:' || qfs.sha3_256(convert_to(qfs.canonical(changes), 'UTF8'))::text;
END $$;
COMMENT ON FUNCTION qfs.changes_subject(jsonb) IS 'what an explanation of changes to the policy is about, as a subject';

CREATE FUNCTION qfs.explain_run(subject text, size bigint, question jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  run jsonb;
BEGIN
  PERFORM qfs.check_question('what_if', subject, question, ARRAY['actions', 'changes', 'from']);
  run := qfs_api.what_if(coalesce(question -> 'changes', '{}'), coalesce(question -> 'actions', '[]'), qfs.number_in(question, 'from'), size);
  RETURN qfs.explanation_of_run('what_if', qfs.changes_subject(run -> 'changes'), run,
    (run - ARRAY['actions', 'changes', 'from', 'head', 'mode', 'size', 'v'])
    || jsonb_build_object('outcome', 'SIMULATION', 'inputs', jsonb_build_object('actions', run -> 'actions', 'changes', run -> 'changes', 'from', run -> 'from', 'size', run -> 'size')));
END $$;
COMMENT ON FUNCTION qfs.explain_run(text, bigint, jsonb) IS 'the explanation of a what-if';

-- Of a proposal, or of the changes in the question.
CREATE FUNCTION qfs.explain_map(subject text, size bigint, question jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  proposal bigint := (regexp_match(subject, '^proposal:([0-9]{1,15})$'))[1]::bigint;
  map jsonb;
BEGIN
  PERFORM qfs.check_question('consequence_map', subject, question, ARRAY['changes', 'window']);
  IF size IS NOT NULL OR (subject IS NOT NULL AND proposal IS NULL) THEN
    PERFORM qfs.refuse('ARGUMENT', 'kind consequence_map is of the subject proposal:N or of changes in its question, as things are now');
  END IF;
  map := qfs.map_of(proposal, question -> 'changes', coalesce(qfs.number_in(question, 'window'), 10000));
  RETURN qfs.explanation_of_run('consequence_map', coalesce(subject, qfs.changes_subject(map -> 'changes')), map -> 'what_if',
    (map - ARRAY['changes', 'proposal', 'v'])
    || jsonb_build_object('outcome', 'MAP', 'inputs', jsonb_build_object('changes', map -> 'changes', 'proposal', map -> 'proposal',
         'from', map #> '{what_if,from}', 'size', map #> '{what_if,size}')));
END $$;
COMMENT ON FUNCTION qfs.explain_map(text, bigint, jsonb) IS 'the explanation of what a proposal, or changes of the policy, reach';

CREATE FUNCTION qfs_api.explanation(kind text, subject text DEFAULT NULL, size bigint DEFAULT NULL, question jsonb DEFAULT NULL) RETURNS jsonb
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF kind = 'what_if' THEN
    RETURN qfs.explain_run(subject, size, coalesce(question, '{}'));
  ELSIF kind = 'consequence_map' THEN
    RETURN qfs.explain_map(subject, size, coalesce(question, '{}'));
  ELSIF question IS NOT NULL THEN
    PERFORM qfs.refuse('ARGUMENT', 'only the kinds consequence_map and what_if have a question');
  ELSIF kind IN ('proposal', 'vote', 'tally', 'execution') THEN
    RETURN qfs.explain_decision(kind, subject, size);
  ELSIF kind = 'guard_decision' THEN
    RETURN qfs.explain_guard(subject, size);
  ELSIF kind = 'parameter' THEN
    RETURN qfs.explain_key(subject, size);
  ELSE
    PERFORM qfs.refuse('ARGUMENT', 'kind is proposal, vote, tally, execution, guard_decision, parameter, consequence_map or what_if');
  END IF;
END $$;
COMMENT ON FUNCTION qfs_api.explanation(text, text, bigint, jsonb) IS
  'Why a proposal, vote, tally, execution or guard_decision came out as it did, what a parameter is, consequence_map or what_if, in the one form of explanation_schema(). subject: entry:N, proposal:N for what became of it, entry:N/GUARD of a guard_decision, key:NAME of a parameter. size: as of so many entries; the same size gives the same bytes. question: of what_if, {changes, actions, from}; of a consequence_map that is of no proposal, {changes, window}.';

GRANT EXECUTE ON FUNCTION qfs_api.explanation_schema(), qfs_api.explanation(text, text, bigint, jsonb)
  TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
