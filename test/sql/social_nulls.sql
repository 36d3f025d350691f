-- Every function of qfs_api that accounts call, given nothing: an error of qfs's or a default, never a silent null.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/accounts.sql
SELECT length(qfs.genesis('regress.example/log', '{"auth":{"domains":["app.example"],"uris":["https://app.example"]}}')::text);
SELECT n, wallet.sign_in(n) ->> 'created' AS created, acting(n, format('SELECT qfs_api.publish_chat_key(%L)', wallet.chat_key(n::text))) > '0' AS key FROM generate_series(1, 2) n;
SELECT acting(1, format('SELECT qfs_api.send_message(%L, 1, %L, %L, %L, %L, %L)', wallet.id(2), wallet.base64url('\x000102030405060708090a0b'), wallet.base64url(decode(repeat('5a', 17), 'hex')),
                        'x25519-hkdf-aes256gcm', wallet.chat_key('1'), wallet.chat_key('2'))) AS entry;
-- what each argument is where it is not the one in question
CREATE TABLE good (name text PRIMARY KEY, value text);
INSERT INTO good VALUES ('user_id', wallet.id(1)), ('wallet', wallet.address_of(wallet.secret(1))::text), ('display_name', 'Alice'), ('bio', ''), ('avatar', 'https://a.example/'), ('links', '{}'),
  ('key', wallet.chat_key('1')), ('recipient', wallet.id(2)), ('seq', '1'), ('nonce', wallet.base64url('\x0102030405060708090a0b0c')), ('body', wallet.base64url(decode(repeat('5b', 17), 'hex'))),
  ('alg', 'x25519-hkdf-aes256gcm'), ('sender_key', wallet.chat_key('1')), ('recipient_key', wallet.chat_key('2')), ('thread', qfs.thread(wallet.id(1)::qfs.user_id, wallet.id(2)::qfs.user_id)::text), ('before', '100'), ('from', '1'), ('max', '1'),
  ('sender', wallet.id(1)), ('code', repeat('0', 22)), ('content', repeat('ab', 32)), ('kind', 'a'), ('size', '1'), ('features', '{}'),
  ('salt', wallet.base64url(sha256('salt'))), ('version', '1'), ('auth', NULL); -- a session without a device signs nothing
CREATE VIEW functions AS
SELECT p.oid, p.proname, p.pronargs AS count, (p.proargnames)[1 : p.pronargs] AS names, p.proargtypes AS types
FROM pg_proc p WHERE p.pronamespace = 'qfs_api'::regnamespace
  AND (p.proname ~ '^(profile|set_profile|erase_profile|publish_chat_key|chat_key|send_message|inbox|messages|mark_read|erase_message|use_referral|referral_code|referral_stats|coherence|history|create_content|score_content)$');
-- An argument that is null among good ones (n), or all that are null (0), or none (-1); long answers are cut to what kind they are.
CREATE FUNCTION given(f functions, n int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer text;
BEGIN
  answer := acting(1, format('SELECT * FROM qfs_api.%I(%s)', f.proname,
    (SELECT string_agg(format('%I => %s', name, CASE WHEN n IN (0, i) THEN 'NULL' ELSE quote_nullable((SELECT value FROM good g WHERE g.name = a.name)) END), ', ') FROM unnest(f.names) WITH ORDINALITY AS a(name, i))));
  -- what it did is taken back, so that the next call finds the same
  RAISE EXCEPTION USING ERRCODE = 'QFSOK', MESSAGE = coalesce(CASE WHEN answer ~ '^\{' THEN 'an object' ELSE regexp_replace(answer, 'user_[0-9a-f]{64}|\y\d{13}\y', '…', 'g') END, '(null)');
EXCEPTION WHEN SQLSTATE 'QFSOK' THEN
  RETURN left(SQLERRM, 90);
END $$;
-- arguments that a test does not know
SELECT proname, name FROM functions f, unnest(names) AS name WHERE name NOT IN (SELECT g.name FROM good g);
SELECT proname, count, given(f, 0) AS all_null FROM functions f ORDER BY proname COLLATE "C";
SELECT proname, coalesce(names[n], '(all good)') AS "null", given(f, coalesce(n, -1)) FROM functions f LEFT JOIN LATERAL (SELECT generate_series(1, count) AS n UNION ALL SELECT NULL) x ON true ORDER BY proname COLLATE "C", n NULLS FIRST;
-- without a session no function gives anything but what is public: profile, chat_key and coherence of whom one names
CREATE FUNCTION as_nobody(f functions, as_role text) RETURNS text LANGUAGE sql AS $$
  SELECT left(acting(NULL, format('SELECT * FROM qfs_api.%I(%s)', f.proname,
    (SELECT string_agg(format('%I => %s', name, CASE WHEN name IN ('user_id', 'wallet') THEN 'NULL' ELSE quote_nullable((SELECT value FROM good g WHERE g.name = a.name)) END), ', ') FROM unnest(f.names) AS a(name))), as_role), 50) $$;
SELECT proname, as_nobody(f, 'qfs_user') AS "user", as_nobody(f, 'qfs_anon') AS anon FROM functions f ORDER BY proname COLLATE "C";
SELECT count(*) AS faults FROM qfs.verify();
