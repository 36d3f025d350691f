-- Profiles, chat, referrals, contents, coherence: records of their rules, and what stays off the ledger.

-- ---- records, derived from the ledger ----

CREATE TABLE qfs.standing (
  user_id         qfs.user_id NOT NULL,
  last_entry      bigint NOT NULL,
  before_epoch    bigint,
  epoch           bigint NOT NULL,
  chat_key        qfs.hash,
  coherence       qfs.amount NOT NULL,
  created         bigint NOT NULL,
  created_at      bigint NOT NULL,
  flx             qfs.amount NOT NULL,
  points          bigint NOT NULL,
  profile         qfs.hash,
  profile_version bigint NOT NULL,
  referrals       bigint NOT NULL,
  CONSTRAINT standing_pkey PRIMARY KEY (user_id)
);
COMMENT ON TABLE qfs.standing IS 'what accounts have earned and published';
COMMENT ON COLUMN qfs.standing.user_id IS 'whose';
COMMENT ON COLUMN qfs.standing.last_entry IS 'entry that changed this last';
COMMENT ON COLUMN qfs.standing.before_epoch IS 'entry that changed this last before the epoch in which last_entry lies; null: there is none';
COMMENT ON COLUMN qfs.standing.epoch IS 'the epoch in which last_entry lies, counted from 0';
COMMENT ON COLUMN qfs.standing.chat_key IS 'X25519 key in force';
COMMENT ON COLUMN qfs.standing.coherence IS 'from 0 to 1';
COMMENT ON COLUMN qfs.standing.created IS 'entry of the first sign-in';
COMMENT ON COLUMN qfs.standing.created_at IS 'its time, in milliseconds since 1970';
COMMENT ON COLUMN qfs.standing.flx IS 'balance of FLX';
COMMENT ON COLUMN qfs.standing.points IS 'genesis points';
COMMENT ON COLUMN qfs.standing.profile IS 'commitment to the profile in force: SHA-256(salt || JCS(content))';
COMMENT ON COLUMN qfs.standing.profile_version IS 'its version, counted from 1; 0: there is none';
COMMENT ON COLUMN qfs.standing.referrals IS 'activated referrals, as the referrer';
COMMENT ON CONSTRAINT standing_pkey ON qfs.standing IS 'one standing an account';

CREATE TABLE qfs.ties (
  user_id    qfs.user_id NOT NULL,
  last_entry bigint NOT NULL,
  guard      text COLLATE "C",
  received   boolean NOT NULL,
  referrer   qfs.user_id,
  sent       boolean NOT NULL,
  settled    bigint,
  used       bigint,
  CONSTRAINT ties_pkey PRIMARY KEY (user_id)
);
COMMENT ON TABLE qfs.ties IS 'who invited accounts, and what they have done of what a referral needs';
COMMENT ON COLUMN qfs.ties.user_id IS 'who was invited';
COMMENT ON COLUMN qfs.ties.last_entry IS 'entry that changed this last';
COMMENT ON COLUMN qfs.ties.guard IS 'what blocked the reward';
COMMENT ON COLUMN qfs.ties.received IS 'has received a message';
COMMENT ON COLUMN qfs.ties.referrer IS 'by whom';
COMMENT ON COLUMN qfs.ties.sent IS 'has sent a message';
COMMENT ON COLUMN qfs.ties.settled IS 'entry that rewarded the referral, or blocked the reward';
COMMENT ON COLUMN qfs.ties.used IS 'entry that used the code';
COMMENT ON CONSTRAINT ties_pkey ON qfs.ties IS 'one record an account';

CREATE TABLE qfs.device (
  device  qfs.hash NOT NULL,
  user_id qfs.user_id NOT NULL,
  CONSTRAINT device_pkey PRIMARY KEY (device)
);
COMMENT ON TABLE qfs.device IS 'device keys, by the account that named them first';
COMMENT ON COLUMN qfs.device.device IS 'Ed25519 key';
COMMENT ON COLUMN qfs.device.user_id IS 'the account';
COMMENT ON CONSTRAINT device_pkey ON qfs.device IS 'a keys first account';

CREATE TABLE qfs.referral_code (
  code    text COLLATE "C" NOT NULL,
  user_id qfs.user_id NOT NULL,
  CONSTRAINT referral_code_pkey PRIMARY KEY (code)
);
COMMENT ON TABLE qfs.referral_code IS 'whose code it is';
COMMENT ON COLUMN qfs.referral_code.code IS '22 digits in base 59';
COMMENT ON COLUMN qfs.referral_code.user_id IS 'the account';
COMMENT ON CONSTRAINT referral_code_pkey ON qfs.referral_code IS 'a code leads to one account';

CREATE TABLE qfs.referral_block (
  seq      bigint NOT NULL,
  referee  qfs.user_id NOT NULL,
  referrer qfs.user_id NOT NULL,
  guard    text COLLATE "C" NOT NULL,
  CONSTRAINT referral_block_pkey PRIMARY KEY (seq)
);
COMMENT ON TABLE qfs.referral_block IS 'codes whose use was blocked';
COMMENT ON COLUMN qfs.referral_block.seq IS 'the entry';
COMMENT ON COLUMN qfs.referral_block.referee IS 'who used it';
COMMENT ON COLUMN qfs.referral_block.referrer IS 'whose code it was';
COMMENT ON COLUMN qfs.referral_block.guard IS 'the first guard that blocked it';
COMMENT ON CONSTRAINT referral_block_pkey ON qfs.referral_block IS 'one an entry';

CREATE INDEX ties_referrer ON qfs.ties (referrer);
COMMENT ON INDEX qfs.ties_referrer IS 'whom an account has invited';
CREATE INDEX referral_block_referrer ON qfs.referral_block (referrer);
COMMENT ON INDEX qfs.referral_block_referrer IS 'blocked uses of an account''s code';

CREATE TABLE qfs.thread (
  thread     qfs.hash NOT NULL,
  first      qfs.user_id NOT NULL,
  second     qfs.user_id NOT NULL,
  first_seq  bigint NOT NULL,
  second_seq bigint NOT NULL,
  by_first   boolean NOT NULL,
  last_entry bigint NOT NULL,
  answered   bigint,
  CONSTRAINT thread_pkey PRIMARY KEY (thread)
);
COMMENT ON TABLE qfs.thread IS 'pairs of accounts that write to each other';
COMMENT ON COLUMN qfs.thread.thread IS 'SHA-256 over both';
COMMENT ON COLUMN qfs.thread.first IS 'the lower user id';
COMMENT ON COLUMN qfs.thread.second IS 'the higher';
COMMENT ON COLUMN qfs.thread.first_seq IS 'messages of the first';
COMMENT ON COLUMN qfs.thread.second_seq IS 'messages of the second';
COMMENT ON COLUMN qfs.thread.by_first IS 'is the last message the first one''s?';
COMMENT ON COLUMN qfs.thread.last_entry IS 'entry of the last message';
COMMENT ON COLUMN qfs.thread.answered IS 'epoch in which an answer last counted';
COMMENT ON CONSTRAINT thread_pkey ON qfs.thread IS 'one thread a pair';

CREATE INDEX thread_first ON qfs.thread (first);
COMMENT ON INDEX qfs.thread_first IS 'threads of an account';
CREATE INDEX thread_second ON qfs.thread (second);
COMMENT ON INDEX qfs.thread_second IS 'threads of an account';

CREATE TABLE qfs.content (
  content qfs.hash NOT NULL,
  author  qfs.user_id NOT NULL,
  kind    text COLLATE "C" NOT NULL,
  size    bigint NOT NULL,
  seq     bigint NOT NULL,
  score   qfs.amount,
  CONSTRAINT content_pkey PRIMARY KEY (content)
);
COMMENT ON TABLE qfs.content IS 'registered contents';
COMMENT ON COLUMN qfs.content.content IS 'SHA-256 of it';
COMMENT ON COLUMN qfs.content.author IS 'who registered it';
COMMENT ON COLUMN qfs.content.kind IS 'what it is';
COMMENT ON COLUMN qfs.content.size IS 'bytes';
COMMENT ON COLUMN qfs.content.seq IS 'entry';
COMMENT ON COLUMN qfs.content.score IS 'how it was evaluated';
COMMENT ON CONSTRAINT content_pkey ON qfs.content IS 'a content is registered once';

GRANT SELECT ON qfs.standing, qfs.ties, qfs.device, qfs.referral_code, qfs.referral_block, qfs.thread, qfs.content
  TO qfs_auditor;

-- ---- off the ledger: what can be erased ----

CREATE TABLE qfs.profile_content (
  user_id qfs.user_id NOT NULL,
  version bigint NOT NULL,
  salt    bytea,
  content text,
  CONSTRAINT profile_content_pkey PRIMARY KEY (user_id)
);
COMMENT ON TABLE qfs.profile_content IS 'contents of profiles; null once erased';
COMMENT ON COLUMN qfs.profile_content.user_id IS 'whose';
COMMENT ON COLUMN qfs.profile_content.version IS 'version of the commitment';
COMMENT ON COLUMN qfs.profile_content.salt IS '32 random bytes';
COMMENT ON COLUMN qfs.profile_content.content IS 'canonical JSON: avatar, bio, display_name, links';
COMMENT ON CONSTRAINT profile_content_pkey ON qfs.profile_content IS 'one content an account';

CREATE TABLE qfs.message (
  entry         bigint NOT NULL,
  thread        qfs.hash NOT NULL,
  sender        qfs.user_id NOT NULL,
  recipient     qfs.user_id NOT NULL,
  seq           bigint NOT NULL,
  alg           text COLLATE "C" NOT NULL,
  nonce         bytea NOT NULL,
  body          bytea,
  sender_key    qfs.hash NOT NULL,
  recipient_key qfs.hash NOT NULL,
  CONSTRAINT message_pkey PRIMARY KEY (entry),
  CONSTRAINT message_seq_key UNIQUE (thread, sender, seq),
  CONSTRAINT message_nonce_key UNIQUE (thread, nonce)
);
COMMENT ON TABLE qfs.message IS 'envelopes of messages: ciphertext that only the two parties can read';
COMMENT ON COLUMN qfs.message.entry IS 'entry with the commitment';
COMMENT ON COLUMN qfs.message.thread IS 'the pair';
COMMENT ON COLUMN qfs.message.sender IS 'who wrote';
COMMENT ON COLUMN qfs.message.recipient IS 'to whom';
COMMENT ON COLUMN qfs.message.seq IS 'number of the sender in the thread';
COMMENT ON COLUMN qfs.message.alg IS 'x25519-hkdf-aes256gcm';
COMMENT ON COLUMN qfs.message.nonce IS '12 bytes';
COMMENT ON COLUMN qfs.message.body IS 'ciphertext and tag; null once erased';
COMMENT ON COLUMN qfs.message.sender_key IS 'X25519 key it was encrypted with';
COMMENT ON COLUMN qfs.message.recipient_key IS 'and to';
COMMENT ON CONSTRAINT message_pkey ON qfs.message IS 'one envelope an entry';

COMMENT ON CONSTRAINT message_seq_key ON qfs.message IS 'found by its number';
COMMENT ON CONSTRAINT message_nonce_key ON qfs.message IS 'a nonce is used once in a thread';

CREATE TABLE qfs.read_mark (
  thread  qfs.hash NOT NULL,
  user_id qfs.user_id NOT NULL,
  seq     bigint NOT NULL,
  CONSTRAINT read_mark_pkey PRIMARY KEY (thread, user_id)
);
COMMENT ON TABLE qfs.read_mark IS 'how far accounts have read their threads';
COMMENT ON COLUMN qfs.read_mark.thread IS 'the pair';
COMMENT ON COLUMN qfs.read_mark.user_id IS 'the reader';
COMMENT ON COLUMN qfs.read_mark.seq IS 'last number of the peer that was read';
COMMENT ON CONSTRAINT read_mark_pkey ON qfs.read_mark IS 'one mark a reader';

-- Statistics would keep what is erased, until the next ANALYZE.
ALTER TABLE qfs.profile_content ALTER COLUMN salt SET STATISTICS 0, ALTER COLUMN content SET STATISTICS 0;
ALTER TABLE qfs.message ALTER COLUMN nonce SET STATISTICS 0, ALTER COLUMN body SET STATISTICS 0;
SELECT pg_catalog.pg_extension_config_dump('qfs.profile_content', '');
SELECT pg_catalog.pg_extension_config_dump('qfs.message', '');
SELECT pg_catalog.pg_extension_config_dump('qfs.read_mark', '');

-- Even for functions that run with the owner's rights: the two parties alone.
ALTER TABLE qfs.message ENABLE ROW LEVEL SECURITY;
ALTER TABLE qfs.message FORCE ROW LEVEL SECURITY;
CREATE POLICY parties ON qfs.message
  USING (sender OPERATOR(qfs.=) qfs.current_user_id() OR recipient OPERATOR(qfs.=) qfs.current_user_id())
  WITH CHECK (sender OPERATOR(qfs.=) qfs.current_user_id() OR recipient OPERATOR(qfs.=) qfs.current_user_id());
COMMENT ON POLICY parties ON qfs.message IS 'sender and recipient';
ALTER TABLE qfs.read_mark ENABLE ROW LEVEL SECURITY;
ALTER TABLE qfs.read_mark FORCE ROW LEVEL SECURITY;
CREATE POLICY reader ON qfs.read_mark
  USING (user_id OPERATOR(qfs.=) qfs.current_user_id());
COMMENT ON POLICY reader ON qfs.read_mark IS 'the reader';

-- ---- arithmetic ----

CREATE FUNCTION qfs.coherence_score(features jsonb, weights jsonb) RETURNS qfs.amount
  AS 'MODULE_PATHNAME', 'qfs_sql_coherence_score' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.coherence_score(jsonb, jsonb) IS
  'sum of weight times feature, rounded down once, at most 1; both objects hold decimal strings from 0 to 1';

CREATE FUNCTION qfs.coherence_step(c qfs.amount, q qfs.amount, alpha qfs.amount) RETURNS qfs.amount
  AS 'MODULE_PATHNAME', 'qfs_sql_coherence_step' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.coherence_step(qfs.amount, qfs.amount, qfs.amount) IS
  'a coherence after an act of quality q: c (1 - alpha) + q alpha, rounded down';

CREATE FUNCTION qfs.hsmf(s_res qfs.amount, s_flx qfs.amount, s_psi_sync qfs.amount, f_atr qfs.amount, s_chr qfs.amount,
    lambda1 qfs.amount, lambda2 qfs.amount,
    OUT action_cost qfs.amount, OUT c_holo qfs.amount, OUT chr qfs.amount, OUT flx qfs.amount, OUT res qfs.amount,
    OUT psi qfs.amount, OUT atr qfs.amount, OUT total qfs.amount)
  AS 'MODULE_PATHNAME', 'qfs_sql_hsmf' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.hsmf(qfs.amount, qfs.amount, qfs.amount, qfs.amount, qfs.amount, qfs.amount, qfs.amount) IS
  'the holographic model: cost of an action and what it yields; docs/format.md has the formulas';

CREATE FUNCTION qfs.trust_level(c qfs.amount) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_trust_level' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION qfs.trust_level(qfs.amount) IS 'UNKNOWN, VERIFIED, TRUSTED or AUTHORITY, as the policy in force says';

CREATE FUNCTION qfs.referral_tier(n bigint) RETURNS integer
  AS 'MODULE_PATHNAME', 'qfs_sql_referral_tier' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION qfs.referral_tier(bigint) IS
  'the tier of an account''s n-th activated referral, as the policy in force says; the last tier for those beyond it';

CREATE FUNCTION qfs.referral_code(account qfs.user_id) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_referral_code' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.referral_code(qfs.user_id) IS
  'first 16 bytes of SHA3-256("<user_id>:QFS_REF_V1") in base 59, 22 digits';

CREATE FUNCTION qfs.thread(a qfs.user_id, b qfs.user_id) RETURNS qfs.hash
  AS 'MODULE_PATHNAME', 'qfs_sql_thread' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.thread(qfs.user_id, qfs.user_id) IS 'the thread of two accounts, in whatever order';

CREATE FUNCTION qfs.message_hash(sender qfs.user_id, recipient qfs.user_id, seq bigint, nonce bytea, body bytea) RETURNS qfs.hash
  AS 'MODULE_PATHNAME', 'qfs_sql_message_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION qfs.message_hash(qfs.user_id, qfs.user_id, bigint, bytea, bytea) IS
  'the commitment that MESSAGE puts on the ledger';

GRANT EXECUTE ON FUNCTION
  qfs.coherence_score(jsonb, jsonb), qfs.coherence_step(qfs.amount, qfs.amount, qfs.amount),
  qfs.hsmf(qfs.amount, qfs.amount, qfs.amount, qfs.amount, qfs.amount, qfs.amount, qfs.amount),
  qfs.referral_code(qfs.user_id), qfs.thread(qfs.user_id, qfs.user_id),
  qfs.message_hash(qfs.user_id, qfs.user_id, bigint, bytea, bytea)
  TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;

-- ---- behind qfs_api: run with the caller's rights, granted to nobody but the owner ----

CREATE FUNCTION qfs.refuse(code text, detail text) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_refuse' LANGUAGE C STRICT;
COMMENT ON FUNCTION qfs.refuse(text, text) IS 'an error of docs/errors.md, raised from SQL';

CREATE FUNCTION qfs.erase_own_profile() RETURNS void
  AS 'MODULE_PATHNAME', 'qfs_sql_erase_own_profile' LANGUAGE C;
COMMENT ON FUNCTION qfs.erase_own_profile() IS 'erases the content of the profile of the account that is signed in';

CREATE FUNCTION qfs.erase_envelope(entry bigint) RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_erase_envelope' LANGUAGE C STRICT;
COMMENT ON FUNCTION qfs.erase_envelope(bigint) IS
  'erases the ciphertext of a message from or to the account that is signed in; gives the entry';

CREATE FUNCTION qfs.put_read_mark(thread qfs.hash, seq bigint) RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_put_read_mark' LANGUAGE C STRICT;
COMMENT ON FUNCTION qfs.put_read_mark(qfs.hash, bigint) IS
  'moves the mark of the account that is signed in forward; gives the mark';

CREATE FUNCTION qfs.set_profile(display_name text, bio text, avatar text, links text[], salt text DEFAULT NULL, version bigint DEFAULT NULL,
                                auth jsonb DEFAULT NULL)
  RETURNS void
  AS 'MODULE_PATHNAME', 'qfs_sql_set_profile' LANGUAGE C;
COMMENT ON FUNCTION qfs.set_profile(text, text, text, text[], text, bigint, jsonb) IS
  'appends PROFILE_UPDATE with a salted commitment, and stores the content';

