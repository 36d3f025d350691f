-- Explanations: why an entry has its outcome, with every entry that it rests on, each with its proof.

CREATE FUNCTION qfs.explain(seq bigint, topic text DEFAULT 'entry', subject qfs.user_id DEFAULT NULL,
    size bigint DEFAULT NULL, "from" bigint DEFAULT 0) RETURNS jsonb
  AS 'MODULE_PATHNAME', 'qfs_sql_explain' LANGUAGE C STABLE
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs.explain(bigint, text, qfs.user_id, bigint, bigint) IS
  'a bundle that proves itself, for qfs-verify bundle; topic: entry, reward, coherence, session, message or statement; subject: whom it is explained to; size: of the checkpoint; from: first entry of a statement';

CREATE FUNCTION qfs.explain_own(seq bigint, topic text, subject qfs.user_id, size bigint, "from" bigint) RETURNS jsonb
  AS 'MODULE_PATHNAME', 'qfs_sql_explain_own' LANGUAGE C STABLE
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs.explain_own(bigint, text, qfs.user_id, bigint, bigint) IS
  'the same for what concerns the account that is signed in, or for anything if all is public';

GRANT EXECUTE ON FUNCTION qfs.explain(bigint, text, qfs.user_id, bigint, bigint) TO qfs_auditor;
GRANT EXECUTE ON FUNCTION qfs.explain_own(bigint, text, qfs.user_id, bigint, bigint)
  TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
