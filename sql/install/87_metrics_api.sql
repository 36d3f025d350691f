-- Numbers for Prometheus.

-- Families of samples, in Prometheus's text format; labels and values are ready text.
CREATE FUNCTION qfs.metric_families() RETURNS TABLE (name text, type text, help text, samples text)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT f.name, f.type, f.help, f.name || ' ' || f.value AS samples
  FROM qfs.vitals() v, qfs.key_fault() k,
  LATERAL (VALUES
    (1, 'qfs_ledger_open', 'gauge', 'Is the ledger open for appends?', v.is_open::integer::numeric),
    (2, 'qfs_entries_total', 'counter', 'Entries of the ledger.', v.size),
    (3, 'qfs_head_timestamp_seconds', 'gauge', 'Time of the last entry.', round(v.at / 1000.0, 3)),
    (4, 'qfs_clock_behind_seconds', 'gauge', 'How far the clock is behind the last entry.', round(greatest(v.at - v.now, 0) / 1000.0, 3)),
    (5, 'qfs_ledger_bytes', 'gauge', 'Size of the ledger on disk, with its indexes.', pg_total_relation_size('qfs.ledger'::regclass)),
    (6, 'qfs_chain_lock_waiters', 'gauge', 'Writers that wait in the queue for the chain lock.', v.lock_waiters),
    (7, 'qfs_chain_lock_wait_seconds', 'gauge', 'How long the first of them has been waiting.', round(v.lock_wait, 3)),
    (8, 'qfs_verified_entries', 'gauge', 'Entries that qfs.verify_new() found sound.', coalesce(v.verified, 0)),
    (9, 'qfs_verify_lag_entries', 'gauge', 'Entries that it has not seen yet.', greatest(v.size - coalesce(v.verified, 0), 0)),
    (10, 'qfs_verify_timestamp_seconds', 'gauge', 'When it ran last.', round(v.verified_at / 1000.0, 3)),
    (11, 'qfs_verify_faults', 'gauge', 'Faults that it found then.', v.verify_faults),
    (12, 'qfs_self_check_faults', 'gauge', 'Findings of qfs.self_check(): guards or privileges that were changed.', v.check_faults),
    (13, 'qfs_key_usable', 'gauge', 'Does the key file hold the key in force?', (k.detail IS NULL)::integer),
    (14, 'qfs_checkpoint_entries', 'gauge', 'Entries under the newest checkpoint that a witness cosigned.', v.cosigned),
    (15, 'qfs_checkpoint_timestamp_seconds', 'gauge', 'When the witness cosigned it.', round(v.cosigned_at / 1000.0, 3)),
    (18, 'qfs_kept_places', 'gauge', 'Places outside of the database that keep checkpoints.', v.places),
    (16, 'qfs_in_recovery', 'gauge', 'Is this a standby?', v.in_recovery::integer),
    (17, 'qfs_adopted', 'gauge', 'Is this the server and the database that the ledger lives in?', qfs.is_adopted()::integer)
  ) AS f (number, name, type, help, value)
  -- what is not known is not said
  WHERE f.value IS NOT NULL
  UNION ALL
  -- names of its own: what pg_upgrade makes of a nameless column has another
  SELECT 'qfs_blocked_total' AS name, 'counter' AS type, 'Verdicts of guards that blocked, in the verified entries.' AS help,
         string_agg(format('qfs_blocked_total{guard="%s"} %s', c.guard, c.blocked), E'\n' ORDER BY c.guard) AS samples
  FROM qfs.guard_count c
  HAVING count(*) > 0
  UNION ALL
  SELECT 'qfs_kept_entries' AS name, 'gauge' AS type, 'Entries under the newest checkpoint that a place outside of the database keeps.' AS help,
         string_agg(format('qfs_kept_entries{place="%s"} %s', x.place, x.size), E'\n' ORDER BY x.place) AS samples
  FROM qfs.kept_checkpoint x
  HAVING count(*) > 0
  UNION ALL
  SELECT 'qfs_kept_timestamp_seconds' AS name, 'gauge' AS type, 'Since when it keeps that one.' AS help,
         string_agg(format('qfs_kept_timestamp_seconds{place="%s"} %s', x.place, round(x.at / 1000.0, 3)), E'\n' ORDER BY x.place) AS samples
  FROM qfs.kept_checkpoint x
  HAVING count(*) > 0
  UNION ALL
  SELECT 'qfs_proposals' AS name, 'gauge' AS type, 'Proposals by their state.' AS help,
         string_agg(format('qfs_proposals{state="%s"} %s', x.state, x.count), E'\n' ORDER BY x.state) AS samples
  FROM (SELECT t.state, count(*) AS count FROM qfs.tally t GROUP BY t.state) x
  HAVING count(*) > 0
  UNION ALL
  SELECT 'qfs_votes_total' AS name, 'counter' AS type, 'Votes by choice.' AS help,
         string_agg(format('qfs_votes_total{choice="%s"} %s', x.choice, x.count), E'\n' ORDER BY x.choice) AS samples
  FROM (SELECT v.choice, count(*) AS count FROM qfs.vote v GROUP BY v.choice) x
  HAVING count(*) > 0
  UNION ALL
  SELECT n.name, 'gauge' AS type, n.help, n.name || ' ' || n.value AS samples
  FROM qfs.electorate e,
  LATERAL (VALUES
    ('qfs_nod_total', 'NOD of all accounts.', e.total),
    ('qfs_nod_holders', 'Accounts that hold some.', e.holders),
    ('qfs_settlement_due_blocks', 'For how many blocks the ledger has had something to settle.', qfs.overdue_blocks())
  ) AS n (name, help, value)
  UNION ALL
  SELECT p.name, p.type, p.help, p.samples FROM qfs.part_metrics() p;
END;
COMMENT ON FUNCTION qfs.metric_families() IS 'what qfs_api.metrics() says, a row a metric';

CREATE FUNCTION qfs_api.metrics() RETURNS qfs_api."text/plain"
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM set_config('response.headers', '[{"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}]', true);
  RETURN (SELECT string_agg(format(E'# HELP %1$s %3$s\n# TYPE %1$s %2$s\n%4$s\n', m.name, m.type, m.help, m.samples), '' ORDER BY m.name)
          FROM qfs.metric_families() m);
END $$;
COMMENT ON FUNCTION qfs_api.metrics() IS
  'Numbers of the ledger for Prometheus (text format 0.0.4). For monitoring.';

GRANT USAGE ON SCHEMA qfs_api TO qfs_monitor;
GRANT EXECUTE ON FUNCTION qfs_api.metrics() TO qfs_monitor, qfs_operator, qfs_auditor;
