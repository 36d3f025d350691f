-- Whom entries concern: for those who follow the ledger and tell others of it.

CREATE FUNCTION qfs.parties_between("from" bigint, "to" bigint) RETURNS TABLE (seq bigint, user_id qfs.user_id, changes_access boolean)
  AS 'MODULE_PATHNAME', 'qfs_sql_parties_between' LANGUAGE C STABLE STRICT
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs.parties_between(bigint, bigint) IS
  'whom the entries from..to concern: actors, those that payloads name as parties, accounts that were touched, and who invited these; changes_access: it began or ended sessions of theirs';

CREATE FUNCTION qfs.parties(seq bigint) RETURNS SETOF qfs.user_id
  LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT p.user_id FROM qfs.parties_between(parties.seq, parties.seq) p;
END;
COMMENT ON FUNCTION qfs.parties(bigint) IS 'whom an entry concerns';

CREATE FUNCTION qfs.since(seq bigint, max integer, size bigint) RETURNS jsonb
  AS 'MODULE_PATHNAME', 'qfs_sql_since' LANGUAGE C STABLE;
COMMENT ON FUNCTION qfs.since(bigint, integer, bigint) IS
  'what concerns the account that is signed in, of the entries from seq on, of the first size entries; qfs_api.since says more';

-- A channel is a session: what it hears of is what concerns its account while it is active.  PL/pgSQL, because pg_upgrade makes functions of
-- SQL before the operators by which they order.
CREATE FUNCTION qfs.open_sessions(after text DEFAULT NULL, max integer DEFAULT 1000)
  RETURNS TABLE (user_id qfs.user_id, session qfs.hash, expires_at bigint)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    SELECT a.user_id, (s.value ->> 'session')::qfs.hash, (s.value ->> 'expires_at')::bigint
    FROM (SELECT * FROM qfs.access x
          WHERE x.sessions <> '[]' AND (open_sessions.after IS NULL OR x.user_id OPERATOR(qfs.>) open_sessions.after::qfs.user_id)
          ORDER BY x.user_id USING OPERATOR(qfs.<) LIMIT least(greatest(coalesce(open_sessions.max, 1000), 1), 10000)) a
    CROSS JOIN LATERAL jsonb_array_elements(a.sessions::jsonb) s
    ORDER BY a.user_id USING OPERATOR(qfs.<);
END $$;
COMMENT ON FUNCTION qfs.open_sessions(text, integer) IS
  'sessions that no entry has ended, of up to max accounts that follow one, in their order, and when each expires, in milliseconds since 1970; none: there is no account that follows';

-- PL/pgSQL, because its plans are kept: a follower asks fifty times a second, for one or two entries.
CREATE FUNCTION qfs.channels(seq_from bigint, seq_to bigint)
  RETURNS TABLE (seq bigint, session qfs.hash, expires_at bigint, began boolean, ended boolean)
  LANGUAGE plpgsql STABLE STRICT ROWS 10 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  now bigint := extract(epoch FROM clock_timestamp()) * 1000;
  party record;
BEGIN
  FOR party IN SELECT p.seq, p.user_id, p.changes_access FROM qfs.parties_between(seq_from, seq_to) p LOOP
    RETURN QUERY
      SELECT party.seq, h.session, h.expires_at,
             party.changes_access AND EXISTS (SELECT FROM qfs.session b WHERE b.session OPERATOR(qfs.=) h.session AND b.seq = party.seq), false
      FROM (SELECT (s.value ->> 'session')::qfs.hash AS session, (s.value ->> 'expires_at')::bigint AS expires_at
            FROM qfs.access a CROSS JOIN LATERAL jsonb_array_elements(a.sessions::jsonb) s
            WHERE a.user_id OPERATOR(qfs.=) party.user_id) h
      WHERE h.expires_at > now;
    IF party.changes_access THEN
      RETURN QUERY
        SELECT e.ended, e.session, NULL::bigint, false, true
        FROM qfs.session e WHERE e.user_id OPERATOR(qfs.=) party.user_id AND e.ended = party.seq;
    END IF;
  END LOOP;
END $$;
COMMENT ON FUNCTION qfs.channels(bigint, bigint) IS
  'who has to hear of the entries from..to: active sessions, when each expires, and whether the entry began it; and sessions that an entry ended';

GRANT EXECUTE ON FUNCTION
  qfs.parties(bigint), qfs.parties_between(bigint, bigint), qfs.open_sessions(text, integer), qfs.channels(bigint, bigint)
  TO qfs_bridge;
GRANT EXECUTE ON FUNCTION qfs.parties(bigint), qfs.parties_between(bigint, bigint) TO qfs_auditor;
