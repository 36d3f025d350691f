-- qfs_api: profiles, chat, referrals, coherence.

-- Who is asked about: a user id, a wallet, or the account that is signed in.
CREATE FUNCTION qfs.find_account(user_id text, wallet text) RETURNS qfs.user_id
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT coalesce(
    (SELECT a.user_id FROM qfs.account a
     WHERE a.user_id OPERATOR(qfs.=) coalesce(find_account.user_id::qfs.user_id,
                                              qfs.user_id(find_account.wallet::qfs.address), qfs.current_user_id())),
    CASE WHEN coalesce(find_account.user_id, find_account.wallet) IS NULL AND qfs.current_user_id() IS NULL
      THEN CASE WHEN qfs.refuse('NO_SESSION', 'no account was named either') THEN NULL::qfs.user_id END
      ELSE CASE WHEN qfs.refuse('ACCOUNT_UNKNOWN', coalesce(find_account.user_id, find_account.wallet))
                THEN NULL::qfs.user_id END
    END);
END;
COMMENT ON FUNCTION qfs.find_account(text, text) IS
  'an account by user id or wallet, or the one that is signed in; an error if there is none';

-- ---- parts of accounts ----

CREATE FUNCTION qfs.account_part(seq bigint, account qfs.user_id, kind text) RETURNS jsonb
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT x.part FROM qfs.ledger l CROSS JOIN LATERAL jsonb_array_elements(l.accounts) x(part)
  WHERE l.seq = account_part.seq AND x.part ->> 'account' = account::text AND x.part ->> 'kind' = account_part.kind;
END;
COMMENT ON FUNCTION qfs.account_part(bigint, qfs.user_id, text) IS
  'what an entry says of an account in a kind: its state after it, and what it was';

-- In the list of a SELECT rows come as they are asked for, so that a LIMIT ends the walk; in FROM all of them are made.
CREATE FUNCTION qfs.standing_chain(account qfs.user_id, "from" bigint) RETURNS TABLE (seq bigint, part jsonb)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  WITH RECURSIVE walk AS (
    SELECT "from" AS seq, qfs.account_part("from", account, 'standing') AS part
    UNION ALL
    SELECT (w.part ->> 'previous')::bigint, qfs.account_part((w.part ->> 'previous')::bigint, account, 'standing')
    FROM walk w WHERE w.part ->> 'previous' IS NOT NULL)
  SELECT w.seq, w.part FROM walk w WHERE w.part IS NOT NULL;
END;
COMMENT ON FUNCTION qfs.standing_chain(qfs.user_id, bigint) IS
  'the entries that changed an account''s standing, back from one of them, with its part in each';

CREATE FUNCTION qfs.epoch_at(at bigint) RETURNS bigint
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT (epoch_at.at - g.genesis_at) / ((p.policy::jsonb ->> 'block_ms')::bigint * (p.policy::jsonb ->> 'epoch_blocks')::bigint)
  FROM qfs.ledger_state g JOIN qfs.policy p ON p.seq = g.policy_seq;
END;
COMMENT ON FUNCTION qfs.epoch_at(bigint) IS 'the epoch of a time, counted from 0; null without a policy in force';

-- Whoever watches profiles must not see in them, entry by entry, who wrote to whom: strangers see them as they were
-- when the last epoch ended.
CREATE FUNCTION qfs.current_epoch() RETURNS bigint
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.epoch_at(greatest((extract(epoch FROM statement_timestamp()) * 1000)::bigint, g.genesis_at)) FROM qfs.ledger_state g;
END;
COMMENT ON FUNCTION qfs.current_epoch() IS 'the epoch that it is now, counted from 0';

-- current_user is whose the function is that asks; what its caller may do only the role outside of it says.
CREATE FUNCTION qfs.caller_audits() RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_caller_audits' LANGUAGE C STABLE;
COMMENT ON FUNCTION qfs.caller_audits() IS
  'has the role outside of all SECURITY DEFINER functions, of SET ROLE or else of the session, the privileges of qfs_auditor?';

CREATE FUNCTION qfs.sees_now(account qfs.user_id) RETURNS boolean
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.is_public() OR coalesce(account OPERATOR(qfs.=) qfs.current_user_id(), false) OR qfs.caller_audits();
END;
COMMENT ON FUNCTION qfs.sees_now(qfs.user_id) IS
  'does the account that is signed in, or an auditor, see this one as it is, and not as it was when the last epoch ended?';

-- Of every account one entry is read, however often it was touched: what is asked must not be dear, and its time tells nothing.
CREATE FUNCTION qfs.seen_standing(account qfs.user_id) RETURNS jsonb
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT coalesce(
    (SELECT qfs.account_part(
              CASE WHEN qfs.sees_now(account) OR s.epoch < qfs.current_epoch() THEN s.last_entry ELSE s.before_epoch END,
              account, 'standing') -> 'state'
     FROM qfs.standing s WHERE s.user_id OPERATOR(qfs.=) account),
    '{"coherence": "0.000000000000000000", "created_at": null, "flx": "0.000000000000000000", "points": 0, "referrals": 0}'::jsonb);
END;
COMMENT ON FUNCTION qfs.seen_standing(qfs.user_id) IS
  'the standing of an account as the caller sees it: its own, and all to auditors, as it is, of others as it was at the end of the last epoch';

-- One account, seen by everybody who is signed in.
CREATE FUNCTION qfs.profile_of(account qfs.user_id) RETURNS jsonb
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT jsonb_build_object(
    'user_id', a.user_id::text, 'wallet', a.wallet::text, 'joined', x.seen -> 'created_at',
    'last_entry', CASE WHEN qfs.sees_now(a.user_id) THEN s.last_entry END,
    'coherence', x.seen ->> 'coherence',
    'trust_level', qfs.trust_level((x.seen ->> 'coherence')::qfs.amount),
    'genesis_points', x.seen -> 'points',
    'balances', jsonb_build_object('FLX', x.seen ->> 'flx'),
    'referral_code', qfs.referral_code(a.user_id), 'referral_count', x.seen -> 'referrals',
    'version', nullif(s.profile_version, 0), 'erased', s.profile IS NOT NULL AND c.content IS NULL)
    || coalesce(c.content::jsonb, '{"display_name": null, "bio": null, "avatar": null, "links": []}'::jsonb)
  FROM qfs.account a
  JOIN qfs.standing s ON s.user_id OPERATOR(qfs.=) a.user_id
  -- OFFSET 0: asked once, and not once for each member
  CROSS JOIN LATERAL (SELECT qfs.seen_standing(a.user_id) AS seen OFFSET 0) x
  -- a content of another version is not what the ledger commits to
  LEFT JOIN qfs.profile_content c ON c.user_id OPERATOR(qfs.=) a.user_id AND c.version = s.profile_version
  WHERE a.user_id OPERATOR(qfs.=) account;
END;
COMMENT ON FUNCTION qfs.profile_of(qfs.user_id) IS 'what qfs_api.profile() shows';

-- ---- profiles ----

CREATE FUNCTION qfs_api.profile(user_id text DEFAULT NULL, wallet text DEFAULT NULL) RETURNS jsonb
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.profile_of(qfs.find_account(user_id, wallet));
END;
COMMENT ON FUNCTION qfs_api.profile(text, text) IS
  'An account: profile, wallet, coherence, trust_level, genesis_points, balances, referral code; by default the one that is signed in. Of others joined, coherence, points, balances and counts are as they were when the last epoch ended; auditors see them as they are.';

CREATE FUNCTION qfs_api.set_profile(display_name text, bio text DEFAULT '', avatar text DEFAULT NULL, links text[] DEFAULT '{}',
                                    salt text DEFAULT NULL, version bigint DEFAULT NULL, auth jsonb DEFAULT NULL) RETURNS jsonb
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.set_profile(display_name, bio, avatar, links, salt, version, auth);
  SELECT qfs.profile_of(qfs.current_user_id());
END;
COMMENT ON FUNCTION qfs_api.set_profile(text, text, text, text[], text, bigint, jsonb) IS
  'Sets the profile: display_name of 2 to 50 characters, bio up to 500, avatar and up to 5 links as https: or ipfs: URIs; salt: 32 bytes in base64url, by default random; version: the last one + 1, by default the next. auth: {key, nonce, sig}, the device''s signature of PROFILE_UPDATE {commitment, version}. Gives the profile.';

CREATE FUNCTION qfs_api.erase_profile() RETURNS jsonb
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.find_account(NULL, NULL);
  SELECT qfs.erase_own_profile();
  SELECT qfs.profile_of(qfs.current_user_id());
END;
COMMENT ON FUNCTION qfs_api.erase_profile() IS
  'Deletes the content of the profile and its salt; the ledger, which holds a commitment only, verifies as before.';

-- ---- chat ----

-- Row security is what keeps a message the two parties' own: in a session that
-- was left with row_security = off there would be errors instead.

CREATE FUNCTION qfs_api.publish_chat_key(key text, auth jsonb DEFAULT NULL) RETURNS bigint
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  INSERT INTO qfs.ledger (type, actor, payload, auth)
  VALUES ('CHAT_KEY', qfs.find_account(NULL, NULL), jsonb_build_object('key', key), auth) RETURNING seq;
END;
COMMENT ON FUNCTION qfs_api.publish_chat_key(text, jsonb) IS
  'Publishes the account''s X25519 public key, base64url without padding; gives the entry. A new key replaces the old one. auth: {key, nonce, sig}, the device''s signature of CHAT_KEY {key}.';

CREATE FUNCTION qfs_api.chat_key(user_id text) RETURNS jsonb
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT coalesce(
    (SELECT jsonb_build_object('key', qfs.base64url(s.chat_key::bytea))
     FROM qfs.standing s
     WHERE s.user_id OPERATOR(qfs.=) qfs.find_account(chat_key.user_id, NULL) AND s.chat_key IS NOT NULL),
    CASE WHEN qfs.refuse('CHAT_KEY_UNKNOWN', chat_key.user_id) THEN '{}'::jsonb END);
END;
COMMENT ON FUNCTION qfs_api.chat_key(text) IS
  'The X25519 key of an account that is in force.';

CREATE FUNCTION qfs_api.send_message(recipient text, seq bigint, nonce text, body text, alg text, sender_key text, recipient_key text,
                                     auth jsonb DEFAULT NULL) RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_send_message'
  LANGUAGE C VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = on;
COMMENT ON FUNCTION qfs_api.send_message(text, bigint, text, text, text, text, text, jsonb) IS
  'Sends an encrypted message; nonce, body and keys are base64url without padding, seq is the sender''s last in the thread + 1. auth: {key, nonce, sig}, the device''s signature of MESSAGE {alg, hash, recipient, seq, size, thread}. Gives the entry.';

CREATE FUNCTION qfs_api.inbox() RETURNS TABLE (thread text, peer text, last_at bigint, last_entry bigint, unread bigint, next_seq bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = on
BEGIN ATOMIC
  SELECT t.thread::text, x.peer::text, l.at, t.last_entry, x.peer_seq - coalesce(m.seq, 0), x.my_seq + 1
  FROM (SELECT qfs.find_account(NULL, NULL) AS id) me
  JOIN qfs.thread t ON t.first OPERATOR(qfs.=) me.id OR t.second OPERATOR(qfs.=) me.id
  CROSS JOIN LATERAL (
    SELECT CASE WHEN i.first THEN t.second ELSE t.first END AS peer,
           CASE WHEN i.first THEN t.second_seq ELSE t.first_seq END AS peer_seq,
           CASE WHEN i.first THEN t.first_seq ELSE t.second_seq END AS my_seq
    FROM (SELECT t.first OPERATOR(qfs.=) me.id AS first) i) x
  JOIN qfs.ledger l ON l.seq = t.last_entry
  LEFT JOIN qfs.read_mark m ON m.thread OPERATOR(qfs.=) t.thread
  ORDER BY t.last_entry DESC;
END;
COMMENT ON FUNCTION qfs_api.inbox() IS
  'The threads of the account, the latest first: peer, last message, unread messages, the number that the next message takes.';

CREATE FUNCTION qfs.require_thread(thread text) RETURNS qfs.hash
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT coalesce(
    (SELECT t.thread FROM qfs.thread t
     WHERE t.thread OPERATOR(qfs.=) require_thread.thread::qfs.hash
       AND (t.first OPERATOR(qfs.=) me.id OR t.second OPERATOR(qfs.=) me.id)),
    CASE WHEN qfs.refuse('THREAD_UNKNOWN', coalesce(require_thread.thread, 'null')) THEN NULL::qfs.hash END)
  FROM (SELECT qfs.find_account(NULL, NULL) AS id) me;
END;
COMMENT ON FUNCTION qfs.require_thread(text) IS 'a thread of the account that is signed in, or an error';

CREATE FUNCTION qfs_api.messages(thread text, before bigint DEFAULT NULL, "max" integer DEFAULT 50) RETURNS TABLE (entry bigint, at bigint, sender text, recipient text, seq bigint, alg text, nonce text, body text,
                 sender_key text, recipient_key text, erased boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = on
BEGIN ATOMIC
  SELECT m.entry, l.at, m.sender::text, m.recipient::text, m.seq, m.alg,
         qfs.base64url(m.nonce),
         qfs.base64url(m.body),
         qfs.base64url(m.sender_key::bytea),
         qfs.base64url(m.recipient_key::bytea), m.body IS NULL
  FROM qfs.message m JOIN qfs.ledger l ON l.seq = m.entry
  WHERE m.thread OPERATOR(qfs.=) qfs.require_thread(messages.thread)
    AND (messages.before IS NULL OR m.entry < messages.before)
  ORDER BY m.entry DESC
  LIMIT least(greatest(coalesce("max", 50), 0), 100);
END;
COMMENT ON FUNCTION qfs_api.messages(text, bigint, integer) IS
  'Messages of a thread of the account, the latest first, with entry < before; at most 100.';

CREATE FUNCTION qfs_api.mark_read(thread text, seq bigint) RETURNS bigint
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = on
BEGIN ATOMIC
  SELECT qfs.put_read_mark(t.thread,
         CASE WHEN mark_read.seq BETWEEN 0 AND x.last THEN mark_read.seq
              WHEN qfs.refuse('ARGUMENT', format('seq is not between 0 and %s', x.last)) THEN 0 END)
  FROM qfs.thread t
  CROSS JOIN LATERAL (SELECT CASE WHEN t.first OPERATOR(qfs.=) qfs.current_user_id()
                                  THEN t.second_seq ELSE t.first_seq END AS last) x
  WHERE t.thread OPERATOR(qfs.=) qfs.require_thread(mark_read.thread);
END;
COMMENT ON FUNCTION qfs_api.mark_read(text, bigint) IS
  'Marks the peer''s messages up to number seq as read; gives the mark, which never goes back.';

CREATE FUNCTION qfs.find_message(thread text, seq bigint, sender text) RETURNS bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = on
BEGIN ATOMIC
  SELECT coalesce(
    (SELECT m.entry FROM qfs.message m
     WHERE m.thread OPERATOR(qfs.=) qfs.require_thread(find_message.thread) AND m.seq = find_message.seq
       AND m.sender OPERATOR(qfs.=) coalesce(find_message.sender::qfs.user_id, qfs.current_user_id())),
    CASE WHEN qfs.refuse('THREAD_UNKNOWN', format('message %s', coalesce(find_message.seq::text, 'null'))) THEN 0 END);
END;
COMMENT ON FUNCTION qfs.find_message(text, bigint, text) IS
  'the entry of a message of the account that is signed in, or to it';

CREATE FUNCTION qfs_api.erase_message(thread text, seq bigint, sender text DEFAULT NULL) RETURNS bigint
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = on
BEGIN ATOMIC
  -- Whose thread it is comes first, in whatever order a planner would look.
  SELECT qfs.require_thread(erase_message.thread);
  SELECT qfs.erase_envelope(qfs.find_message(thread, seq, sender));
END;
COMMENT ON FUNCTION qfs_api.erase_message(text, bigint, text) IS
  'Deletes the ciphertext of a message, by either party; sender: whose message, by default one''s own. The ledger keeps its hash. Gives the entry.';

-- ---- referrals ----

CREATE FUNCTION qfs.told_outcome(seq bigint, outcome jsonb) RETURNS jsonb
  LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT jsonb_build_object('seq', seq) || coalesce(outcome -> 'result', '{}'::jsonb) || (outcome - 'result' - 'read');
END;
COMMENT ON FUNCTION qfs.told_outcome(bigint, jsonb) IS
  'an outcome as whoever acted is told it: number of the entry, result and guards side by side, without what was looked at';

CREATE FUNCTION qfs_api.use_referral(code text, auth jsonb DEFAULT NULL) RETURNS jsonb
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  INSERT INTO qfs.ledger (type, actor, payload, auth)
  VALUES ('REFERRAL_USE', qfs.find_account(NULL, NULL), jsonb_build_object('code', code), auth)
  RETURNING qfs.told_outcome(seq, outcome);
END;
COMMENT ON FUNCTION qfs_api.use_referral(text, jsonb) IS
  'Says by whose code the account was invited, within policy.referral.window_blocks of its first sign-in. auth: {key, nonce, sig}, the device''s signature of REFERRAL_USE {code}. Gives the outcome: status OK, or BLOCKED with the guards.';

CREATE FUNCTION qfs_api.referral_code() RETURNS text
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.referral_code(qfs.find_account(NULL, NULL));
END;
COMMENT ON FUNCTION qfs_api.referral_code() IS
  'The referral code of the account that is signed in.';

CREATE FUNCTION qfs_api.referral_stats() RETURNS jsonb
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT jsonb_build_object(
    'code', qfs.referral_code(me.id),
    'used', (SELECT count(*) FROM qfs.ties r WHERE r.referrer OPERATOR(qfs.=) me.id),
    'activated', coalesce(s.referrals, 0),
    'blocked', (SELECT coalesce(jsonb_object_agg(b.guard, b.n), '{}'::jsonb)
                FROM (SELECT x.guard, count(*) AS n
                      FROM (SELECT r.guard FROM qfs.ties r
                            WHERE r.referrer OPERATOR(qfs.=) me.id AND r.guard IS NOT NULL
                            UNION ALL
                            SELECT k.guard FROM qfs.referral_block k WHERE k.referrer OPERATOR(qfs.=) me.id) x
                      GROUP BY x.guard) b),
    'tier', qfs.referral_tier(coalesce(s.referrals, 0) + 1),
    'tiers', p.policy::jsonb #> '{referral,tiers}',
    'flx', coalesce(s.flx, 0)::numeric(39, 18)::text,
    'invited_by', (SELECT r.referrer::text FROM qfs.ties r WHERE r.user_id OPERATOR(qfs.=) me.id),
    'referees', (SELECT coalesce(jsonb_agg(jsonb_build_object('user_id', r.user_id::text, 'used', r.used,
                   'settled', r.settled, 'guard', r.guard) ORDER BY r.used DESC), '[]'::jsonb)
                 FROM (SELECT * FROM qfs.ties r WHERE r.referrer OPERATOR(qfs.=) me.id
                       ORDER BY r.used DESC LIMIT 20) r))
  FROM (SELECT qfs.find_account(NULL, NULL) AS id) me
  CROSS JOIN qfs.ledger_state g
  JOIN qfs.policy p ON p.seq = g.policy_seq
  LEFT JOIN qfs.standing s ON s.user_id OPERATOR(qfs.=) me.id;
END;
COMMENT ON FUNCTION qfs_api.referral_stats() IS
  'Referrals of the account: its code, uses, activated ones, those blocked by each guard, the tiers and that of the next, FLX, who invited it, the last 20 referees.';

-- ---- coherence ----

CREATE FUNCTION qfs_api.coherence(user_id text DEFAULT NULL, wallet text DEFAULT NULL) RETURNS jsonb
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT jsonb_build_object(
    'user_id', s.user_id::text, 'score', x.seen ->> 'coherence',
    'trust_level', qfs.trust_level((x.seen ->> 'coherence')::qfs.amount),
    'last_act', CASE WHEN qfs.sees_now(s.user_id) THEN
      (SELECT jsonb_build_object('seq', c.seq, 'at', l.at, 'rules', c.part -> 'rules',
                                 'coherence', jsonb_build_array(c.part #> '{was,coherence}', c.part #> '{state,coherence}'))
       FROM (SELECT (x.link).seq, (x.link).part FROM (SELECT qfs.standing_chain(s.user_id, s.last_entry) AS link OFFSET 0) x) c
       JOIN qfs.ledger l ON l.seq = c.seq
       WHERE c.part -> 'was' ? 'coherence' LIMIT 1) END)
  FROM qfs.standing s
  CROSS JOIN LATERAL (SELECT qfs.seen_standing(s.user_id) AS seen OFFSET 0) x
  WHERE s.user_id OPERATOR(qfs.=) qfs.find_account(coherence.user_id, coherence.wallet);
END;
COMMENT ON FUNCTION qfs_api.coherence(text, text) IS
  'Coherence of an account and its trust level, of others as they were when the last epoch ended; of one''s own, and to auditors, as they are, with the last act that moved it.';

-- One's own account: what others did to it is theirs to show.
CREATE FUNCTION qfs_api.history("from" bigint DEFAULT NULL, "max" integer DEFAULT 50)
  RETURNS TABLE (seq bigint, at bigint, type text, change jsonb)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT c.seq, l.at, l.type, c.part - 'account' - 'kind'
  FROM qfs.standing s
  CROSS JOIN LATERAL (SELECT (x.link).seq, (x.link).part
                      FROM (SELECT qfs.standing_chain(s.user_id, coalesce(history."from", s.last_entry)) AS link
                            LIMIT least(greatest(coalesce("max", 50), 0), 200)) x) c
  JOIN qfs.ledger l ON l.seq = c.seq
  WHERE s.user_id OPERATOR(qfs.=) qfs.find_account(NULL, NULL)
  ORDER BY c.seq DESC;
END;
COMMENT ON FUNCTION qfs_api.history(bigint, integer) IS
  'What changed the standing of the account that is signed in, the latest first: the changes of up to max entries (200 at most), back from one of them; go on from change.previous.';

CREATE FUNCTION qfs_api.create_content(content text, kind text, size bigint, auth jsonb DEFAULT NULL) RETURNS bigint
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  INSERT INTO qfs.ledger (type, actor, payload, auth)
  VALUES ('CONTENT_CREATED', qfs.find_account(NULL, NULL), jsonb_build_object('content', content, 'kind', kind, 'size', size), auth)
  RETURNING seq;
END;
COMMENT ON FUNCTION qfs_api.create_content(text, text, bigint, jsonb) IS
  'Registers a content by its SHA-256. auth: {key, nonce, sig}, the device''s signature of CONTENT_CREATED {content, kind, size}. Gives the entry.';

CREATE FUNCTION qfs_api.score_content(content text, features jsonb, auth jsonb DEFAULT NULL) RETURNS jsonb
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  INSERT INTO qfs.ledger (type, actor, payload, auth)
  VALUES ('COHERENCE_SCORED', qfs.find_account(NULL, NULL), jsonb_build_object('content', content, 'features', features), auth)
  RETURNING qfs.told_outcome(seq, outcome);
END;
COMMENT ON FUNCTION qfs_api.score_content(text, jsonb, jsonb) IS
  'Scores a content: features topic, logic, signal, contradiction, clarity and hsmf as decimal strings from 0 to 1. auth: {key, nonce, sig}, the device''s signature of COHERENCE_SCORED {content, features}. For accounts in policy.evaluators.';

GRANT EXECUTE ON FUNCTION
  qfs_api.profile(text, text), qfs_api.coherence(text, text), qfs_api.chat_key(text)
  TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
GRANT EXECUTE ON FUNCTION
  qfs_api.set_profile(text, text, text, text[], text, bigint, jsonb), qfs_api.erase_profile(),
  qfs_api.publish_chat_key(text, jsonb),
  qfs_api.send_message(text, bigint, text, text, text, text, text, jsonb), qfs_api.inbox(),
  qfs_api.messages(text, bigint, integer), qfs_api.mark_read(text, bigint), qfs_api.erase_message(text, bigint, text),
  qfs_api.use_referral(text, jsonb), qfs_api.referral_code(), qfs_api.referral_stats(), qfs_api.history(bigint, integer),
  qfs_api.create_content(text, text, bigint, jsonb), qfs_api.score_content(text, jsonb, jsonb)
  TO qfs_user, qfs_operator;
