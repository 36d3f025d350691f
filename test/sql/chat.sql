-- Encrypted messages: keys, numbers, nonces, sizes, the commitment, reading, marking, erasing.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/accounts.sql
SELECT length(qfs.genesis('regress.example/log', '{"auth":{"domains":["app.example"],"uris":["https://app.example"]}}')::text);
SELECT n, wallet.sign_in(n) ->> 'created' AS created FROM generate_series(1, 4) n;

-- A message as a client would send it, but for changes: {"argument": value}.
CREATE FUNCTION send(a int, b int, seq bigint, change jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
  SELECT acting(a, format('SELECT qfs_api.send_message(%L, %L, %L, %L, %L, %L, %L)', m ->> 'recipient', m ->> 'seq', m ->> 'nonce', m ->> 'body', m ->> 'alg', m ->> 'sender_key', m ->> 'recipient_key'))
  FROM (SELECT jsonb_build_object('recipient', wallet.id(b), 'seq', seq, 'nonce', wallet.base64url(substr(sha256(convert_to(concat_ws(' ', a, b, seq), 'UTF8')), 1, 12)),
          'body', wallet.base64url('\x00112233445566778899aabbccddeeff00'), 'alg', 'x25519-hkdf-aes256gcm',
          'sender_key', wallet.chat_key(a::text), 'recipient_key', wallet.chat_key(b::text)) || change AS m) m $$;
CREATE FUNCTION bytes(n int) RETURNS text LANGUAGE sql AS $$ SELECT wallet.base64url(decode(repeat('5a', n), 'hex')) $$;
CREATE FUNCTION thread_of(a int, b int) RETURNS text LANGUAGE sql AS $$ SELECT qfs.thread(wallet.id(a)::qfs.user_id, wallet.id(b)::qfs.user_id)::text $$;

-- ---- keys ----
SELECT send(1, 2, 1) AS neither_has_a_key;
SELECT acting(1, format('SELECT qfs_api.publish_chat_key(%L)', wallet.chat_key('old'))) AS entry;
SELECT send(1, 2, 1, jsonb_build_object('sender_key', wallet.chat_key('old'))) AS recipient_has_none;
SELECT n, acting(n, format('SELECT qfs_api.publish_chat_key(%L)', wallet.chat_key(n::text))) AS entry FROM generate_series(1, 3) n;
SELECT send(4, 1, 1) AS sender_has_none, acting(1, format('SELECT qfs_api.chat_key(%L)', wallet.id(4))) AS key_of_four;
SELECT acting(2, format('SELECT qfs_api.chat_key(%L)', wallet.id(1)))::jsonb = jsonb_build_object('key', wallet.chat_key('1')) AS newest,
       acting(2, 'SELECT qfs_api.chat_key(NULL)')::jsonb ->> 'key' = wallet.chat_key('2') AS own;
SELECT acting(NULL, 'SELECT qfs_api.chat_key(NULL)', 'qfs_anon') AS of_nobody;
SELECT count(*) AS keys, count(DISTINCT payload ->> 'key') AS different FROM qfs.ledger WHERE type = 'CHAT_KEY' AND actor OPERATOR(qfs.=) wallet.id(1)::qfs.user_id;
-- 31 and 33 bytes, padding, the other alphabet, small order (0, 1, the order-8 point), not canonical (p, p + 1, 2^255 - 1), a bit that decoders drop
SELECT what, acting(4, format('SELECT qfs_api.publish_chat_key(%L)', key))
FROM (VALUES ('31', wallet.base64url(decode(repeat('42', 31), 'hex'))), ('33', wallet.base64url(decode(repeat('42', 33), 'hex'))), ('padded', wallet.chat_key('4') || '='),
             ('standard alphabet', translate(wallet.base64url(decode(repeat('fb', 31) || '3f', 'hex')), '-_', '+/')), ('0', wallet.base64url(decode(repeat('00', 32), 'hex'))),
             ('1', wallet.base64url(decode('01' || repeat('00', 31), 'hex'))), ('order 8', wallet.base64url(decode('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', 'hex'))),
             ('p', wallet.base64url(decode('ed' || repeat('ff', 30) || '7f', 'hex'))), ('p + 1', wallet.base64url(decode('ee' || repeat('ff', 30) || '7f', 'hex'))),
             ('top bit', wallet.base64url(decode(repeat('42', 31) || 'c2', 'hex'))), ('last digit', left(wallet.chat_key('4'), 42) || '1'), ('empty', ''), ('null', NULL)) AS t(what, key);
SELECT acting(NULL, format('SELECT qfs_api.publish_chat_key(%L)', wallet.chat_key('4'))) AS no_session;

-- ---- sending ----
SELECT send(1, 2, 1) AS entry;
SELECT payload - 'recipient' AS payload, outcome -> 'result' AS result, outcome -> 'guards' AS guards, outcome ->> 'status' AS status FROM qfs.ledger WHERE type = 'MESSAGE';
SELECT CASE p ->> 'account' WHEN wallet.id(1) THEN 1 WHEN wallet.id(2) THEN 2 END AS account, p ->> 'kind' AS kind, p -> 'rules' AS rules, p -> 'state' AS state, p -> 'was' AS was, p -> 'previous' AS previous
FROM qfs.ledger, jsonb_array_elements(accounts) WITH ORDINALITY x(p, i) WHERE type = 'MESSAGE' ORDER BY i;
SELECT CASE r.key WHEN wallet.id(1) THEN 1 WHEN wallet.id(2) THEN 2 END AS account, k.key AS kind, k.value AS previous
FROM qfs.ledger, jsonb_each(outcome -> 'read') r, jsonb_each(r.value) k WHERE type = 'MESSAGE' ORDER BY 1, 2;
-- the hash is that of the envelope, and the envelope is what was sent
SELECT l.payload ->> 'hash' = qfs.message_hash(m.sender, m.recipient, m.seq, m.nonce, m.body)::text AS commits, l.payload ->> 'thread' = thread_of(1, 2) AS thread, m.seq, encode(m.body, 'hex') AS body
FROM qfs.ledger l JOIN qfs.message m ON m.entry = l.seq;
-- numbers: replayed, skipped, none, as large as they get; each thread and each side counts its own
SELECT seq, send(1, 2, seq) FROM unnest(ARRAY[1, 3, 0, -1, 9007199254740991, 9007199254740992, 9223372036854775807]) AS seq;
SELECT send(1, 2, 1, jsonb_build_object('body', bytes(17))) AS replayed_with_another_body;
SELECT send(1, 2, 2) AS second, send(2, 1, 1) AS answer, send(2, 1, 1) AS answer_again, send(1, 3, 1) AS other_thread, send(1, 2, 3) AS third;
-- nonces: once in a thread, whoever writes; again in another thread
SELECT send(1, 2, 4, jsonb_build_object('nonce', wallet.base64url(substr(sha256('1 2 1'::bytea), 1, 12)))) AS own, send(2, 1, 2, jsonb_build_object('nonce', wallet.base64url(substr(sha256('1 2 1'::bytea), 1, 12)))) AS of_the_peer,
       send(2, 3, 1, jsonb_build_object('nonce', wallet.base64url(substr(sha256('1 2 1'::bytea), 1, 12)))) AS in_another_thread;
-- what was refused left nothing: neither an entry nor a number
SELECT count(*) AS messages, (SELECT count(*) FROM qfs.message) AS envelopes FROM qfs.ledger WHERE type = 'MESSAGE';
-- keys: the one that was replaced, the peer's, one that never was
SELECT what, send(1, 2, 4, change)
FROM (VALUES ('own old', jsonb_build_object('sender_key', wallet.chat_key('old'))), ('unknown', jsonb_build_object('recipient_key', wallet.chat_key('none'))),
             ('the two exchanged', jsonb_build_object('sender_key', wallet.chat_key('2'), 'recipient_key', wallet.chat_key('1'))),
             ('31 bytes', jsonb_build_object('sender_key', wallet.base64url(decode(repeat('42', 31), 'hex')))), ('33 bytes', jsonb_build_object('recipient_key', wallet.base64url(decode(repeat('42', 33), 'hex'))))) AS t(what, change);
-- to oneself, to nobody, to what is no account
SELECT send(1, 1, 1) AS oneself, send(1, 2, 4, jsonb_build_object('recipient', 'user_' || repeat('0', 64))) AS nobody, send(1, 2, 4, '{"recipient":"bob"}') AS bob, send(1, 4, 1) AS without_a_key;
-- sizes: 16 bytes are a tag without a text
SELECT n, send(1, 2, 4, jsonb_build_object('body', bytes(n), 'nonce', wallet.base64url(substr(sha256(n::text::bytea), 1, 12)))) FROM unnest(ARRAY[0, 16, 65537, 65538, 100000]) AS n;
SELECT n, send(1, 2, seq, jsonb_build_object('body', bytes(n), 'nonce', wallet.base64url(substr(sha256(n::text::bytea), 1, 12)))) IS NOT NULL AS sent,
       (SELECT payload -> 'size' FROM qfs.ledger ORDER BY seq DESC LIMIT 1) AS last FROM (VALUES (17, 4), (65536, 5)) AS t(n, seq);
SELECT seq, length(body) AS body, (SELECT payload -> 'size' FROM qfs.ledger l WHERE l.seq = m.entry) AS size FROM qfs.message m WHERE seq > 3 ORDER BY seq;
-- forms
SELECT what, send(1, 2, 6, change)
FROM (VALUES ('alg', '{"alg":"none"}'::jsonb), ('ALG', '{"alg":"X25519-HKDF-AES256GCM"}'), ('empty alg', '{"alg":""}'), ('11 bytes of nonce', jsonb_build_object('nonce', bytes(11))), ('13 bytes', jsonb_build_object('nonce', bytes(13))),
             ('no nonce', '{"nonce":""}'), ('nonce in hexadecimal', '{"nonce":"000102030405060708090a0b"}'), ('padded', jsonb_build_object('body', bytes(17) || '=')), ('not base64url', '{"body":"++++++++++++++++++++++++"}'),
             ('a rest of one digit', jsonb_build_object('body', bytes(18) || 'A')), ('a line end', jsonb_build_object('body', bytes(18) || E'\n'))) AS t(what, change);
SELECT argument, send(1, 2, 6, jsonb_build_object(argument, NULL)) FROM unnest(ARRAY['recipient', 'seq', 'nonce', 'body', 'alg', 'sender_key', 'recipient_key']) AS argument;
SELECT acting(1, format('SELECT qfs_api.send_message(%L, 1.5, 1, 2, 3, 4, 5)', wallet.id(2))) AS wrong_types;
SELECT send(NULL, 2, 1) AS no_session;
-- by hand, around send_message: refused before anything of it is looked at
SELECT what, acting(1, format('SELECT qfs_api.events_batch(%L)', jsonb_build_array(jsonb_build_object('type', 'MESSAGE', 'payload', payload || change))))
FROM (SELECT payload || '{"seq":6}' AS payload FROM qfs.ledger WHERE type = 'MESSAGE' ORDER BY seq LIMIT 1) p,
     (VALUES ('as it was', '{}'::jsonb), ('thread of others', jsonb_build_object('thread', thread_of(2, 3))), ('body', '{"body":"hello"}'), ('hash of nothing', jsonb_build_object('hash', repeat('0', 64)))) AS t(what, change);

-- ---- reading ----
SELECT acting(1, $$SELECT thread, peer, last_entry, unread, next_seq FROM qfs_api.inbox()$$) = format(E'(%s,%s,16,1,6)\n(%s,%s,12,0,2)', thread_of(1, 2), wallet.id(2), thread_of(1, 3), wallet.id(3)) AS ones_inbox;
SELECT acting(2, 'SELECT last_entry, unread, next_seq FROM qfs_api.inbox()') AS twos, acting(3, 'SELECT last_entry, unread, next_seq FROM qfs_api.inbox()') AS threes, acting(4, 'SELECT * FROM qfs_api.inbox()') AS fours;
SELECT acting(NULL, 'SELECT * FROM qfs_api.inbox()') AS nobodys;
SELECT acting(2, format('SELECT entry, seq, length(body), erased FROM qfs_api.messages(%L)', thread_of(1, 2))) AS messages;
SELECT acting(1, format('SELECT entry, seq, length(body), erased FROM qfs_api.messages(%L)', thread_of(1, 2))) = acting(2, format('SELECT entry, seq, length(body), erased FROM qfs_api.messages(%L)', thread_of(1, 2))) AS both_see_the_same;
SELECT acting(2, format('SELECT sender, recipient, alg, nonce, body, sender_key, recipient_key FROM qfs_api.messages(%L) WHERE seq = 1 AND sender = %L', thread_of(1, 2), wallet.id(1))) =
  format('%s,%s,x25519-hkdf-aes256gcm,%s,%s,%s,%s', wallet.id(1), wallet.id(2), wallet.base64url(substr(sha256('1 2 1'::bytea), 1, 12)), wallet.base64url('\x00112233445566778899aabbccddeeff00'), wallet.chat_key('1'), wallet.chat_key('2')) AS as_it_was_sent;
SELECT before, max, acting(1, format('SELECT entry FROM qfs_api.messages(%L, %L, %L)', thread_of(1, 2), before, max)) AS entries
FROM (VALUES (NULL::bigint, 2), (22, 2), (14, 50), (0, 50), (-1, 50), (NULL, 0), (NULL, -1), (NULL, NULL), (NULL, 2147483647), (9223372036854775807, 1)) AS t(before, max);
-- of others, of nobody, of no form
SELECT what, acting(3, format('SELECT * FROM qfs_api.messages(%L)', thread))
FROM (VALUES ('others', thread_of(1, 2)), ('nobody', repeat('0', 64)), ('short', '00'), ('null', NULL)) AS t(what, thread);
SELECT acting(NULL, format('SELECT * FROM qfs_api.messages(%L)', thread_of(1, 2))) AS no_session;

-- ---- marking ----
SELECT n, acting(2, format('SELECT qfs_api.mark_read(%L, %L)', thread_of(1, 2), n)) AS mark, acting(2, format('SELECT unread FROM qfs_api.inbox() WHERE thread = %L', thread_of(1, 2))) AS unread
FROM unnest(ARRAY[0, 3, 1, 5, 6, -1, NULL]::bigint[]) AS n;
SELECT acting(2, 'SELECT qfs_api.mark_read(NULL, 1)') AS no_thread, acting(3, format('SELECT qfs_api.mark_read(%L, 1)', thread_of(1, 2))) AS others;
SELECT acting(NULL, format('SELECT qfs_api.mark_read(%L, 1)', thread_of(1, 2))) AS no_session;
SELECT acting(1, format('SELECT qfs_api.mark_read(%L, 2)', thread_of(1, 2))) AS beyond_the_peers, acting(1, format('SELECT qfs_api.mark_read(%L, 1)', thread_of(1, 2))) AS last;
SELECT acting(1, format('SELECT unread FROM qfs_api.inbox() WHERE thread = %L', thread_of(1, 2))) AS one_has_read, acting(2, format('SELECT unread FROM qfs_api.inbox() WHERE thread = %L', thread_of(1, 2))) AS two_has_read;

-- ---- erasing ----
SELECT what, acting(n, format('SELECT qfs_api.erase_message(%L, %L, %L)', thread, seq, sender))
FROM (VALUES ('own', 1, thread_of(1, 2), 1, NULL), ('of the peer', 2, thread_of(1, 2), 2, wallet.id(1)), ('again', 1, thread_of(1, 2), 1, NULL), ('not there', 1, thread_of(1, 2), 99, NULL),
             ('number of the peer', 2, thread_of(1, 2), 5, NULL), ('of others', 3, thread_of(1, 2), 3, wallet.id(1)), ('of somebody else', 1, thread_of(1, 2), 3, wallet.id(3)), ('no user id', 1, thread_of(1, 2), 3, 'bob'),
             ('no number', 1, thread_of(1, 2), NULL, NULL), ('no thread', 1, NULL, 1, NULL)) AS t(what, n, thread, seq, sender);
SELECT acting(NULL, format('SELECT qfs_api.erase_message(%L, 3)', thread_of(1, 2))) AS no_session;
SELECT acting(1, format('SELECT seq, length(body), erased FROM qfs_api.messages(%L) WHERE sender = %L', thread_of(1, 2), wallet.id(1))) AS messages;
-- the nonce stays used, numbers go on, the ledger keeps the hash and verifies
SELECT send(1, 2, 6, jsonb_build_object('nonce', wallet.base64url(substr(sha256('1 2 1'::bytea), 1, 12)))) AS nonce, send(1, 2, 6) AS sixth, (SELECT count(*) FROM qfs.ledger WHERE type = 'MESSAGE' AND length(payload ->> 'hash') = 64) AS hashes,
       (SELECT count(*) FROM qfs.verify()) AS faults;

-- ---- limits, and what they count ----
SELECT qfs.set_policy('{"limits":{"messages_per_minute":60,"threads_per_day":2}}') AS entry;
SELECT acting(4, format('SELECT qfs_api.publish_chat_key(%L)', wallet.chat_key('4'))) IS NOT NULL AS key;
SELECT split_part(send(1, 4, 1), ':', 1) AS third_new_thread, send(4, 1, 1) IS NOT NULL AS fours_first, send(1, 4, 1) ~ '^\d+$' AS an_answer_is_no_new_thread;
SELECT qfs.set_policy('{"limits":{"messages_per_minute":0}}') AS entry;
SELECT split_part(send(2, 1, 2), ':', 1) AS no_more;
SELECT count(*) AS faults FROM qfs.verify();
SELECT * FROM qfs.self_check();
-- a page has at most 100
SELECT qfs.set_policy('{"limits":{"messages_per_minute":1000}}') AS entry;
SELECT count(*) FILTER (WHERE m ~ '^\d+$') AS sent FROM generate_series(7, 110) n, send(1, 2, n) m;
SELECT acting(1, format('SELECT count(*), max(seq), min(seq) FROM qfs_api.messages(%L, NULL, 1000)', thread_of(1, 2))) AS most,
       acting(1, format('SELECT count(*) FROM qfs_api.messages(%L)', thread_of(1, 2))) AS by_default;
SELECT count(*) AS faults FROM qfs.verify();
-- entries and envelopes are rows like any other for triggers of the application's
CREATE TABLE heard (seq bigint, nonce int);
CREATE FUNCTION regress_hear() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN INSERT INTO public.heard VALUES (NEW.seq, length(NEW.nonce)); RETURN NULL; END $$;
CREATE TRIGGER regress_hear AFTER INSERT ON qfs.message FOR EACH ROW EXECUTE FUNCTION regress_hear();
CREATE TABLE counted (type text, entries bigint);
CREATE FUNCTION regress_count() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN INSERT INTO public.counted SELECT max(type), count(*) FROM added; RETURN NULL; END $$;
CREATE TRIGGER regress_count AFTER INSERT ON qfs.ledger REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION regress_count();
SELECT send(2, 3, 2) ~ '^\d+$' AS sent, send(2, 3, 3, jsonb_build_object('nonce', wallet.base64url(substr(sha256('1 2 1'::bytea), 1, 12)))) AS refused;
DROP TRIGGER regress_hear ON qfs.message;
DROP TRIGGER regress_count ON qfs.ledger;
SELECT send(2, 3, 3) ~ '^\d+$' AS sent, (SELECT count(*) FROM qfs.message WHERE thread::text = thread_of(2, 3)) AS envelopes;
SELECT * FROM heard, counted;
-- an envelope that is swallowed
CREATE FUNCTION regress_swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
SET qfs.ddl_guard = off;
CREATE TRIGGER regress_swallow BEFORE INSERT ON qfs.message FOR EACH ROW EXECUTE FUNCTION regress_swallow();
SELECT send(2, 3, 4) AS lost;
DROP TRIGGER regress_swallow ON qfs.message;
RESET qfs.ddl_guard;
CREATE INDEX regress_by_recipient ON qfs.ledger ((payload ->> 'recipient'));
SELECT send(2, 3, 4) ~ '^\d+$' AS sent;
DROP INDEX qfs.regress_by_recipient;
-- what a transaction remembers of the state while it holds the chain lock goes with the savepoint
SELECT send(1, 2, 111) ~ '^\d+$' AS sent, send(1, 2, 112, jsonb_build_object('nonce', wallet.base64url(substr(sha256('1 2 1'::bytea), 1, 12)))) AS taken_back, send(1, 2, 112) ~ '^\d+$' AS again;
SELECT count(*) AS faults FROM qfs.verify();
