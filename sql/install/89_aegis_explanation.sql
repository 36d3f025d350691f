-- qfs_api: explanations with what was advised beside them.  docs/explanations.md.

-- A body is whatever the service said; of it this is what an explanation shows.
CREATE FUNCTION qfs.newest_advice(subject text, model text) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  told jsonb := nullif(qfs_api.advice(subject) -> 'advice', 'null');
BEGIN
  RETURN (
    SELECT jsonb_build_object('snapshot', jsonb_build_object('size', a -> 'size', 'head', a -> 'head'), 'advisory', jsonb_build_object(
        'advisory', true, 'model', a -> 'model', 'version', a -> 'version',
        'mode', CASE WHEN a #> '{body,mode}' = '"CAUSAL_ONLY"' THEN 'CAUSAL_ONLY' ELSE 'HEURISTIC' END,
        'text', CASE WHEN jsonb_typeof(a #> '{body,text}') = 'string' THEN a #>> '{body,text}' ELSE '' END,
        'reasons', jsonb_path_query_array(a, 'lax $.body.reasons[*] ? (@.type() == "string")')))
    FROM jsonb_array_elements(told) a
    WHERE newest_advice.model IS NULL OR a ->> 'model' = newest_advice.model
    ORDER BY (a ->> 'at')::bigint DESC, a ->> 'model' COLLATE "C", a ->> 'version' COLLATE "C" LIMIT 1);
END $$;
COMMENT ON FUNCTION qfs.newest_advice(text, text) IS
  'the newest advice on a subject, of a model or of any, as an explanation shows it: {snapshot, advisory}; null: there is none';

CREATE FUNCTION qfs.explain_advice(subject text, model text) RETURNS jsonb
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  told jsonb := qfs.newest_advice(subject, model);
  size bigint := (told #>> '{snapshot,size}')::bigint;
BEGIN
  IF told IS NULL THEN
    PERFORM qfs.refuse('ADVICE_NONE', coalesce(left(subject, 200), 'null'));
  END IF;
  RETURN qfs.seal_explanation(told || jsonb_build_object(
    'v', 1, 'kind', 'advice', 'subject', subject, 'policy', qfs.policy_named(qfs.policy_before(size)), 'decided', NULL, 'guards', '[]'::jsonb,
    'evidence', jsonb_build_array(jsonb_build_object('seq', size - 1, 'hash', told #> '{snapshot,head}', 'role', 'head'))));
END $$;
COMMENT ON FUNCTION qfs.explain_advice(text, text) IS 'the newest advice on a subject as an explanation, which decides nothing';

CREATE FUNCTION qfs_api.explanation_with_advice(kind text, subject text DEFAULT NULL, size bigint DEFAULT NULL, question jsonb DEFAULT NULL,
                                                model text DEFAULT NULL) RETURNS jsonb
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  told jsonb;
BEGIN
  IF kind = 'advice' THEN
    RETURN qfs.explain_advice(subject, model);
  END IF;
  told := qfs_api.explanation(kind, subject, size, question);
  RETURN qfs.seal_explanation(told || jsonb_build_object('advisory', qfs.newest_advice(coalesce(subject, told ->> 'subject'), model) -> 'advisory'));
END $$;
COMMENT ON FUNCTION qfs_api.explanation_with_advice(text, text, bigint, jsonb, text) IS
  'explanation() with the newest advice on the subject as advisory, null if there is none: explanation_hash is the same, explanation_id is not. kind advice: that advice alone. model: whose, by default anybody''s.';

GRANT EXECUTE ON FUNCTION qfs_api.explanation_with_advice(text, text, bigint, jsonb, text) TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
