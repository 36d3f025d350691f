-- qfs_api: explanations.  To whom they concern, and to auditors.

-- PL/pgSQL, because a CASE of SQL asks for the privilege to call both of its branches.
CREATE FUNCTION qfs.explain_to_caller(seq bigint, topic text, subject qfs.user_id DEFAULT NULL, "from" bigint DEFAULT 0)
  RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF pg_has_role(current_user, 'qfs_auditor', 'USAGE') THEN
    RETURN qfs.explain(seq, topic, subject, NULL, "from");
  END IF;
  RETURN qfs.explain_own(seq, topic, coalesce(subject, qfs.current_user_id()), NULL, "from");
END $$;
COMMENT ON FUNCTION qfs.explain_to_caller(bigint, text, qfs.user_id, bigint) IS
  'qfs.explain() for auditors, qfs.explain_own() for everyone else';

CREATE FUNCTION qfs.find_tx(tx_id text) RETURNS bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  -- A number, or the hash of an entry of the account's own chain: hashes have no index.
  SELECT coalesce(
    CASE WHEN tx_id ~ '^[0-9]{1,18}$' THEN tx_id::bigint END,
    (SELECT c.seq FROM qfs.standing s CROSS JOIN LATERAL qfs.standing_chain(s.user_id, s.last_entry) c
     JOIN qfs.ledger l ON l.seq = c.seq
     WHERE tx_id !~ '^[0-9]{1,18}$' AND s.user_id OPERATOR(qfs.=) qfs.current_user_id() AND l.hash::text = tx_id LIMIT 1),
    CASE WHEN qfs.refuse('ENTRY_UNKNOWN', coalesce(left(tx_id, 80), 'null')) THEN 0 END);
END;
COMMENT ON FUNCTION qfs.find_tx(text) IS
  'the entry of a number, or of a hash among those that changed the standing of the account that is signed in';

CREATE FUNCTION qfs.find_last_act(account qfs.user_id) RETURNS bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT CASE
    WHEN qfs.sees_now(account) THEN
      (SELECT coalesce((qfs_api.coherence(account::text) #>> '{last_act,seq}')::bigint, s.last_entry)
       FROM qfs.standing s WHERE s.user_id OPERATOR(qfs.=) account)
    WHEN qfs.refuse('FORBIDDEN', 'the account is not yours') THEN 0 END;
END;
COMMENT ON FUNCTION qfs.find_last_act(qfs.user_id) IS
  'the entry that last moved the coherence of the account that is signed in, or of any if all is public; or changed its standing, if none has';

-- With the caller's rights, so that nobody learns which entries touched somebody else.
CREATE FUNCTION qfs.find_touch(account qfs.user_id, "to" bigint) RETURNS bigint
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT coalesce(
    (SELECT c.seq FROM qfs.standing s CROSS JOIN LATERAL qfs.standing_chain(s.user_id, s.last_entry) c
     WHERE s.user_id OPERATOR(qfs.=) account AND c.seq <= coalesce("to", c.seq) LIMIT 1),
    CASE WHEN qfs.refuse('ENTRY_UNKNOWN', format('none up to %s changed the standing of the account', "to")) THEN 0 END);
END;
COMMENT ON FUNCTION qfs.find_touch(qfs.user_id, bigint) IS 'the last entry up to another that changed an account''s standing';

CREATE FUNCTION qfs.find_own_touch(account qfs.user_id, "to" bigint) RETURNS bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT CASE
    WHEN account OPERATOR(qfs.=) qfs.current_user_id() OR qfs.is_public() THEN qfs.find_touch(account, "to")
    WHEN qfs.refuse('FORBIDDEN', 'the account is not yours') THEN 0 END;
END;
COMMENT ON FUNCTION qfs.find_own_touch(qfs.user_id, bigint) IS
  'the same for the account that is signed in, or for any if all is public';

CREATE FUNCTION qfs.find_account_to_explain(user_id text) RETURNS qfs.user_id
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.find_account(user_id, NULL);
END;
COMMENT ON FUNCTION qfs.find_account_to_explain(text) IS 'qfs.find_account() for callers of the functions below';

CREATE FUNCTION qfs_api.explain_entry(seq bigint) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN qfs.explain_to_caller(seq, 'entry');
END $$;
COMMENT ON FUNCTION qfs_api.explain_entry(bigint) IS
  'Why an entry has its outcome: a bundle with every entry that it rests on and their proofs, for qfs-verify bundle.';

CREATE FUNCTION qfs_api.explain_reward(tx_id text) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN qfs.explain_to_caller(qfs.find_tx(tx_id), 'reward');
END $$;
COMMENT ON FUNCTION qfs_api.explain_reward(text) IS
  'Why a reward was paid, or was not: tx_id is the number of the entry, or its hash if it touched the account.';

CREATE FUNCTION qfs_api.explain_coherence(user_id text DEFAULT NULL, seq bigint DEFAULT NULL) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  account qfs.user_id := qfs.find_account_to_explain(user_id);
BEGIN
  IF pg_has_role(current_user, 'qfs_auditor', 'USAGE') THEN
    RETURN qfs.explain(coalesce(seq, qfs.find_touch(account, NULL)), 'coherence', account);
  END IF;
  -- Whether an entry touched an account, and which did last, is told to that account alone.
  IF seq IS NOT NULL THEN
    PERFORM qfs.find_own_touch(account, seq);
  END IF;
  RETURN qfs.explain_own(coalesce(seq, qfs.find_last_act(account)), 'coherence', account, NULL, 0);
END $$;
COMMENT ON FUNCTION qfs_api.explain_coherence(text, bigint) IS
  'Why the coherence of an account is what it is: the act that last moved it, or what entry seq did to it.';

CREATE FUNCTION qfs_api.explain_session(seq bigint) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN qfs.explain_to_caller(seq, 'session');
END $$;
COMMENT ON FUNCTION qfs_api.explain_session(bigint) IS
  'In which session an entry was appended: the sign-in, and that nothing had ended it.';

CREATE FUNCTION qfs_api.explain_message(thread text, seq bigint, sender text DEFAULT NULL) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN qfs.explain_to_caller(qfs.find_message(thread, seq, sender), 'message');
END $$;
COMMENT ON FUNCTION qfs_api.explain_message(text, bigint, text) IS
  'That a message was sent, by whom, in which session; sender: whose message, by default one''s own.';

CREATE FUNCTION qfs_api.account_statement(user_id text DEFAULT NULL, "from" bigint DEFAULT 0, "to" bigint DEFAULT NULL)
  RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  account qfs.user_id := qfs.find_account_to_explain(user_id);
BEGIN
  IF pg_has_role(current_user, 'qfs_auditor', 'USAGE') THEN
    RETURN qfs.explain(qfs.find_touch(account, "to"), 'statement', account, NULL, "from");
  END IF;
  RETURN qfs.explain_own(qfs.find_own_touch(account, "to"), 'statement', account, NULL, "from");
END $$;
COMMENT ON FUNCTION qfs_api.account_statement(text, bigint, bigint) IS
  'All entries from..to that touched an account, the newest first; complete, or it does not verify.';

GRANT EXECUTE ON FUNCTION
  qfs.account_part(bigint, qfs.user_id, text), qfs.standing_chain(qfs.user_id, bigint), qfs.find_touch(qfs.user_id, bigint)
  TO qfs_auditor;
GRANT EXECUTE ON FUNCTION
  qfs.explain_to_caller(bigint, text, qfs.user_id, bigint), qfs.find_tx(text), qfs.find_message(text, bigint, text),
  qfs.find_last_act(qfs.user_id), qfs.find_own_touch(qfs.user_id, bigint), qfs.find_account_to_explain(text),
  qfs_api.explain_entry(bigint), qfs_api.explain_reward(text), qfs_api.explain_coherence(text, bigint),
  qfs_api.explain_session(bigint), qfs_api.explain_message(text, bigint, text),
  qfs_api.account_statement(text, bigint, bigint)
  TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
