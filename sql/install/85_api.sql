-- qfs_api: what callers see, over SQL and, through PostgREST, over HTTP.  No
-- function here runs dynamic SQL, and none takes the caller's word for who it is.

CREATE SCHEMA qfs_api;
COMMENT ON SCHEMA qfs_api IS
  $$qfs
A verifiable backend: sign in with a wallet, append events, prove every entry. Numbers of entries are JSON numbers; times are milliseconds since 1970-01-01 UTC.$$;
GRANT USAGE ON SCHEMA qfs_api TO qfs_owner, qfs_anon, qfs_user, qfs_operator, qfs_auditor;

CREATE DOMAIN qfs_api."text/plain" AS text;
COMMENT ON DOMAIN qfs_api."text/plain" IS 'a response that PostgREST sends as text/plain';
CREATE DOMAIN qfs_api."application/octet-stream" AS bytea;
COMMENT ON DOMAIN qfs_api."application/octet-stream" IS
  'a response that PostgREST sends as application/octet-stream';

-- ---- signing in ----

-- With the caller's rights: a function that has others cannot set the role.
CREATE FUNCTION qfs_api.pre_request() RETURNS void
  LANGUAGE sql
BEGIN ATOMIC
  SELECT qfs.authenticate_request(
    nullif(current_setting('request.headers', true), '')::json ->> 'authorization',
    c.claims ->> 'role', c.claims ->> 'jti', current_setting('request.path', true))
  FROM (SELECT nullif(current_setting('request.jwt.claims', true), '')::json AS claims) c;
END;
COMMENT ON FUNCTION qfs_api.pre_request() IS
  'PostgREST''s db-pre-request: authenticates the token of the Authorization header, or refuses a request whose role no token has given';

CREATE FUNCTION qfs_api.auth_nonce() RETURNS text
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.nonce();
END;
COMMENT ON FUNCTION qfs_api.auth_nonce() IS
  'A nonce for an EIP-4361 sign-in message; good for one sign-in, for policy.nonce_ttl_ms.';

CREATE FUNCTION qfs_api.auth_challenge(wallet text, device_key text DEFAULT NULL, chain_id bigint DEFAULT 1,
                                       domain text DEFAULT NULL, uri text DEFAULT NULL, statement text DEFAULT NULL)
  RETURNS text
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.challenge(wallet::qfs.address, device_key, chain_id, domain, uri, statement);
END;
COMMENT ON FUNCTION qfs_api.auth_challenge(text, text, bigint, text, text, text) IS
  'A ready EIP-4361 message to be signed with personal_sign, for callers without a library for it. domain and uri: of the page that asks, as policy.auth lists them; the first ones if they are left out. statement: a line that the wallet shows.';

CREATE FUNCTION qfs_api.auth_login(message text, signature text, referral_code text DEFAULT NULL, auth jsonb DEFAULT NULL)
  RETURNS jsonb
  AS 'MODULE_PATHNAME', 'qfs_sql_auth_login'
  LANGUAGE C VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs_api.auth_login(text, text, text, jsonb) IS
  'Signs in: an EIP-4361 message and its signature give {token, session, user_id, wallet, expires_at, created}. A referral_code is used at once, as by use_referral; auth: {key, nonce, sig}, the device''s signature of REFERRAL_USE {code}, if the message names a device.';

-- What a device signs it has to know before: whatever the server chose by itself, a caller may choose.
CREATE FUNCTION qfs_api.session_rotate(nonce text DEFAULT NULL, auth jsonb DEFAULT NULL) RETURNS jsonb
  AS 'MODULE_PATHNAME', 'qfs_sql_session_rotate'
  LANGUAGE C VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs_api.session_rotate(text, jsonb) IS
  'Ends the session that asks and begins another for the same device; the old token stops working. nonce: 64 hexadecimal digits, by default random. auth: {key, nonce, sig}, the device''s signature of SESSION_ROTATED {nonce}.';

CREATE FUNCTION qfs_api.session_revoke(session text, reason text DEFAULT 'user_logout', auth jsonb DEFAULT NULL) RETURNS void
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.revoke_session(session::qfs.hash, reason, auth);
END;
COMMENT ON FUNCTION qfs_api.session_revoke(text, text, jsonb) IS
  'Ends a session of the account. reason: user_logout, device_lost or compromised. auth: {key, nonce, sig}, the signature of SESSION_REVOKED {reason, session} by the device of the session that asks.';

CREATE FUNCTION qfs_api.sessions()
  RETURNS TABLE (session text, started bigint, started_at bigint, expires_at bigint, device_key text,
                 operates boolean, active boolean, current boolean, ended bigint, reason text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT s.session::text, s.seq, l.at, e.expires_at,
         qfs.base64url(s.device::bytea), s.operates,
         s.ended IS NULL AND e.expires_at > greatest((extract(epoch FROM statement_timestamp()) * 1000)::bigint,
                                                     (SELECT h.at FROM qfs.head() h)),
         s.session OPERATOR(qfs.=) qfs.current_session(), s.ended, s.reason
  FROM qfs.session s
  JOIN qfs.ledger l ON l.seq = s.seq
  CROSS JOIN qfs.ledger_state g
  JOIN qfs.policy p ON p.seq = g.policy_seq
  CROSS JOIN LATERAL (SELECT g.genesis_at + (s.issued_block + s.ttl_blocks) *
                             (p.policy::jsonb ->> 'block_ms')::bigint AS expires_at) e
  WHERE s.user_id OPERATOR(qfs.=) (SELECT qfs.require_user_id())
  ORDER BY s.seq DESC;
END;
COMMENT ON FUNCTION qfs_api.sessions() IS 'The sessions of the account, the latest first.';

-- ---- appending ----

CREATE TABLE qfs.batch (
  user_id  qfs.user_id NOT NULL,
  batch_id text COLLATE "C" NOT NULL,
  result   jsonb NOT NULL,
  CONSTRAINT batch_pkey PRIMARY KEY (user_id, batch_id)
);
COMMENT ON TABLE qfs.batch IS 'batches that were sent under an id, so that sending one again appends nothing';
COMMENT ON COLUMN qfs.batch.user_id IS 'who sent it';
COMMENT ON COLUMN qfs.batch.batch_id IS 'the id';
COMMENT ON COLUMN qfs.batch.result IS 'what it gave';
COMMENT ON CONSTRAINT batch_pkey ON qfs.batch IS 'an id is the account''s own';
SELECT pg_catalog.pg_extension_config_dump('qfs.batch', '');
GRANT SELECT ON qfs.batch TO qfs_auditor;

CREATE FUNCTION qfs_api.events_batch(events jsonb, batch_id text DEFAULT NULL) RETURNS jsonb
  AS 'MODULE_PATHNAME', 'qfs_sql_events_batch' LANGUAGE C
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs_api.events_batch(jsonb, text) IS
  'Appends up to 1,000 events [{type, payload, auth?}] of the account, all or none; auth: {key, nonce, sig}, the device''s signature of each; gives [{seq, hash, outcome}]. batch_id: the same id with the same events gives the first result again.';

-- ---- reading ----

CREATE FUNCTION qfs.is_public() RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_is_public' LANGUAGE C STABLE;
COMMENT ON FUNCTION qfs.is_public() IS 'does the policy let everyone read every entry?';

-- Who sees what: one function of core decides (engine/visibility.h), and these two ask it for a row.
CREATE FUNCTION qfs.sees(type text, actor qfs.user_id, payload jsonb, accounts jsonb) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_sees' LANGUAGE C STABLE;
COMMENT ON FUNCTION qfs.sees(text, qfs.user_id, jsonb, jsonb) IS
  'does the account that is signed in see act, payload, signature and outcome of an entry?';

CREATE FUNCTION qfs.seen_accounts(type text, actor qfs.user_id, payload jsonb, accounts jsonb) RETURNS jsonb
  AS 'MODULE_PATHNAME', 'qfs_sql_seen_accounts' LANGUAGE C STABLE;
COMMENT ON FUNCTION qfs.seen_accounts(text, qfs.user_id, jsonb, jsonb) IS
  'the parts of accounts in an entry that the account that is signed in sees';

CREATE VIEW qfs_api.ledger WITH (security_barrier) AS
  SELECT l.seq, l.at, l.hash::text AS hash, l.prev::text AS prev,
         CASE WHEN r.act THEN l.type END AS type,
         CASE WHEN r.act THEN coalesce(l.actor::text, 'system') END AS actor,
         CASE WHEN r.act THEN l.auth END AS auth,
         CASE WHEN r.act THEN l.payload END AS payload,
         CASE WHEN r.act THEN l.sig END AS sig,
         CASE WHEN r.act THEN l.outcome END AS outcome,
         CASE WHEN r.whole THEN l.accounts ELSE qfs.seen_accounts(l.type, l.actor, l.payload, l.accounts) END AS accounts
  FROM qfs.ledger l
  CROSS JOIN LATERAL (
    SELECT w.whole, w.whole OR qfs.sees(l.type, l.actor, l.payload, l.accounts) AS act
    FROM (SELECT (SELECT qfs.is_public() OR pg_catalog.pg_has_role(current_user, 'qfs_auditor', 'USAGE')) AS whole) w) r;
COMMENT ON VIEW qfs_api.ledger IS
  'The ledger. Everyone reads seq, at, hash and prev, and the rules of the house; the rest is null but for what concerns the reader, for auditors, or where the policy is public.';
COMMENT ON COLUMN qfs_api.ledger.seq IS 'number of the entry, from 0';
COMMENT ON COLUMN qfs_api.ledger.at IS 'milliseconds since 1970-01-01 UTC';
COMMENT ON COLUMN qfs_api.ledger.type IS 'event type';
COMMENT ON COLUMN qfs_api.ledger.hash IS 'RFC 6962 leaf hash of the entry''s head';
COMMENT ON COLUMN qfs_api.ledger.actor IS 'whose act it is';
COMMENT ON COLUMN qfs_api.ledger.auth IS 'how the actor was established';
COMMENT ON COLUMN qfs_api.ledger.payload IS 'what was asked for';
COMMENT ON COLUMN qfs_api.ledger.outcome IS 'what the rules computed';
COMMENT ON COLUMN qfs_api.ledger.sig IS 'the device''s signature over it, or the wallet''s';
COMMENT ON COLUMN qfs_api.ledger.accounts IS 'parts of the accounts that it touched, as far as the reader sees them';
COMMENT ON COLUMN qfs_api.ledger.prev IS 'hash of the entry before';

-- The rules of the house are no secret.
CREATE FUNCTION qfs_api.policy() RETURNS jsonb
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT jsonb_build_object('seq', p.seq, 'hash', g.policy::text, 'policy', p.policy::jsonb)
  FROM qfs.ledger_state g JOIN qfs.policy p ON p.seq = g.policy_seq;
END;
COMMENT ON FUNCTION qfs_api.policy() IS
  'The policy in force, the entry that put it in force, and its SHA-256, which outcomes name.';

CREATE FUNCTION qfs_api.event_types() RETURNS TABLE (type text, by text, schema jsonb, seq bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT t.type, t.by, t.schema::jsonb, t.seq FROM qfs.event_type t ORDER BY t.type;
END;
COMMENT ON FUNCTION qfs_api.event_types() IS
  'The event types that applications registered: who appends them, the JSON Schema of the payload, the entry.';

CREATE FUNCTION qfs_api.head() RETURNS jsonb
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT to_jsonb(h) FROM qfs.head() h;
END;
COMMENT ON FUNCTION qfs_api.head() IS 'The last entry and the number of entries.';

CREATE FUNCTION qfs.readable_entry(seq bigint) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_readable_entry' LANGUAGE C STABLE STRICT
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs.readable_entry(bigint) IS
  'the line of an entry, with the parts that the account that is signed in sees; its head for everybody';

-- PL/pgSQL, because a CASE of SQL asks for the privilege to call both of its branches.
CREATE FUNCTION qfs_api.entry(seq bigint) RETURNS qfs_api."text/plain"
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF pg_has_role(current_user, 'qfs_auditor', 'USAGE') THEN
    RETURN qfs.entry(seq);
  END IF;
  RETURN qfs.readable_entry(seq);
END $$;
COMMENT ON FUNCTION qfs_api.entry(bigint) IS
  'Line of an entry: its head, with the parts that the reader sees in place of what commits to them; for auditors the full line.';

CREATE FUNCTION qfs_api.entry_head(seq bigint) RETURNS qfs_api."text/plain"
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.entry_head(seq);
END;
COMMENT ON FUNCTION qfs_api.entry_head(bigint) IS
  'Head of an entry, canonical: what its hash is made of. It commits to the parts, and says nothing of them.';

CREATE FUNCTION qfs_api.verify("from" bigint DEFAULT 0, "to" bigint DEFAULT NULL, depth text DEFAULT 'replay')
  RETURNS TABLE (seq bigint, code text, detail text)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT v.seq, v.code, v.detail FROM qfs.verify("from", "to", depth) v;
END;
COMMENT ON FUNCTION qfs_api.verify(bigint, bigint, text) IS
  'Faults of the entries from..to; none: sound. depth: hashes, signatures or replay. For auditors.';

CREATE FUNCTION qfs_api.checkpoint(size bigint DEFAULT NULL) RETURNS qfs_api."text/plain"
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.checkpoint(size);
END;
COMMENT ON FUNCTION qfs_api.checkpoint(bigint) IS
  'Signed checkpoint of the first size entries, of all by default (C2SP tlog-checkpoint).';

CREATE FUNCTION qfs_api.vkey() RETURNS qfs_api."text/plain"
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.vkey();
END;
COMMENT ON FUNCTION qfs_api.vkey() IS 'The key that checkpoints verify under: name+id+base64.';

CREATE FUNCTION qfs_api.tlog_proof(seq bigint, size bigint DEFAULT NULL) RETURNS qfs_api."text/plain"
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.tlog_proof(seq, size);
END;
COMMENT ON FUNCTION qfs_api.tlog_proof(bigint, bigint) IS
  'c2sp.org/tlog-proof@v1 file of an entry: index, path and checkpoint.';

CREATE FUNCTION qfs_api.consistency_proof("old" bigint, "new" bigint) RETURNS text[]
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.consistency_proof("old", "new")::text[];
END;
COMMENT ON FUNCTION qfs_api.consistency_proof(bigint, bigint) IS
  'Hashes that prove that the first new entries begin with the first old ones (RFC 6962).';

CREATE FUNCTION qfs_api.tile(level integer, n bigint, width integer DEFAULT 256)
  RETURNS qfs_api."application/octet-stream"
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.tile(level, n, width);
END;
COMMENT ON FUNCTION qfs_api.tile(integer, bigint, integer) IS
  'Hash tile n of a level: width hashes of 32 bytes (C2SP tlog-tiles).';

CREATE FUNCTION qfs_api.entry_bundle(n bigint, width integer DEFAULT 256)
  RETURNS qfs_api."application/octet-stream"
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.entry_bundle(n, width);
END;
COMMENT ON FUNCTION qfs_api.entry_bundle(bigint, integer) IS
  'Heads of the entries 256 n to 256 n + width - 1, each after its length as a big-endian u16 (C2SP tlog-tiles).';

-- ---- privileges, by name ----

GRANT EXECUTE ON FUNCTION
  qfs_api.pre_request(), qfs_api.auth_nonce(), qfs_api.auth_challenge(text, text, bigint, text, text, text),
  qfs_api.auth_login(text, text, text, jsonb), qfs_api.head(), qfs_api.policy(), qfs_api.event_types(), qfs_api.entry(bigint), qfs_api.entry_head(bigint), qfs_api.checkpoint(bigint),
  qfs_api.vkey(), qfs_api.tlog_proof(bigint, bigint), qfs_api.consistency_proof(bigint, bigint),
  qfs_api.tile(integer, bigint, integer), qfs_api.entry_bundle(bigint, integer)
  TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
GRANT EXECUTE ON FUNCTION
  qfs_api.session_rotate(text, jsonb), qfs_api.session_revoke(text, text, jsonb), qfs_api.sessions(),
  qfs_api.events_batch(jsonb, text)
  TO qfs_user, qfs_operator;
GRANT EXECUTE ON FUNCTION qfs_api.verify(bigint, bigint, text) TO qfs_auditor;
GRANT SELECT ON qfs_api.ledger TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;

-- Called from the views and functions above with the caller's rights.
GRANT EXECUTE ON FUNCTION
  qfs.is_public(), qfs.sees(text, qfs.user_id, jsonb, jsonb), qfs.seen_accounts(text, qfs.user_id, jsonb, jsonb),
  qfs.readable_entry(bigint)
  TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
GRANT EXECUTE ON FUNCTION qfs.readable_entry(bigint) TO qfs_bridge;
