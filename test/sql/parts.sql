-- Parts of accounts that were changed: found by their hash, and, where the hash was made anew, by the rules.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/accounts.sql
\i :inputdir/sql/include/lines.sql
SELECT length(qfs.genesis('regress.example/log', '{"auth":{"domains":["app.example"],"uris":["https://app.example"]},"referral":{"activation":["profile"]},"signed":"none"}')::text);
SELECT n, wallet.sign_in(n, n, CASE n WHEN 2 THEN qfs.referral_code(wallet.id(1)::qfs.user_id) END) ->> 'created' AS created FROM generate_series(1, 2) n;
SELECT n, acting(n, format('SELECT qfs_api.publish_chat_key(%L)', wallet.chat_key(n::text))) AS entry FROM generate_series(1, 2) n;
SELECT acting(2, $$SELECT qfs_api.set_profile('Bob')$$) IS NOT NULL AS profile;
SELECT acting(n, format('SELECT qfs_api.send_message(%L, %L, %L, %L, %L, %L, %L)', wallet.id(3 - n), 1, wallet.base64url(substr(sha256(n::text::bytea), 1, 12)),
                        wallet.base64url('\x00112233445566778899aabbccddeeff00'), 'x25519-hkdf-aes256gcm', wallet.chat_key(n::text), wallet.chat_key((3 - n)::text))) AS entry
FROM generate_series(1, 2) n;
SELECT * FROM qfs.verify();
SELECT seq, type, (SELECT string_agg(concat_ws(' ', CASE p ->> 'account' WHEN wallet.id(1) THEN 'Alice' ELSE 'Bob' END, p ->> 'kind', p -> 'rules', p ->> 'previous'), '; ' ORDER BY i) FROM jsonb_array_elements(accounts) WITH ORDINALITY x(p, i)) AS parts,
       (SELECT string_agg(concat_ws(' ', CASE r.key WHEN wallet.id(1) THEN 'Alice' ELSE 'Bob' END, k.key, k.value #>> '{}'), '; ' ORDER BY r.key, k.key) FROM jsonb_each(outcome -> 'read') r, jsonb_each(r.value) k) AS read
FROM qfs.ledger ORDER BY seq;
-- heads commit to them as docs/format.md says, however many there are
SELECT bool_and(partial(qfs.entry(seq), '{}') = qfs.entry_head(seq)) AS heads, max(jsonb_array_length(accounts)) AS parts FROM qfs.ledger;

-- entry 6, in which Bob's profile rewards both: what a superuser who goes past the guards makes of it
SELECT seq AS reward FROM qfs.ledger WHERE type = 'PROFILE_UPDATE' \gset
CREATE TABLE changes (n serial, what text, accounts text);
INSERT INTO changes (what, accounts) VALUES
  ('more points', $$jsonb_set(accounts, '{1,state,points}', '1000')$$), ('more FLX', $$jsonb_set(accounts, '{1,state,flx}', '"1000.000000000000000000"')$$),
  ('less before', $$jsonb_set(accounts, '{1,was,points}', '-10')$$), ('nothing was', $$jsonb_set(accounts, '{1,was}', '{}')$$), ('previous', $$jsonb_set(accounts, '{1,previous}', '1')$$),
  ('no previous', $$jsonb_set(accounts, '{1,previous}', 'null')$$), ('policy', $$jsonb_set(accounts, '{1,policy}', '1')$$), ('rules', $$jsonb_set(accounts, '{1,rules}', '["REFERRAL_TIER_2"]')$$),
  ('kind', $$jsonb_set(accounts, '{1,kind}', '"nonce"')$$), ('account', $$jsonb_set(accounts, '{1,account}', to_jsonb('user_' || repeat('a1', 32)))$$),
  ('one is gone', 'accounts - 1'), ('all are gone', $$'[]'$$), ('another order', $$jsonb_build_array(accounts -> 1, accounts -> 0, accounts -> 2)$$),
  ('one twice', $$accounts || jsonb_build_array(accounts -> 1)$$), ('one more', $$accounts || jsonb_build_array(jsonb_set(accounts -> 1, '{kind}', '"nonce"'))$$),
  ('a member more', $$jsonb_set(accounts, '{1,state,more}', '1')$$), ('as it was', 'accounts');
-- as a row that was changed, at each depth
CREATE FUNCTION tamper(accounts text, seq bigint) RETURNS TABLE (hashes text, signatures text, replay text) LANGUAGE plpgsql AS $$
BEGIN
  SET LOCAL qfs.ddl_guard = off;
  ALTER TABLE qfs.ledger DISABLE TRIGGER ALL;
  EXECUTE format('UPDATE qfs.ledger SET accounts = %s WHERE seq = %s', accounts, seq);
  hashes := (SELECT string_agg(v.seq || ' ' || v.code, ', ') FROM qfs.verify(depth => 'hashes') v);
  signatures := (SELECT string_agg(v.seq || ' ' || v.code, ', ') FROM qfs.verify(depth => 'signatures') v);
  replay := (SELECT string_agg(v.seq || ' ' || v.code, ', ') FROM qfs.verify() v);
  RAISE EXCEPTION 'undo';
EXCEPTION WHEN raise_exception THEN
  RETURN NEXT;
END $$;
SELECT n, what, t.* FROM changes, LATERAL tamper(accounts, :reward) t ORDER BY n;
-- what it only read, and what else an outcome says, is in another part
SELECT what, t.* FROM (VALUES ('read', $$accounts, outcome = jsonb_set(outcome, ARRAY['read', wallet.id(2), 'access'], '0')$$), ('guards', $$accounts, outcome = outcome - 'guards'$$)) v(what, change), LATERAL tamper(change, :reward) t;

-- hashed anew with all that follows, by whoever has the keys, too: the rules give something else
CREATE FUNCTION forged(accounts text, reward bigint) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  row jsonb;
  lines text[] := '{}';
  prev text := repeat('0', 64);
BEGIN
  FOR row IN EXECUTE format('SELECT to_jsonb(l) || jsonb_build_object(''accounts'', CASE seq WHEN %s THEN %s ELSE accounts END) FROM qfs.ledger l ORDER BY seq', reward, accounts) LOOP
    lines := lines || line_of(row || jsonb_build_object('prev', prev));
    prev := hash_of(lines[cardinality(lines)]);
  END LOOP;
  RETURN lines;
END $$;
CREATE TABLE forgeries AS SELECT n, what, forged(accounts, :reward) AS lines FROM changes;
\i :inputdir/sql/include/no_ledger.sql
SELECT n, what, regexp_replace(attempt(format('SELECT qfs.import(%L)', lines)), 'recorded.*', 'recorded …') AS imported FROM forgeries ORDER BY n;
SELECT qfs.post_restore(), (SELECT count(*) FROM qfs.verify()) AS faults;
DROP FUNCTION tamper, forged;
