-- qfs_api: acts that a wallet signs by itself, without a session.

CREATE FUNCTION qfs_api.wallet_text(type text, payload jsonb, nonce bigint) RETURNS text
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.wallet_text(type, payload, nonce);
END;
COMMENT ON FUNCTION qfs_api.wallet_text(text, jsonb, bigint) IS
  'The text that a wallet signs with personal_sign to append an event of this type without a session. nonce: larger than that of the account''s last signed event; milliseconds since 1970 will do.';

CREATE FUNCTION qfs_api.deliver(type text, payload jsonb, nonce bigint, sig text) RETURNS bigint
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.deliver(type, payload, nonce, sig);
END;
COMMENT ON FUNCTION qfs_api.deliver(text, jsonb, bigint, text) IS
  'Appends an event that a wallet has signed, whoever brings it: no session and no token is asked for. sig: 0x and 130 hexadecimal digits, personal_sign over wallet_text(type, payload, nonce). The account is the wallet''s that signed. Gives the entry.';

GRANT EXECUTE ON FUNCTION qfs_api.wallet_text(text, jsonb, bigint), qfs_api.deliver(text, jsonb, bigint, text)
  TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
