-- Doors: recorded entries enter a ledger that is closed, events one that is open, and nothing else.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/wallet.sql
\i :inputdir/sql/include/lines.sql
SELECT length(qfs.genesis('regress.example/log', '{"auth":{"domains":["app.example"],"uris":["https://app.example/login"]}}')::text);
SELECT qfs.register_event_type('NOTE', '{}', 'account'), qfs.register_event_type('TICK', '{}');
CREATE TABLE alice AS SELECT sign_in(1) AS session;
INSERT INTO qfs.ledger (type, payload) SELECT 'TICK', '{}' FROM generate_series(4, 7);
CREATE TABLE saved AS SELECT seq, to_jsonb(l) AS row FROM qfs.ledger l;

-- The next entry of a ledger, as a line and as a row; outcome and time are the caller's.
CREATE FUNCTION next_line(type text, actor text, auth jsonb, outcome jsonb, ms bigint DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
  SELECT line_of(jsonb_build_object('seq', h.seq + 1, 'prev', h.hash::text, 'at', coalesce(ms, h.at), 'type', type, 'actor', actor, 'auth', auth,
                                    'payload', '{}'::jsonb, 'sig', NULL, 'outcome', outcome, 'accounts', '[]'::jsonb, 'salt', '\x' || repeat('5a', 16))) FROM qfs.head() h
$$;
CREATE FUNCTION insert_of(line text) RETURNS text LANGUAGE sql AS $$
  SELECT format('INSERT INTO qfs.ledger (seq, at, type, actor, auth, payload, outcome, accounts, salt, prev, hash, nodes) VALUES (%s, %s, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L)',
    j ->> 'seq', j ->> 'at', j #>> '{act,type}', nullif(j #>> '{act,actor}', 'system'), j #> '{act,auth}', j -> 'payload', j -> 'outcome', j -> 'accounts',
    '\x' || (j ->> 'salt'), j ->> 'prev', hash_of(line), CASE WHEN (j ->> 'seq')::int % 2 = 0 THEN '\x' END)
  FROM (SELECT line::jsonb AS j) l
$$;
-- a NOTE in Alice's name, by her session, whose id is there for everybody who reads
CREATE FUNCTION forged_note(ms bigint DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
  SELECT next_line('NOTE', account(1), jsonb_build_object('via', 'session', 'session', session ->> 'session'),
                   jsonb_build_object('policy', (SELECT l.outcome #>> '{result,policy}' FROM qfs.ledger l WHERE seq = 0),
                                      'read', jsonb_build_object(account(1), jsonb_build_object('access', 3))), ms)
  FROM alice
$$;

-- ---- an open ledger takes no recorded entry, whoever brings it, by whatever path ----
SELECT attempt(insert_of(forged_note())) AS inserted, attempt(format('SELECT qfs.import(ARRAY[%L])', forged_note())) AS imported,
       attempt(insert_of(next_line('TICK', 'system', '{"via":"operator"}', '{}', 2209000000000))) AS of_2040;
-- not with all rights on the table, nor as its owner, nor in replica mode, nor with one computed column alone
CREATE ROLE regress_writer;
GRANT pg_write_all_data, pg_read_all_data TO regress_writer;
GRANT USAGE ON SCHEMA qfs, public TO regress_writer;
GRANT ALL ON alice, saved TO regress_writer;
CREATE FUNCTION as_role(role text, command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
BEGIN
  PERFORM set_config('role', role, true);
  result := attempt(command);
  PERFORM set_config('role', session_user, true);
  RETURN result;
END $$;
SELECT r AS role, as_role(r, insert_of(forged_note())) AS inserted, as_role(r, format('SELECT qfs.import(ARRAY[%L])', forged_note())) AS imported
FROM unnest(ARRAY['regress_writer', 'qfs_operator', 'qfs_owner', 'qfs_user']) AS r;
SET session_replication_role = replica;
SELECT attempt(insert_of(forged_note())) AS replicated;
RESET session_replication_role;
SELECT c, attempt(format('INSERT INTO qfs.ledger (type, payload, %I) SELECT %L, %L, %I FROM qfs.ledger WHERE seq = 4', c, 'TICK', '{}', c)) AS one_column
FROM unnest(ARRAY['seq', 'at', 'outcome', 'accounts', 'salt', 'prev', 'hash', 'nodes']) AS c;
SELECT current_setting('data_directory') || '/qfs_regress.copy' AS copied \gset
COPY (SELECT * FROM qfs.ledger WHERE seq = 6) TO :'copied';
COPY qfs.ledger FROM :'copied';
-- a statement with an event and a recorded entry
SELECT attempt('INSERT INTO qfs.ledger (type, payload, outcome) VALUES (''TICK'', ''{}'', NULL), (''TICK'', ''{}'', ''{}'')') AS both;
-- lines that are there already are compared, and that is all
SELECT qfs.import(array(SELECT qfs.export())) AS known;
SELECT size FROM qfs.head();
SELECT * FROM qfs.verify();

-- ---- a closed ledger takes recorded entries, of whoever may restore, and no event ----
\set upto 4
\i :inputdir/sql/include/restored.sql
SELECT attempt($$INSERT INTO qfs.ledger (type, payload) VALUES ('TICK', '{}')$$) AS event,
       attempt($$SELECT qfs.register_event_type('X', '{}')$$) AS type, attempt('SELECT qfs.rotate_keys()') AS keys;
CREATE FUNCTION recorded(n bigint) RETURNS text LANGUAGE sql AS $$
  SELECT format('INSERT INTO qfs.ledger SELECT (jsonb_populate_record(NULL::qfs.ledger, %L)).*', row) FROM saved WHERE seq = n
$$;
SELECT as_role('regress_writer', recorded(5)) AS may_write_all, as_role('qfs_operator', recorded(5)) AS operator, as_role('qfs_owner', recorded(5)) AS owner;
SELECT qfs.post_restore();
SELECT attempt(recorded(6)) AS after_opening;
INSERT INTO qfs.ledger (type, payload) VALUES ('TICK', '{}') RETURNING seq;

-- an import leaves it closed until it is opened, and is judged entry by entry
\set upto -1
\i :inputdir/sql/include/restored.sql
CREATE TABLE lines AS SELECT seq, line_of(row) AS line FROM saved;
SELECT as_role('qfs_operator', 'SELECT qfs.import(''{}'')') AS operator;
SELECT qfs.import(array_agg(line ORDER BY seq)) FROM lines WHERE seq < 4;
SELECT attempt($$INSERT INTO qfs.ledger (type, payload) VALUES ('TICK', '{}')$$) AS event, attempt($$SELECT qfs.genesis('regress.example/log')$$) AS genesis;
SELECT qfs.import(array_agg(line ORDER BY seq)) FROM lines WHERE seq BETWEEN 2 AND 5;
SELECT attempt(insert_of(next_line('TICK', 'system', '{"via":"operator"}', '{"x":1}'))) AS wrong_outcome, attempt(recorded(6)) AS next;
SELECT item, status, value, remedy FROM qfs.health() WHERE item = 'ledger';
SELECT qfs.post_restore();
INSERT INTO qfs.ledger (type, payload) VALUES ('TICK', '{}') RETURNING seq;
SELECT * FROM qfs.verify();

-- ---- time ----
-- entries ahead of the clock enter a closed ledger; it is opened by who says that it may be
\set upto 5
\i :inputdir/sql/include/restored.sql
SELECT attempt(insert_of(next_line('TICK', 'system', '{"via":"operator"}', '{}', (extract(epoch FROM clock_timestamp()) * 1000)::bigint + 86400000))) AS tomorrow;
SELECT regexp_replace(attempt('SELECT qfs.post_restore()'), '\d{5} s', '… s') AS ahead, count(*) AS open FROM qfs.opening;
SELECT as_role('qfs_owner', 'SELECT qfs.post_restore(accept_time => true)') AS not_a_superuser;
SELECT qfs.post_restore(accept_time => true);
SELECT status, regexp_replace(value, '\d{5} s', '… s') AS value, remedy FROM qfs.health() WHERE item = 'head';
-- and people sign in, in the ledger's time: with a nonce, a challenge, a token, a session that is active
SELECT sign_in(2) ->> 'created' AS created;
SELECT qfs_api.auth_challenge(wallet(2), NULL, 1) AS challenge \gset
SELECT qfs_api.auth_login(:'challenge', sign(2, :'challenge')) ->> 'created' AS by_challenge;
CREATE TABLE bob AS SELECT sign_in(2) AS session;
SELECT qfs.authenticate(session ->> 'token') ::text = account(2) AS authenticated FROM bob;
SELECT try_as('qfs_user', session ->> 'token', 'SELECT string_agg(active::text, '','') FROM qfs_api.sessions()') AS active,
       try_as('qfs_user', session ->> 'token', 'SELECT (qfs_api.session_rotate() ->> ''user_id'') = account(2)') AS rotated FROM bob;
SELECT * FROM qfs.verify();
-- a minute is no fault: clocks differ
\i :inputdir/sql/include/restored.sql
SELECT attempt(insert_of(next_line('TICK', 'system', '{"via":"operator"}', '{}', (extract(epoch FROM clock_timestamp()) * 1000)::bigint + 50000))) AS soon;
SELECT qfs.post_restore();

-- ---- what is beside the ledger comes along while it is closed ----
\i :inputdir/sql/include/restored.sql
SELECT t, as_role(r, format('INSERT INTO qfs.%I SELECT * FROM qfs.%I', t, t)) AS none
FROM unnest(ARRAY['witness', 'cosignature', 'message', 'profile_content', 'read_mark', 'batch']) AS t, unnest(ARRAY['qfs_owner']) AS r;
INSERT INTO qfs.witness VALUES ('w+6fe0949e+BBkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZ', now());
SELECT as_role('regress_writer', $$INSERT INTO qfs.witness VALUES ('y', now())$$) AS may_write_all;
SELECT attempt('UPDATE qfs.witness SET vkey = ''y''') AS "update", attempt('DELETE FROM qfs.witness') AS "delete", attempt('TRUNCATE qfs.witness') AS "truncate";
-- a content that nobody committed to, an envelope of an entry that is none: it stays closed
BEGIN;
INSERT INTO qfs.profile_content VALUES (account(1)::qfs.user_id, 1, sha256('salt'), '{}');
SELECT attempt('SELECT qfs.post_restore()') AS content;
ROLLBACK;
BEGIN;
INSERT INTO qfs.message VALUES (4, sha256('t')::qfs.hash, account(1)::qfs.user_id, account(2)::qfs.user_id, 1, 'x25519-hkdf-aes256gcm', '\x000102030405060708090a0b', NULL, sha256('a')::qfs.hash, sha256('b')::qfs.hash);
SELECT attempt('SELECT qfs.post_restore()') AS envelope;
ROLLBACK;
BEGIN;
INSERT INTO qfs.message VALUES (4000, sha256('t')::qfs.hash, account(1)::qfs.user_id, account(2)::qfs.user_id, 1, 'x25519-hkdf-aes256gcm', '\x000102030405060708090a0b', NULL, sha256('a')::qfs.hash, sha256('b')::qfs.hash);
SELECT attempt('SELECT qfs.post_restore()') AS of_nothing;
ROLLBACK;
-- nor with a cosignature that nobody made: it would be served under our checkpoint
BEGIN;
INSERT INTO qfs.cosignature VALUES (4, 'x', E'rubbish\n');
SELECT attempt('SELECT qfs.post_restore()') AS cosignature;
ROLLBACK;
-- nor with a witness whose key is none, a mark of a thread, or a batch of entries, that are not there
BEGIN;
INSERT INTO qfs.witness VALUES ('x', now());
SELECT attempt('SELECT qfs.post_restore()') AS witness;
ROLLBACK;
BEGIN;
INSERT INTO qfs.read_mark VALUES (sha256('t')::qfs.hash, account(1)::qfs.user_id, 1);
SELECT attempt('SELECT qfs.post_restore()') AS mark;
ROLLBACK;
BEGIN;
INSERT INTO qfs.batch VALUES (account(1)::qfs.user_id, 'one', '[{"seq": 4000, "hash": "00", "outcome": {}}]');
SELECT attempt('SELECT qfs.post_restore()') AS batch;
ROLLBACK;
-- nulls, which the tables do not admit before somebody has them forget it
BEGIN;
SET LOCAL qfs.ddl_guard = off;
ALTER TABLE qfs.message ALTER nonce DROP NOT NULL;
INSERT INTO qfs.message SELECT 4, sha256('t')::qfs.hash, account(1)::qfs.user_id, account(2)::qfs.user_id, 1, 'x25519-hkdf-aes256gcm', NULL, NULL, sha256('a')::qfs.hash, sha256('b')::qfs.hash;
SELECT attempt('SELECT qfs.post_restore()') AS no_nonce;
ROLLBACK;
SELECT qfs.post_restore();
SELECT t, attempt(format('INSERT INTO qfs.%I SELECT * FROM qfs.%I', t, t)) AS no_row FROM unnest(ARRAY['witness', 'message']) AS t;
SELECT attempt($$INSERT INTO qfs.witness VALUES ('y', now())$$) AS after_opening;
-- from 17 on what it had when the extension was made anew counts as initial privileges, which nothing else takes away
SET qfs.ddl_guard = off;
DROP OWNED BY regress_writer;
RESET qfs.ddl_guard;
DROP ROLE regress_writer;

-- an empty one does not begin with contents that nothing commits to
\set upto -1
\i :inputdir/sql/include/restored.sql
BEGIN;
INSERT INTO qfs.profile_content VALUES (account(1)::qfs.user_id, 1, sha256('salt'), '{}');
SELECT attempt('SELECT qfs.genesis(''regress.example/log'')') AS begun;
ROLLBACK;
SELECT length(qfs.genesis('regress.example/log')::text);
