-- qfs.verify beside the entries: rows that the index does not lead to, and contents off the ledger that are not what it commits to.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/accounts.sql
SELECT length(qfs.genesis('regress.example/log', '{"auth":{"domains":["app.example"],"uris":["https://app.example"]}}')::text);
SELECT qfs.register_event_type('NOTE', '{}');
INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', jsonb_build_object('n', n) FROM generate_series(2, 9) n;
SELECT * FROM qfs.verify();

-- past_the_index: runs a command whose rows the index does not learn of
CREATE PROCEDURE past_the_index(command text) LANGUAGE plpgsql AS $$
BEGIN
  SET LOCAL qfs.ddl_guard = off;
  ALTER TABLE qfs.ledger DISABLE TRIGGER ALL;
  UPDATE pg_index SET indisready = false WHERE indexrelid = 'qfs.ledger_pkey'::regclass;
  EXECUTE command;
  UPDATE pg_index SET indisready = true WHERE indexrelid = 'qfs.ledger_pkey'::regclass;
  ALTER TABLE qfs.ledger ENABLE ALWAYS TRIGGER zzz_qfs_append, ENABLE ALWAYS TRIGGER zzz_qfs_refuse_row, ENABLE ALWAYS TRIGGER zzz_qfs_refuse_statement;
END $$;
-- checked: what verify says after a command, which is then undone
CREATE FUNCTION checked(command text, depth text DEFAULT 'hashes') RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  faults text[];
BEGIN
  SET LOCAL qfs.ddl_guard = off;
  ALTER TABLE qfs.profile_content DISABLE TRIGGER USER;
  ALTER TABLE qfs.message DISABLE TRIGGER USER;
  ALTER TABLE qfs.cosignature DISABLE TRIGGER USER;
  ALTER TABLE qfs.witness DISABLE TRIGGER USER;
  ALTER TABLE qfs.read_mark DISABLE TRIGGER USER;
  ALTER TABLE qfs.batch DISABLE TRIGGER USER;
  EXECUTE command;
  faults := ARRAY(SELECT concat_ws(' ', v.seq, v.code, v.detail) FROM qfs.verify(depth => checked.depth) v);
  RAISE EXCEPTION 'undo';
EXCEPTION WHEN raise_exception THEN
  RETURN QUERY SELECT unnest(faults);
END $$;
-- a second row of an entry, one behind the end, one in front of the beginning; an entry that was hidden, and one that was exchanged
SELECT checked($$CALL past_the_index('INSERT INTO qfs.ledger SELECT * FROM qfs.ledger WHERE seq = 4')$$);
SELECT checked($$CALL past_the_index('INSERT INTO qfs.ledger SELECT 10, at, type, actor, auth, payload, sig, outcome, accounts, salt, hash, hash, nodes FROM qfs.ledger WHERE seq = 9')$$);
SELECT checked($$CALL past_the_index('INSERT INTO qfs.ledger SELECT -1, at, type, actor, auth, payload, sig, outcome, accounts, salt, hash, hash, nodes FROM qfs.ledger WHERE seq = 9')$$);
SELECT checked($$CALL past_the_index('WITH r AS (DELETE FROM qfs.ledger WHERE seq = 9 RETURNING *) INSERT INTO qfs.ledger SELECT * FROM r')$$);
SELECT checked($$CALL past_the_index('WITH r AS (DELETE FROM qfs.ledger WHERE seq = 5 RETURNING *) INSERT INTO qfs.ledger SELECT * FROM r')$$);
SELECT checked($$CALL past_the_index('INSERT INTO qfs.ledger SELECT * FROM qfs.ledger')$$);
-- what is checked in part is not counted
SELECT count(*) FROM qfs.verify(3, 7, 'hashes');
-- the hint helps: the index is made again, and what is still there twice is named by its number
CALL past_the_index('WITH r AS (DELETE FROM qfs.ledger WHERE seq = 9 RETURNING *) INSERT INTO qfs.ledger SELECT * FROM r');
SELECT seq, code FROM qfs.verify();
SELECT size FROM qfs.head();
REINDEX INDEX qfs.ledger_pkey;
SELECT * FROM qfs.verify();
SELECT size FROM qfs.head();

-- contents: three accounts, two profiles, two messages
SELECT n, wallet.sign_in(n) ->> 'created' AS created FROM generate_series(1, 3) n;
SELECT n, acting(n, format('SELECT qfs_api.set_profile(%L, %L)', 'Alice ' || n, 'I write.'))::jsonb ->> 'version' AS version FROM generate_series(1, 2) n;
SELECT acting(1, 'SELECT qfs_api.set_profile(''Alice A.'')')::jsonb ->> 'version' AS version;
SELECT n, acting(n, format('SELECT qfs_api.publish_chat_key(%L)', wallet.chat_key(n::text))) IS NOT NULL AS published FROM generate_series(1, 2) n;
SELECT acting(n, format('SELECT qfs_api.send_message(%L, %L, %L, %L, %L, %L, %L)', wallet.id(3 - n), 1, wallet.base64url(substr(sha256(n::text::bytea), 1, 12)),
                        wallet.base64url('\x00112233445566778899aabbccddeeff00'), 'x25519-hkdf-aes256gcm', wallet.chat_key(n::text), wallet.chat_key((3 - n)::text))) IS NOT NULL AS sent
FROM generate_series(1, 2) n;
SELECT acting(2, format('SELECT qfs_api.mark_read(%L, 1)', thread)) AS read FROM qfs.thread;
SELECT qfs.register_event_type('SAID', '{}', 'account') IS NOT NULL AS registered;
SELECT n, acting(n, format('SELECT jsonb_array_length(qfs_api.events_batch(%L, %L))', events, 'one')) AS batch
FROM (VALUES (1, '[{"type":"SAID","payload":{"n":1.0}},{"type":"SAID","payload":{"é":"\u0007","a":[{}]}}]'), (2, '[]')) AS b(n, events);
-- vkey: a verifier key of a name, type and key, or with the id of others
CREATE FUNCTION vkey(name text, type text, key bytea, of text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws('+', name, encode(substr(sha256(convert_to(coalesce(of, name), 'UTF8') || '\x0a' || decode(type, 'hex') || key), 1, 4), 'hex'), encode(decode(type, 'hex') || key, 'base64')) $$;
SELECT qfs.add_witness(vkey('witness.example/w', '04', decode(repeat('19', 32), 'hex')));
SELECT * FROM qfs.verify();
CREATE TABLE commands (n serial, command text);
INSERT INTO commands (command) VALUES
  ('UPDATE qfs.profile_content SET content = replace(content, ''Alice A.'', ''Alice B.'')'),
  ('UPDATE qfs.profile_content SET salt = sha256(salt) WHERE content ~ ''Alice 2'''),
  ('UPDATE qfs.profile_content SET salt = substr(salt, 2) WHERE content ~ ''Alice 2'''),
  ('UPDATE qfs.profile_content SET version = version - 1 WHERE content ~ ''Alice A'''),
  ('UPDATE qfs.profile_content SET content = NULL WHERE content ~ ''Alice 2'''),
  ('UPDATE qfs.profile_content a SET content = b.content, salt = b.salt FROM qfs.profile_content b WHERE a.user_id OPERATOR(qfs.<>) b.user_id'),
  ('INSERT INTO qfs.profile_content SELECT wallet.id(3)::qfs.user_id, 1, salt, content FROM qfs.profile_content LIMIT 1'),
  ('UPDATE qfs.message SET body = set_byte(body, 3, 7)'),
  ('UPDATE qfs.message SET nonce = sender_key::bytea WHERE sender OPERATOR(qfs.=) wallet.id(1)::qfs.user_id'),
  ('UPDATE qfs.message SET nonce = substr(sha256(nonce), 1, 12) WHERE sender OPERATOR(qfs.=) wallet.id(1)::qfs.user_id'),
  ('UPDATE qfs.message SET seq = 2'),
  ('UPDATE qfs.message SET body = NULL, seq = 7, sender = recipient, recipient = sender WHERE sender OPERATOR(qfs.=) wallet.id(1)::qfs.user_id'),
  ('UPDATE qfs.message SET body = NULL, recipient = wallet.id(3)::qfs.user_id WHERE sender OPERATOR(qfs.=) wallet.id(1)::qfs.user_id'),
  ('UPDATE qfs.message SET entry = entry + 1000'),
  ('UPDATE qfs.message SET entry = 3 WHERE sender OPERATOR(qfs.=) wallet.id(1)::qfs.user_id'),
  ('UPDATE qfs.message SET entry = -entry'),
  ('UPDATE qfs.message SET thread = sender_key WHERE sender OPERATOR(qfs.=) wallet.id(1)::qfs.user_id'),
  ('INSERT INTO qfs.cosignature VALUES (4, ''x'', E''rubbish\n'')'),
  ('INSERT INTO qfs.witness VALUES (''x'', now())'),
  ('INSERT INTO qfs.witness VALUES (vkey(''w'', ''04'', decode(repeat(''00'', 32), ''hex'')), now())'),
  ('INSERT INTO qfs.witness VALUES (vkey(''w'', ''04'', decode(repeat(''19'', 32), ''hex''), ''v''), now())'),
  ('INSERT INTO qfs.witness VALUES (vkey(''w'', ''01'', decode(repeat(''19'', 32), ''hex'')), now())'),
  ('UPDATE qfs.witness SET vkey = vkey || '' '''),
  ('UPDATE qfs.read_mark SET seq = 2'),
  ('UPDATE qfs.read_mark SET seq = -1'),
  ('UPDATE qfs.read_mark SET user_id = wallet.id(3)::qfs.user_id'),
  ('UPDATE qfs.read_mark SET thread = sha256(''t'')::qfs.hash'),
  ('UPDATE qfs.batch SET batch_id = '''' WHERE result = ''[]'''),
  ('UPDATE qfs.batch SET batch_id = repeat(''x'', 65)'),
  ('UPDATE qfs.batch SET user_id = wallet.id(3)::qfs.user_id WHERE result <> ''[]'''),
  ('UPDATE qfs.batch SET result = result -> 0 WHERE result <> ''[]'''),
  ('UPDATE qfs.batch SET result = jsonb_set(result, ''{1,seq}'', ''1000'') WHERE result <> ''[]'''),
  ('UPDATE qfs.batch SET result = jsonb_set(result, ''{1,seq}'', ''-1'') WHERE result <> ''[]'''),
  ('UPDATE qfs.batch SET result = jsonb_set(result, ''{1,seq}'', ''1.5'') WHERE result <> ''[]'''),
  ('UPDATE qfs.batch SET result = jsonb_set(result, ''{1,seq}'', result #> ''{0,seq}'') WHERE result <> ''[]'''),
  ('UPDATE qfs.batch SET result = jsonb_set(result, ''{1,hash}'', result #> ''{0,hash}'') WHERE result <> ''[]'''),
  ('UPDATE qfs.batch SET result = jsonb_set(result, ''{0,outcome,status}'', ''"GOOD"'') WHERE result <> ''[]'''),
  ('UPDATE qfs.batch SET result = jsonb_set(result, ''{0,more}'', ''1'') WHERE result <> ''[]'''),
  ('UPDATE qfs.batch SET result = jsonb_build_array(result -> 1, result -> 0) WHERE result <> ''[]'''),
  ('UPDATE qfs.batch SET result = ''[7]'''),
  -- what may be: erased, or not restored
  ('TRUNCATE qfs.witness, qfs.read_mark, qfs.batch'),
  ('INSERT INTO qfs.witness VALUES (vkey(''w'', ''04'', decode(repeat(''19'', 32), ''hex'')), now()); UPDATE qfs.read_mark SET seq = 0'),
  ('UPDATE qfs.profile_content SET content = NULL, salt = NULL; UPDATE qfs.message SET body = NULL'),
  ('TRUNCATE qfs.profile_content, qfs.message');
SELECT n, f AS found FROM commands LEFT JOIN LATERAL checked(command, 'replay') WITH ORDINALITY AS f(f, o) ON true ORDER BY n, o;
-- at other depths they are not looked at
SELECT checked('UPDATE qfs.message SET body = NULL, seq = 7', 'signatures');
-- a column that was added: said, and nothing is read beside it
SELECT checked('ALTER TABLE qfs.message ADD COLUMN extra text DEFAULT ''x''', 'replay');
SELECT * FROM qfs.verify();
-- a column of a row beside the ledger that was made to admit a null, and has one: whoever writes the row says so
CREATE FUNCTION with_null(relation text, name text, command text, call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer text;
BEGIN
  SET LOCAL qfs.ddl_guard = off;
  EXECUTE format('ALTER TABLE qfs.%I DISABLE TRIGGER USER, ALTER %I DROP NOT NULL; %s', relation, name, command);
  answer := attempt(call);
  RAISE EXCEPTION 'undo';
EXCEPTION WHEN raise_exception THEN
  RETURN answer;
END $$;
SELECT relation, name, with_null(relation, name, command, call) AS answer
FROM (VALUES
  ('published_checkpoint', 'note', 'INSERT INTO qfs.published_checkpoint VALUES (0, 1000, NULL, 1)', 'SELECT qfs.publish_checkpoint()'),
  ('published_checkpoint', 'size', 'INSERT INTO qfs.published_checkpoint VALUES (0, NULL, ''x'', 1)', 'SELECT qfs.publish_checkpoint()'),
  ('kept_checkpoint', 'size', 'INSERT INTO qfs.kept_checkpoint VALUES (''here'', NULL, 1)', 'SELECT qfs.checkpoint_kept(1, ''here'')'),
  ('stream_position', 'id', 'INSERT INTO qfs.stream_position VALUES (''in'', NULL, 0)', 'SELECT qfs.position_of(''in'')'),
  ('stream_position', 'dead', 'INSERT INTO qfs.stream_position VALUES (''in'', ''1-0'', NULL)', 'SELECT * FROM qfs.take(''in'', ARRAY[''2-0''], ARRAY[NULL]::bytea[])'),
  ('guard_count', 'blocked', 'INSERT INTO qfs.guard_count VALUES (''here'', NULL)', 'SELECT qfs.add_guard_count(''here'', 1)'),
  ('read_mark', 'seq', 'UPDATE qfs.read_mark SET seq = NULL', 'SELECT qfs.authenticate(s.token), qfs.put_read_mark(m.thread, 1) FROM wallet.session s, qfs.read_mark m WHERE s.n = 2'),
  ('message', 'sender', 'UPDATE qfs.message SET sender = NULL', 'SELECT qfs.authenticate(s.token), qfs.erase_envelope(m.entry) FROM wallet.session s, qfs.message m WHERE s.n = 1'),
  ('message', 'recipient', 'UPDATE qfs.message SET recipient = NULL', 'SELECT qfs.authenticate(s.token), (SELECT count(qfs.erase_envelope(m.entry)) FROM qfs.message m) FROM wallet.session s WHERE s.n = 1')
) AS v(relation, name, command, call);
DROP FUNCTION with_null;
DROP FUNCTION checked, vkey;
DROP PROCEDURE past_the_index;
