-- More sessions than the policy admits: the oldest ends with the sign-in that is one too many, and the entry says so.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/wallet.sql
SELECT length(qfs.genesis('regress.example/log', '{"auth":{"domains":["app.example"],"uris":["https://app.example/login"]},"sessions_max":2,"limits":{"logins_per_minute":1000},"signed":"none"}')::text);
SELECT qfs.register_event_type('SAID', '{}', 'account');
CREATE TABLE signed_in (i int, n int, token text, session text);
CREATE FUNCTION enter(i int, n int) RETURNS text LANGUAGE sql AS $$
  INSERT INTO signed_in SELECT i, n, s ->> 'token', s ->> 'session' FROM sign_in(n) s RETURNING 'session ' || i $$;
-- which sessions of signed_in are meant
CREATE FUNCTION numbers(sessions jsonb) RETURNS int[] LANGUAGE sql AS $$
  SELECT array_agg(i ORDER BY o) FROM jsonb_array_elements(sessions) WITH ORDINALITY x(s, o) LEFT JOIN signed_in ON session = coalesce(s ->> 'session', s #>> '{}') WHERE s <> 'null' $$;
CREATE FUNCTION works(i int) RETURNS text LANGUAGE sql AS $$
  SELECT regexp_replace(try_as('qfs_user', token, 'SELECT jsonb_array_length(qfs_api.events_batch(''[{"type":"SAID","payload":{}}]''))'), '[0-9a-f]{64}', '…') FROM signed_in s WHERE s.i = works.i $$;

-- the third of one account displaces its first, and nobody else's
SELECT enter(1, 1);
SELECT enter(2, 2);
SELECT enter(3, 1);
SELECT i, works(i) FROM generate_series(1, 3) i;
SELECT enter(4, 1);
SELECT i, works(i) FROM generate_series(1, 4) i;
SELECT seq, numbers(jsonb_build_array(outcome #> '{result,displaced}')) AS displaced, accounts #> '{0,rules}' AS rules, jsonb_array_length(accounts #> '{0,state,sessions}') AS now,
       jsonb_array_length(accounts #> '{0,was,sessions}') AS before, accounts #> '{0,was,sessions}' ->> 1 = accounts #> '{0,state,sessions}' ->> 0 AS the_second_stays
FROM qfs.ledger WHERE type = 'LOGIN' ORDER BY seq;
SELECT numbers(a.sessions::jsonb) AS left_over, last_entry FROM qfs.access a WHERE user_id::text = account(1);
SELECT i, ended, reason FROM signed_in s JOIN qfs.session q ON q.session::text = s.session ORDER BY i;
SELECT try_as('qfs_user', token, 'SELECT string_agg(format(''%s %s %s'', started, active, reason), '', '') FROM qfs_api.sessions()') AS sessions FROM signed_in WHERE i = 4;
-- one that displaces nobody says nothing of it
SELECT count(*) FILTER (WHERE outcome -> 'result' ? 'displaced') AS displacing, count(*) FROM qfs.ledger WHERE type = 'LOGIN';

-- a session that ended by itself makes room: rotation takes none, revocation gives one back
SELECT try_as('qfs_user', token, 'SELECT qfs_api.session_rotate() IS NOT NULL') AS rotates FROM signed_in WHERE i = 4;
BEGIN;
SELECT qfs.authenticate(token) IS NOT NULL AS acts FROM signed_in WHERE i = 4;
SELECT qfs_api.session_revoke(session) FROM signed_in WHERE i = 4;
COMMIT;
SELECT enter(5, 1);
SELECT outcome -> 'result' ? 'displaced' AS displaces FROM qfs.ledger ORDER BY seq DESC LIMIT 1;
SELECT i, works(i) ~ '^1$' AS works FROM generate_series(1, 5) i;

-- a smaller number ends none by itself: a sign-in ends the oldest, so there are no more than there were; a larger one lets in more
SELECT qfs.set_policy('{"sessions_max":1}');
SELECT i, works(i) ~ '^1$' AS works FROM unnest(ARRAY[3, 5]) i;
SELECT enter(6, 1);
SELECT numbers(jsonb_build_array(outcome #> '{result,displaced}')) AS displaced, jsonb_array_length(accounts #> '{0,state,sessions}') AS now FROM qfs.ledger ORDER BY seq DESC LIMIT 1;
SELECT qfs.set_policy('{"sessions_max":3}');
SELECT enter(7, 1);
SELECT outcome -> 'result' ? 'displaced' AS displaces, jsonb_array_length(accounts #> '{0,state,sessions}') AS now FROM qfs.ledger ORDER BY seq DESC LIMIT 1;
SELECT i, works(i) ~ '^1$' AS works FROM generate_series(1, 7) i;
-- bounds of the number
SELECT n, attempt(format('SELECT qfs.set_policy(%L)', jsonb_build_object('sessions_max', n))) FROM unnest(ARRAY['0', '1', '16', '17', '-1', '"2"', 'null']::jsonb[]) n;

-- the session of the transaction itself, displaced within it, acts no more
SELECT qfs.set_policy('{"sessions_max":1}');
SELECT enter(8, 3);
BEGIN;
SELECT qfs.authenticate(token) IS NOT NULL AS acts FROM signed_in WHERE i = 8;
SELECT sign_in(3) ->> 'created' AS created;
SELECT regexp_replace(attempt(format('SELECT qfs.authenticate(%L)', token)), '[0-9a-f]{64}', '…') AS again FROM signed_in WHERE i = 8;
ROLLBACK;
SELECT works(8);

-- it is in the ledger: replayed, rebuilt, restored
SELECT * FROM qfs.verify();
SELECT string_agg(i::text, ' ' ORDER BY i) AS active FROM qfs.session_replay((SELECT seq FROM qfs.head())) r JOIN signed_in s ON s.session = r.session::text;
SELECT qfs.rebuild() > 0 AS rebuilt;
SELECT i, ended, reason FROM signed_in s JOIN qfs.session q ON q.session::text = s.session ORDER BY i;
SELECT * FROM qfs.verify();
DROP FUNCTION enter, numbers, works;
