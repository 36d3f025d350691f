-- Referrals: codes, every guard, activation, tiers, caps, and who is told what.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/accounts.sql
-- the devices of these accounts are there to be told apart: they sign nothing
SELECT length(qfs.genesis('regress.example/log', '{"auth":{"domains":["app.example"],"uris":["https://app.example"]},"block_ms":1000,"limits":{"logins_per_minute":100},"signed":"none"}')::text);
CREATE FUNCTION code_of(n int) RETURNS text LANGUAGE sql AS $$ SELECT qfs.referral_code(wallet.id(n)::qfs.user_id) $$;
-- what an entry did: status, the guards that block, and of each account it touched the rules and what they changed
CREATE FUNCTION told(outcome jsonb, accounts jsonb) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', outcome ->> 'status', jsonb_path_query_array(outcome, '$.guards[*] ? (@.result == "BLOCK").guard'),
    (SELECT string_agg(concat_ws(':', array_to_string(ARRAY(SELECT jsonb_array_elements_text(p -> 'rules')), '+'),
                                 (SELECT string_agg(key || ' ' || (p -> 'state' ->> key), ', ' ORDER BY key) FROM jsonb_object_keys(p -> 'was') key
                                  WHERE key IN ('coherence', 'points', 'flx', 'referrals', 'guard'))), ' ' ORDER BY i)
     FROM jsonb_array_elements(accounts) WITH ORDINALITY x(p, i))) $$;
CREATE FUNCTION use(n int, code text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer text := acting(n, format('SELECT qfs_api.use_referral(%L)', code));
BEGIN
  RETURN CASE WHEN answer ~ '^\{' THEN (SELECT told(answer::jsonb, l.accounts) FROM qfs.ledger l WHERE l.seq = (answer::jsonb ->> 'seq')::bigint) ELSE answer END;
END $$;
CREATE FUNCTION last_told() RETURNS text LANGUAGE sql AS $$ SELECT told(outcome, accounts) FROM qfs.ledger ORDER BY seq DESC LIMIT 1 $$;

-- one and two come by themselves, one with a device
SELECT n, wallet.sign_in(n, CASE n WHEN 1 THEN 1 END) ->> 'created' AS created FROM generate_series(1, 2) n;
SELECT acting(1, 'SELECT qfs_api.referral_code()') = code_of(1) AS code, (acting(1, 'SELECT qfs_api.profile()')::jsonb ->> 'referral_code') = code_of(1) AS in_profile;
SELECT acting(NULL, 'SELECT qfs_api.referral_code()') AS nobodys;
SELECT acting(NULL, 'SELECT qfs_api.referral_stats()') AS nobodys;
SELECT acting(NULL, format('SELECT qfs_api.use_referral(%L)', code_of(1))) AS nobody;
-- codes that are none: an error, and nothing is recorded
SELECT what, use(2, code) FROM (VALUES ('unknown', repeat('0', 22)), ('short', left(code_of(1), 21)), ('long', code_of(1) || '0'), ('lower case', lower(code_of(1))), ('digits it has not', repeat('O', 22)),
                                       ('empty', ''), ('null', NULL), ('64', repeat('1', 64)), ('65', repeat('1', 65)), ('escapes', E'\x01' || left(code_of(1), 21))) AS t(what, code);
SELECT count(*) AS recorded FROM qfs.ledger WHERE type = 'REFERRAL_USE';

-- ---- guards: each recorded as BLOCKED ----
SELECT use(1, code_of(1)) AS "SELF_REFERRAL";
SELECT jsonb_path_query_array(outcome, '$.guards[*] ? (@.guard != "WINDOW_CLOSED")') AS guards, outcome ->> 'status' AS status, outcome #>> '{result,referrer}' = wallet.id(1) AS referrer, accounts #> '{0,rules}' AS rules FROM qfs.ledger ORDER BY seq DESC LIMIT 1;
SELECT use(1, code_of(2)) AS "REFERRER_NOT_OLDER";
SELECT use(2, code_of(1)) AS allowed;
SELECT use(2, code_of(1)) AS "ALREADY_REFERRED";
-- three signs in with the device of one, and with its code: the sign-in is as good as any, the referral is blocked
SELECT wallet.sign_in(3, 1, code_of(1)) ->> 'created' AS created, last_told() AS "DUPLICATE_DEVICE";
-- an unknown code with a sign-in: neither is recorded
SELECT attempt(format('SELECT wallet.sign_in(4, NULL, %L)', repeat('0', 22))) AS unknown_code;
SELECT count(*) AS accounts FROM qfs.account;
SELECT wallet.sign_in(4, NULL, code_of(1)) ->> 'created' AS created, last_told() AS with_the_sign_in;
-- a later sign-in of an old account: the code is looked at all the same
SELECT wallet.sign_in(4, NULL, code_of(2)) ->> 'created' AS created, last_told() AS later;
-- nobody may invite any more
SELECT qfs.set_policy('{"referral":{"cap":0}}') AS entry;
SELECT wallet.sign_in(5, NULL, code_of(1)) ->> 'created' AS created, last_told() AS "REFERRAL_CAP";
SELECT qfs.set_policy('{"referral":{"cap":100}}') AS entry;
-- several at once: the first in the list counts
SELECT use(1, code_of(1)) AS again;
SELECT seq, guard, referee OPERATOR(qfs.=) referrer AS oneself FROM qfs.referral_block ORDER BY seq;
SELECT acting(1, 'SELECT qfs_api.referral_stats()')::jsonb - ARRAY['code', 'referees'] AS stats;
SELECT jsonb_path_query_array(acting(1, 'SELECT qfs_api.referral_stats()')::jsonb, '$.referees[*].guard') AS guards, acting(1, 'SELECT qfs_api.referral_stats()')::jsonb #>> '{referees,0,user_id}' = wallet.id(4) AS last_first,
       acting(3, 'SELECT qfs_api.referral_stats()')::jsonb - 'code' AS of_three;
-- a ring of three: who is invited is younger, so there is none
SELECT use(1, code_of(3)) AS one_by_three, use(3, code_of(2)) AS three_by_two, use(2, code_of(3)) AS two_by_three;

-- ---- activation: a profile, a message sent, one received ----
SELECT n, acting(n, format('SELECT qfs_api.publish_chat_key(%L)', wallet.chat_key(n::text))) > '0' AS key FROM generate_series(1, 4) n;
CREATE FUNCTION send(a int, b int, seq bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer text := acting(a, format('SELECT qfs_api.send_message(%L, %L, %L, %L, %L, %L, %L)', wallet.id(b), seq, wallet.base64url(substr(sha256(convert_to(concat_ws(' ', a, b, seq), 'UTF8')), 1, 12)),
                          wallet.base64url(decode(repeat('5a', 17), 'hex')), 'x25519-hkdf-aes256gcm', wallet.chat_key(a::text), wallet.chat_key(b::text)));
BEGIN
  RETURN CASE WHEN answer ~ '^\d+$' THEN last_told() ELSE answer END;
END $$;
SELECT send(2, 1, 1) AS two_writes;
SELECT send(1, 2, 1) AS one_answers;
SELECT acting(2, $$SELECT qfs_api.set_profile('Bob')$$) IS NOT NULL AS profile, last_told() AS activates;
SELECT outcome -> 'guards' AS guards FROM qfs.ledger ORDER BY seq DESC LIMIT 1;
SELECT acting(n, 'SELECT qfs_api.profile()')::jsonb - ARRAY['user_id', 'wallet', 'joined', 'referral_code', 'bio', 'avatar', 'links', 'display_name', 'last_entry', 'erased', 'version'] AS profile FROM generate_series(1, 2) n;
-- once: another profile, another message earn nothing more; an answer counts once a thread and epoch
SELECT acting(2, $$SELECT qfs_api.set_profile('Bobby')$$) IS NOT NULL AS profile, last_told() AS nothing_more;
SELECT send(2, 1, 2) AS an_answer_too_many, send(1, 2, 2) AS and_back;
-- the second referee, by what it receives
SELECT acting(4, $$SELECT qfs_api.set_profile('Dora')$$) IS NOT NULL AS profile, last_told() AS completed;
SELECT send(4, 3, 1) AS dora_writes, send(4, 3, 2) AS again_which_is_no_answer;
SELECT send(3, 4, 1) AS and_gets_an_answer;
SELECT acting(1, 'SELECT qfs_api.referral_stats()')::jsonb - ARRAY['code', 'referees'] AS stats;
SELECT jsonb_path_query_array(acting(1, 'SELECT qfs_api.referral_stats()')::jsonb, '$.referees[*].settled') AS settled;

-- ---- tiers, and both caps, at which a referral settles without a reward ----
-- all that is asked for is a profile; wallets from 10 on are invited by one
SELECT qfs.set_policy('{"referral":{"activation":["profile"],"cap":8,"tiers":[{"to":3,"flx":"100"},{"to":4,"flx":"80.5"},{"to":8,"flx":"0.000000000000000001"}]}}') AS entry;
CREATE FUNCTION invite(n int, by int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM wallet.sign_in(n, NULL, code_of(by));
  PERFORM acting(n, $c$SELECT qfs_api.set_profile('Guest')$c$);
  RETURN last_told();
END $$;
SELECT n, invite(n, 1) FROM generate_series(10, 13) n;
-- invited below the cap, complete at the cap
SELECT wallet.sign_in(14, NULL, code_of(1)) ->> 'created' AS created, last_told();
SELECT wallet.sign_in(15, NULL, code_of(1)) ->> 'created' AS created, last_told();
SELECT qfs.set_policy('{"referral":{"cap":7}}') AS entry;
SELECT n, acting(n, $$SELECT qfs_api.set_profile('Late')$$) IS NOT NULL AS profile, last_told() FROM generate_series(14, 15) n;
SELECT outcome -> 'guards' AS guards FROM qfs.ledger ORDER BY seq DESC LIMIT 1;
-- the balance at its cap: exactly, and one unit beyond
SELECT flx AS balance, (flx + 100)::numeric(39, 18)::text AS cap, (flx + 99.999999999999999999)::numeric(39, 18)::text AS below FROM qfs.standing WHERE user_id OPERATOR(qfs.=) wallet.id(1)::qfs.user_id \gset
SELECT qfs.set_policy(jsonb_build_object('referral', jsonb_build_object('cap', 100, 'flx_cap', :'below', 'tiers', '[{"to":100,"flx":"100"}]'::jsonb))) AS entry;
SELECT invite(16, 1) AS beyond;
SELECT qfs.set_policy(jsonb_build_object('referral', jsonb_build_object('flx_cap', :'cap'))) AS entry;
SELECT invite(17, 1) AS exactly;
SELECT acting(1, 'SELECT qfs_api.referral_stats()')::jsonb - ARRAY['code', 'referees'] AS stats;
-- an activation that asks for nothing comes with the use
SELECT qfs.set_policy('{"referral":{"activation":[],"flx_cap":"1000000"}}') AS entry;
SELECT wallet.sign_in(18, NULL, code_of(2)) ->> 'created' AS created, last_told();

-- the tier of the next referral, as the reducer has it: at the end of the last tier and beyond, that is the last one
CREATE FUNCTION stand(n int) RETURNS text LANGUAGE sql AS $$
  SELECT format('%s active, tier %s of %s', s -> 'activated', s -> 'tier', jsonb_array_length(s -> 'tiers')) FROM (SELECT acting(n, 'SELECT qfs_api.referral_stats()')::jsonb AS s) x $$;
SELECT qfs.set_policy('{"referral":{"cap":2,"tiers":[{"to":1,"flx":"2"},{"to":2,"flx":"1"}]}}') AS entry;
SELECT wallet.sign_in(19) ->> 'created' AS created, stand(19);
SELECT n, wallet.sign_in(n, NULL, code_of(19)) ->> 'created' AS created, last_told(), stand(19) FROM generate_series(20, 22) n;
SELECT qfs.set_policy('{"referral":{"cap":1,"tiers":[{"to":1,"flx":"2"}]}}') AS entry;
SELECT stand(19) AS beyond;
SELECT qfs.set_policy('{"referral":{"cap":9,"tiers":[{"to":1,"flx":"2"},{"to":2,"flx":"1"},{"to":9,"flx":"0.5"}]}}') AS entry;
SELECT stand(19) AS before, wallet.sign_in(23, NULL, code_of(19)) ->> 'created' AS created, last_told(), stand(19) AS after;

-- the window, which a block of a second lets pass
SELECT qfs.set_policy('{"referral":{"window_blocks":0}}') AS entry;
SELECT pg_sleep(1.01);
SELECT use(5, code_of(2)) AS "WINDOW_CLOSED";
SELECT g ->> 'bound' AS bound, (g ->> 'observed')::bigint > 0 AS observed FROM (SELECT jsonb_path_query(outcome, '$.guards[*] ? (@.guard == "WINDOW_CLOSED")') AS g FROM qfs.ledger ORDER BY seq DESC LIMIT 1) x;
-- a chain: each entry that changed an account's standing names the one before, back to its first; so do those of its ties
WITH RECURSIVE chain AS (
  SELECT wallet.id(n) AS account, kind, last_entry AS seq, 1 AS i
  FROM (VALUES (1), (2)) w(n), (SELECT user_id, 'standing' AS kind, last_entry FROM qfs.standing UNION ALL SELECT user_id, 'ties', last_entry FROM qfs.ties) s
  WHERE s.user_id::text = wallet.id(n)
  UNION ALL
  SELECT account, kind, (SELECT (p ->> 'previous')::bigint FROM jsonb_array_elements(l.accounts) p WHERE p ->> 'account' = account AND p ->> 'kind' = kind), i + 1
  FROM chain c JOIN qfs.ledger l ON l.seq = c.seq)
SELECT kind, count(*) > 1 AS several, array_agg(seq ORDER BY i) = (SELECT array_agg(l.seq ORDER BY l.seq DESC) || NULL::bigint FROM qfs.ledger l
    WHERE jsonb_path_exists(l.accounts, '$[*] ? (@.account == $a && @.kind == $k)', jsonb_build_object('a', c.account, 'k', kind))) AS complete
FROM chain c GROUP BY account, kind ORDER BY kind, account = wallet.id(1) DESC;
-- what a part says it was is what the one before it says it is
SELECT count(*) > 50 AS several, bool_and((b.p -> 'state') || (a.p -> 'was') = b.p -> 'state') AS follows
FROM qfs.ledger l, jsonb_array_elements(l.accounts) a(p), qfs.ledger k, jsonb_array_elements(k.accounts) b(p)
WHERE k.seq = (a.p ->> 'previous')::bigint AND b.p ->> 'account' = a.p ->> 'account' AND b.p ->> 'kind' = a.p ->> 'kind';
-- qfs_api.history: all that changed the account's standing, the latest first; in pages; nobody else's
CREATE FUNCTION history(n int, args text) RETURNS jsonb LANGUAGE sql AS $$
  SELECT nullif(acting(n, format('SELECT jsonb_agg(to_jsonb(h)) FROM qfs_api.history(%s) h', args)), '')::jsonb $$;
SELECT history(1, 'NULL, 200') = (SELECT jsonb_agg(jsonb_build_object('seq', l.seq, 'at', l.at, 'type', l.type, 'change', p - 'account' - 'kind') ORDER BY l.seq DESC)
         FROM qfs.ledger l, jsonb_array_elements(l.accounts) p WHERE p ->> 'account' = wallet.id(1) AND p ->> 'kind' = 'standing') AS complete,
       jsonb_array_length(history(1, 'NULL, 200')) AS rows, history(1, '') = history(1, 'NULL, 50') AS by_default;
SELECT bool_and(history(1, format('%s, 200', p.row -> 'change' ->> 'previous')) =
                (SELECT jsonb_agg(r ORDER BY i) FROM jsonb_array_elements(history(1, 'NULL, 200')) WITH ORDINALITY a(r, i) WHERE (r ->> 'seq')::bigint < (p.row ->> 'seq')::bigint)) AS goes_on
FROM (SELECT history(1, 'NULL, ' || n) -> -1 AS row FROM generate_series(1, 5) n) p;
SELECT history(1, 'NULL, 0') AS none, history(1, 'NULL, -1') AS negative, history(1, '1000000') AS unknown,
       history(2, format('%s', history(1, 'NULL, 1') -> 0 ->> 'seq')) AS of_another;
SELECT acting(NULL, 'SELECT * FROM qfs_api.history()') AS no_session;
-- qfs_api.coherence: by session, user id and wallet, with the last act; of nobody
SELECT c ->> 'score' AS score, c ->> 'trust_level' AS trust_level, c -> 'last_act' -> 'rules' AS rules, c -> 'last_act' -> 'coherence' ->> 1 = c ->> 'score' AS moved_it FROM (SELECT acting(1, 'SELECT qfs_api.coherence()')::jsonb AS c) x;
-- to others without the act, whose entry they may not read, and as it was when the last epoch ended
SELECT acting(3, format('SELECT qfs_api.coherence(%L)', wallet.id(1)))::jsonb = acting(1, 'SELECT qfs_api.coherence()')::jsonb || '{"last_act":null,"score":"0.000000000000000000","trust_level":"UNKNOWN"}' AS by_user_id, acting(3, format('SELECT qfs_api.coherence(NULL, %L)', wallet.address_of(wallet.secret(1))::text))::jsonb = acting(1, 'SELECT qfs_api.coherence()')::jsonb || '{"last_act":null,"score":"0.000000000000000000","trust_level":"UNKNOWN"}' AS by_wallet,
       acting(5, 'SELECT qfs_api.coherence()')::jsonb - 'user_id' AS without_an_act;
SELECT acting(1, $$SELECT qfs_api.coherence(NULL, '0x71C7656EC7ab88b098defB751B7401B5f6d8976F')$$) AS nobody, acting(1, $$SELECT qfs_api.coherence('user_1')$$) AS bad_id, acting(1, $$SELECT qfs_api.coherence(NULL, '0x')$$) AS bad_wallet;
SELECT acting(NULL, 'SELECT qfs_api.coherence()', 'qfs_anon') AS no_session;
SELECT count(*) AS faults FROM qfs.verify();
SELECT qfs.rebuild() > 0 AS rebuilt, (SELECT count(*) FROM qfs.verify()) AS faults;
