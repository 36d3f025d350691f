-- qfs_api: governance.  Seats, proposals and votes are everybody's to read.

-- ---- acts ----

-- What a holder does is signed: by the device of the session, or by the wallet, without one.
CREATE FUNCTION qfs.act(type text, payload jsonb, auth jsonb) RETURNS jsonb
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  next bigint := (extract(epoch FROM clock_timestamp()) * 1000)::bigint;
  entry bigint;
BEGIN
  IF auth IS NULL THEN
    RETURN jsonb_build_object('type', type, 'payload', payload, 'nonce', next, 'text', qfs.wallet_text(type, payload, next));
  END IF;
  IF NOT auth ?& ARRAY['nonce', 'sig'] THEN
    PERFORM qfs.refuse('AUTH_INVALID', 'auth is {key, nonce, sig} of the session''s device, or {nonce, sig} of the wallet');
  END IF;
  IF auth ? 'key' THEN
    INSERT INTO qfs.ledger (type, actor, payload, auth) VALUES (act.type, qfs.require_user_id(), act.payload, act.auth)
    RETURNING seq INTO entry;
  ELSE
    entry := qfs.deliver(type, payload, (auth ->> 'nonce')::bigint, auth ->> 'sig');
  END IF;
  RETURN (SELECT jsonb_build_object('seq', l.seq, 'hash', l.hash::text, 'outcome', l.outcome) FROM qfs.ledger l WHERE l.seq = entry);
END $$;
COMMENT ON FUNCTION qfs.act(text, jsonb, jsonb) IS
  'appends what a holder signed; without auth what there is to sign';

CREATE FUNCTION qfs_api.propose(action jsonb, title text, track text, description text DEFAULT NULL, text text DEFAULT NULL,
                                simulation jsonb DEFAULT NULL, auth jsonb DEFAULT NULL) RETURNS jsonb
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  digest text := encode(sha256(convert_to(description, 'UTF8')), 'hex');
  made jsonb;
BEGIN
  IF description IS NULL AND text IS NULL THEN
    PERFORM qfs.refuse('ARGUMENT', 'description, or text, which is its SHA-256');
  END IF;
  IF text <> digest THEN
    PERFORM qfs.refuse('ARGUMENT', 'text is ' || text || ', the description has ' || digest);
  END IF;
  IF octet_length(description) > 65536 THEN
    PERFORM qfs.refuse('ARGUMENT', 'the description is longer than 65536 bytes');
  END IF;
  made := qfs.act('PROPOSAL_CREATED', jsonb_strip_nulls(jsonb_build_object('simulation', simulation)) ||
    jsonb_build_object('action', action, 'text', coalesce(text, digest), 'title', title, 'track', track), auth);
  IF description IS NOT NULL AND made ? 'seq' AND made #>> '{outcome,status}' = 'OK' THEN
    PERFORM qfs.put_proposal_text((made ->> 'seq')::bigint, description);
  END IF;
  RETURN made;
END $$;
COMMENT ON FUNCTION qfs_api.propose(jsonb, text, text, text, text, jsonb, jsonb) IS
  'Proposes an action: {"policy": {changes}}, {"nod": [{account, nod}]} or {} on the track text. text: SHA-256 of the description, which stays off the ledger. Without auth: what there is to sign, {type, payload, nonce, text}. auth: {key, nonce, sig} of the session''s device, or {nonce, sig} of the wallet over text, without a session.';

CREATE FUNCTION qfs_api.vote(proposal bigint, choice text, action text DEFAULT NULL, reason text DEFAULT NULL, auth jsonb DEFAULT NULL)
  RETURNS jsonb
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN qfs.act('VOTE_CAST', jsonb_strip_nulls(jsonb_build_object('reason', reason)) || jsonb_build_object('choice', choice, 'proposal', proposal,
    'action', coalesce(action, (SELECT p.action::text FROM qfs.proposal p WHERE p.seq = vote.proposal),
                       CASE WHEN qfs.refuse('PROPOSAL_UNKNOWN', 'entry ' || coalesce(proposal::text, 'null')) THEN '' END)), auth);
END $$;
COMMENT ON FUNCTION qfs_api.vote(bigint, text, text, text, jsonb) IS
  'Votes yes, no, abstain or veto, once and for ever. action: SHA-256 of the proposal''s payload, which the ballot names. reason: SHA-256 of a text. auth: as propose takes it; without, what there is to sign.';

CREATE FUNCTION qfs_api.cancel_proposal(proposal bigint, auth jsonb DEFAULT NULL) RETURNS jsonb
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN qfs.act('PROPOSAL_CANCELLED', jsonb_build_object('proposal', proposal), auth);
END $$;
COMMENT ON FUNCTION qfs_api.cancel_proposal(bigint, jsonb) IS
  'Takes one''s proposal back, before votes on it open. auth: as propose takes it; without, what there is to sign.';

CREATE FUNCTION qfs_api.hold_fewer(nod bigint, reason text, account text DEFAULT NULL, auth jsonb DEFAULT NULL) RETURNS jsonb
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN qfs.act('NOD_CHANGED', jsonb_build_object('nod', nod, 'reason', reason,
    'account', coalesce(account::qfs.user_id, qfs.require_user_id())::text), auth);
END $$;
COMMENT ON FUNCTION qfs_api.hold_fewer(bigint, text, text, jsonb) IS
  'Gives seats of one''s own up, once an epoch, for a reason that everybody reads. account: whose, by default the one that is signed in. auth: as propose takes it; without, what there is to sign.';

CREATE FUNCTION qfs_api.settle() RETURNS bigint
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.settle();
END;
COMMENT ON FUNCTION qfs_api.settle() IS
  'Has the ledger settle what is due, as the next event would: tallies and executions. Gives how many entries that made.';

-- ---- what there is to read ----

CREATE VIEW qfs_api.proposals WITH (security_barrier) AS
  SELECT p.seq, l.at, p.proposer::text AS proposer, p.track, l.payload ->> 'title' AS title, t.state,
         p.action::text AS action, p.change::jsonb AS change, l.payload ->> 'text' AS text,
         (SELECT x.content FROM qfs.proposal_text x
          WHERE x.seq = p.seq AND encode(sha256(convert_to(x.content, 'UTF8')), 'hex') = l.payload ->> 'text') AS description,
         p.opens, t.ends, t.enacts, qfs.block_time(p.opens) AS opens_at, qfs.block_time(t.ends) AS ends_at,
         qfs.block_time(t.enacts) AS enacts_at,
         p.total, t.yes, t.no, t.abstain, t.veto, t.voters, t.extensions, p.terms::jsonb AS terms, p.base,
         t.last, t.tallied, t.settled, t.guard
  FROM qfs.proposal p
  JOIN qfs.tally t ON t.proposal = p.seq
  JOIN qfs.ledger l ON l.seq = p.seq;
COMMENT ON VIEW qfs_api.proposals IS 'Proposals that came onto the agenda, and how they stand.';
COMMENT ON COLUMN qfs_api.proposals.seq IS 'number of its entry, which names it';
COMMENT ON COLUMN qfs_api.proposals.at IS 'when it was made, milliseconds since 1970-01-01 UTC';
COMMENT ON COLUMN qfs_api.proposals.proposer IS 'whose it is';
COMMENT ON COLUMN qfs_api.proposals.track IS 'constitution, emergency, parameter or text';
COMMENT ON COLUMN qfs_api.proposals.title IS 'title';
COMMENT ON COLUMN qfs_api.proposals.state IS 'OPEN, QUEUED, EXECUTED, FAILED, ADOPTED, REJECTED or CANCELLED';
COMMENT ON COLUMN qfs_api.proposals.action IS 'SHA-256 of its payload, which ballots name';
COMMENT ON COLUMN qfs_api.proposals.change IS 'what it asks for';
COMMENT ON COLUMN qfs_api.proposals.text IS 'SHA-256 of its description';
COMMENT ON COLUMN qfs_api.proposals.description IS 'its description, if it is kept here and has that hash';
COMMENT ON COLUMN qfs_api.proposals.opens IS 'block from which on votes count';
COMMENT ON COLUMN qfs_api.proposals.ends IS 'block in which the tally is due';
COMMENT ON COLUMN qfs_api.proposals.enacts IS 'block in which the execution is due, if it passes';
COMMENT ON COLUMN qfs_api.proposals.opens_at IS 'when that block begins, milliseconds since 1970-01-01 UTC';
COMMENT ON COLUMN qfs_api.proposals.ends_at IS 'the same of the tally';
COMMENT ON COLUMN qfs_api.proposals.enacts_at IS 'the same of the execution';
COMMENT ON COLUMN qfs_api.proposals.total IS 'NOD of all accounts at its entry';
COMMENT ON COLUMN qfs_api.proposals.yes IS 'power of those who voted so';
COMMENT ON COLUMN qfs_api.proposals.no IS 'power of those who voted so';
COMMENT ON COLUMN qfs_api.proposals.abstain IS 'power of those who voted so';
COMMENT ON COLUMN qfs_api.proposals.veto IS 'power of those who voted so';
COMMENT ON COLUMN qfs_api.proposals.voters IS 'accounts that voted';
COMMENT ON COLUMN qfs_api.proposals.extensions IS 'how often the end was moved';
COMMENT ON COLUMN qfs_api.proposals.terms IS 'the numbers of its track when it was made';
COMMENT ON COLUMN qfs_api.proposals.base IS 'entry of the policy in force when it was made';
COMMENT ON COLUMN qfs_api.proposals.last IS 'entry that changed the count last';
COMMENT ON COLUMN qfs_api.proposals.tallied IS 'entry that counted it';
COMMENT ON COLUMN qfs_api.proposals.settled IS 'entry that ended it';
COMMENT ON COLUMN qfs_api.proposals.guard IS 'the first guard that blocked it';

CREATE VIEW qfs_api.votes WITH (security_barrier) AS
  SELECT v.seq, l.at, v.proposal, v.user_id::text AS voter, v.choice, v.power, l.payload ->> 'reason' AS reason,
         l.auth ->> 'via' AS via
  FROM qfs.vote v JOIN qfs.ledger l ON l.seq = v.seq;
COMMENT ON VIEW qfs_api.votes IS 'Votes: public, and final.';
COMMENT ON COLUMN qfs_api.votes.seq IS 'number of its entry';
COMMENT ON COLUMN qfs_api.votes.at IS 'milliseconds since 1970-01-01 UTC';
COMMENT ON COLUMN qfs_api.votes.proposal IS 'on which proposal';
COMMENT ON COLUMN qfs_api.votes.voter IS 'whose';
COMMENT ON COLUMN qfs_api.votes.choice IS 'yes, no, abstain or veto';
COMMENT ON COLUMN qfs_api.votes.power IS 'what it weighs, in NOD';
COMMENT ON COLUMN qfs_api.votes.reason IS 'SHA-256 of a text that says why';
COMMENT ON COLUMN qfs_api.votes.via IS 'session, if a device signed it, or wallet';

CREATE VIEW qfs_api.tallies WITH (security_barrier) AS
  SELECT l.seq, l.at, t.proposal, l.outcome #>> '{result,state}' AS verdict, l.outcome -> 'guards' AS guards,
         l.outcome #> '{result,tally}' AS tally, t.state, e.seq AS executed, e.outcome -> 'guards' AS execution_guards
  FROM qfs.tally t
  JOIN qfs.ledger l ON l.seq = t.tallied
  LEFT JOIN qfs.ledger e ON e.seq = t.settled AND t.settled <> t.tallied;
COMMENT ON VIEW qfs_api.tallies IS 'Proposals that were counted: the verdict with its guards, and what came of those that passed.';
COMMENT ON COLUMN qfs_api.tallies.seq IS 'number of its entry';
COMMENT ON COLUMN qfs_api.tallies.at IS 'milliseconds since 1970-01-01 UTC';
COMMENT ON COLUMN qfs_api.tallies.proposal IS 'of which proposal';
COMMENT ON COLUMN qfs_api.tallies.verdict IS 'QUEUED, ADOPTED or REJECTED';
COMMENT ON COLUMN qfs_api.tallies.guards IS 'its guards with what they demand and found';
COMMENT ON COLUMN qfs_api.tallies.tally IS 'the count';
COMMENT ON COLUMN qfs_api.tallies.state IS 'how the proposal stands now';
COMMENT ON COLUMN qfs_api.tallies.executed IS 'entry of the execution';
COMMENT ON COLUMN qfs_api.tallies.execution_guards IS 'guards of the execution';

CREATE VIEW qfs_api.seats WITH (security_barrier) AS
  SELECT n.user_id::text AS user_id, n.nod,
         least(n.nod, e.total * (SELECT k.value::bigint FROM qfs.policy_key_list() k WHERE k.key = 'governance.power_percent') / 100) AS power,
         e.total, e.holders, n.seq, n.changes, l.payload ->> 'reason' AS reason
  FROM qfs.nod n CROSS JOIN qfs.electorate e JOIN qfs.ledger l ON l.seq = n.seq;
COMMENT ON VIEW qfs_api.seats IS 'Who holds seats, of how many, and the entry that changed it last.';
COMMENT ON COLUMN qfs_api.seats.user_id IS 'who';
COMMENT ON COLUMN qfs_api.seats.nod IS 'NOD that it holds';
COMMENT ON COLUMN qfs_api.seats.power IS 'what its vote on a proposal of now weighs';
COMMENT ON COLUMN qfs_api.seats.total IS 'NOD of all accounts';
COMMENT ON COLUMN qfs_api.seats.holders IS 'accounts that have some';
COMMENT ON COLUMN qfs_api.seats.seq IS 'entry that changed it last';
COMMENT ON COLUMN qfs_api.seats.changes IS 'how often it was changed';
COMMENT ON COLUMN qfs_api.seats.reason IS 'why, where that entry says it';

CREATE FUNCTION qfs.who_changes(class text, mode text, is_operators boolean) RETURNS text[]
  LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN CASE class
    WHEN 'fixed' THEN ARRAY[]::text[]
    WHEN 'fork' THEN CASE WHEN mode = 'on' THEN ARRAY[]::text[] ELSE ARRAY['operator'] END
    WHEN 'constitution' THEN CASE WHEN mode = 'on' THEN ARRAY['constitution'] ELSE ARRAY['operator', 'constitution'] END
    ELSE CASE WHEN mode <> 'on' OR is_operators THEN ARRAY['operator', 'parameter'] ELSE ARRAY['parameter'] END
  END;
END $$;
COMMENT ON FUNCTION qfs.who_changes(text, text, boolean) IS
  'who may change a key of a class in a mode of governance: the operator, or a track of proposals';

CREATE VIEW qfs_api.policy_keys WITH (security_barrier) AS
  SELECT k.key, k.class, k.value, c.seq AS changed_by_vote, c.epoch AS changed_in_epoch,
         qfs.who_changes(k.class, g.mode, k.is_operators) AS who
  FROM qfs.policy_key_list() k
  LEFT JOIN qfs.policy_key c ON c.key = k.key
  CROSS JOIN (SELECT m.value #>> '{}' AS mode FROM qfs.policy_key_list() m WHERE m.key = 'governance.mode') g;
COMMENT ON VIEW qfs_api.policy_keys IS
  'Every key of the policy: its class, its value, the vote that changed it last, and who may change it: the operator, or a track of proposals.';
COMMENT ON COLUMN qfs_api.policy_keys.key IS 'the leaf, by its path with dots';
COMMENT ON COLUMN qfs_api.policy_keys.class IS 'fixed, fork, constitution or parameter';
COMMENT ON COLUMN qfs_api.policy_keys.value IS 'its value in force';
COMMENT ON COLUMN qfs_api.policy_keys.changed_by_vote IS 'entry of the vote that changed it last';
COMMENT ON COLUMN qfs_api.policy_keys.changed_in_epoch IS 'epoch of that entry';
COMMENT ON COLUMN qfs_api.policy_keys.who IS 'who may change it: operator, constitution, parameter';

CREATE FUNCTION qfs_api.governance() RETURNS jsonb
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT jsonb_build_object(
    'mode', (SELECT k.value #>> '{}' FROM qfs.policy_key_list() k WHERE k.key = 'governance.mode'),
    'block', qfs.current_block(), 'epoch', qfs.current_epoch(),
    'total', coalesce(e.total, 0), 'holders', coalesce(e.holders, 0),
    'agenda', coalesce(a.items::jsonb, '[]'), 'due', nullif(a.due, 9007199254740991), 'overdue', qfs.overdue_blocks())
  FROM qfs.ledger_state g
  LEFT JOIN qfs.electorate e ON e.number = 0
  LEFT JOIN qfs.agenda a ON a.number = 0;
END;
COMMENT ON FUNCTION qfs_api.governance() IS
  'How governance stands: its mode, the block and epoch that it is, seats and holders, the agenda as [[block, entry, "tally", "execute" or "dormancy"]], the block in which something is due, and for how many blocks it has been.';

-- ---- explanations ----

CREATE FUNCTION qfs.find_vote(proposal bigint, user_id text) RETURNS bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT coalesce(
    (SELECT v.seq FROM qfs.vote v
     WHERE v.proposal = find_vote.proposal
       AND v.user_id OPERATOR(qfs.=) coalesce(find_vote.user_id::qfs.user_id, qfs.current_user_id())),
    CASE WHEN coalesce(find_vote.user_id, qfs.current_user_id()::text) IS NULL THEN
           CASE WHEN qfs.refuse('NO_SESSION', 'no account was named either') THEN 0 END
         WHEN qfs.refuse('ENTRY_UNKNOWN', format('no vote of the account on proposal %s', proposal)) THEN 0 END);
END;
COMMENT ON FUNCTION qfs.find_vote(bigint, text) IS 'the vote of an account on a proposal';

CREATE FUNCTION qfs.find_tally(proposal bigint) RETURNS bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT coalesce(
    (SELECT t.tallied FROM qfs.tally t WHERE t.proposal = find_tally.proposal),
    CASE WHEN qfs.refuse('ENTRY_UNKNOWN', format('no tally of proposal %s yet', proposal)) THEN 0 END);
END;
COMMENT ON FUNCTION qfs.find_tally(bigint) IS 'the entry that counted a proposal';

CREATE FUNCTION qfs_api.explain_vote(proposal bigint, user_id text DEFAULT NULL) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN qfs.explain_to_caller(qfs.find_vote(proposal, user_id), 'entry');
END $$;
COMMENT ON FUNCTION qfs_api.explain_vote(bigint, text) IS
  'That a vote was counted, once, with its power: a bundle for qfs-verify. user_id: whose, by default the one that is signed in.';

CREATE FUNCTION qfs_api.explain_tally(proposal bigint) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN qfs.explain_to_caller(qfs.find_tally(proposal), 'entry');
END $$;
COMMENT ON FUNCTION qfs_api.explain_tally(bigint) IS
  'Why a proposal passed, or did not: a bundle for qfs-verify.';

-- Votes, and tallies after silence: each names in its outcome the one before, which `previous: null` ends.
CREATE FUNCTION qfs_api.vote_chain(proposal bigint, before bigint DEFAULT NULL, "max" integer DEFAULT 100) RETURNS jsonb
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  size bigint := (SELECT h.size FROM qfs.durable_head() h);
  entries jsonb[] := '{}';
  next bigint := before;
  tally jsonb;
BEGIN
  IF NOT EXISTS (SELECT FROM qfs.proposal p WHERE p.seq = vote_chain.proposal) THEN
    PERFORM qfs.refuse('PROPOSAL_UNKNOWN', 'entry ' || coalesce(proposal::text, 'null'));
  END IF;
  IF next IS NULL THEN
    next := (SELECT t.last FROM qfs.tally t WHERE t.proposal = vote_chain.proposal);
  END IF;
  FOR n IN 1 .. least(greatest(coalesce("max", 100), 1), 1000) LOOP
    EXIT WHEN next IS NULL;
    tally := (SELECT l.outcome #> '{result,tally}' FROM qfs.ledger l
              WHERE l.seq = next AND l.type IN ('VOTE_CAST', 'PROPOSAL_TALLIED') AND (l.payload ->> 'proposal')::bigint = vote_chain.proposal);
    IF tally IS NULL THEN
      PERFORM qfs.refuse('ENTRY_UNKNOWN', format('entry %s does not count votes on proposal %s', next, proposal));
    END IF;
    entries := entries || jsonb_build_object('line', qfs.readable_entry(next), 'proof', to_jsonb(qfs.inclusion_proof(next, size)::text[]));
    next := (tally ->> 'previous')::bigint;
  END LOOP;
  RETURN jsonb_build_object('checkpoint', qfs.checkpoint(size), 'entries', to_jsonb(entries), 'next', next);
END $$;
COMMENT ON FUNCTION qfs_api.vote_chain(bigint, bigint, integer) IS
  'The votes on a proposal, the last first, up to max (1000 at most), each as a line with its proof under the checkpoint; each names the one before in its outcome. Go on with before = next, until it is null.';

GRANT EXECUTE ON FUNCTION
  qfs_api.propose(jsonb, text, text, text, text, jsonb, jsonb), qfs_api.vote(bigint, text, text, text, jsonb),
  qfs_api.cancel_proposal(bigint, jsonb), qfs_api.hold_fewer(bigint, text, text, jsonb), qfs_api.settle(), qfs_api.governance(),
  qfs_api.explain_vote(bigint, text), qfs_api.explain_tally(bigint), qfs_api.vote_chain(bigint, bigint, integer),
  qfs.find_vote(bigint, text), qfs.find_tally(bigint)
  TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
GRANT SELECT ON qfs_api.proposals, qfs_api.votes, qfs_api.tallies, qfs_api.seats, qfs_api.policy_keys
  TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
-- Called from the views with the caller's rights.
GRANT EXECUTE ON FUNCTION qfs.block_time(bigint), qfs.policy_key_list(jsonb), qfs.who_changes(text, text, boolean) TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
