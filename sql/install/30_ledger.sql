-- The ledger: one append-only table, and the triggers that keep it so.

CREATE TABLE qfs.ledger (
  seq     bigint      NOT NULL,
  at      bigint      NOT NULL,
  type    text COLLATE "C" NOT NULL,
  actor   qfs.user_id,
  auth    jsonb       NOT NULL,
  payload jsonb,
  sig     text COLLATE "C",
  outcome jsonb       NOT NULL,
  accounts jsonb      NOT NULL,
  salt    bytea       NOT NULL,
  prev    qfs.hash    NOT NULL,
  hash    qfs.hash    NOT NULL,
  nodes   bytea       NOT NULL,
  CONSTRAINT ledger_pkey PRIMARY KEY (seq)
)
-- To compress a row of a sign-in, with up to 16 sessions in its parts, takes nearly as long as to recover its wallet.
WITH (toast_tuple_target = 4080);
COMMENT ON TABLE qfs.ledger IS
  'append-only ledger: INSERT INTO qfs.ledger(type, actor, payload) appends, everything else is computed';
COMMENT ON COLUMN qfs.ledger.seq IS 'leaf index, from 0, without gaps';
COMMENT ON COLUMN qfs.ledger.at IS 'milliseconds since 1970-01-01 UTC; never less than the entry before';
COMMENT ON COLUMN qfs.ledger.type IS 'event type, [A-Z][A-Z0-9_]{0,62}';
COMMENT ON COLUMN qfs.ledger.actor IS 'whose act it is; null: the ledger itself';
COMMENT ON COLUMN qfs.ledger.auth IS 'how the actor was established';
COMMENT ON COLUMN qfs.ledger.payload IS 'what was asked for; null once it was erased';
COMMENT ON COLUMN qfs.ledger.sig IS 'the device''s signature over it, or the wallet''s';
COMMENT ON COLUMN qfs.ledger.outcome IS 'what the rules computed from it; {} where the type has no rule';
COMMENT ON COLUMN qfs.ledger.accounts IS 'parts of the accounts that it touched: what they are in a kind after it, and what they were';
COMMENT ON COLUMN qfs.ledger.salt IS '16 random bytes, from which each part has the salt of its commitment; of an entry whose payload was erased the commitments of what is gone, and the salts of what is not';
COMMENT ON COLUMN qfs.ledger.prev IS 'hash of the entry before; zeros for entry 0';
COMMENT ON COLUMN qfs.ledger.hash IS 'RFC 6962 leaf hash of the entry''s head, which commits to its parts';
COMMENT ON COLUMN qfs.ledger.nodes IS 'interior Merkle nodes that this leaf completes, lowest level first';
COMMENT ON CONSTRAINT ledger_pkey ON qfs.ledger IS 'entries are found by their number';
-- Statistics would keep what is erased, until the next ANALYZE.
ALTER TABLE qfs.ledger ALTER COLUMN payload SET STATISTICS 0, ALTER COLUMN sig SET STATISTICS 0, ALTER COLUMN salt SET STATISTICS 0;
SELECT pg_catalog.pg_extension_config_dump('qfs.ledger', '');

CREATE FUNCTION qfs.ledger_append() RETURNS trigger
  AS 'MODULE_PATHNAME', 'qfs_sql_ledger_append' LANGUAGE C;
COMMENT ON FUNCTION qfs.ledger_append() IS
  'trigger: computes an entry from an event, or checks a recorded entry';

CREATE FUNCTION qfs.refuse_change() RETURNS trigger
  AS 'MODULE_PATHNAME', 'qfs_sql_refuse_change' LANGUAGE C;
COMMENT ON FUNCTION qfs.refuse_change() IS 'trigger: refuses UPDATE, DELETE and TRUNCATE';

-- The name sorts last: a BEFORE trigger behind it makes every append fail.
CREATE TRIGGER zzz_qfs_append BEFORE INSERT ON qfs.ledger
  FOR EACH ROW EXECUTE FUNCTION qfs.ledger_append();
COMMENT ON TRIGGER zzz_qfs_append ON qfs.ledger IS 'an event becomes an entry';
CREATE TRIGGER zzz_qfs_refuse_row BEFORE UPDATE OR DELETE ON qfs.ledger
  FOR EACH ROW EXECUTE FUNCTION qfs.refuse_change();
COMMENT ON TRIGGER zzz_qfs_refuse_row ON qfs.ledger IS 'append-only, for replicated changes too';
CREATE TRIGGER zzz_qfs_refuse_statement BEFORE UPDATE OR DELETE OR TRUNCATE ON qfs.ledger
  FOR EACH STATEMENT EXECUTE FUNCTION qfs.refuse_change();
COMMENT ON TRIGGER zzz_qfs_refuse_statement ON qfs.ledger IS 'append-only, also where no row matches';
ALTER TABLE qfs.ledger ENABLE ALWAYS TRIGGER zzz_qfs_append;
ALTER TABLE qfs.ledger ENABLE ALWAYS TRIGGER zzz_qfs_refuse_row;
ALTER TABLE qfs.ledger ENABLE ALWAYS TRIGGER zzz_qfs_refuse_statement;

GRANT SELECT (seq, at, type, hash), INSERT (type, actor, payload) ON qfs.ledger TO qfs_operator;
GRANT SELECT ON qfs.ledger TO qfs_auditor;

-- Records of the rules.  They follow from the ledger, so they are not dumped:
-- without them a restored ledger stays closed until qfs.post_restore().

CREATE TABLE qfs.ledger_state (
  number     bigint   NOT NULL,
  genesis_at bigint   NOT NULL,
  ledger     qfs.hash NOT NULL,
  origin     text COLLATE "C" NOT NULL,
  policy_seq bigint   NOT NULL,
  policy     qfs.hash NOT NULL,
  key_number bigint   NOT NULL,
  CONSTRAINT ledger_state_pkey PRIMARY KEY (number)
);
COMMENT ON TABLE qfs.ledger_state IS 'what the ledger as a whole knows: one row once it is open';
COMMENT ON COLUMN qfs.ledger_state.number IS 'always 0';
COMMENT ON COLUMN qfs.ledger_state.genesis_at IS 'time of entry 0, in milliseconds since 1970; blocks count from it';
COMMENT ON COLUMN qfs.ledger_state.ledger IS 'hash of entry 0, which names the ledger';
COMMENT ON COLUMN qfs.ledger_state.origin IS 'name of the ledger''s note keys';
COMMENT ON COLUMN qfs.ledger_state.policy_seq IS 'entry that put the policy in force';
COMMENT ON COLUMN qfs.ledger_state.policy IS 'SHA-256 of the policy in force';
COMMENT ON COLUMN qfs.ledger_state.key_number IS 'signing key in force';
COMMENT ON CONSTRAINT ledger_state_pkey ON qfs.ledger_state IS 'one row';

-- Not dumped either: whoever opens a ledger opens it in this database.
CREATE TABLE qfs.opening (
  number bigint NOT NULL,
  size   bigint NOT NULL,
  at     bigint NOT NULL,
  CONSTRAINT opening_pkey PRIMARY KEY (number)
);
COMMENT ON TABLE qfs.opening IS 'that the ledger is open, for events and no recorded entries: one row once it is';
COMMENT ON COLUMN qfs.opening.number IS 'always 0';
COMMENT ON COLUMN qfs.opening.size IS 'entries that it had then: 0 if genesis opened it';
COMMENT ON COLUMN qfs.opening.at IS 'when, by the clock of the server, in milliseconds since 1970';
COMMENT ON CONSTRAINT opening_pkey ON qfs.opening IS 'one row';

CREATE TABLE qfs.policy (
  seq    bigint NOT NULL,
  policy text COLLATE "C" NOT NULL,
  CONSTRAINT policy_pkey PRIMARY KEY (seq)
);
COMMENT ON TABLE qfs.policy IS 'every policy the ledger ever had';
COMMENT ON COLUMN qfs.policy.seq IS 'entry that put it in force';
COMMENT ON COLUMN qfs.policy.policy IS 'canonical JSON';
COMMENT ON CONSTRAINT policy_pkey ON qfs.policy IS 'one policy an entry';

CREATE TABLE qfs.erasure (
  seq bigint NOT NULL,
  by  bigint NOT NULL,
  CONSTRAINT erasure_pkey PRIMARY KEY (seq)
);
COMMENT ON TABLE qfs.erasure IS 'entries whose payload was erased';
COMMENT ON COLUMN qfs.erasure.seq IS 'the entry';
COMMENT ON COLUMN qfs.erasure.by IS 'the entry that says so';
COMMENT ON CONSTRAINT erasure_pkey ON qfs.erasure IS 'a payload is erased once';

CREATE TABLE qfs.signing_key (
  number     bigint   NOT NULL,
  seq        bigint   NOT NULL,
  checkpoint qfs.hash NOT NULL,
  token      qfs.hash NOT NULL,
  recovery   qfs.hash,
  CONSTRAINT signing_key_pkey PRIMARY KEY (number)
);
COMMENT ON TABLE qfs.signing_key IS 'public keys of the ledger';
COMMENT ON COLUMN qfs.signing_key.number IS 'counted from 0, the key of genesis';
COMMENT ON COLUMN qfs.signing_key.seq IS 'entry that put it in force';
COMMENT ON COLUMN qfs.signing_key.checkpoint IS 'Ed25519 key that signs checkpoints';
COMMENT ON COLUMN qfs.signing_key.token IS 'Ed25519 key that signs session tokens';
COMMENT ON COLUMN qfs.signing_key.recovery IS 'Ed25519 key, held offline, that signs the keys that follow where these are lost; null: there is none';
COMMENT ON CONSTRAINT signing_key_pkey ON qfs.signing_key IS 'keys follow each other';

CREATE TABLE qfs.server (
  number   bigint   NOT NULL,
  seq      bigint   NOT NULL,
  database qfs.hash NOT NULL,
  salt     text COLLATE "C" NOT NULL,
  system   qfs.hash NOT NULL,
  timeline bigint   NOT NULL,
  version  bigint   NOT NULL,
  CONSTRAINT server_pkey PRIMARY KEY (number)
);
COMMENT ON TABLE qfs.server IS 'the server and the database that the ledger lives in, as it has recorded them: one row once it is open';
COMMENT ON COLUMN qfs.server.number IS 'always 0';
COMMENT ON COLUMN qfs.server.seq IS 'entry that recorded it';
COMMENT ON COLUMN qfs.server.database IS 'salted digest of system identifier and oid of the database';
COMMENT ON COLUMN qfs.server.salt IS 'of both digests, drawn anew for each entry, in hexadecimal';
COMMENT ON COLUMN qfs.server.system IS 'salted digest of the system identifier';
COMMENT ON COLUMN qfs.server.timeline IS 'timeline that WAL was written on';
COMMENT ON COLUMN qfs.server.version IS 'server_version_num';
COMMENT ON CONSTRAINT server_pkey ON qfs.server IS 'one row';

CREATE TABLE qfs.event_type (
  type   text COLLATE "C" NOT NULL,
  seq    bigint NOT NULL,
  by     text COLLATE "C" NOT NULL,
  schema text COLLATE "C" NOT NULL,
  CONSTRAINT event_type_pkey PRIMARY KEY (type)
);
COMMENT ON TABLE qfs.event_type IS 'event types that applications registered';
COMMENT ON COLUMN qfs.event_type.type IS 'name of the type';
COMMENT ON COLUMN qfs.event_type.seq IS 'entry that registered it';
COMMENT ON COLUMN qfs.event_type.by IS 'who appends it: operator or account';
COMMENT ON COLUMN qfs.event_type.schema IS 'JSON Schema of the payload, canonical';
COMMENT ON CONSTRAINT event_type_pkey ON qfs.event_type IS 'a type is registered once';

GRANT SELECT ON qfs.erasure, qfs.ledger_state, qfs.opening, qfs.policy, qfs.signing_key, qfs.server, qfs.event_type
  TO qfs_operator, qfs_auditor;
