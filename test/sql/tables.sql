-- The tables beside the ledger and those that follow from it: written by qfs alone, whatever rights somebody has.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/accounts.sql
SELECT length(qfs.genesis('regress.example/log', '{"auth":{"domains":["app.example"],"uris":["https://app.example"]},"block_ms":1000}')::text);
SELECT qfs.register_event_type('TICK', '{"properties":{"n":{"type":"integer"}}}');
SELECT count(*) FROM (SELECT wallet.sign_in(n) FROM generate_series(1, 2) n) s;
SELECT acting(n, format('SELECT qfs_api.publish_chat_key(%L)', wallet.chat_key(n::text))) IS NOT NULL AS key FROM generate_series(1, 2) n;
CREATE FUNCTION send(seq int) RETURNS text LANGUAGE sql AS $$
  SELECT acting(1, format('SELECT qfs_api.send_message(%L, %s, %L, %L, %L, %L, %L)', wallet.id(2), seq,
    wallet.base64url(substr(sha256(seq::text::bytea), 1, 12)), wallet.base64url(sha256('body')), 'x25519-hkdf-aes256gcm', wallet.chat_key('1'), wallet.chat_key('2')))
$$;
SELECT send(1), acting(1, $$SELECT qfs_api.set_profile('Alice') ->> 'version'$$) AS profile;

CREATE ROLE regress_writer;
GRANT pg_write_all_data, pg_read_all_data TO regress_writer;
CREATE FUNCTION as_writer(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
BEGIN
  PERFORM set_config('role', 'regress_writer', true);
  result := attempt(command);
  PERFORM set_config('role', session_user, true);
  RETURN left(result, 24);
END $$;
CREATE VIEW tables AS SELECT relname AS t FROM pg_class WHERE relnamespace = 'qfs'::regnamespace AND relkind = 'r' AND relname <> 'ledger';

-- by a role that may write all data; by a superuser; in replica mode (of COPY the SQLSTATE: PostgreSQL words its refusal by version)
SELECT qfs.state_hash() AS before \gset
SELECT t, as_writer(format('INSERT INTO qfs.%I SELECT * FROM qfs.%I', t, t)) AS "insert", as_writer(format('UPDATE qfs.%I SET %I = %I', t, c, c)) AS "update",
       as_writer(format('DELETE FROM qfs.%I', t)) AS "delete", as_writer(format('TRUNCATE qfs.%I', t)) AS "truncate", left(as_writer(format('COPY qfs.%I FROM PROGRAM ''true''', t)), 5) AS copy
FROM tables, LATERAL (SELECT attname AS c FROM pg_attribute WHERE attrelid = ('qfs.' || t)::regclass AND attnum = 1) a ORDER BY t COLLATE "C";
SET session_replication_role = replica;
SELECT DISTINCT left(attempt(format('UPDATE qfs.%I SET %I = %I', t, c, c)), 23) AS "update", left(attempt(format('DELETE FROM qfs.%I', t)), 23) AS "delete",
       left(attempt(format('TRUNCATE qfs.%I', t)), 23) AS "truncate"
FROM tables, LATERAL (SELECT attname AS c FROM pg_attribute WHERE attrelid = ('qfs.' || t)::regclass AND attnum = 1) a;
RESET session_replication_role;
-- cleverer ways: MERGE, a writable CTE, a cursor, a foreign key's action, ON CONFLICT
SELECT attempt($$MERGE INTO qfs.policy p USING (SELECT 1) o ON p.seq = 0 WHEN MATCHED THEN UPDATE SET policy = '{}'$$) AS merge,
       attempt($$WITH gone AS (DELETE FROM qfs.event_type RETURNING *) SELECT * FROM gone$$) AS cte,
       attempt($$INSERT INTO qfs.signing_key SELECT * FROM qfs.signing_key ON CONFLICT (number) DO UPDATE SET seq = 9$$) AS on_conflict;
DO $$
DECLARE
  c CURSOR FOR SELECT * FROM qfs.standing FOR UPDATE;
BEGIN
  OPEN c;
  MOVE c;
  UPDATE qfs.standing SET flx = 1000000 WHERE CURRENT OF c;
EXCEPTION WHEN OTHERS THEN
  RAISE NOTICE '%', SQLERRM;
END $$;
SELECT qfs.state_hash() OPERATOR(qfs.=) :'before'::qfs.hash AS as_before;
SELECT * FROM qfs.verify();

-- what qfs writes goes past them
SELECT send(2), acting(2, format('SELECT qfs_api.mark_read(%L, 2)', qfs.thread(wallet.id(1)::qfs.user_id, wallet.id(2)::qfs.user_id))) AS read,
       acting(2, format('SELECT qfs_api.mark_read(%L, 1)', qfs.thread(wallet.id(1)::qfs.user_id, wallet.id(2)::qfs.user_id))) AS never_back;
SELECT acting(2, format('SELECT qfs_api.erase_message(%L, 1, %L) IS NOT NULL', qfs.thread(wallet.id(1)::qfs.user_id, wallet.id(2)::qfs.user_id), wallet.id(1))) AS erased,
       acting(1, $$SELECT qfs_api.erase_profile() ->> 'erased'$$) AS profile_erased, acting(1, $$SELECT qfs_api.set_profile('Alice', 'again') ->> 'bio'$$) AS profile;
SELECT entry, body IS NULL AS erased FROM qfs.message ORDER BY entry;
SELECT * FROM qfs.verify_new();
SELECT * FROM qfs.verify_new();
SELECT number, size, faults FROM qfs.verification;
SELECT * FROM qfs.verify();
-- in a transaction that may not write, they say so
BEGIN READ ONLY;
SELECT attempt('SELECT * FROM qfs.verify_new()') AS verify_new, attempt('SELECT qfs.add_witness(''x'')') AS witness;
ROLLBACK;

-- a trigger that would miss what qfs writes, as the one that pg_repack puts on a table: nothing is written past it
CREATE FUNCTION regress_log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
SET qfs.ddl_guard = off;
CREATE TRIGGER repack_trigger AFTER INSERT OR DELETE OR UPDATE ON qfs.event_type FOR EACH ROW EXECUTE FUNCTION regress_log();
SELECT attempt($$SELECT qfs.register_event_type('TOCK', '{}')$$) AS type, attempt('SELECT qfs.rebuild()') AS rebuild;
INSERT INTO qfs.ledger (type, payload) VALUES ('TICK', '{"n":1}') RETURNING seq - seq AS others_go_on;
DROP TRIGGER repack_trigger ON qfs.event_type;
CREATE TRIGGER mine AFTER UPDATE ON qfs.profile_content FOR EACH ROW EXECUTE FUNCTION regress_log();
SELECT acting(1, $$SELECT qfs_api.set_profile('Eve')$$) AS profile, acting(1, $$SELECT qfs_api.erase_profile()$$) AS erase;
DROP TRIGGER mine ON qfs.profile_content;
RESET qfs.ddl_guard;
SELECT acting(1, $$SELECT qfs_api.set_profile('Eve') ->> 'display_name'$$) AS profile;
-- a foreign key's triggers do not mind
CREATE TABLE mine (account qfs.user_id REFERENCES qfs.account);
SELECT wallet.sign_in(1) ->> 'created' AS created;
-- a trigger of the application's on messages is told, and can write no message of its own by that
CREATE FUNCTION regress_more() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO qfs.message SELECT 1, NEW.thread, NEW.sender, NEW.recipient, 99, NEW.alg, '\x000102030405060708090a0b', NEW.body, NEW.sender_key, NEW.recipient_key;
  RETURN NULL;
END $$;
CREATE TRIGGER more AFTER INSERT ON qfs.message FOR EACH ROW EXECUTE FUNCTION regress_more();
SELECT send(3) AS one_more;
SELECT left(attempt('INSERT INTO qfs.message SELECT 1, thread, sender, recipient, 99, alg, nonce, body, sender_key, recipient_key FROM qfs.message'), 23) AS afterwards;
DROP TRIGGER more ON qfs.message;
SELECT send(3) IS NOT NULL AS sent;

DROP TABLE mine;
-- where somebody took the guards away and wrote, rebuild mends what follows from the ledger
SELECT qfs.state_hash() AS before \gset
SELECT unguarded($$DELETE FROM qfs.policy$$), unguarded($$UPDATE qfs.event_type SET schema = '{}'$$), unguarded($$DELETE FROM qfs.signing_key$$), unguarded($$UPDATE qfs.standing SET flx = 1$$),
       unguarded($$TRUNCATE qfs.session, qfs.account, qfs.thread$$);
SELECT qfs.rebuild() > 0 AS rebuilt;
SELECT qfs.state_hash() OPERATOR(qfs.=) :'before'::qfs.hash AS as_before;
-- the record of the ledger itself, or the row that says that it is open: it is closed, and opened again
SELECT unguarded($$DELETE FROM qfs.ledger_state$$);
INSERT INTO qfs.ledger (type, payload) VALUES ('TICK', '{"n":2}');
SELECT qfs.post_restore() > 0 AS opened;
SELECT unguarded($$DELETE FROM qfs.opening$$);
\c -
SET qfs.key_file = 'qfs_regress.key';
INSERT INTO qfs.ledger (type, payload) VALUES ('TICK', '{"n":2}');
SELECT qfs.post_restore() > 0 AS opened;
INSERT INTO qfs.ledger (type, payload) VALUES ('TICK', '{"n":2}') RETURNING seq - seq AS open;
SELECT qfs.state_hash() OPERATOR(qfs.=) :'before'::qfs.hash AS as_before;
SELECT * FROM qfs.verify();
SELECT * FROM qfs.self_check();
DROP OWNED BY regress_writer;
DROP ROLE regress_writer;
