-- Acts that a wallet signs by itself: what is to be signed, who may bring it, and what is refused.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/wallet.sql
-- before there is a ledger
SELECT attempt('SELECT qfs_api.wallet_text(''VOTE_CAST'', ''{}'', 1)') AS text, attempt('SELECT qfs_api.deliver(''VOTE_CAST'', ''{}'', 1, ''0x'')') AS deliver;
SELECT length(qfs.genesis('regress.example/log', '{"block_ms":1000, "signed":"none"}')::text);
SELECT qfs.register_event_type('SAID', '{}', 'account');
-- Everybody may ask, and nobody but the owner past the API.
SELECT r, has_function_privilege(r, 'qfs_api.deliver(text, jsonb, bigint, text)', 'EXECUTE') AS deliver,
       has_function_privilege(r, 'qfs_api.wallet_text(text, jsonb, bigint)', 'EXECUTE') AS text,
       has_function_privilege(r, 'qfs.deliver(text, jsonb, bigint, text)', 'EXECUTE') AS inside
FROM unnest(ARRAY['qfs_anon', 'qfs_user', 'qfs_operator', 'qfs_auditor']) r;
-- What is none of a wallet's acts: no type, an application's, those of sessions, of the operator and of the ledger, and the sign-in itself.
CREATE FUNCTION refused(type text) RETURNS TABLE (text text, deliver text) LANGUAGE sql AS $$
  SELECT attempt(format('SELECT qfs_api.wallet_text(%L, ''{}'', 1)', type)), attempt(format('SELECT qfs_api.deliver(%L, ''{}'', 1, %L)', type, sign(1, 'x')))
$$;
SELECT type, r.* FROM unnest(ARRAY['', 'NONE', 'SAID', 'MESSAGE', 'PROFILE_UPDATE', 'SESSION_REVOKED', 'GENESIS', 'POLICY_CHANGED', 'SERVER_CHANGED', 'LOGIN', 'login']) type, refused(type) r;
-- what is missing, or is no number of an event
SELECT attempt('SELECT qfs_api.wallet_text(NULL, ''{}'', 1)') AS type, attempt('SELECT qfs_api.wallet_text(''SAID'', NULL, 1)') AS payload, attempt('SELECT qfs_api.wallet_text(''SAID'', ''{}'', NULL)') AS nonce;
SELECT n, attempt(format('SELECT qfs_api.wallet_text(''SAID'', ''{}'', %s)', n)) AS text, attempt(format('SELECT qfs_api.deliver(''SAID'', ''{}'', %s, ''0x'')', n)) AS deliver
FROM unnest(ARRAY[0, -1, 9007199254740992]) n;
SELECT count(*) AS entries FROM qfs.ledger;
