-- Governance: settling, and keys of the policy.

CREATE FUNCTION qfs.settle() RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_settle' LANGUAGE C;
COMMENT ON FUNCTION qfs.settle() IS
  'appends what is due by the agenda, which the next event would do as well; returns how many entries that made';
GRANT EXECUTE ON FUNCTION qfs.settle() TO qfs_operator;

CREATE FUNCTION qfs.policy_key_list(policy jsonb DEFAULT NULL) RETURNS TABLE (key text, class text, value jsonb, is_operators boolean)
  AS 'MODULE_PATHNAME', 'qfs_sql_policy_key_list' LANGUAGE C STABLE;
COMMENT ON FUNCTION qfs.policy_key_list(jsonb) IS
  'every key of a policy, by default of the one in force, a leaf by its path: its class, its value, and whether it is one of governance.operator_keys';

CREATE FUNCTION qfs.put_proposal_text(seq bigint, content text) RETURNS void
  AS 'MODULE_PATHNAME', 'qfs_sql_put_proposal_text' LANGUAGE C STRICT;
COMMENT ON FUNCTION qfs.put_proposal_text(bigint, text) IS 'keeps the description of a proposal';

CREATE FUNCTION qfs.set_nod(account qfs.user_id, nod bigint, reason text) RETURNS bigint
  LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  INSERT INTO qfs.ledger (type, payload)
  VALUES ('NOD_CHANGED', jsonb_build_object('account', account, 'nod', nod, 'reason', reason))
  RETURNING seq;
END;
COMMENT ON FUNCTION qfs.set_nod(qfs.user_id, bigint, text) IS
  'gives an account so many seats, or takes them away, for a reason that everybody reads; the operator''s until governance is on; returns the entry''s seq';
GRANT EXECUTE ON FUNCTION qfs.set_nod(qfs.user_id, bigint, text) TO qfs_operator;

CREATE FUNCTION qfs.claim_dormancy() RETURNS bigint
  LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  INSERT INTO qfs.ledger (type, payload) VALUES ('DORMANCY_CLAIMED', '{}') RETURNING seq;
END;
COMMENT ON FUNCTION qfs.claim_dormancy() IS
  'says that nobody governs, since nobody has voted for governance.dormant_epochs: unless a holder of seats acts within 100 epochs governance is in trial then; returns the entry''s seq';
GRANT EXECUTE ON FUNCTION qfs.claim_dormancy() TO qfs_operator;

-- The block that it is now: never before that of the last entry.
CREATE FUNCTION qfs.current_block() RETURNS bigint
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT (greatest((extract(epoch FROM clock_timestamp()) * 1000)::bigint, (SELECT h.at FROM qfs.head() h)) - g.genesis_at)
         / (p.policy::jsonb ->> 'block_ms')::bigint
  FROM qfs.ledger_state g JOIN qfs.policy p ON p.seq = g.policy_seq;
END;
COMMENT ON FUNCTION qfs.current_block() IS 'the block that it is now, counted from 0';

CREATE FUNCTION qfs.block_time(block bigint) RETURNS bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT g.genesis_at + block * (p.policy::jsonb ->> 'block_ms')::bigint
  FROM qfs.ledger_state g JOIN qfs.policy p ON p.seq = g.policy_seq;
END;
COMMENT ON FUNCTION qfs.block_time(bigint) IS 'when a block begins, in milliseconds since 1970';

-- Blocks since the first thing on the agenda is due; 0: nothing is.
CREATE FUNCTION qfs.overdue_blocks() RETURNS bigint
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT coalesce((SELECT greatest(qfs.current_block() - a.due + 1, 0) FROM qfs.agenda a), 0);
END;
COMMENT ON FUNCTION qfs.overdue_blocks() IS 'for how many blocks the ledger has had something to settle, this one included; 0: it has nothing';
