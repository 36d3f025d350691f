-- The three ways to keep an event log that are compared.

CREATE EXTENSION qfs;
CREATE EXTENSION pgcrypto;
SELECT qfs.genesis('bench.example.org/main');
SELECT qfs.register_event_type('BENCH', '{}');

-- 1. The ledger's columns without triggers: what the table alone costs.
CREATE TABLE plain (
  seq     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at      bigint NOT NULL DEFAULT 1795376692123,
  type    text NOT NULL,
  actor   qfs.user_id,
  auth    jsonb NOT NULL DEFAULT '{"via":"operator"}',
  payload jsonb NOT NULL,
  outcome jsonb NOT NULL DEFAULT '{}',
  prev    qfs.hash NOT NULL DEFAULT 'b9ad7d81849d31fa7734dc87973b1eee1f30b76e82ed814d8082b415826ab854',
  hash    qfs.hash NOT NULL DEFAULT 'b9ad7d81849d31fa7734dc87973b1eee1f30b76e82ed814d8082b415826ab854',
  nodes   bytea NOT NULL DEFAULT '\xb9ad7d81849d31fa7734dc87973b1eee1f30b76e82ed814d8082b415826ab854'
);

-- 2. The usual recipe: plpgsql, pgcrypto, and an advisory lock so that it does not fork.
CREATE TABLE recipe (
  seq     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  type    text NOT NULL,
  payload jsonb NOT NULL,
  prev    bytea,
  hash    bytea
);
CREATE FUNCTION recipe_chain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(4711);
  NEW.seq := nextval('recipe_seq_seq');
  SELECT r.hash INTO NEW.prev FROM recipe r ORDER BY r.seq DESC LIMIT 1;
  NEW.hash := digest(coalesce(NEW.prev, '') ||
                     convert_to(NEW.seq || NEW.at::text || NEW.type || NEW.payload::text, 'UTF8'),
                     'sha256');
  RETURN NEW;
END $$;
CREATE TRIGGER recipe_chain BEFORE INSERT ON recipe FOR EACH ROW EXECUTE FUNCTION recipe_chain();
