-- qfs_api: advice is given and read.

CREATE FUNCTION aegis.check_open() RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  open text := (SELECT min(i.detail) FROM aegis.incident i WHERE i.failure = 'FM4' AND i.released IS NULL);
BEGIN
  IF open IS NOT NULL THEN
    PERFORM qfs.refuse('AEGIS_CLOSED', open);
  END IF;
END $$;
COMMENT ON FUNCTION aegis.check_open() IS 'an error while a boundary is known to be broken';

-- On which state of the ledger, and how far back that is.
CREATE FUNCTION aegis.check_snapshot(size bigint, head text) RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  now bigint := (SELECT h.size FROM qfs.head() h);
BEGIN
  IF size < 1 OR (SELECT l.hash::text FROM qfs.ledger l WHERE l.seq = check_snapshot.size - 1) IS DISTINCT FROM check_snapshot.head OR head IS NULL THEN
    PERFORM qfs.refuse('ADVICE_SNAPSHOT', format('size %s, head %s', coalesce(size::text, 'null'), coalesce(left(head, 80), 'null')));
  END IF;
  IF size < now - 10000 THEN
    PERFORM qfs.refuse('ADVICE_STALE', format('size %s of %s', size, now));
  END IF;
END $$;
COMMENT ON FUNCTION aegis.check_snapshot(bigint, text) IS 'is it the head of that size, and is that one of the newest 10,000 entries?';

CREATE FUNCTION aegis.check_form(subject text, input_hash text, body jsonb) RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (subject ~ '^[a-z_]{1,32}:[!-~]{1,128}$') IS NOT TRUE THEN
    PERFORM qfs.refuse('ADVICE_FORM', 'subject is ' || coalesce(left(subject, 80), 'null'));
  END IF;
  IF (input_hash ~ '^[0-9a-f]{64}$') IS NOT TRUE THEN
    PERFORM qfs.refuse('ADVICE_FORM', 'input_hash is ' || coalesce(left(input_hash, 80), 'null'));
  END IF;
  IF jsonb_typeof(body) IS DISTINCT FROM 'object' OR body -> 'advisory' IS DISTINCT FROM 'true' THEN
    PERFORM qfs.refuse('ADVICE_FORM', 'body does not say "advisory": true');
  END IF;
  IF body ? 'recommend' AND (subject ~ '^proposal:[0-9]{1,16}$' AND jsonb_typeof(body -> 'recommend') = 'string'
      AND body ->> 'recommend' IN ('yes', 'no', 'abstain', 'veto')) IS NOT TRUE THEN
    PERFORM qfs.refuse('ADVICE_FORM', 'recommend is a choice of the vote on a proposal: yes, no, abstain or veto');
  END IF;
  IF octet_length(body::text) > 65536 THEN
    PERFORM qfs.refuse('ADVICE_FORM', format('body has %s bytes', octet_length(body::text)));
  END IF;
END $$;
COMMENT ON FUNCTION aegis.check_form(text, text, jsonb) IS 'does advice have its form?';

-- The service's row is locked: two requests at once count each other.
CREATE FUNCTION aegis.admit(service text, model text, version text, at bigint) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  known aegis.service;
  owner text;
BEGIN
  SELECT s.* INTO known FROM aegis.service s WHERE s.service = admit.service FOR UPDATE;
  IF known.service IS NULL OR known.revoked IS NOT NULL THEN
    PERFORM qfs.refuse('ADVISOR_REVOKED', service);
  END IF;
  SELECT m.service INTO owner FROM aegis.model m
  WHERE m.model = admit.model AND m.version = admit.version AND m.status <> 'retired';
  IF owner IS NULL THEN
    PERFORM qfs.refuse('ADVICE_MODEL', format('%s %s', coalesce(left(model, 80), 'null'), coalesce(left(version, 80), 'null')));
  END IF;
  IF owner <> service THEN
    PERFORM qfs.refuse('FORBIDDEN', format('%s %s is another service''s', model, version));
  END IF;
  IF (SELECT count(*) FROM aegis.advice a WHERE a.service = admit.service AND a.at > admit.at - 3600000) >= 100 THEN
    PERFORM qfs.refuse('ADVICE_LIMIT', service);
  END IF;
END $$;
COMMENT ON FUNCTION aegis.admit(text, text, text, bigint) IS 'may the service give advice of this model now?';

-- Who asks is what its token says, read here: what PostgREST or a session says of it counts for nothing.
CREATE FUNCTION qfs_api.advise(model text, version text, subject text, size bigint, head text, input_hash text, body jsonb) RETURNS jsonb
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  service text := qfs.advisor_of(nullif(current_setting('request.headers', true), '')::jsonb ->> 'authorization');
  now bigint := (extract(epoch FROM clock_timestamp()) * 1000)::bigint;
  digest qfs.hash;
BEGIN
  PERFORM aegis.check_open();
  PERFORM aegis.check_form(subject, input_hash, body);
  PERFORM aegis.admit(service, model, version, now);
  PERFORM aegis.check_snapshot(size, head);
  digest := qfs.sha3_256(convert_to(qfs.canonical(jsonb_build_object('model', model, 'version', version, 'subject', subject, 'size', size,
    'head', head, 'input_hash', input_hash, 'body', body, 'at', now)), 'UTF8'));
  INSERT INTO aegis.advice (advice_hash, model, version, service, subject, size, head, input_hash, body, at)
  VALUES (digest, advise.model, advise.version, service, advise.subject, advise.size, advise.head::qfs.hash, advise.input_hash::qfs.hash,
    advise.body, now)
  ON CONFLICT ON CONSTRAINT advice_pkey DO NOTHING;
  UPDATE aegis.model m SET given = m.given + 1, last = now WHERE m.model = advise.model AND m.version = advise.version;
  RETURN jsonb_build_object('advice_hash', digest::text, 'at', now);
END $$;
COMMENT ON FUNCTION qfs_api.advise(text, text, text, bigint, text, text, jsonb) IS
  'Gives advice, for services that an operator let in. subject: what it is about, kind:name. size, head: the ledger that it rests on, as head() gave it. input_hash: of what it was made of. body: an object with "advisory": true, up to 65,536 bytes; of a proposal it may "recommend" yes, no, abstain or veto. It decides nothing. Gives {advice_hash, at}.';

CREATE FUNCTION qfs_api.advice(subject text) RETURNS jsonb
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  now bigint := (extract(epoch FROM statement_timestamp()) * 1000)::bigint;
  stale bigint := qfs.advice_stale();
  newest jsonb;
BEGIN
  -- Who has taken the schema away has no advice.
  IF to_regclass('aegis.advice') IS NULL THEN
    RETURN jsonb_build_object('subject', left(subject, 200), 'advisory', true, 'stale_ms', stale, 'advice', NULL, 'offline', true);
  END IF;
  PERFORM aegis.check_open();
  SELECT jsonb_agg(jsonb_build_object('advisory', true, 'model', a.model, 'version', a.version, 'status', m.status,
           'approved_by', m.approved_by, 'card_hash', m.card_hash::text, 'size', a.size, 'head', a.head::text,
           'input_hash', a.input_hash::text, 'advice_hash', a.advice_hash::text, 'at', a.at, 'age_ms', greatest(now - a.at, 0), 'body', a.body)
         ORDER BY a.model COLLATE "C", a.version COLLATE "C")
  INTO newest
  FROM aegis.model m
  JOIN aegis.service s ON s.service = m.service AND s.revoked IS NULL
  CROSS JOIN LATERAL (SELECT x.* FROM aegis.advice x
                      WHERE x.subject = advice.subject AND x.model = m.model AND x.version = m.version
                      ORDER BY x.at DESC LIMIT 1) a
  WHERE m.status <> 'retired' AND a.at > now - stale;
  RETURN jsonb_build_object('subject', left(subject, 200), 'advisory', true, 'stale_ms', stale, 'advice', newest, 'offline', newest IS NULL);
END $$;
COMMENT ON FUNCTION qfs_api.advice(text) IS
  'What models advise on a subject, the newest of each with its model, version, card_hash and age; advice is null and offline true if none is newer than qfs.advice_stale. Advice decides nothing.';

CREATE FUNCTION qfs_api.advice_models()
  RETURNS TABLE (model text, version text, status text, approved_by bigint, card_hash text, card jsonb)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  -- Who has taken the schema away has no models.
  IF to_regclass('aegis.model') IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY SELECT m.model, m.version, m.status, m.approved_by, m.card_hash::text, m.card FROM aegis.model m
    ORDER BY m.model COLLATE "C", m.version COLLATE "C";
END $$;
COMMENT ON FUNCTION qfs_api.advice_models() IS
  'What gives advice, and gave it: its card, whether it is candidate, active or retired, and the proposal that adopted it.';

GRANT EXECUTE ON FUNCTION qfs_api.advice(text), qfs_api.advice_models() TO qfs_anon, qfs_user, qfs_operator, qfs_auditor, aegis_readonly, aegis_advisor;
GRANT EXECUTE ON FUNCTION qfs_api.advise(text, text, text, bigint, text, text, jsonb) TO aegis_advisor;

-- What advice is about.  Of accounts there is nothing but what a proposal says of its proposer: no entries, seats, votes or explanations.
GRANT EXECUTE ON FUNCTION
  qfs_api.head(), qfs_api.checkpoint(bigint), qfs_api.vkey(), qfs_api.policy(), qfs_api.governance(), qfs_api.token_guard_map(),
  qfs_api.principles(text), qfs_api.what_if(jsonb, jsonb, bigint, bigint), qfs_api.explanation_schema()
  TO aegis_readonly, aegis_advisor;
GRANT SELECT ON qfs_api.proposals, qfs_api.tallies, qfs_api.policy_keys TO aegis_readonly, aegis_advisor;
-- Called from these views with the caller's rights.
GRANT EXECUTE ON FUNCTION qfs.block_time(bigint), qfs.policy_key_list(jsonb), qfs.who_changes(text, text, boolean) TO aegis_readonly, aegis_advisor;
-- Through PostgREST every request of a service is checked as all others are.
GRANT EXECUTE ON FUNCTION qfs_api.pre_request(), qfs.authenticate_request(text, text, text, text) TO aegis_advisor;
