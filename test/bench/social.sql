-- What the sections messages and replay need: accounts, in a database for each of the two.

CREATE EXTENSION qfs;
SELECT qfs.genesis('bench.example.org/social', '{
  "auth": {"domains": ["bench.example.org"], "uris": ["https://bench.example.org"]},
  "limits": {"events_per_minute": 1000000, "logins_per_minute": 1000000, "messages_per_minute": 1000000, "threads_per_day": 1000000}}');
SELECT qfs.register_event_type('SAID', '{}', 'account');
SELECT qfs.register_event_type('BENCH', '{}');

-- Accounts, filled by run.pl: pgbench's client n is account n.
CREATE TABLE account (
  client    int PRIMARY KEY,
  token     text NOT NULL,
  user_id   text NOT NULL,
  key       text NOT NULL,
  recipient int NOT NULL DEFAULT 0
);

-- An envelope without its number and nonce: what an encrypted message of a line or two looks like.
CREATE VIEW envelope AS
SELECT a.client, a.token, a.user_id AS sender, r.user_id AS recipient, a.key AS sender_key, r.key AS recipient_key,
       repeat('c2VjcmV0', 20) AS body
FROM account a JOIN account r ON r.client = a.recipient;

-- The same columns and indexes as qfs.message, and nothing else.
CREATE TABLE plain_message (LIKE qfs.message INCLUDING INDEXES);
ALTER TABLE plain_message ALTER entry ADD GENERATED ALWAYS AS IDENTITY;

-- Envelopes that are ready: to be inserted into the plain table, and to be sent.
CREATE TABLE plain_envelope (
  client int PRIMARY KEY, thread qfs.hash, sender qfs.user_id, recipient qfs.user_id, alg text, body bytea, sender_key qfs.hash, recipient_key qfs.hash
);
CREATE TABLE qfs_envelope (client int PRIMARY KEY, token text, recipient text, body text, sender_key text, recipient_key text);

CREATE FUNCTION bytes_of(base64url text) RETURNS bytea LANGUAGE sql IMMUTABLE AS
  $$SELECT decode(translate(base64url, '-_', '+/') || repeat('=', (4 - length(base64url) % 4) % 4), 'base64')$$;

-- Everybody writes to somebody else.
CREATE FUNCTION pair(shift int) RETURNS void LANGUAGE sql AS $$
  UPDATE account SET recipient = 8 + (client + shift) % 16 WHERE client < 8;
  TRUNCATE plain_envelope, qfs_envelope;
  INSERT INTO plain_envelope
  SELECT client, qfs.thread(sender::qfs.user_id, recipient::qfs.user_id), sender::qfs.user_id, recipient::qfs.user_id,
         'x25519-hkdf-aes256gcm', bytes_of(body), bytes_of(sender_key)::qfs.hash, bytes_of(recipient_key)::qfs.hash
  FROM envelope WHERE client < 8;
  INSERT INTO qfs_envelope SELECT client, token, recipient, body, sender_key, recipient_key FROM envelope WHERE client < 8;
$$;

-- N acts of accounts, mixed: of twenty eleven are messages, three custom events, two contents and a score, two profiles, one a chat key.
CREATE PROCEDURE live(n int) LANGUAGE plpgsql AS $$
DECLARE
  me account;
  peer account;
  other account;
  seqs jsonb := '{}';
  pair_name text;
BEGIN
  FOR i IN 1 .. n LOOP
    SELECT * INTO me FROM account WHERE client = i / 20 % 24;
    SELECT * INTO peer FROM account WHERE client = (me.client + 1 + i / 480 % 3) % 24;
    IF i % 20 < 11 THEN
      -- by turns, so that some are answers
      IF i % 2 = 1 THEN
        other := me;
        me := peer;
        peer := other;
      END IF;
      pair_name := me.client || ' ' || peer.client;
      seqs := seqs || jsonb_build_object(pair_name, coalesce((seqs ->> pair_name)::int, 0) + 1);
    END IF;
    PERFORM qfs.authenticate(me.token);
    IF i % 20 < 11 THEN
      PERFORM qfs_api.send_message(peer.user_id, (seqs ->> pair_name)::bigint, lpad(me.client || 'x' || (seqs ->> pair_name), 16, 'A'),
        repeat('c2VjcmV0', 20), 'x25519-hkdf-aes256gcm', me.key, peer.key);
    ELSIF i % 20 < 14 THEN
      PERFORM qfs_api.events_batch(jsonb_build_array(jsonb_build_object('type', 'SAID', 'payload', jsonb_build_object('n', i))));
    ELSIF i % 20 < 16 THEN
      PERFORM qfs_api.create_content(encode(sha256(i::text::bytea), 'hex'), 'text/plain', i);
    ELSIF i % 20 = 16 THEN
      SELECT * INTO me FROM account WHERE client = (me.client + 1) % 24;
      PERFORM qfs.authenticate(me.token);
      PERFORM qfs_api.score_content(encode(sha256((i - 1)::text::bytea), 'hex'),
        '{"topic": "0.9", "logic": "0.8", "signal": "0.7", "contradiction": "1", "clarity": "0.6", "hsmf": "0.5"}');
    ELSIF i % 20 < 19 THEN
      PERFORM qfs_api.set_profile('number ' || i);
    ELSE
      PERFORM qfs_api.publish_chat_key(me.key);
    END IF;
    -- A short transaction each, as in life; one that does it all would keep every version of a row.
    IF i % 100 = 0 THEN
      COMMIT;
    END IF;
  END LOOP;
END $$;
