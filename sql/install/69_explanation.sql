-- The one form of all explanations: docs/explanations.md, docs/explanation.schema.json.

CREATE FUNCTION qfs.seal_explanation(explanation jsonb) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  bare jsonb := explanation - 'explanation_hash' - 'explanation_id';
BEGIN
  RETURN bare || jsonb_build_object(
    'explanation_hash', qfs.sha3_256(convert_to(qfs.canonical(bare - 'advisory'), 'UTF8'))::text,
    'explanation_id', qfs.sha3_256(convert_to(qfs.canonical(bare), 'UTF8'))::text);
END $$;
COMMENT ON FUNCTION qfs.seal_explanation(jsonb) IS
  'an explanation with its hashes: explanation_hash of what was decided, explanation_id of that and what was advised';

-- At which size of the ledger something is explained.
CREATE FUNCTION qfs.snapshot_at(size bigint) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN (SELECT jsonb_build_object('size', snapshot_at.size, 'head', l.hash::text) FROM qfs.ledger l WHERE l.seq = snapshot_at.size - 1);
END $$;
COMMENT ON FUNCTION qfs.snapshot_at(bigint) IS '{size, head}: so many entries, and the hash of the last of them';

CREATE FUNCTION qfs.policy_before(seq bigint) RETURNS qfs.policy
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  policy qfs.policy;
BEGIN
  SELECT p.* INTO policy FROM qfs.policy p WHERE p.seq = (SELECT max(b.seq) FROM qfs.policy b WHERE b.seq < policy_before.seq);
  RETURN policy;
END $$;
COMMENT ON FUNCTION qfs.policy_before(bigint) IS 'the policy in force before an entry';

CREATE FUNCTION qfs.policy_named(policy qfs.policy) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN jsonb_build_object('hash', encode(sha256(convert_to(policy.policy, 'UTF8')), 'hex'), 'seq', policy.seq);
END $$;
COMMENT ON FUNCTION qfs.policy_named(qfs.policy) IS '{hash, seq} of a policy';
