-- Whom entries concern, and what concerns an account: parties, since, channels.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/accounts.sql
\i :inputdir/sql/include/lines.sql
SELECT length(qfs.genesis('regress.example/log', '{"auth":{"domains":["app.example"],"uris":["https://app.example"]}}')::text);
SELECT qfs.register_event_type('NOTE', '{}', 'account'), qfs.register_event_type('TICK', '{}');
SELECT n, wallet.sign_in(n) ->> 'created' AS created, acting(n, format('SELECT qfs_api.publish_chat_key(%L)', wallet.chat_key(n::text))) > '0' AS key FROM generate_series(1, 3) n;
CREATE FUNCTION send(a int, b int, seq bigint) RETURNS text LANGUAGE sql AS $$
  SELECT acting(a, format('SELECT qfs_api.send_message(%L, %L, %L, %L, %L, %L, %L)', wallet.id(b), seq, wallet.base64url(substr(sha256(format('%s %s %s', a, b, seq)::bytea), 1, 12)),
    wallet.base64url('a ciphertext of seventeen bytes and more'), 'x25519-hkdf-aes256gcm', wallet.chat_key(a::text), wallet.chat_key(b::text))) $$;
CREATE FUNCTION code(n int) RETURNS text LANGUAGE sql AS $$ SELECT qfs.referral_code(wallet.id(n)::qfs.user_id) $$;
-- the third was invited by the first; the second and the third write to each other; the first says something; the ledger ticks
SELECT acting(3, format('SELECT qfs_api.use_referral(%L) ->> ''status''', code(1))) AS invited;
SELECT send(2, 3, 1) > '0' AS sent;
SELECT send(3, 2, 1) > '0' AS answered;
SELECT acting(1, $$SELECT jsonb_array_length(qfs_api.events_batch('[{"type":"NOTE","payload":{"text":"mine"}}]'))$$) AS said;
INSERT INTO qfs.ledger (type, payload) SELECT 'TICK', jsonb_build_object('user', wallet.id(1)) FROM generate_series(1, 3);

-- ---- whom an entry concerns ----
CREATE FUNCTION who(seq bigint) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(s.n::text, ' ' ORDER BY s.n) FROM qfs.parties(who.seq) p JOIN wallet.session s ON s.user_id::text = p::text $$;
SELECT l.seq, l.type, who(l.seq) AS concerns FROM qfs.ledger l ORDER BY l.seq;
-- a range gives what its entries give, one by one
SELECT count(*) AS differ FROM (
  (SELECT p.seq, p.user_id::text FROM qfs.parties_between(0, 1000) p EXCEPT ALL SELECT l.seq, p::text FROM qfs.ledger l, qfs.parties(l.seq) p)
  UNION ALL (SELECT l.seq, p::text FROM qfs.ledger l, qfs.parties(l.seq) p EXCEPT ALL SELECT p.seq, p.user_id::text FROM qfs.parties_between(0, 1000) p)) d;
-- whom it concerns are those who see more of it than a stranger does: the same answer by another door
CREATE TABLE stranger AS SELECT l.seq, qfs.readable_entry(l.seq) AS line FROM qfs.ledger l;
SELECT count(*) AS pairs, count(*) FILTER (WHERE x.is_party) AS parties, count(*) FILTER (WHERE x.is_party <> x.sees_more) AS differ
FROM (SELECT EXISTS (SELECT FROM qfs.parties(l.seq) p WHERE p::text = s.user_id::text) AS is_party,
             acting(s.n, format('SELECT md5(qfs.readable_entry(%s))', l.seq)) <> md5(l.line) AS sees_more
      FROM stranger l, wallet.session s) x;
SELECT count(*) AS of_none FROM (SELECT qfs.parties(1000) UNION ALL SELECT qfs.parties(NULL)) p;
SELECT attempt('SELECT qfs.parties(-1)') AS negative;

-- ---- what is new, for an account ----
-- every entry that concerns it, as qfs_api.entry shows it, and no other
SELECT n, acting(n, 'SELECT jsonb_path_query_array(qfs_api.since(0), ''$.entries[*].seq'')') AS seqs, acting(n, 'SELECT qfs_api.since(0) - ''entries''') AS rest FROM generate_series(1, 3) n;
SELECT n, acting(n, $$SELECT count(*) FILTER (WHERE e = qfs_api.entry((e ->> 'seq')::bigint)::jsonb), count(*) FROM jsonb_array_elements(qfs_api.since(0) -> 'entries') e$$) AS same
FROM generate_series(1, 3) n;
SELECT n, (SELECT string_agg(l.seq::text, ', ' ORDER BY l.seq) FROM qfs.ledger l WHERE n::text = ANY (string_to_array(who(l.seq), ' '))) AS concern FROM generate_series(1, 3) n;
-- a page at a time, and from where it said
CREATE FUNCTION pages(n int, size int) RETURNS TABLE (pages int, seqs text) LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb;
  at bigint := 0;
BEGIN
  pages := 0;
  LOOP
    answer := acting(n, format('SELECT qfs_api.since(%s, %s)', at, size))::jsonb;
    pages := pages + 1;
    seqs := concat_ws(', ', seqs, (SELECT string_agg(e ->> 'seq', ', ') FROM jsonb_array_elements(answer -> 'entries') e));
    at := answer ->> 'next';
    EXIT WHEN at = (answer ->> 'head')::bigint OR pages > 50;
  END LOOP;
  RETURN NEXT;
END $$;
SELECT n, size, p.* FROM generate_series(1, 3) n, unnest(ARRAY[1, 2, 100]) AS size, pages(n, size) p;
-- without a number: nothing yet, and where to go on
SELECT acting(1, 'SELECT qfs_api.since()') AS from_now;
-- what it asks for has to be there
SELECT command, acting(1, 'SELECT ' || command) AS answer
FROM unnest(ARRAY['qfs_api.since(-1)', 'qfs_api.since(1000)', 'qfs_api.since(0, 0)', 'qfs_api.since(0, 1001)', 'qfs_api.since(0, NULL)', 'qfs_api.since(9223372036854775807)']) AS command;
SELECT role, acting(NULL, 'SELECT qfs_api.since(0)', role) AS nobody FROM unnest(ARRAY['qfs_anon', 'qfs_user', 'qfs_operator', 'qfs_auditor', 'qfs_bridge', 'qfs_monitor']) AS role;
-- never beyond what is durable, and never beyond what the statement sees
SELECT acting(1, 'SELECT qfs.since(0, 1000, 4) - ''entries''', session_user::text) AS durable, acting(1, 'SELECT qfs.since(0, 1000, 100000) - ''entries''', session_user::text) AS seen;
-- a call looks at a bounded number of entries, the same whatever is in them: where it stops tells nothing of them
INSERT INTO qfs.ledger (type, payload) SELECT 'TICK', jsonb_build_object('n', n, 'text', repeat('x', n % 1000)) FROM generate_series(1, 5000) n;
SELECT acting(1, $$SELECT jsonb_array_length(qfs_api.events_batch('[{"type":"NOTE","payload":{"text":"last"}}]'))$$) AS said;
SELECT n, acting(n, 'SELECT qfs_api.since(30) - ''entries''') AS stops FROM generate_series(1, 3) n;
SELECT acting(1, 'SELECT jsonb_path_query_array(qfs_api.since(4126), ''$.entries[*].seq''), qfs_api.since(4126) - ''entries''') AS goes_on;
-- and gives a bounded number of bytes, of what is the caller's
SELECT acting(2, format('SELECT jsonb_array_length(qfs_api.events_batch(%L))', (SELECT jsonb_agg(jsonb_build_object('type', 'NOTE', 'payload', jsonb_build_object('text', repeat('y', 60000)))) FROM generate_series(1, 30)))) AS said;
SELECT acting(2, format('SELECT jsonb_array_length(a -> ''entries''), length(a::text) < 1200000, (a ->> ''head'')::bigint - (a ->> ''next'')::bigint FROM qfs_api.since(%s, 1000) a', seq - 29)) AS bounded FROM qfs.head();

-- ---- whose policy is public sees all of its own entries, and still no list of others' ----
SELECT qfs.set_policy('{"visibility":"public"}') > 0 AS changed;
SELECT acting(3, 'SELECT jsonb_path_query_array(qfs_api.since(0), ''$.entries[*].seq''), jsonb_path_exists(qfs_api.since(0), ''$.entries[*] ? (!exists(@.salt))'')') AS of_public;
SELECT qfs.set_policy('{"visibility":"parties"}') > 0 AS changed;

-- ---- channels: sessions that hear of entries ----
CREATE FUNCTION channels_of(a bigint, b bigint) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT format('%s: %s%s', c.seq - a, string_agg(format('%s/%s', w.n, (SELECT count(*) FROM qfs.session x WHERE x.user_id::text = s.user_id::text AND x.seq <= s.seq)), ' ' ORDER BY w.n, s.seq), CASE WHEN c.ended THEN ' ended' WHEN c.began THEN ' began' END)
  FROM qfs.channels(a, b) c JOIN qfs.session s ON s.session::text = c.session::text JOIN wallet.session w ON w.user_id::text = s.user_id::text
  GROUP BY c.seq, c.began, c.ended ORDER BY c.seq, c.began, c.ended $$;
SELECT seq + 1 AS start FROM qfs.head() \gset
SELECT send(2, 3, 2) > '0' AS sent;
SELECT wallet.sign_in(3) ->> 'created' AS another_session;
SELECT channels_of(:start, :start + 100);
-- rotated, revoked by the account, revoked by the operator, displaced: each ends its channel, and hears of nothing any more
SELECT seq + 1 AS start FROM qfs.head() \gset
SELECT acting(3, 'SELECT qfs_api.session_rotate() ->> ''created''') AS rotated;
SELECT channels_of(:start, :start + 100);
SELECT seq + 1 AS start FROM qfs.head() \gset
SELECT acting(2, format('SELECT qfs_api.session_revoke(%L)', (SELECT session::text FROM qfs.session s WHERE s.user_id::text = wallet.id(2)))) AS revoked;
INSERT INTO qfs.ledger (type, payload) SELECT 'SESSION_REVOKED', jsonb_build_object('session', session::text, 'reason', 'admin') FROM qfs.session s WHERE s.user_id::text = wallet.id(1);
SELECT send(1, 3, 1) AS by_an_ended_session;
SELECT channels_of(:start, :start + 100);
SELECT qfs.set_policy('{"sessions_max":1}') > 0 AS changed;
SELECT seq + 1 AS start FROM qfs.head() \gset
SELECT wallet.sign_in(3) ->> 'created' AS displaces;
SELECT channels_of(:start, :start + 100);
SELECT qfs.set_policy('{"sessions_max":16}') > 0 AS changed;
-- sessions that are open, in pages of accounts
SELECT n, count(s.*) AS open FROM wallet.session w LEFT JOIN qfs.open_sessions() s ON s.user_id::text = w.user_id::text GROUP BY n ORDER BY n;
SELECT wallet.sign_in(n) ->> 'created' AS signed_in FROM generate_series(1, 2) n;
WITH RECURSIVE page (n, last, found) AS (
  SELECT 0, NULL::text, 1::bigint
  UNION ALL SELECT p.n + 1, x.last, x.found FROM page p CROSS JOIN LATERAL (SELECT max(o.user_id::text) AS last, count(*) AS found FROM qfs.open_sessions(p.last, 1) o) x WHERE p.found > 0)
SELECT array_agg(found ORDER BY found) AS in_pages FROM page WHERE n > 0;
-- whom these are for
SELECT role, acting(NULL, 'SELECT count(*) > 0 FROM qfs.channels(0, 9)', role) AS channels, acting(NULL, 'SELECT count(*) > 0 FROM qfs.open_sessions()', role) AS sessions,
       acting(NULL, 'SELECT count(*) > 0 FROM qfs.parties(5)', role) AS parties
FROM unnest(ARRAY['qfs_anon', 'qfs_user', 'qfs_operator', 'qfs_auditor', 'qfs_bridge', 'qfs_monitor']) AS role;

-- ---- whose socket it is ----
BEGIN;
SELECT acting(1, 'SELECT qfs_api.socket_identity()') AS identity;
SELECT h ->> 'X-Qfs-User' = wallet.id(1) AS account, h ->> 'X-Qfs-Session' = (SELECT o.session::text FROM qfs.open_sessions() o WHERE o.user_id::text = wallet.id(1)) AS session, h ->> 'Cache-Control' AS caching
FROM jsonb_array_elements(current_setting('response.headers')::jsonb) h;
ROLLBACK;
SELECT acting(NULL, 'SELECT qfs_api.socket_identity()') AS nobody, acting(NULL, 'SELECT qfs_api.socket_identity()', 'qfs_anon') AS anon;
INSERT INTO qfs.ledger (type, payload) SELECT 'SESSION_REVOKED', jsonb_build_object('session', session::text, 'reason', 'admin') FROM qfs.open_sessions() o WHERE o.user_id::text = wallet.id(3);
SELECT acting(3, 'SELECT qfs_api.socket_identity()') AS ended;
SELECT * FROM qfs.verify();
