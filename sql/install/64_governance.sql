-- Acts that a wallet signs by itself, without a session.

CREATE FUNCTION qfs.wallet_text(type text, payload jsonb, nonce bigint) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_wallet_text' LANGUAGE C STABLE;
COMMENT ON FUNCTION qfs.wallet_text(text, jsonb, bigint) IS
  'what a wallet signs with personal_sign to append an event of this type without a session; nonce: larger than that of the account''s last '
  'signed event, milliseconds since 1970 will do';

CREATE FUNCTION qfs.deliver(type text, payload jsonb, nonce bigint, sig text) RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_deliver' LANGUAGE C;
COMMENT ON FUNCTION qfs.deliver(text, jsonb, bigint, text) IS
  'appends an event that a wallet has signed, whoever brings it: sig is 0x and the 130 hexadecimal digits of its personal_sign over '
  'qfs.wallet_text(type, payload, nonce); the actor is the account of the wallet that signed; returns the entry''s seq';
