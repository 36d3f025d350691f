-- qfs_api: questions that have a name.  docs/sandbox.md.

-- Where the window of a size begins: with the epoch in which entry size - 10000 is.
CREATE FUNCTION qfs.window_begin(size bigint) RETURNS bigint
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  first bigint := greatest(size - 10000, 1);
BEGIN
  IF first >= size THEN
    RETURN size;
  END IF;
  RETURN greatest(1, qfs.epoch_begin((SELECT qfs.epoch_at(l.at) FROM qfs.ledger l WHERE l.seq = first)));
END $$;
COMMENT ON FUNCTION qfs.window_begin(bigint) IS 'the first entry, from 1, of the epoch in which entry size - 10000 is';

CREATE FUNCTION qfs.run_sandbox(template text, params jsonb, size bigint) RETURNS text
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  most bigint := (SELECT h.size FROM qfs.head() h);
  has_window boolean;
  policy text;
BEGIN
  IF template IS NULL OR params IS NULL THEN
    PERFORM qfs.refuse('ARGUMENT', 'template and params may not be null');
  END IF;
  IF size > most OR coalesce(size, most) < 1 THEN
    PERFORM qfs.refuse('SIZE_UNKNOWN', format('%s was asked for, it has %s entries', coalesce(size::text, 'all'), most));
  END IF;
  has_window := (SELECT (t.value ->> 'window')::boolean FROM jsonb_array_elements(qfs.sandbox_templates()) t WHERE t.value ->> 'name' = template);
  size := coalesce(size, most);
  -- Two answers that differ by an entry would tell of it: what looks at entries looks at whole epochs that are over.
  IF has_window AND NOT (qfs.is_public() OR qfs.caller_audits()) THEN
    PERFORM qfs.check_asked(jsonb_build_object(coalesce(params ->> 'key', ''), NULL));
    size := greatest(qfs.epoch_floor(size), 1);
  END IF;
  policy := (qfs.policy_before(size)).policy;
  IF policy IS NULL THEN
    PERFORM qfs.refuse('NOT_VERIFIED', format('it has %s entries', most));
  END IF;
  RETURN qfs.sandbox(template, params, policy, qfs.window_begin(size), size);
END $$;
COMMENT ON FUNCTION qfs.run_sandbox(text, jsonb, bigint) IS
  'the line of qfs-verify what-if --template, of the size that the caller may ask about: where not everybody reads every entry, a template that looks at a window is answered of whole epochs that are over, but to auditors';

CREATE FUNCTION qfs_api.sandbox(template text, params jsonb DEFAULT '{}', size bigint DEFAULT NULL) RETURNS jsonb
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN qfs.run_sandbox(template, params, size)::jsonb;
END $$;
COMMENT ON FUNCTION qfs_api.sandbox(text, jsonb, bigint) IS
  'A simulation that has a name (sandbox_templates() lists them), over the first `size` entries: the same answer, and result_hash, for whoever asks about that size. Nothing is written. Where not everybody reads every entry, what looks at entries is answered of whole epochs that are over, but to auditors; no answer tells of an entry, and sums are null if fewer than 5 accounts differ.';
GRANT EXECUTE ON FUNCTION qfs_api.sandbox(text, jsonb, bigint) TO qfs_anon, qfs_user, qfs_auditor, qfs_operator, aegis_readonly, aegis_advisor;

CREATE FUNCTION qfs_api.sandbox_templates() RETURNS jsonb
  LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN qfs.sandbox_templates();
END $$;
COMMENT ON FUNCTION qfs_api.sandbox_templates() IS
  'What sandbox() can be asked: the name of each template, what it asks, its parameters with type and range, and whether it looks at a window of entries.';
GRANT EXECUTE ON FUNCTION qfs_api.sandbox_templates() TO qfs_anon, qfs_user, qfs_auditor, qfs_operator, aegis_readonly, aegis_advisor;
