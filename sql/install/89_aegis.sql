-- Advice about the ledger, kept apart from it: docs/aegis.md.  Nothing of qfs reads what is here; what is here reads qfs.

CREATE SCHEMA aegis;
COMMENT ON SCHEMA aegis IS 'advice about the ledger: no rule reads it, and without it the ledger is what it is';
GRANT USAGE ON SCHEMA aegis TO qfs_owner, qfs_operator, qfs_auditor, aegis_readonly, aegis_advisor;
GRANT USAGE ON SCHEMA qfs_api TO aegis_readonly, aegis_advisor;

CREATE TABLE aegis.service (
  service text COLLATE "C" NOT NULL,
  made    bigint NOT NULL,
  revoked bigint,
  CONSTRAINT service_pkey PRIMARY KEY (service)
);
COMMENT ON TABLE aegis.service IS 'programs that may give advice';
COMMENT ON COLUMN aegis.service.service IS 'name, as its tokens say it';
COMMENT ON COLUMN aegis.service.made IS 'when it got its first token, in milliseconds since 1970-01-01 UTC';
COMMENT ON COLUMN aegis.service.revoked IS 'when it was revoked';
COMMENT ON CONSTRAINT service_pkey ON aegis.service IS 'one row a service';

CREATE TABLE aegis.model (
  model       text COLLATE "C" NOT NULL,
  version     text COLLATE "C" NOT NULL,
  service     text COLLATE "C" NOT NULL,
  card        jsonb NOT NULL,
  card_hash   qfs.hash NOT NULL,
  status      text COLLATE "C" NOT NULL,
  approved_by bigint,
  made        bigint NOT NULL,
  given       bigint NOT NULL DEFAULT 0,
  last        bigint,
  CONSTRAINT model_pkey PRIMARY KEY (model, version),
  CONSTRAINT model_status CHECK (status IN ('candidate', 'active', 'retired'))
);
COMMENT ON TABLE aegis.model IS 'what gives advice, by version';
COMMENT ON COLUMN aegis.model.model IS 'name';
COMMENT ON COLUMN aegis.model.version IS 'version, which keeps its card';
COMMENT ON COLUMN aegis.model.service IS 'the service whose it is';
COMMENT ON COLUMN aegis.model.card IS 'model card: intended_use, scope, inputs, limits, evaluation';
COMMENT ON COLUMN aegis.model.card_hash IS 'SHA3-256 of its canonical form';
COMMENT ON COLUMN aegis.model.status IS 'candidate, active or retired';
COMMENT ON COLUMN aegis.model.approved_by IS 'entry of the proposal that adopted it';
COMMENT ON COLUMN aegis.model.made IS 'when it was registered, in milliseconds since 1970-01-01 UTC';
COMMENT ON COLUMN aegis.model.given IS 'how often it gave advice';
COMMENT ON COLUMN aegis.model.last IS 'when it last did, in milliseconds since 1970-01-01 UTC';
COMMENT ON CONSTRAINT model_pkey ON aegis.model IS 'one row a version';
COMMENT ON CONSTRAINT model_status ON aegis.model IS 'one of the three';

CREATE TABLE aegis.advice (
  advice_hash qfs.hash NOT NULL,
  model       text COLLATE "C" NOT NULL,
  version     text COLLATE "C" NOT NULL,
  service     text COLLATE "C" NOT NULL,
  subject     text COLLATE "C" NOT NULL,
  size        bigint NOT NULL,
  head        qfs.hash NOT NULL,
  input_hash  qfs.hash NOT NULL,
  body        jsonb NOT NULL,
  at          bigint NOT NULL,
  CONSTRAINT advice_pkey PRIMARY KEY (advice_hash),
  CONSTRAINT advice_is_advice CHECK (body -> 'advisory' IS NOT DISTINCT FROM 'true'::jsonb),
  CONSTRAINT advice_size CHECK (octet_length(body::text) <= 65536)
);
COMMENT ON TABLE aegis.advice IS 'advice: appended and deleted, never changed';
COMMENT ON COLUMN aegis.advice.advice_hash IS 'SHA3-256 of the canonical form of all the rest but service';
COMMENT ON COLUMN aegis.advice.model IS 'what gave it';
COMMENT ON COLUMN aegis.advice.version IS 'version of that';
COMMENT ON COLUMN aegis.advice.service IS 'the service that sent it';
COMMENT ON COLUMN aegis.advice.subject IS 'what it is about, as kind:name';
COMMENT ON COLUMN aegis.advice.size IS 'size of the ledger that it rests on';
COMMENT ON COLUMN aegis.advice.head IS 'hash of the last entry of those';
COMMENT ON COLUMN aegis.advice.input_hash IS 'hash of what it was made of: a map, a run';
COMMENT ON COLUMN aegis.advice.body IS 'what it says';
COMMENT ON COLUMN aegis.advice.at IS 'when it came, in milliseconds since 1970-01-01 UTC';
COMMENT ON CONSTRAINT advice_pkey ON aegis.advice IS 'found by its hash';
COMMENT ON CONSTRAINT advice_is_advice ON aegis.advice IS 'it says that it is advice';
COMMENT ON CONSTRAINT advice_size ON aegis.advice IS '64 KiB at most';
CREATE INDEX advice_subject ON aegis.advice (subject, at);
COMMENT ON INDEX aegis.advice_subject IS 'the newest advice on a subject';
CREATE INDEX advice_service ON aegis.advice (service, at);
COMMENT ON INDEX aegis.advice_service IS 'how much advice a service gave of late';

CREATE TABLE aegis.incident (
  number   bigint NOT NULL,
  at       bigint NOT NULL,
  failure  text COLLATE "C" NOT NULL,
  detail   text NOT NULL,
  released bigint,
  CONSTRAINT incident_pkey PRIMARY KEY (number)
);
COMMENT ON TABLE aegis.incident IS 'failures of advice (FM1 to FM4); one of a boundary (FM4) that is not released closes it';
COMMENT ON COLUMN aegis.incident.number IS 'counted from 1';
COMMENT ON COLUMN aegis.incident.at IS 'when it was found, in milliseconds since 1970-01-01 UTC';
COMMENT ON COLUMN aegis.incident.failure IS 'which failure mode: docs/aegis.md';
COMMENT ON COLUMN aegis.incident.detail IS 'what was found';
COMMENT ON COLUMN aegis.incident.released IS 'when an operator released it, or there was advice again';
COMMENT ON CONSTRAINT incident_pkey ON aegis.incident IS 'found by its number';

SELECT pg_catalog.pg_extension_config_dump('aegis.service', '');
SELECT pg_catalog.pg_extension_config_dump('aegis.model', '');
SELECT pg_catalog.pg_extension_config_dump('aegis.advice', '');
SELECT pg_catalog.pg_extension_config_dump('aegis.incident', '');

-- Advice that could be changed afterwards could say that it had known.
CREATE FUNCTION aegis.refuse_change() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM qfs.refuse('TABLE_GUARDED', TG_OP || ' aegis.' || TG_TABLE_NAME);
  RETURN NULL;
END $$;
COMMENT ON FUNCTION aegis.refuse_change() IS 'trigger: advice is not changed';
CREATE TRIGGER zzz_aegis_refuse_change BEFORE UPDATE OR TRUNCATE ON aegis.advice
  FOR EACH STATEMENT EXECUTE FUNCTION aegis.refuse_change();
COMMENT ON TRIGGER zzz_aegis_refuse_change ON aegis.advice IS 'advice is appended and deleted';

GRANT SELECT ON aegis.service, aegis.model, aegis.advice, aegis.incident TO qfs_operator, qfs_auditor;
GRANT DELETE ON aegis.advice TO qfs_operator;
GRANT SELECT ON aegis.model TO aegis_readonly, aegis_advisor;

-- ---- tokens of services ----

CREATE FUNCTION qfs.sign_advisor_token(service text, ttl bigint) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_sign_advisor_token' LANGUAGE C STRICT;
COMMENT ON FUNCTION qfs.sign_advisor_token(text, bigint) IS 'a JWT of the role aegis_advisor for a service, good for ttl seconds';

CREATE FUNCTION qfs.advisor_of(header text) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_advisor_of' LANGUAGE C STABLE;
COMMENT ON FUNCTION qfs.advisor_of(text) IS 'the service whose token an Authorization header carries, or an error';

CREATE FUNCTION qfs.advice_stale() RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_advice_stale' LANGUAGE C STABLE;
COMMENT ON FUNCTION qfs.advice_stale() IS 'the setting of this name, in milliseconds';

CREATE FUNCTION qfs.advisor_token(service text, ttl bigint DEFAULT 86400) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  token text := qfs.sign_advisor_token(service, ttl);
BEGIN
  IF token IS NULL THEN
    PERFORM qfs.refuse('ARGUMENT', 'service and ttl are needed');
  END IF;
  INSERT INTO aegis.service (service, made) VALUES (advisor_token.service, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
  ON CONFLICT ON CONSTRAINT service_pkey DO NOTHING;
  IF EXISTS (SELECT FROM aegis.service s WHERE s.service = advisor_token.service AND s.revoked IS NOT NULL) THEN
    PERFORM qfs.refuse('ADVISOR_REVOKED', service);
  END IF;
  RETURN token;
END $$;
COMMENT ON FUNCTION qfs.advisor_token(text, bigint) IS
  'a token with which a program reads what advice is about and gives advice, and acts for no account; ttl: seconds that it is good for, up to 31 days';

CREATE FUNCTION qfs.revoke_advisor(service text) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE aegis.service s SET revoked = coalesce(s.revoked, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
  WHERE s.service = revoke_advisor.service;
  IF NOT FOUND THEN
    PERFORM qfs.refuse('ARGUMENT', 'there is no service ' || coalesce(left(service, 80), 'null'));
  END IF;
END $$;
COMMENT ON FUNCTION qfs.revoke_advisor(text) IS 'takes no advice of a service any more, whatever tokens it has; for ever';

-- ---- models ----

CREATE FUNCTION qfs.register_model(service text, model text, version text, card jsonb, status text DEFAULT 'candidate', approved_by bigint DEFAULT NULL)
  RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  missing text;
BEGIN
  IF (service ~ '^[a-z][a-z0-9_-]{0,62}$' AND model ~ '^[a-z][a-z0-9._-]{0,62}$' AND version ~ '^[0-9a-z][0-9a-z.+-]{0,62}$') IS NOT TRUE THEN
    PERFORM qfs.refuse('ARGUMENT', 'service, model and version are names of small letters, digits, - and _ or ., up to 63 characters');
  END IF;
  IF (status IN ('candidate', 'active')) IS NOT TRUE THEN
    PERFORM qfs.refuse('ARGUMENT', 'status is candidate or active');
  END IF;
  IF jsonb_typeof(card) IS DISTINCT FROM 'object' OR octet_length(card::text) > 65536 THEN
    PERFORM qfs.refuse('MODEL_CARD', 'it is an object of up to 65536 bytes');
  END IF;
  SELECT string_agg(k, ', ') INTO missing FROM unnest(ARRAY['intended_use', 'scope', 'inputs', 'limits', 'evaluation']) k
  WHERE coalesce(jsonb_typeof(card -> k) IN ('boolean', 'number', 'null'), true) OR card -> k IN ('""', '[]', '{}');
  IF missing IS NOT NULL THEN
    PERFORM qfs.refuse('MODEL_CARD', missing);
  END IF;
  IF approved_by IS NOT NULL AND NOT EXISTS (
      SELECT FROM qfs.proposal p JOIN qfs.tally t ON t.proposal = p.seq
      WHERE p.seq = register_model.approved_by AND p.track = 'text' AND t.state = 'ADOPTED') THEN
    PERFORM qfs.refuse('ARGUMENT', format('approved_by: entry %s is not a proposal of the track text that was adopted', approved_by));
  END IF;
  INSERT INTO aegis.model AS m (model, version, service, card, card_hash, status, approved_by, made)
  VALUES (register_model.model, register_model.version, register_model.service, register_model.card,
    qfs.sha3_256(convert_to(qfs.canonical(card), 'UTF8')), register_model.status, register_model.approved_by,
    (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
  ON CONFLICT ON CONSTRAINT model_pkey DO UPDATE SET status = excluded.status, approved_by = excluded.approved_by
    WHERE m.service = excluded.service AND m.card_hash OPERATOR(qfs.=) excluded.card_hash AND m.status <> 'retired';
  IF NOT FOUND THEN
    PERFORM qfs.refuse('MODEL_EXISTS', model || ' ' || version);
  END IF;
END $$;
COMMENT ON FUNCTION qfs.register_model(text, text, text, jsonb, text, bigint) IS
  'lets a model of a service give advice; card: intended_use, scope, inputs, limits, evaluation; once more: its status (candidate, active) and approved_by, the entry of a text proposal that was adopted';

CREATE FUNCTION qfs.retire_model(model text, version text) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE aegis.model m SET status = 'retired' WHERE m.model = retire_model.model AND m.version = retire_model.version;
  IF NOT FOUND THEN
    PERFORM qfs.refuse('ADVICE_MODEL', format('%s %s', left(model, 80), left(version, 80)));
  END IF;
END $$;
COMMENT ON FUNCTION qfs.retire_model(text, text) IS 'a version gives advice no more, and what it gave is not shown; for ever';

GRANT EXECUTE ON FUNCTION
  qfs.advisor_token(text, bigint), qfs.revoke_advisor(text), qfs.register_model(text, text, text, jsonb, text, bigint), qfs.retire_model(text, text)
  TO qfs_operator;
