-- Accounts and sessions: records of the rules LOGIN, SESSION_ROTATED, SESSION_REVOKED.

CREATE TABLE qfs.account (
  user_id qfs.user_id NOT NULL,
  wallet  qfs.address NOT NULL,
  CONSTRAINT account_pkey PRIMARY KEY (user_id)
);
COMMENT ON TABLE qfs.account IS 'accounts: each begins with its wallet''s first sign-in';
COMMENT ON COLUMN qfs.account.user_id IS 'SHA3-256 of the wallet address';
COMMENT ON COLUMN qfs.account.wallet IS 'the wallet';
COMMENT ON CONSTRAINT account_pkey ON qfs.account IS 'one account a wallet';

CREATE TABLE qfs.access (
  user_id    qfs.user_id NOT NULL,
  last_entry bigint NOT NULL,
  sessions   text COLLATE "C" NOT NULL,
  CONSTRAINT access_pkey PRIMARY KEY (user_id)
)
-- 16 sessions fit; each sign-in writes them anew.
WITH (toast_tuple_target = 4080);
COMMENT ON TABLE qfs.access IS 'sessions of accounts that have not ended';
COMMENT ON COLUMN qfs.access.user_id IS 'whose';
COMMENT ON COLUMN qfs.access.last_entry IS 'entry that changed this last';
COMMENT ON COLUMN qfs.access.sessions IS 'canonical JSON, in the order in which they began: device, expires_at, operator, session, ttl_blocks of each';
COMMENT ON CONSTRAINT access_pkey ON qfs.access IS 'one record an account';

CREATE TABLE qfs.nonce (
  user_id     qfs.user_id NOT NULL,
  last_entry  bigint NOT NULL,
  event_nonce bigint NOT NULL,
  CONSTRAINT nonce_pkey PRIMARY KEY (user_id)
);
COMMENT ON TABLE qfs.nonce IS 'numbers of the last events that accounts'' devices signed';
COMMENT ON COLUMN qfs.nonce.user_id IS 'whose';
COMMENT ON COLUMN qfs.nonce.last_entry IS 'the event''s entry';
COMMENT ON COLUMN qfs.nonce.event_nonce IS 'its number; the next one is larger';
COMMENT ON CONSTRAINT nonce_pkey ON qfs.nonce IS 'one record an account';

CREATE TABLE qfs.session (
  session      qfs.hash NOT NULL,
  user_id      qfs.user_id NOT NULL,
  seq          bigint NOT NULL,
  login        bigint NOT NULL,
  issued_block bigint NOT NULL,
  ttl_blocks   bigint NOT NULL,
  operates     boolean NOT NULL,
  device       qfs.hash,
  ended        bigint,
  reason       text COLLATE "C",
  CONSTRAINT session_pkey PRIMARY KEY (session)
);
COMMENT ON TABLE qfs.session IS 'sessions, those that have ended too';
COMMENT ON COLUMN qfs.session.session IS 'SHA-256 of what the session is made of';
COMMENT ON COLUMN qfs.session.user_id IS 'whose session it is';
COMMENT ON COLUMN qfs.session.seq IS 'entry that started it';
COMMENT ON COLUMN qfs.session.login IS 'entry of the sign-in that it follows from';
COMMENT ON COLUMN qfs.session.issued_block IS 'block in which it started';
COMMENT ON COLUMN qfs.session.ttl_blocks IS 'blocks for which it is good';
COMMENT ON COLUMN qfs.session.operates IS 'may act as an operator';
COMMENT ON COLUMN qfs.session.device IS 'Ed25519 key that signs the account''s events';
COMMENT ON COLUMN qfs.session.ended IS 'entry that ended it';
COMMENT ON COLUMN qfs.session.reason IS 'why: rotated, displaced, user_logout, device_lost, compromised, admin';
COMMENT ON CONSTRAINT session_pkey ON qfs.session IS 'found by the id that tokens carry';
CREATE INDEX account_wallet ON qfs.account (wallet);
COMMENT ON INDEX qfs.account_wallet IS 'the account of a wallet';
CREATE INDEX session_user_id ON qfs.session (user_id);
COMMENT ON INDEX qfs.session_user_id IS 'the sessions of an account';

CREATE TABLE qfs.login (
  seq      bigint NOT NULL,
  user_id  qfs.user_id NOT NULL,
  nonce_at bigint NOT NULL,
  CONSTRAINT login_pkey PRIMARY KEY (seq)
);
COMMENT ON TABLE qfs.login IS 'sign-ins: what has to be over before one is erased';
COMMENT ON COLUMN qfs.login.seq IS 'its entry';
COMMENT ON COLUMN qfs.login.user_id IS 'who signed in';
COMMENT ON COLUMN qfs.login.nonce_at IS 'when its nonce was made, in ms since 1970';
COMMENT ON CONSTRAINT login_pkey ON qfs.login IS 'found by its entry';

CREATE TABLE qfs.login_nonce (
  nonce qfs.hash NOT NULL,
  seq   bigint NOT NULL,
  CONSTRAINT login_nonce_pkey PRIMARY KEY (nonce)
);
COMMENT ON TABLE qfs.login_nonce IS 'sign-in nonces that were used';
COMMENT ON COLUMN qfs.login_nonce.nonce IS 'the nonce';
COMMENT ON COLUMN qfs.login_nonce.seq IS 'entry that used it';
COMMENT ON CONSTRAINT login_nonce_pkey ON qfs.login_nonce IS 'a nonce is used once';

CREATE TABLE qfs.rate (
  user_id qfs.user_id NOT NULL,
  what    text COLLATE "C" NOT NULL,
  "window" bigint NOT NULL,
  count   bigint NOT NULL,
  CONSTRAINT rate_pkey PRIMARY KEY (user_id, what)
);
COMMENT ON TABLE qfs.rate IS 'how often accounts did what in the present window of time';
COMMENT ON COLUMN qfs.rate.user_id IS 'who';
COMMENT ON COLUMN qfs.rate.what IS 'did what';
COMMENT ON COLUMN qfs.rate."window" IS 'number of the window';
COMMENT ON COLUMN qfs.rate.count IS 'how often';
COMMENT ON CONSTRAINT rate_pkey ON qfs.rate IS 'one count a limit';

GRANT SELECT ON qfs.account, qfs.access, qfs.nonce, qfs.session, qfs.login, qfs.login_nonce, qfs.rate TO qfs_auditor;

-- Functions behind qfs_api: run with the caller's rights, granted to nobody but the owner.

CREATE FUNCTION qfs.nonce() RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_nonce' LANGUAGE C;
COMMENT ON FUNCTION qfs.nonce() IS
  'a sign-in nonce: time, random bits and a MAC, 64 hexadecimal digits; nothing is stored';

CREATE FUNCTION qfs.challenge(wallet qfs.address, device_key text, chain_id bigint, domain text DEFAULT NULL,
                              uri text DEFAULT NULL, statement text DEFAULT NULL) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_challenge' LANGUAGE C;
COMMENT ON FUNCTION qfs.challenge(qfs.address, text, bigint, text, text, text) IS
  'an EIP-4361 message with a new nonce, ready to be signed; domain and uri must be the application''s, and are its first ones if null; device_key and statement may be null';

CREATE FUNCTION qfs.authenticate(token text) RETURNS qfs.user_id
  AS 'MODULE_PATHNAME', 'qfs_sql_authenticate' LANGUAGE C STRICT;
COMMENT ON FUNCTION qfs.authenticate(text) IS
  'checks a token and that its session is active now; the transaction acts for that account until it ends';

-- With the caller's rights and search path: it looks for what the path names, and may set the role.
CREATE FUNCTION qfs.authenticate_request(header text, role text, jti text, path text) RETURNS void
  AS 'MODULE_PATHNAME', 'qfs_sql_authenticate_request' LANGUAGE C;
COMMENT ON FUNCTION qfs.authenticate_request(text, text, text, text) IS
  'the same for a request over HTTP: its Authorization header and what PostgREST took from it name one session, or it is refused; a token that has ended makes it nobody''s, with the role qfs_anon, where that role may ask';

CREATE FUNCTION qfs.current_user_id() RETURNS qfs.user_id
  AS 'MODULE_PATHNAME', 'qfs_sql_current_user_id' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION qfs.current_user_id() IS
  'the account that this transaction acts for; null unless qfs.authenticate() said so';

CREATE FUNCTION qfs.require_user_id() RETURNS qfs.user_id
  AS 'MODULE_PATHNAME', 'qfs_sql_require_user_id' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION qfs.require_user_id() IS 'the same, or an error';

CREATE FUNCTION qfs.current_session() RETURNS qfs.hash
  AS 'MODULE_PATHNAME', 'qfs_sql_current_session' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION qfs.current_session() IS 'the session of qfs.current_user_id()';

CREATE FUNCTION qfs.revoke_session(session qfs.hash, reason text, auth jsonb DEFAULT NULL) RETURNS void
  AS 'MODULE_PATHNAME', 'qfs_sql_revoke_session' LANGUAGE C;
COMMENT ON FUNCTION qfs.revoke_session(qfs.hash, text, jsonb) IS
  'appends SESSION_REVOKED: ends a session of the account; reason: user_logout, device_lost, compromised; auth: the device''s signature';

CREATE FUNCTION qfs.jwks() RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_jwks' LANGUAGE C STABLE;
COMMENT ON FUNCTION qfs.jwks() IS 'the public key of tokens as a JWK set, for PostgREST''s jwt-secret';

CREATE FUNCTION qfs.session_replay(upto_seq bigint)
  RETURNS TABLE (session qfs.hash, user_id qfs.user_id, seq bigint, issued_block bigint,
                 ttl_blocks bigint, operates boolean, device qfs.hash)
  AS 'MODULE_PATHNAME', 'qfs_sql_session_replay' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION qfs.session_replay(bigint) IS
  'the sessions that were active at an entry, recomputed from the ledger';

CREATE FUNCTION qfs.recover_personal_sign(message text, signature bytea) RETURNS qfs.address
  AS 'MODULE_PATHNAME', 'qfs_sql_recover_personal_sign' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.recover_personal_sign(text, bytea) IS
  'the wallet that signed a message with personal_sign (EIP-191, EIP-2, EIP-2098)';

CREATE FUNCTION qfs.ed25519_verify(message bytea, signature bytea, key bytea) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_ed25519_verify' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.ed25519_verify(bytea, bytea, bytea) IS
  'did the key sign the message? Exact lengths, one form of each signature, no weak keys';

GRANT EXECUTE ON FUNCTION
  qfs.authenticate(text), qfs.authenticate_request(text, text, text, text), qfs.current_user_id(), qfs.current_session(),
  qfs.recover_personal_sign(text, bytea), qfs.ed25519_verify(bytea, bytea, bytea)
  TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
GRANT EXECUTE ON FUNCTION qfs.jwks() TO qfs_operator, qfs_auditor;
GRANT EXECUTE ON FUNCTION qfs.session_replay(bigint) TO qfs_auditor;
GRANT USAGE ON SCHEMA qfs TO qfs_anon, qfs_user;
