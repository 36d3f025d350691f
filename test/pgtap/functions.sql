-- Functions: known answers of the hashes and the tree, settings, and what every error says.
BEGIN;
CREATE EXTENSION pgtap;
CREATE EXTENSION qfs;
SELECT plan(48);

-- Keccak-256 and SHA3-256 are not the same; one byte, many bytes, more than a block
SELECT is(qfs.keccak256('')::text, 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470', 'keccak256 of nothing');
SELECT is(qfs.keccak256('abc')::text, '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45', 'keccak256 of abc');
SELECT is(qfs.sha3_256('')::text, 'a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a', 'sha3_256 of nothing');
SELECT is(qfs.sha3_256('abc')::text, '3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532', 'sha3_256 of abc');
SELECT is(qfs.sha3_256(decode(repeat('a3', 200), 'hex'))::text, '79f38adec5c20307a98ef76e8324afbfd46cfd81b22e3973c65fa1bd9de31787', 'sha3_256 of 200 bytes');
SELECT is(qfs.user_id('0x71C7656EC7ab88b098defB751B7401B5f6d8976F'::qfs.address)::text,
          'user_' || encode(qfs.sha3_256(convert_to('0x71c7656ec7ab88b098defb751b7401b5f6d8976f', 'UTF8'))::bytea, 'hex'), 'an account is the hash of its address in lower case');
SELECT is(qfs.user_id('0x71C7656EC7ab88b098defB751B7401B5f6d8976F'::qfs.address)::text, 'user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9', 'the same, as it is known');
-- base64url (RFC 4648, sections 5 and 10), in one piece however long
SELECT results_eq($$SELECT qfs.base64url(b) FROM unnest(ARRAY['', 'f', 'fo', 'foo', 'foob', '\xfbff', NULL]::bytea[]) b$$, ARRAY['', 'Zg', 'Zm8', 'Zm9v', 'Zm9vYg', '-_8', NULL], 'base64url');
SELECT is(qfs.base64url(b), rtrim(translate(encode(b, 'base64'), E'+/\n', '-_'), '='), 'base64url of 6000 bytes')
FROM (SELECT string_agg(sha256(int4send(n)), '') || sha256('') AS b FROM generate_series(1, 187) n) x;
-- signatures: web3.js's example of personal_sign, RFC 8032's first one
SELECT is(qfs.recover_personal_sign('Some data', '\xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c')::text,
          '0x2c7536E3605D9C16a7a3D7b1898e529396a65c23', 'recover_personal_sign');
SELECT isnt(qfs.recover_personal_sign('Some datA', '\xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c')::text,
            '0x2c7536E3605D9C16a7a3D7b1898e529396a65c23', 'another message, another wallet');
SELECT ok(qfs.ed25519_verify('', '\xe5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
                             '\xd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'), 'ed25519_verify');
SELECT is(qfs.ed25519_verify('x', '\xe5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
                             '\xd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'), false, 'not of another message');
SELECT ok(qfs.recover_personal_sign(NULL, '') IS NULL AND qfs.ed25519_verify(NULL, '', '') IS NULL AND NOT EXISTS (SELECT FROM qfs.session_replay(NULL)), 'nothing of nothing');
SELECT is(qfs.leaf_hash('')::bytea, sha256('\x00'), 'leaf hash of nothing');
SELECT is(qfs.leaf_hash('é')::bytea, sha256('\x00c3a9'), 'leaf hash of UTF-8');
SELECT is(qfs.sha256_jcs('{"b":[],"a":1}')::bytea, sha256('{"a":1,"b":[]}'), 'sha256_jcs');

-- the tree of Certificate Transparency's test vectors
CREATE TEMP TABLE leaves AS
SELECT n, sha256('\x00'::bytea || v)::qfs.hash AS leaf
FROM unnest(ARRAY['', '\x00', '\x10', '\x2021', '\x3031', '\x40414243', '\x5051525354555657', '\x606162636465666768696a6b6c6d6e6f']::bytea[]) WITH ORDINALITY AS t(v, n);
CREATE TEMP TABLE roots (size int, root qfs.hash);
INSERT INTO roots VALUES
  (0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'), (1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'),
  (2, 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'), (3, 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'),
  (4, 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'), (5, '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4'),
  (6, '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef'), (7, 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'),
  (8, '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
CREATE FUNCTION pg_temp.leaf(n int) RETURNS qfs.hash LANGUAGE sql AS 'SELECT leaf FROM leaves WHERE leaves.n = $1 + 1';
CREATE FUNCTION pg_temp.root(n int) RETURNS qfs.hash LANGUAGE sql AS 'SELECT root FROM roots WHERE size = $1';
CREATE FUNCTION pg_temp.pair(n int) RETURNS qfs.hash LANGUAGE sql AS 'SELECT qfs.node_hash(pg_temp.leaf(2 * $1), pg_temp.leaf(2 * $1 + 1))';
SELECT is(qfs.root(0)::text, pg_temp.root(0)::text, 'the empty root');
SELECT is(qfs.node_hash(pg_temp.leaf(0), pg_temp.leaf(1))::text, pg_temp.root(2)::text, 'node_hash: two leaves');
SELECT is(qfs.node_hash(pg_temp.root(2), pg_temp.leaf(2))::text, pg_temp.root(3)::text, 'node_hash: three');
SELECT is(qfs.node_hash(pg_temp.root(4), qfs.node_hash(pg_temp.pair(2), pg_temp.pair(3)))::text, pg_temp.root(8)::text, 'node_hash: eight');
-- proofs of those vectors
SELECT ok(qfs.verify_inclusion(pg_temp.leaf(0), 0, 1, '{}', pg_temp.root(1)), 'inclusion 0 of 1');
SELECT ok(qfs.verify_inclusion(pg_temp.leaf(0), 0, 8, ARRAY[pg_temp.leaf(1), pg_temp.pair(1), qfs.node_hash(pg_temp.pair(2), pg_temp.pair(3))], pg_temp.root(8)), 'inclusion 0 of 8');
SELECT ok(qfs.verify_inclusion(pg_temp.leaf(5), 5, 8, ARRAY[pg_temp.leaf(4), pg_temp.pair(3), pg_temp.root(4)], pg_temp.root(8)), 'inclusion 5 of 8');
SELECT ok(qfs.verify_inclusion(pg_temp.leaf(2), 2, 3, ARRAY[pg_temp.root(2)], pg_temp.root(3)), 'inclusion 2 of 3');
SELECT ok(qfs.verify_inclusion(pg_temp.leaf(1), 1, 5, ARRAY[pg_temp.leaf(0), pg_temp.pair(1), pg_temp.leaf(4)], pg_temp.root(5)), 'inclusion 1 of 5');
SELECT ok(NOT qfs.verify_inclusion(pg_temp.leaf(1), 2, 5, ARRAY[pg_temp.leaf(0), pg_temp.pair(1), pg_temp.leaf(4)], pg_temp.root(5)), 'not at another place');
SELECT ok(NOT qfs.verify_inclusion(pg_temp.leaf(1), 1, 0, '{}', pg_temp.root(0)), 'nothing is in the empty tree');
SELECT ok(qfs.verify_consistency(1, 1, '{}', pg_temp.root(1), pg_temp.root(1)), 'consistency 1 and 1');
SELECT ok(qfs.verify_consistency(1, 8, ARRAY[pg_temp.leaf(1), pg_temp.pair(1), qfs.node_hash(pg_temp.pair(2), pg_temp.pair(3))], pg_temp.root(1), pg_temp.root(8)), 'consistency 1 and 8');
SELECT ok(qfs.verify_consistency(6, 8, ARRAY[pg_temp.pair(2), pg_temp.pair(3), pg_temp.root(4)], pg_temp.root(6), pg_temp.root(8)), 'consistency 6 and 8');
SELECT ok(qfs.verify_consistency(2, 5, ARRAY[pg_temp.pair(1), pg_temp.leaf(4)], pg_temp.root(2), pg_temp.root(5)), 'consistency 2 and 5');
SELECT ok(NOT qfs.verify_consistency(2, 5, ARRAY[pg_temp.pair(1), pg_temp.leaf(4)], pg_temp.root(1), pg_temp.root(5)), 'not of another tree');

-- NULL in, NULL out
SELECT is_empty($$
  SELECT p.oid::regprocedure FROM pg_proc p
  WHERE p.pronamespace = 'qfs'::regnamespace AND p.proisstrict AND p.pronargs > 0 AND NOT p.proretset AND p.prokind = 'f' AND NOT 'internal'::regtype = ANY (p.proargtypes)
    AND (xpath('/row/r/text()', query_to_xml(format('SELECT (%s IS NOT NULL)::int AS r', p.oid::regproc ||
          '(' || (SELECT string_agg('NULL::' || t::regtype, ',') FROM unnest(p.proargtypes) t) || ')'), false, true, '')))[1]::text::int = 1
$$, 'strict functions return null for null');

-- settings
SELECT results_eq($$SELECT concat_ws(' ', name, context, vartype, boot_val) FROM pg_settings WHERE name ~ '^qfs\.' ORDER BY name COLLATE "C"$$,
  ARRAY['qfs.advice_stale superuser integer 300', 'qfs.ddl_guard superuser bool on', 'qfs.early_lock_release superuser bool on', 'qfs.key_file superuser string qfs.key', 'qfs.sign_timeout superuser integer 5000', 'qfs.standby_signs superuser bool off',
  'qfs.what_if_entries superuser integer 200000', 'qfs.what_if_memory superuser integer 65536', 'qfs.what_if_slots superuser integer 2'], 'settings, for superusers alone');

-- errors: SQLSTATE, sentence, "CODE: detail.", what to do
SET LOCAL qfs.key_file = 'qfs_regress.key';
SELECT lives_ok($$SELECT qfs.genesis('pgtap.example/log')$$, 'a ledger');
CREATE TEMP TABLE commands (command text);
INSERT INTO commands VALUES
  ('SELECT ''x''::qfs.hash'), ('SELECT ''x''::qfs.user_id'), ('SELECT ''x''::qfs.address'), ('SELECT qfs.canonical(''0.5'')'),
  ('SELECT qfs.canonical(''' || repeat('[', 33) || repeat(']', 33) || ''')'), ('SELECT qfs.root(-1)'), ('SELECT qfs.root(2)'), ('SELECT qfs.entry(1)'), ('SELECT qfs.tile(0, 1)'),
  ('SELECT qfs.genesis(''a b'')'), ('SELECT qfs.genesis(''a'', ''{"x":1}'')'), ('SELECT qfs.genesis(''a'')'), ('SELECT qfs.register_event_type(''x'', ''{}'')'),
  ('SELECT qfs.register_event_type(''X'', ''{"x":1}'')'), ('SELECT qfs.register_event_type(''GENESIS'', ''{}'')'), ('INSERT INTO qfs.ledger (type, payload) VALUES (''X'', ''{}'')'),
  ('INSERT INTO qfs.ledger (type, payload) VALUES (''EVENT_TYPE'', ''{}'')'), ('INSERT INTO qfs.ledger (type, payload, auth) VALUES (''X'', ''{}'', ''{}'')'),
  ('INSERT INTO qfs.ledger SELECT * FROM qfs.ledger'), ('INSERT INTO qfs.ledger (seq) VALUES (1)'), ('DELETE FROM qfs.ledger'), ('DELETE FROM qfs.policy'), ('DROP EXTENSION qfs'),
  ('ALTER TABLE qfs.ledger DISABLE TRIGGER ALL'), ('SELECT qfs.import(ARRAY[''{}''])'), ('SELECT qfs.import(ARRAY[''{''])'), ('SELECT qfs.add_witness(''x'')'),
  ('SELECT qfs.add_cosignature(''x'')'), ('SELECT qfs.add_cosignature(qfs.checkpoint())'), ('SELECT qfs.verify(depth => ''x'')'), ('SELECT qfs.post_restore()'),
  ('SELECT qfs.challenge(NULL, NULL, 1)'), ('SELECT qfs.challenge(''0x71C7656EC7ab88b098defB751B7401B5f6d8976F'', NULL, 1)'), ('SELECT qfs_api.auth_login(NULL, NULL)'), ('SELECT qfs.authenticate(''x'')'),
  ('SELECT qfs.revoke_session(repeat(''0'', 64)::qfs.hash, ''user_logout'')'), ('SELECT qfs.session_replay(-1)'), ('SELECT qfs.session_replay(99)'), ('SELECT qfs.entry_head(99)'), ('SELECT qfs.entry_bundle(99)'),
  ('SELECT qfs.readable_entry(99)'), ('SELECT qfs.find_account(''user_'' || repeat(''0'', 64), NULL)'), ('SELECT qfs.recover_personal_sign(''x'', ''x'')'), ('SELECT qfs.recover_personal_sign(''x'', decode(repeat(''00'', 65), ''hex''))'), ('SELECT qfs.ed25519_verify(''x'', ''x'', ''x'')'),
  ('SELECT qfs_api.auth_challenge(''x'')'), ('SELECT qfs_api.auth_login(''x'', ''y'')'), ('SELECT qfs_api.wallet_text(''X'', ''{}'', 1)'), ('SELECT qfs_api.deliver(''X'', ''{}'', 1, ''0x'')'), ('SELECT qfs_api.session_rotate()'), ('SELECT qfs_api.session_revoke(''x'')'), ('SELECT qfs_api.events_batch(''[]'')'), ('SELECT qfs_api.entry(99)'),
  ('SELECT qfs_api.tile(0, 1)'), ('SELECT qfs_api.tlog_proof(99)'), ('SELECT qfs_api.consistency_proof(2, 1)'), ('SELECT qfs_api.checkpoint(99)'), ('SELECT qfs_api.verify(depth => ''x'')'),
  ('SELECT qfs.import(ARRAY[''"\ud800"''])'), ('SET LOCAL qfs.key_file = ''no/such''; SELECT qfs.rotate_keys()');
CREATE TEMP TABLE errors (command text, state text, message text, detail text, hint text);
DO $$
DECLARE
  c text;
  e errors;
BEGIN
  FOR c IN SELECT command FROM commands LOOP
    e := ROW(c, NULL, NULL, NULL, NULL);
    BEGIN
      EXECUTE c;
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS e.state = RETURNED_SQLSTATE, e.message = MESSAGE_TEXT, e.detail = PG_EXCEPTION_DETAIL, e.hint = PG_EXCEPTION_HINT;
    END;
    INSERT INTO errors VALUES (e.*);
  END LOOP;
END $$;
SELECT is(count(*)::int, (SELECT count(*)::int FROM commands), 'every command fails') FROM errors WHERE state IS NOT NULL;
SELECT is_empty($$SELECT command, state FROM errors WHERE state !~ '^(22P02|22P05|22023|55000|0A000|PT[45][0-9][0-9])$'$$, 'with an SQLSTATE that says what kind');
SELECT is_empty($$SELECT command, message FROM errors WHERE message !~ '^[a-z]' OR message ~ '[.!]$'$$, 'a sentence in lower case, without a full stop');
SELECT is_empty($$SELECT command, detail FROM errors WHERE detail !~ '^QFS_[A-Z0-9_]+(: .+\.)?$'$$, 'a detail that begins with the code');
SELECT is_empty($$SELECT command, hint FROM errors WHERE hint !~ '^([A-Z]|docs/).*\.$'$$, 'and a hint');
SELECT is_empty($$SELECT command FROM errors WHERE concat(message, detail, hint) LIKE '%no/such%' OR concat(message, detail, hint) LIKE '%' || current_setting('data_directory') || '%'$$,
                'no path is told');
SELECT ok(count(DISTINCT split_part(detail, ':', 1)) >= 36, 'of many kinds') FROM errors;
SELECT is_empty($$SELECT split_part(detail, ':', 1) FROM errors GROUP BY 1 HAVING count(DISTINCT state || message || hint) > 1$$, 'one code, one SQLSTATE, one sentence, one hint');
SELECT is((SELECT size FROM qfs.head()), 1::bigint, 'and nothing was appended');

-- functions that the library cannot be called for in another way
SELECT throws_ok('SELECT qfs.ledger_append()', '39P01', 'qfs.ledger_append() is the BEFORE INSERT trigger of qfs.ledger', 'ledger_append is a trigger');
SELECT throws_ok('SELECT qfs.refuse_change()', '39P01', 'qfs.refuse_change() is a trigger', 'refuse_change is a trigger');
SELECT throws_ok('SELECT qfs.refuse_write()', '39P01', 'qfs.refuse_write() is a trigger', 'refuse_write is a trigger');

SELECT * FROM finish();
ROLLBACK;
