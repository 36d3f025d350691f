-- What strangers see of an account costs the same however often it was touched; auditors see it as it is.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/accounts.sql
SELECT length(qfs.genesis('regress.example/log', '{"auth":{"domains":["app.example"],"uris":["https://app.example"]},"limits":{"events_per_minute":1000000},"signed":"none"}')::text);
SELECT n, r ->> 'user_id' = wallet.id(n) AS user_id FROM generate_series(1, 2) n, wallet.sign_in(n) r;

-- n touches of an account: as many chat keys, one after the other
CREATE FUNCTION touch(account int, n int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  FOR start IN 1 .. n BY 500 LOOP
    PERFORM acting(account, format('SELECT jsonb_array_length(qfs_api.events_batch(%L))', jsonb_agg(jsonb_build_object('type', 'CHAT_KEY', 'payload',
        jsonb_build_object('key', translate(encode(substr(sha256(('key ' || i)::bytea), 1, 31) || '\x40'::bytea, 'base64'), '+/=', '-_'))))))
      FROM generate_series(start, least(start + 499, n)) i;
  END LOOP;
END $$;
-- pages that a question reads, by whatever path, once what it needs of the catalogue is there
CREATE FUNCTION pages(question text, as_role text DEFAULT 'qfs_anon') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  plan json;
BEGIN
  PERFORM set_config('role', as_role, true);
  FOR i IN 1 .. 3 LOOP
    EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, TIMING off, FORMAT json) ' || question INTO plan;
  END LOOP;
  PERFORM set_config('role', session_user, true);
  RETURN (plan #>> '{0,Plan,Shared Hit Blocks}')::bigint + (plan #>> '{0,Plan,Shared Read Blocks}')::bigint;
END $$;
CREATE FUNCTION costs(out asked text, out counted boolean, out more bigint) RETURNS SETOF record LANGUAGE sql AS $$
  SELECT q, one > 0, greatest(two - one, 0)
  FROM unnest(ARRAY['qfs_api.profile(%L)', 'qfs_api.profile(wallet => %L)', 'qfs_api.coherence(%L)']) q,
       LATERAL (SELECT CASE WHEN q ~ 'wallet' THEN wallet.address_of(wallet.secret(1))::text ELSE wallet.id(1) END AS first,
                       CASE WHEN q ~ 'wallet' THEN wallet.address_of(wallet.secret(2))::text ELSE wallet.id(2) END AS second) w,
       LATERAL (SELECT pages(format('SELECT ' || q, w.first)) AS one, pages(format('SELECT ' || q, w.second)) AS two) p ORDER BY q $$;

-- both have a profile, so that something moved their coherence
SELECT n, acting(n, $$SELECT qfs_api.set_profile('Somebody')$$)::jsonb ->> 'version' AS version FROM generate_series(1, 2) n;
-- one is touched once more, the other 2,000 times, all in the epoch that it is now
SELECT touch(1, 1), touch(2, 2000);
SELECT s.user_id::text = wallet.id(2) AS often, s.epoch, s.before_epoch, (SELECT count(*) FROM qfs.standing_chain(s.user_id, s.last_entry)) AS touches
FROM qfs.standing s ORDER BY touches;
-- what was updated so often has old rows, which a vacuum takes away
VACUUM ANALYZE qfs.standing, qfs.ledger;
SELECT * FROM costs();
-- a walk would be seen
SELECT pages(format('SELECT count(*) FROM qfs.standing s, qfs.standing_chain(%L, (SELECT max(seq) FROM qfs.ledger))', wallet.id(2)), 'qfs_auditor') > 2000 AS seen;
-- a page of one's own history reads what it shows, however much there is
SELECT rows, acting(2, format('SELECT pages(%L, ''qfs_user'')', format('SELECT count(*) FROM qfs_api.history(NULL, %s)', rows)))::int BETWEEN rows AND 1000 AS counted
FROM unnest(ARRAY[2, 20]) rows;
SELECT qfs.rebuild() > 0 AS rebuilt, (SELECT count(*) FROM qfs.verify()) AS faults;

-- strangers wait for the end of the epoch; who audits does not, nor the account itself
CREATE FUNCTION joined(as_role text, n int DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
  SELECT acting(joined.n, format('SELECT (p ->> ''joined'' IS NOT NULL) || '' '' || (p ->> ''last_entry'' IS NOT NULL) || '' '' || (qfs_api.coherence(%1$L) ->> ''last_act'' IS NOT NULL) FROM qfs_api.profile(%1$L) p', wallet.id(1)), as_role) $$;
CREATE ROLE regress_audits IN ROLE qfs_auditor;
CREATE ROLE regress_may_audit NOINHERIT IN ROLE qfs_auditor;
CREATE ROLE regress_operates IN ROLE qfs_operator;
SELECT role, joined(role) FROM unnest(ARRAY['qfs_anon', 'qfs_operator', 'regress_operates', 'qfs_auditor', 'regress_audits']) role;
SELECT n, joined('qfs_user', n) FROM generate_series(1, 2) n;
-- whose function asks does not matter, but who called it: a function of an auditor's does not let strangers see
CREATE FUNCTION told(account text) RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$ SELECT qfs_api.profile(account) ->> 'joined' IS NOT NULL $$;
GRANT EXECUTE ON FUNCTION told(text) TO PUBLIC;
SELECT owner, set_owner, acting(NULL, format('SELECT public.told(%L)', wallet.id(1)), 'qfs_anon') AS to_strangers, acting(NULL, format('SELECT public.told(%L)', wallet.id(1)), 'regress_audits') AS to_auditors
FROM unnest(ARRAY['regress_audits', 'qfs_anon']) owner, attempt(format('ALTER FUNCTION told(text) OWNER TO %I', owner)) set_owner;
-- a role that may become an auditor is one once it has
SELECT acting(NULL, format('SELECT public.told(%L)', wallet.id(1)), 'regress_may_audit') AS not_yet;
BEGIN;
SET LOCAL ROLE regress_may_audit;
SET LOCAL ROLE qfs_auditor;
SELECT qfs_api.profile(user_id => (SELECT user_id::text FROM qfs.standing ORDER BY created LIMIT 1)) ->> 'joined' IS NOT NULL AS it_is;
COMMIT;
DROP FUNCTION told(text);
DROP ROLE regress_audits, regress_may_audit, regress_operates;
-- in public everybody sees all at once
SELECT qfs.set_policy('{"visibility":"public"}') > 0 AS public;
SELECT joined('qfs_anon');
