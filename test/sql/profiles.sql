-- Profiles: what they may hold, what the ledger has of them, and erasing them.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/accounts.sql
-- the wallets of these tests sign as others do: the address of the secret 1 is well known
SELECT wallet.address_of(decode(lpad('1', 64, '0'), 'hex'))::text AS address,
       qfs.recover_personal_sign('hello', decode(substr(wallet.sign(decode(lpad('1', 64, '0'), 'hex'), 'hello'), 3), 'hex'))::text AS signer;
SELECT length(qfs.genesis('regress.example/log', '{"auth":{"domains":["app.example"],"uris":["https://app.example"]}}')::text);
SELECT n, r ->> 'user_id' = wallet.id(n) AS user_id, r ->> 'created' AS created FROM generate_series(1, 2) n, wallet.sign_in(n) r;

-- before there is one; by user id and by wallet, by nobody, by somebody else
SELECT acting(1, 'SELECT qfs_api.profile()')::jsonb - 'joined' AS profile;
SELECT acting(1, format('SELECT qfs_api.profile(user_id => %L)', wallet.id(2)))::jsonb = acting(2, 'SELECT qfs_api.profile()')::jsonb || '{"last_entry":null,"joined":null}' AS by_user_id,
       acting(1, format('SELECT qfs_api.profile(wallet => %L)', lower(wallet.address_of(wallet.secret(2))::text)))::jsonb = acting(2, 'SELECT qfs_api.profile()')::jsonb || '{"last_entry":null,"joined":null}' AS by_wallet;
SELECT acting(NULL, 'SELECT qfs_api.profile()', 'qfs_anon') AS nobody;
SELECT acting(NULL, format('SELECT qfs_api.profile(%L)', wallet.id(2)), 'qfs_anon')::jsonb ->> 'user_id' = wallet.id(2) AS to_nobody;
SELECT command, acting(1, command)
FROM unnest(ARRAY[$$SELECT qfs_api.profile('user_1')$$, $$SELECT qfs_api.profile('')$$, format('SELECT qfs_api.profile(%L)', 'user_' || repeat('0', 64)),
                  $$SELECT qfs_api.profile(wallet => '0x00')$$, $$SELECT qfs_api.profile(wallet => '0x71C7656EC7ab88b098defB751B7401B5f6d8976F')$$,
                  'SELECT qfs_api.profile(1)']) AS command;
-- whose account is asked for in two ways: both must be one
SELECT acting(1, format('SELECT qfs_api.profile(%L, %L)', wallet.id(2), wallet.address_of(wallet.secret(1))))::jsonb ->> 'user_id' = wallet.id(2) AS the_user_id_wins;

-- the first one
SELECT acting(1, $$SELECT qfs_api.set_profile('Alice', 'I write.', 'ipfs://bafy/a.png', ARRAY['https://alice.example', 'https://other.example/a?b#c'])$$)::jsonb - 'joined' AS profile;
SELECT type, payload ->> 'version' AS version, outcome ->> 'status' AS status, outcome -> 'guards' AS guards,
       accounts #> '{0,rules}' AS rules, accounts #> '{0,was}' AS was, accounts #> '{0,state,coherence}' AS coherence, accounts #>> '{0,state,profile}' = payload ->> 'commitment' AS profile,
       accounts #> '{0,state,profile_version}' AS in_force, accounts #>> '{0,previous}' AS previous, jsonb_array_length(accounts) AS parts
FROM qfs.ledger WHERE type = 'PROFILE_UPDATE';
-- what the ledger has: a salted commitment to the canonical content, and nothing of the content
SELECT (l.payload ->> 'commitment') = encode(sha256(c.salt || convert_to(c.content, 'UTF8')), 'hex') AS commits, length(c.salt) AS salt,
       qfs.canonical(c.content::jsonb) = c.content AS canonical, c.content
FROM qfs.ledger l CROSS JOIN qfs.profile_content c WHERE l.type = 'PROFILE_UPDATE';
SELECT count(*) AS entries_with_the_name FROM qfs.export() line WHERE line ~ 'Alice|I write|alice.example';
-- a change: the next version, a new salt, no coherence
CREATE TEMP TABLE before AS SELECT salt FROM qfs.profile_content;
SELECT acting(1, $$SELECT qfs_api.set_profile('Alice A.')$$)::jsonb - ARRAY['joined', 'user_id', 'wallet', 'referral_code'] AS profile;
SELECT c.version, c.salt <> b.salt AS new_salt FROM qfs.profile_content c, before b;
SELECT payload ->> 'version' AS version, accounts #> '{0,rules}' AS rules, accounts #> '{0,was}' ? 'coherence' AS coherence
FROM qfs.ledger WHERE type = 'PROFILE_UPDATE' ORDER BY seq DESC LIMIT 1;

-- fields at their edges, and beyond
SELECT what, coalesce(nullif(left(acting(1, format('SELECT qfs_api.set_profile(%L, %L, %L, %L)', name, bio, avatar, links)), 5), '{"bio'), 'done') || ' ' ||
       coalesce(substring(acting(1, format('SELECT qfs_api.set_profile(%L, %L, %L, %L)', name, bio, avatar, links)) FROM 'QFS_.*'), '') AS result
FROM (VALUES
  ('name of 1', 'A', '', NULL, '{}'), ('name of 2', 'Al', '', NULL, '{}'), ('name of 50', repeat('é', 50), '', NULL, '{}'), ('name of 51', repeat('e', 51), '', NULL, '{}'),
  ('no name', NULL, '', NULL, '{}'), ('a line end in a name', E'Al\nice', '', NULL, '{}'), ('DEL in a name', E'Al\x7fice', '', NULL, '{}'),
  ('bio of 500', 'Alice', repeat('ü', 500), NULL, '{}'), ('bio of 501', 'Alice', repeat('b', 501), NULL, '{}'), ('a line end in a bio', 'Alice', E'a\nb', NULL, '{}'), ('no bio', 'Alice', NULL, NULL, '{}'),
  ('avatar of 500', 'Alice', '', 'https://a.example/' || repeat('a', 482), '{}'), ('avatar of 501', 'Alice', '', 'https://a.example/' || repeat('a', 483), '{}'),
  ('http: avatar', 'Alice', '', 'http://a.example/', '{}'), ('javascript: avatar', 'Alice', '', 'javascript:alert(1)', '{}'), ('data: avatar', 'Alice', '', 'data:image/png;base64,AA==', '{}'),
  ('an empty avatar', 'Alice', '', '', '{}'), ('a scheme alone', 'Alice', '', 'https:', '{}'), ('a space in an avatar', 'Alice', '', 'https://a.example/a b', '{}'), ('HTTPS: avatar', 'Alice', '', 'HTTPS://a.example/', '{}'),
  ('5 links', 'Alice', '', NULL, '{https://a,https://b,ipfs://c,https://d,https://e}'), ('6 links', 'Alice', '', NULL, '{https://a,https://b,https://c,https://d,https://e,https://f}'),
  ('a link that is null', 'Alice', '', NULL, '{NULL}'), ('a link that is none', 'Alice', '', NULL, '{alice}'), ('links in two dimensions', 'Alice', '', NULL, '{{https://a,https://b},{https://c,https://d}}'),
  ('links that are null', 'Alice', '', NULL, NULL)) AS t(what, name, bio, avatar, links);
SELECT acting(1, 'SELECT qfs_api.set_profile(NULL)') AS "null", acting(1, 'SELECT qfs_api.set_profile()') AS nothing, acting(1, 'SELECT qfs_api.set_profile(ARRAY[1])') AS array;
SELECT acting(NULL, $$SELECT qfs_api.set_profile('Nobody')$$) AS no_session;
SELECT acting(NULL, $$SELECT qfs_api.set_profile('Nobody')$$, 'qfs_anon') AS anonymous;
SELECT acting(NULL, 'SELECT qfs_api.erase_profile()') AS no_session;
-- by hand, around set_profile: refused before anything of it is looked at
SELECT payload, acting(1, format('SELECT qfs_api.events_batch(%L)', jsonb_build_array(jsonb_build_object('type', 'PROFILE_UPDATE', 'payload', payload))))
FROM unnest(ARRAY[jsonb_build_object('commitment', repeat('ab', 32), 'version', 21), jsonb_build_object('commitment', 'ab', 'version', 1), '{}'::jsonb]) AS payload;

-- what an account has by someone else's hand is out of the question
SELECT acting(2, 'SELECT * FROM qfs.profile_content') AS reads, acting(2, 'UPDATE qfs.profile_content SET content = NULL') AS writes,
       acting(NULL, 'SELECT content FROM qfs.profile_content', 'qfs_auditor') AS audits, acting(NULL, 'SELECT salt FROM qfs.profile_content', 'qfs_operator') AS operates;

-- erased: content and salt are gone, the ledger verifies, and so does what comes after
SELECT acting(1, 'SELECT qfs_api.erase_profile()')::jsonb - ARRAY['joined', 'user_id', 'wallet', 'referral_code', 'last_entry', 'version'] AS erased;
SELECT salt, content FROM qfs.profile_content;
SELECT acting(2, format('SELECT qfs_api.profile(%L)', wallet.id(1)))::jsonb -> 'erased' AS for_others,
       acting(1, 'SELECT qfs_api.erase_profile()')::jsonb -> 'erased' AS again, count(*) AS faults FROM qfs.verify();
SELECT acting(1, $$SELECT qfs_api.set_profile('Alice again')$$)::jsonb ->> 'display_name' AS name, (SELECT count(*) FROM qfs.verify()) AS faults;
-- without a profile
SELECT acting(2, 'SELECT qfs_api.erase_profile()')::jsonb -> 'erased' AS erased, (SELECT count(*) FROM qfs.profile_content) AS contents;
-- rebuilding state leaves contents alone
CREATE TEMP TABLE was AS SELECT acting(1, 'SELECT qfs_api.profile()') AS profile;
SELECT qfs.rebuild() > 0 AS rebuilt;
SELECT acting(1, 'SELECT qfs_api.profile()') = profile AS same FROM was;
-- a content that a trigger of somebody's swallows: an error, and no entry that commits to nothing
CREATE FUNCTION regress_swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
SET qfs.ddl_guard = off;
CREATE TRIGGER regress_swallow BEFORE INSERT ON qfs.profile_content FOR EACH ROW EXECUTE FUNCTION regress_swallow();
SELECT acting(2, $$SELECT qfs_api.set_profile('Bob')$$) AS lost, (SELECT count(*) FROM qfs.ledger WHERE type = 'PROFILE_UPDATE' AND actor::text = wallet.id(2)) AS entries;
DROP TRIGGER regress_swallow ON qfs.profile_content;
RESET qfs.ddl_guard;
