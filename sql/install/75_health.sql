-- How the ledger is doing: verified how far, and what an operator should do.

CREATE TABLE qfs.verification (
  number bigint NOT NULL,
  size   bigint NOT NULL,
  hash   qfs.hash,
  at     bigint NOT NULL,
  faults bigint NOT NULL,
  CONSTRAINT verification_pkey PRIMARY KEY (number)
);
COMMENT ON TABLE qfs.verification IS 'how far qfs.verify_new() has come: one row once it ran';
COMMENT ON COLUMN qfs.verification.number IS 'always 0';
COMMENT ON COLUMN qfs.verification.size IS 'entries that were found sound';
COMMENT ON COLUMN qfs.verification.hash IS 'of the last one of them';
COMMENT ON COLUMN qfs.verification.at IS 'when it last ran, in milliseconds since 1970-01-01 UTC';
COMMENT ON COLUMN qfs.verification.faults IS 'faults that it found then';
COMMENT ON CONSTRAINT verification_pkey ON qfs.verification IS 'one row';

CREATE TABLE qfs.guard_count (
  guard   text COLLATE "C" NOT NULL,
  blocked bigint NOT NULL,
  CONSTRAINT guard_count_pkey PRIMARY KEY (guard)
);
COMMENT ON TABLE qfs.guard_count IS 'verdicts of guards in the entries that qfs.verify_new() has seen';
COMMENT ON COLUMN qfs.guard_count.guard IS 'name of the guard, as in an outcome';
COMMENT ON COLUMN qfs.guard_count.blocked IS 'how often it blocked';
COMMENT ON CONSTRAINT guard_count_pkey ON qfs.guard_count IS 'one row a guard';
GRANT SELECT ON qfs.verification, qfs.guard_count TO qfs_operator, qfs_auditor;

CREATE FUNCTION qfs.lock_verification() RETURNS void
  AS 'MODULE_PATHNAME', 'qfs_sql_lock_verification' LANGUAGE C;
COMMENT ON FUNCTION qfs.lock_verification() IS 'one verification at a time, until the transaction ends';

CREATE FUNCTION qfs.put_verification(size bigint, hash qfs.hash, faults bigint) RETURNS void
  AS 'MODULE_PATHNAME', 'qfs_sql_put_verification' LANGUAGE C;
COMMENT ON FUNCTION qfs.put_verification(bigint, qfs.hash, bigint) IS 'remembers how far qfs.verify_new() has come';

CREATE FUNCTION qfs.add_guard_count(guard text, blocked bigint) RETURNS void
  AS 'MODULE_PATHNAME', 'qfs_sql_add_guard_count' LANGUAGE C STRICT;
COMMENT ON FUNCTION qfs.add_guard_count(text, bigint) IS 'adds to the verdicts of a guard';

-- What it remembers of the past is a check of its own: a ledger that was
-- rewritten with new hashes, or cut off, does not fit.
CREATE FUNCTION qfs.verify_new(most bigint DEFAULT 100000)
  RETURNS TABLE (seq bigint, code text, detail text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  known  qfs.verification;
  total  bigint;
  upto   bigint;
  n      bigint := 0;
BEGIN
  IF most IS NULL OR most < 1 THEN
    PERFORM qfs.refuse('ARGUMENT', 'most is 1 or more');
  END IF;
  IF current_setting('transaction_read_only')::boolean THEN
    PERFORM qfs.refuse('READ_ONLY', format('SELECT * FROM qfs.verify(%s, depth => ''hashes'') checks here what qfs.verify_new() has not seen yet',
      coalesce((SELECT v.size FROM qfs.verification v), 0)));
  END IF;
  PERFORM qfs.lock_verification();
  SELECT v.* INTO known FROM qfs.verification v;
  known.size := coalesce(known.size, 0);
  SELECT h.size INTO total FROM qfs.head() h;
  upto := least(total, known.size + most);

  IF total < known.size THEN
    n := 1;
    verify_new.seq := total;
    verify_new.code := 'QFS_SEQ_GAP';
    verify_new.detail := format('%s entries were sound before, %s are left', known.size, total);
    RETURN NEXT;
  ELSIF known.hash OPERATOR(qfs.<>) (SELECT l.hash FROM qfs.ledger l WHERE l.seq = known.size - 1) THEN
    n := 1;
    verify_new.seq := known.size - 1;
    verify_new.code := 'QFS_HASH_MISMATCH';
    verify_new.detail := 'it had another hash when it was verified before';
    RETURN NEXT;
  ELSIF upto > known.size THEN
    FOR verify_new.seq, verify_new.code, verify_new.detail IN
      SELECT v.seq, v.code, v.detail FROM qfs.verify(known.size, upto - 1, 'hashes') v
    LOOP
      n := n + 1;
      RETURN NEXT;
    END LOOP;
  END IF;

  IF n > 0 THEN
    PERFORM qfs.put_verification(known.size, known.hash, n);
    RETURN;
  END IF;
  PERFORM qfs.put_verification(upto, (SELECT l.hash FROM qfs.ledger l WHERE l.seq = upto - 1), 0);
  PERFORM qfs.add_guard_count(b.guard, b.blocked)
  FROM (SELECT g #>> '{}' AS guard, count(*) AS blocked
        FROM qfs.ledger l, jsonb_path_query(l.outcome, '$.guards[*] ? (@.result == "BLOCK").guard') g
        WHERE l.seq >= known.size AND l.seq < upto
        GROUP BY 1 ORDER BY 1) b;
END $$;
COMMENT ON FUNCTION qfs.verify_new(bigint) IS
  'checks the hashes of the entries appended since it was last called, at most so many, and remembers how far it came, so not on a standby; no rows: sound';

-- Whether a checkpoint is signed depends on standbys, too: here it is about the file alone.
CREATE FUNCTION qfs.key_fault(OUT detail text, OUT remedy text)
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM qfs.check_key_file();
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, remedy = PG_EXCEPTION_HINT;
  detail := coalesce(nullif(detail, ''), SQLERRM);
END $$;
COMMENT ON FUNCTION qfs.key_fault() IS 'why the key file is of no use to this ledger, and what to do; nulls: it has the key in force';

CREATE FUNCTION qfs.vitals(
    OUT now bigint, OUT size bigint, OUT at bigint, OUT is_open boolean, OUT in_recovery boolean,
    OUT lock_holder integer, OUT lock_waiters bigint, OUT lock_wait numeric,
    OUT verified bigint, OUT verified_at bigint, OUT verify_faults bigint,
    OUT witnesses bigint, OUT cosigned bigint, OUT cosigned_at bigint,
    OUT places bigint, OUT kept bigint, OUT kept_at bigint, OUT kept_in text,
    OUT check_faults bigint, OUT check_fault text, OUT bypasses bigint, OUT bypass text)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT c.now, h.size, h.at, EXISTS (SELECT FROM qfs.ledger_state) AND EXISTS (SELECT FROM qfs.opening), pg_is_in_recovery(),
         k.holder, k.waiters, k.wait,
         v.size, v.at, v.faults,
         (SELECT count(*) FROM qfs.witness), w.size, w.at,
         (SELECT count(*) FROM qfs.kept_checkpoint), e.size, e.at, e.place,
         s.faults, s.fault, s.bypasses, s.bypass
  FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now) c
  CROSS JOIN qfs.head() h
  -- the chain lock, as src/pg/append/chain_lock.c takes it
  CROSS JOIN (SELECT min(l.pid) FILTER (WHERE l.granted) AS holder, count(*) FILTER (WHERE NOT l.granted) AS waiters,
                     coalesce(max(extract(epoch FROM clock_timestamp() - l.waitstart)) FILTER (WHERE NOT l.granted), 0) AS wait
              FROM pg_locks l
              WHERE l.locktype = 'object' AND l.classid = 'pg_class'::regclass AND l.objid = 'qfs.ledger'::regclass AND l.objsubid = 1
                AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())) k
  LEFT JOIN qfs.verification v ON true
  -- a cosignature begins with 4 bytes of key id and 8 of the witness's time, in seconds
  LEFT JOIN (SELECT n.size, ('x' || encode(substr(decode(split_part(rtrim(n.line, E'\n'), ' ', 3), 'base64'), 5, 8), 'hex'))::bit(64)::bigint * 1000 AS at
             FROM qfs.cosignature n ORDER BY n.size DESC, n.vkey LIMIT 1) w ON true
  LEFT JOIN (SELECT x.place, x.size, x.at FROM qfs.kept_checkpoint x ORDER BY x.size DESC, x.at, x.place LIMIT 1) e ON true
  CROSS JOIN (SELECT count(*) FILTER (WHERE f.code <> 'QFS_BYPASS') AS faults,
                     min(f.code || ': ' || f.detail) FILTER (WHERE f.code <> 'QFS_BYPASS') AS fault,
                     count(*) FILTER (WHERE f.code = 'QFS_BYPASS') AS bypasses, min(f.detail) FILTER (WHERE f.code = 'QFS_BYPASS') AS bypass
              FROM qfs.self_check() f) s;
END;
COMMENT ON FUNCTION qfs.vitals() IS
  'what qfs.health() and qfs_api.metrics() tell about; times in milliseconds since 1970-01-01 UTC, lock_wait in seconds; never scans the ledger';

-- Roles belong to the cluster, privileges on objects to a database: whoever may connect to two
-- that have qfs has the same powers in both.  qfs_owner owns the tables wherever qfs is.
CREATE FUNCTION qfs.neighbours(OUT ledgers bigint, OUT admitted text)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  WITH here AS (SELECT d.* FROM pg_database d WHERE d.datname = current_database())
  SELECT (SELECT count(DISTINCT s.dbid) FROM pg_shdepend s, here
          WHERE s.refclassid = 'pg_authid'::regclass AND s.deptype = 'o' AND s.dbid NOT IN (0, here.oid)
            AND s.refobjid = (SELECT r.oid FROM pg_roles r WHERE r.rolname = 'qfs_owner')),
         (SELECT string_agg(coalesce(r.rolname, 'PUBLIC'), ', ' ORDER BY r.rolname)
          FROM here, aclexplode(coalesce(here.datacl, acldefault('d', here.datdba))) a LEFT JOIN pg_roles r ON r.oid = a.grantee
          WHERE a.privilege_type = 'CONNECT'
            AND (a.grantee = 0 OR r.rolname IN ('qfs_anon', 'qfs_user', 'qfs_operator', 'qfs_auditor', 'qfs_monitor', 'qfs_bridge', 'aegis_readonly', 'aegis_advisor')));
END;
COMMENT ON FUNCTION qfs.neighbours() IS
  'other databases of the cluster that have qfs, and who may connect to this one without being one of its own: PUBLIC, roles of qfs';

-- What else the extension has installed, in schemas of its own, says itself how it is: a function health() or metrics() there, which has the columns of those here.
-- Nobody but who may change the extension can add one, and where one is taken away nothing is missing.
CREATE FUNCTION qfs.part_calls(name text) RETURNS TABLE (part text, call text)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT n.nspname::text, format('%I.%I()', n.nspname, p.proname)
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname NOT IN ('qfs', 'qfs_api')
  JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
  JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'qfs'
  WHERE p.proname = part_calls.name AND p.pronargs = 0
  ORDER BY n.nspname;
END;
COMMENT ON FUNCTION qfs.part_calls(text) IS 'functions of this name, without arguments, in the schemas of the extension that are not the ledger''s, as calls';

CREATE FUNCTION qfs.part_health() RETURNS TABLE (item text, status text, value text, remedy text)
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  c record;
BEGIN
  FOR c IN SELECT p.part, p.call FROM qfs.part_calls('health') p LOOP
    BEGIN
      RETURN QUERY EXECUTE 'SELECT h.item, h.status, h.value, h.remedy FROM ' || c.call || ' h';
    -- How the ledger is has to be told whatever became of the rest.
    EXCEPTION WHEN OTHERS THEN
      RETURN QUERY SELECT c.part, 'error', SQLERRM, format('%s cannot say how it is: SELECT * FROM qfs.self_check().', c.part);
    END;
  END LOOP;
END $$;
COMMENT ON FUNCTION qfs.part_health() IS 'what the other schemas of the extension say in qfs.health()';

CREATE FUNCTION qfs.part_metrics() RETURNS TABLE (name text, type text, help text, samples text)
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  c record;
BEGIN
  FOR c IN SELECT p.part, p.call FROM qfs.part_calls('metrics') p LOOP
    BEGIN
      RETURN QUERY EXECUTE 'SELECT m.name, m.type, m.help, m.samples FROM ' || c.call || ' m';
    -- What is not known is not said; qfs.health() says why.
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
END $$;
COMMENT ON FUNCTION qfs.part_metrics() IS 'what the other schemas of the extension say in qfs_api.metrics()';

CREATE FUNCTION qfs.health() RETURNS TABLE (item text, status text, value text, remedy text)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  sql_version text := (SELECT extversion FROM pg_extension WHERE extname = 'qfs');
  v record;
  k record;
  day bigint := 25 * 3600 * 1000;
  ten_minutes bigint := 600 * 1000;
BEGIN
  RETURN QUERY SELECT 'version', CASE WHEN qfs.version() = sql_version THEN 'ok' ELSE 'error' END,
    format('library %s, SQL objects %s', qfs.version(), sql_version),
    CASE WHEN qfs.version() <> sql_version THEN 'As a superuser run ALTER EXTENSION qfs UPDATE, or install the newer library.' END;
  IF qfs.version() <> sql_version THEN
    RETURN;
  END IF;
  SELECT * INTO v FROM qfs.vitals();

  RETURN QUERY SELECT 'ledger', CASE WHEN v.is_open THEN 'ok' WHEN v.size = 0 OR EXISTS (SELECT FROM qfs.ledger_state) THEN 'warning' ELSE 'error' END,
    CASE WHEN v.is_open THEN format('open, %s entries', v.size) WHEN v.size = 0 THEN 'there is none yet'
         WHEN EXISTS (SELECT FROM qfs.ledger_state) THEN format('closed, %s entries imported or followed', v.size)
         ELSE format('restored or copied, %s entries not verified', v.size) END,
    CASE WHEN v.is_open THEN NULL WHEN v.size = 0 THEN 'Run SELECT qfs.genesis(origin => ''ledger.example.org/main'').'
         WHEN EXISTS (SELECT FROM qfs.ledger_state) THEN 'If it is to take events: SELECT qfs.post_restore().'
         ELSE 'Run SELECT qfs.post_restore().' END;

  RETURN QUERY SELECT 'guards', CASE WHEN v.check_faults = 0 THEN 'ok' ELSE 'error' END,
    CASE WHEN v.check_faults = 0 THEN 'in place' ELSE format('%s findings; %s', v.check_faults, v.check_fault) END,
    CASE WHEN v.check_faults > 0 THEN 'SELECT * FROM qfs.self_check() shows all of them; a superuser mends them with SELECT * FROM qfs.rearm().' END;

  RETURN QUERY SELECT 'access', CASE WHEN v.bypasses = 0 THEN 'ok' ELSE 'warning' END,
    CASE WHEN v.bypasses = 0 THEN 'nobody but superusers can go past the guards' ELSE format('%s can go past the guards; %s', v.bypasses, v.bypass) END,
    CASE WHEN v.bypasses > 0 THEN 'SELECT * FROM qfs.access() shows who was given what; docs/threat-model.md says what it is good for.' END;

  RETURN QUERY SELECT 'server', CASE WHEN qfs.knows_server() THEN 'ok' ELSE 'warning' END,
    format('PostgreSQL %s', current_setting('server_version_num')::integer / 10000),
    CASE WHEN NOT qfs.knows_server()
         THEN 'What qfs.self_check() compares with was not made on this major version: parsed bodies are left out. scripts/generate-manifest makes it.' END;

  SELECT * INTO k FROM qfs.neighbours();
  RETURN QUERY SELECT 'tenants', CASE WHEN k.ledgers > 0 AND k.admitted IS NOT NULL THEN 'warning' ELSE 'ok' END,
    CASE WHEN k.ledgers = 0 THEN 'no other database of the cluster has qfs'
         ELSE format('%s other databases of the cluster have qfs; %s', k.ledgers,
                     coalesce(k.admitted || ' may connect to this one', 'who may connect to this one is listed')) END,
    CASE WHEN k.ledgers > 0 AND k.admitted IS NOT NULL
         THEN format('Roles belong to the cluster: an operator of those is one here. REVOKE CONNECT ON DATABASE %I FROM %s, and grant it to the roles of this ledger by name: docs/operations.md.',
                     current_database(), k.admitted) END;

  RETURN QUERY SELECT p.* FROM qfs.part_health() p;

  RETURN QUERY SELECT 'durability', CASE WHEN NOT current_setting('fsync')::boolean THEN 'error'
                                         WHEN current_setting('synchronous_commit') = 'off' THEN 'warning' ELSE 'ok' END,
    format('fsync %s, synchronous_commit %s', current_setting('fsync'), current_setting('synchronous_commit')),
    CASE WHEN NOT current_setting('fsync')::boolean THEN 'Set fsync = on: a crash of the machine may damage the ledger.'
         WHEN current_setting('synchronous_commit') = 'off' THEN 'Set synchronous_commit = on: a crash may lose entries that clients were told of.' END;

  IF v.in_recovery THEN
    RETURN QUERY SELECT 'replication', CASE WHEN NOT pg_is_wal_replay_paused() AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 'ok' ELSE 'warning' END,
      format('standby, %s', CASE WHEN pg_is_wal_replay_paused() THEN 'replay is paused'
                                 WHEN EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 'streaming' ELSE 'not streaming' END),
      CASE WHEN pg_is_wal_replay_paused() THEN 'SELECT pg_wal_replay_resume().'
           WHEN NOT EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 'Look into the server log: the primary may be away, or WAL comes from an archive.' END;
  ELSE
    RETURN QUERY SELECT 'replication', 'ok', format('primary, %s standbys stream', (SELECT count(*) FROM pg_stat_replication)), NULL::text;
  END IF;
  IF NOT v.is_open THEN
    RETURN;
  END IF;

  RETURN QUERY SELECT 'head', CASE WHEN v.at > v.now + 1000 THEN 'warning' ELSE 'ok' END,
    format('entry %s, %s', v.size - 1, CASE WHEN v.at > v.now + 1000 THEN format('%s s in the future', (v.at - v.now) / 1000)
                                            ELSE format('%s s ago', greatest(v.now - v.at, 0) / 1000) END),
    CASE WHEN v.at > v.now + 1000
         THEN 'The clock is behind, or was ahead when the entry was appended. If it is behind, set it; until it has caught up, '
              'all entries and sign-ins have the time of that entry.' END;

  SELECT qfs.server_changes() AS changes, NOT qfs.is_adopted() AS unadopted, l.* INTO k
  FROM qfs.server s JOIN qfs.ledger l ON l.seq = s.seq;
  RETURN QUERY SELECT 'identity', CASE WHEN k.unadopted THEN 'error' ELSE 'ok' END,
    CASE WHEN k.unadopted THEN format('not adopted: %s changed since entry %s', array_to_string(k.changes, ', '), k.seq)
         WHEN k.changes <> '{}' THEN format('%s changed since entry %s, which the next event records', array_to_string(k.changes, ', '), k.seq)
         WHEN k.seq = 0 THEN 'as genesis has recorded it'
         ELSE format('%s changed in entry %s, %s s ago%s',
                     (SELECT string_agg(c.name, ', ') FROM jsonb_array_elements_text(k.payload -> 'changed') c(name)), k.seq,
                     greatest(v.now - k.at, 0) / 1000, ': ' || (k.payload ->> 'reason')) END,
    CASE WHEN k.unadopted
         THEN 'It takes no events, signs nothing and signs nobody in. If the ledger is to live on here, and nowhere else: SELECT qfs.adopt(''reason''). docs/operations.md.' END;

  SELECT * INTO k FROM qfs.key_fault();
  RETURN QUERY SELECT 'key_file', CASE WHEN k.detail IS NULL THEN 'ok' WHEN v.in_recovery THEN 'warning' ELSE 'error' END,
    coalesce(k.detail, 'has the key in force'), k.remedy;

  RETURN QUERY SELECT 'chain_lock', CASE WHEN v.lock_wait > 10 THEN 'warning' ELSE 'ok' END,
    CASE WHEN v.lock_waiters > 0 THEN format('%s wait for process %s, the longest for %s s', v.lock_waiters, v.lock_holder, trunc(v.lock_wait))
         WHEN v.lock_holder IS NULL THEN 'free' ELSE format('held by process %s', v.lock_holder) END,
    CASE WHEN v.lock_wait > 10 THEN format('A transaction that has appended is still open. To end it: SELECT pg_terminate_backend(%s).', v.lock_holder) END;

  RETURN QUERY SELECT 'verification',
    CASE WHEN v.verify_faults > 0 THEN 'error' WHEN v.verified IS NULL OR v.verified_at < v.now - day THEN 'warning' ELSE 'ok' END,
    CASE WHEN v.verified IS NULL THEN 'never'
         ELSE format('%s of %s entries, %s s ago, %s faults', v.verified, v.size, greatest(v.now - v.verified_at, 0) / 1000, v.verify_faults) END,
    CASE WHEN v.verify_faults > 0 THEN 'Change nothing. SELECT * FROM qfs.verify() shows all faults; compare with an older checkpoint and the last backup.'
         WHEN v.verified IS NULL OR v.verified_at < v.now - day THEN 'Run SELECT * FROM qfs.verify_new() every minute.' END;

  RETURN QUERY SELECT 'checkpoint',
    CASE WHEN v.cosigned_at IS NULL OR (v.cosigned < v.size AND v.cosigned_at < v.now - day) THEN 'warning' ELSE 'ok' END,
    CASE WHEN v.cosigned_at IS NOT NULL THEN format('%s of %s entries cosigned, %s s ago', v.cosigned, v.size, greatest(v.now - v.cosigned_at, 0) / 1000)
         WHEN v.witnesses = 0 THEN 'there is no witness' ELSE 'no witness has cosigned yet' END,
    CASE WHEN v.witnesses = 0 THEN 'Add one with qfs.add_witness(), or keep qfs.checkpoint() where nobody who administers the database can write.'
         WHEN v.cosigned_at IS NULL OR (v.cosigned < v.size AND v.cosigned_at < v.now - day)
         THEN 'Have a witness cosign qfs.checkpoint(): docs/checkpoints.md.' END;

  RETURN QUERY SELECT 'kept', CASE WHEN v.places = 0 OR (v.kept < v.size AND v.kept_at < v.now - ten_minutes) THEN 'warning' ELSE 'ok' END,
    CASE WHEN v.places = 0 THEN 'no checkpoint is kept outside of the database'
         ELSE format('%s of %s entries, %s s ago, in %s%s', v.kept, v.size, greatest(v.now - v.kept_at, 0) / 1000, v.kept_in,
                     CASE WHEN v.places > 1 THEN format(' and %s more places', v.places - 1) ELSE '' END) END,
    CASE WHEN v.places = 0
         THEN 'A superuser can rewrite all that is in the database: have qfs-bridge publish keep checkpoints in a directory, a git remote, a bucket or with a witness. docs/checkpoints.md.'
         WHEN v.kept < v.size AND v.kept_at < v.now - ten_minutes
         THEN 'qfs-bridge publish does not run, or the place does not take what it sends: look into its log. docs/checkpoints.md.' END;

  SELECT p.policy::jsonb #>> '{governance,mode}' AS mode, (p.policy::jsonb #>> '{governance,power_percent}')::bigint AS percent,
         coalesce(e.holders, 0) AS holders, coalesce(e.total, 0) AS total, qfs.overdue_blocks() AS overdue INTO k
  FROM qfs.ledger_state g JOIN qfs.policy p ON p.seq = g.policy_seq LEFT JOIN qfs.electorate e ON e.number = 0;
  IF k.mode IS NULL OR k.mode = 'off' AND k.overdue = 0 THEN
    RETURN;
  END IF;
  RETURN QUERY SELECT 'governance',
    CASE WHEN k.overdue > 0 OR (k.mode = 'on' AND k.holders * k.percent < 100) THEN 'warning' ELSE 'ok' END,
    CASE WHEN k.overdue > 0 THEN format('%s, a settlement has been due for %s blocks', k.mode, k.overdue)
         ELSE format('%s, %s NOD of %s holders', k.mode, k.total, k.holders) END,
    CASE WHEN k.overdue > 0 THEN 'Nobody has appended anything since: SELECT qfs.settle().'
         WHEN k.mode = 'on' AND k.holders * k.percent < 100
         THEN format('%s holders of at most %s percent each never have all of the power, so an emergency may be out of reach, and with fewer of them everything is: have one more seated while they still can. docs/governance.md.', k.holders, k.percent) END;
END $$;
COMMENT ON FUNCTION qfs.health() IS
  'one row an item: status ok, warning or error, what was found, and what to do';

GRANT EXECUTE ON FUNCTION qfs.verify_new(bigint) TO qfs_operator, qfs_auditor;
GRANT EXECUTE ON FUNCTION qfs.health() TO qfs_operator, qfs_auditor, qfs_monitor;
