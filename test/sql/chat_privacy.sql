-- Who sees what of a message: the two parties its envelope, nobody else, through whatever view, table or function.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/accounts.sql
\i :inputdir/sql/include/lines.sql
SELECT length(qfs.genesis('regress.example/log', '{"auth":{"domains":["app.example"],"uris":["https://app.example"]}}')::text);
SELECT n, wallet.sign_in(n) ->> 'created' AS created, acting(n, format('SELECT qfs_api.publish_chat_key(%L)', wallet.chat_key(n::text))) > '0' AS key FROM generate_series(1, 3) n;
CREATE FUNCTION thread_of(a int, b int) RETURNS text LANGUAGE sql AS $$ SELECT qfs.thread(wallet.id(a)::qfs.user_id, wallet.id(b)::qfs.user_id)::text $$;
CREATE FUNCTION send(a int, b int, seq bigint, secret bytea) RETURNS text LANGUAGE sql AS $$
  SELECT acting(a, format('SELECT qfs_api.send_message(%L, %L, %L, %L, %L, %L, %L)', wallet.id(b), seq, wallet.base64url(substr(sha256(secret), 1, 12)), wallet.base64url(secret),
                          'x25519-hkdf-aes256gcm', wallet.chat_key(a::text), wallet.chat_key(b::text))) $$;
-- one to two, two to one, and two to three, so that three is somebody with a thread of their own
SELECT send(1, 2, 1, 'a first ciphertext of seventeen bytes and more') AS entry;
SELECT send(2, 1, 1, 'another ciphertext of seventeen bytes and more') AS entry;
SELECT send(2, 3, 1, 'a ciphertext that goes to the third of the three') AS entry;
SELECT acting(n, format('SELECT qfs_api.mark_read(%L, 1)', thread_of(1, 2))) AS mark FROM generate_series(1, 2) n;
-- what may not be seen: ciphertexts and nonces of the pair, in every form that a column could have
CREATE TABLE wallet.secret_form AS
SELECT DISTINCT form FROM qfs.message m, unnest(ARRAY[encode(m.body, 'hex'), wallet.base64url(m.body), encode(m.body, 'escape'), encode(m.nonce, 'hex'), wallet.base64url(m.nonce)]) AS form
WHERE m.thread OPERATOR(qfs.=) thread_of(1, 2)::qfs.hash;
SELECT count(*) AS forms FROM wallet.secret_form;
GRANT USAGE ON SCHEMA wallet TO PUBLIC;
GRANT SELECT ON wallet.secret_form TO PUBLIC;

-- every table and view of qfs, as every role: of what can be read, how many rows show a secret
CREATE FUNCTION leaks(n int, as_role text) RETURNS TABLE (reads boolean, leaking text) LANGUAGE plpgsql AS $$
DECLARE
  relation regclass;
  answer text;
BEGIN
  reads := false;
  FOR relation IN SELECT oid FROM pg_class WHERE relnamespace::regnamespace::text IN ('qfs', 'qfs_api') AND relkind IN ('r', 'v') ORDER BY relname LOOP
    answer := acting(n, format('SELECT count(*) FROM %s t WHERE EXISTS (SELECT FROM wallet.secret_form s WHERE position(s.form IN t::text) > 0)', relation), as_role);
    reads := reads OR answer ~ '^\d+$';
    leaking := CASE WHEN answer !~ '^(0$|42501 permission denied)' THEN concat_ws('; ', leaking, relation || ': ' || answer) ELSE leaking END;
  END LOOP;
  RETURN NEXT;
END $$;
SELECT who, role, l.* FROM (VALUES ('one', 1), ('three', 3)) AS w(who, n), unnest(ARRAY['qfs_anon', 'qfs_user', 'qfs_operator', 'qfs_auditor']) AS role, leaks(n, role) l;
SELECT role, l.* FROM unnest(ARRAY['qfs_anon', 'qfs_user', 'qfs_operator', 'qfs_auditor']) AS role, leaks(NULL, role) l;
-- the check does find what can be seen: a superuser is above row security
SELECT leaking FROM leaks(NULL, session_user::text);
-- and row security binds the owner of the tables, whom functions with the definer's rights run as
SELECT who, acting(n, 'SELECT count(*) FROM qfs.message', 'qfs_owner') AS messages, acting(n, 'SELECT count(*) FROM qfs.read_mark', 'qfs_owner') AS marks
FROM (VALUES ('one', 1), ('two', 2), ('three', 3)) AS w(who, n);
SELECT acting(NULL, 'SELECT count(*) FROM qfs.message', 'qfs_owner') AS nobody;
-- pg_read_all_data stops at row security, BYPASSRLS at privileges; both together see everything
CREATE ROLE regress_reader IN ROLE pg_read_all_data;
SELECT acting(NULL, 'SELECT count(*) FROM qfs.message', 'regress_reader') AS reads_all_data;
ALTER ROLE regress_reader BYPASSRLS;
SELECT acting(NULL, 'SELECT count(*) FROM qfs.message', 'regress_reader') AS both;
REVOKE pg_read_all_data FROM regress_reader;
SELECT acting(NULL, 'SELECT count(*) FROM qfs.message', 'regress_reader') AS bypasses;
DROP ROLE regress_reader;
-- row_security = off, which somebody left behind in a pool: the functions go on, for the parties alone; whoever reads the tables gets an error instead of rows
BEGIN;
SET LOCAL row_security = off;
SELECT acting(3, 'SELECT count(*) FROM qfs.message', 'qfs_owner') AS as_owner;
SELECT who, acting(n, format('SELECT count(*), count(body) FROM qfs_api.messages(%L)', thread_of(2, 3))) AS messages, acting(n, 'SELECT count(*), sum(unread) FROM qfs_api.inbox()') AS inbox,
       acting(n, format('SELECT qfs_api.mark_read(%L, 0)', thread_of(2, 3))) AS mark, left(acting(n, format('SELECT qfs_api.explain_message(%L, 1, %L)', thread_of(2, 3), wallet.id(2))), 12) AS explained,
       left(acting(n, format('SELECT qfs_api.erase_message(%L, 1, %L)', thread_of(2, 3), wallet.id(2))), 24) AS erased FROM (VALUES ('one', 1), ('three', 3)) AS w(who, n);
SELECT send(3, 2, 1, 'sent while row security was off in the session') > '0' AS sent;
-- a trigger of the application's has the envelope take the way of a statement
SET LOCAL qfs.ddl_guard = off;
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER app_nothing AFTER INSERT ON qfs.message FOR EACH ROW EXECUTE FUNCTION nothing();
SELECT send(3, 2, 2, 'sent as a statement, and as off as it was before') > '0' AS sent;
ROLLBACK;
-- writing as the owner: not in another's name, nor to another's marks
SELECT acting(3, format($$UPDATE qfs.message SET body = NULL WHERE entry = %s$$, (SELECT min(entry) FROM qfs.message)), 'qfs_owner') AS nothing_to_update,
       acting(3, 'DELETE FROM qfs.message WHERE recipient OPERATOR(qfs.<>) qfs.current_user_id()', 'qfs_owner') AS nothing_to_delete,
       acting(3, $$UPDATE qfs.message SET sender = recipient WHERE true$$, 'qfs_owner') AS to_oneself,
       acting(3, format($$INSERT INTO qfs.message SELECT 99, thread, %L, %L, 9, alg, '\x000102030405060708090a0b', body, sender_key, recipient_key FROM qfs.message$$, wallet.id(1), wallet.id(2)), 'qfs_owner') AS in_anothers_name,
       acting(3, format($$INSERT INTO qfs.read_mark VALUES (%L, %L, 0)$$, thread_of(1, 3), wallet.id(1)), 'qfs_owner') AS anothers_mark;
SELECT count(*) AS envelopes, count(body) AS bodies FROM qfs.message;

-- every function of qfs_api that reads, as the third: of another pair's thread or message nothing
SELECT command, acting(3, command)
FROM unnest(ARRAY[format('SELECT * FROM qfs_api.messages(%L)', thread_of(1, 2)), format('SELECT * FROM qfs_api.messages(upper(%L))', thread_of(1, 2)), format('SELECT qfs_api.mark_read(%L, 1)', thread_of(1, 2)),
                  format('SELECT qfs_api.erase_message(%L, 1)', thread_of(1, 2)), format('SELECT qfs_api.erase_message(%L, 1, %L)', thread_of(1, 2), wallet.id(1)),
                  'SELECT public.parts_of(qfs_api.entry(7))', 'SELECT count(payload), count(outcome), count(actor) FROM qfs_api.ledger WHERE seq IN (7, 8)', 'SELECT length(qfs_api.entry_bundle(0, 10)) > 0']) AS command;
SELECT acting(3, 'SELECT peer FROM qfs_api.inbox()') = wallet.id(2) AS own_thread_only;
-- the ledger's entry itself concerns both parties, and an auditor; it holds a commitment
SELECT seq, acting(1, format('SELECT count(payload) FROM qfs_api.ledger WHERE seq = %s', seq)) AS one, acting(2, format('SELECT count(payload) FROM qfs_api.ledger WHERE seq = %s', seq)) AS two,
       acting(3, format('SELECT count(payload) FROM qfs_api.ledger WHERE seq = %s', seq)) AS three, acting(3, format('SELECT count(payload) FROM qfs_api.ledger WHERE seq = %s', seq), 'qfs_auditor') AS auditor
FROM unnest(ARRAY[7, 8]) AS seq;
SELECT acting(NULL, 'SELECT count(*) FROM qfs_api.ledger WHERE payload ->> ''hash'' IS NOT NULL', 'qfs_auditor') AS commitments_of_an_auditor,
       acting(NULL, 'SELECT count(*) FROM qfs.message', 'qfs_auditor') AS envelopes_of_an_auditor;
SELECT count(*) AS secrets_on_the_ledger FROM qfs.export() line, wallet.secret_form s WHERE position(s.form IN line) > 0;

-- a commitment that does not match its content is seen by whoever has both
SELECT m.entry, qfs.message_hash(m.sender, m.recipient, m.seq, m.nonce, m.body)::text = l.payload ->> 'hash' AS as_sent,
       qfs.message_hash(m.sender, m.recipient, m.seq, m.nonce, set_bit(m.body, 0, 1 - get_bit(m.body, 0)))::text = l.payload ->> 'hash' AS one_bit_of_the_body,
       qfs.message_hash(m.sender, m.recipient, m.seq, set_bit(m.nonce, 0, 1 - get_bit(m.nonce, 0)), m.body)::text = l.payload ->> 'hash' AS one_bit_of_the_nonce,
       qfs.message_hash(m.recipient, m.sender, m.seq, m.nonce, m.body)::text = l.payload ->> 'hash' AS sender_for_recipient,
       qfs.message_hash(m.sender, m.recipient, m.seq + 1, m.nonce, m.body)::text = l.payload ->> 'hash' AS another_number
FROM qfs.message m JOIN qfs.ledger l ON l.seq = m.entry ORDER BY 1;

-- row security that was taken away, in whatever way, is reported
CREATE TABLE commands (n int GENERATED ALWAYS AS IDENTITY, command text);
CREATE FUNCTION found(command text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  results text[];
BEGIN
  SET qfs.ddl_guard = off;
  EXECUTE command;
  SET qfs.ddl_guard = on;
  SELECT array_agg(concat_ws(' ', code, detail) ORDER BY detail COLLATE "C") INTO results FROM qfs.self_check();
  RAISE EXCEPTION USING ERRCODE = 'QFSOK', MESSAGE = 'undo';
EXCEPTION WHEN SQLSTATE 'QFSOK' THEN
  RETURN QUERY SELECT unnest(results);
END $$;
INSERT INTO commands (command) VALUES
  ('ALTER TABLE qfs.message DISABLE ROW LEVEL SECURITY'), ('ALTER TABLE qfs.read_mark DISABLE ROW LEVEL SECURITY'),
  ('ALTER TABLE qfs.message NO FORCE ROW LEVEL SECURITY'), ('ALTER TABLE qfs.read_mark NO FORCE ROW LEVEL SECURITY'),
  ('CREATE POLICY all_of_them ON qfs.message USING (true)'), ('DROP POLICY parties ON qfs.message'), ('DROP POLICY reader ON qfs.read_mark'),
  ('ALTER POLICY parties ON qfs.message USING (true)'), ('ALTER POLICY parties ON qfs.message WITH CHECK (true)'), ('ALTER POLICY reader ON qfs.read_mark USING (user_id IS NOT NULL)'),
  ('ALTER POLICY parties ON qfs.message TO qfs_auditor'), ('ALTER POLICY parties ON qfs.message RENAME TO others'),
  ('DROP POLICY parties ON qfs.message; CREATE POLICY parties ON qfs.message FOR SELECT USING (sender OPERATOR(qfs.=) qfs.current_user_id() OR recipient OPERATOR(qfs.=) qfs.current_user_id())'),
  ('GRANT SELECT ON qfs.message TO qfs_auditor'), ('ALTER ROLE qfs_owner BYPASSRLS'), ('SELECT 1');
SELECT n, command, f AS found FROM commands LEFT JOIN LATERAL found(command) f ON true ORDER BY n, f COLLATE "C";
-- the guard refuses them to begin with
SELECT n, left(attempt(command), 22) AS refused FROM commands WHERE command ~ '^(ALTER (TABLE|POLICY)|CREATE POLICY|DROP POLICY)' ORDER BY n;
