-- Streams: queues of others whose events become entries, and copies of the ledger for others; docs/event-bridge.md.

CREATE TABLE qfs.stream_position (
  stream text COLLATE "C" NOT NULL,
  id     text COLLATE "C" NOT NULL,
  dead   bigint NOT NULL,
  CONSTRAINT stream_position_pkey PRIMARY KEY (stream)
);
COMMENT ON TABLE qfs.stream_position IS 'how far streams were taken; changes in the transaction that appends what they bring';
COMMENT ON COLUMN qfs.stream_position.stream IS 'name of the stream';
COMMENT ON COLUMN qfs.stream_position.id IS 'id of the last event that was taken or went to the dead letters; 0-0 before the first';
COMMENT ON COLUMN qfs.stream_position.dead IS 'how many went to the dead letters, since this row was made';
COMMENT ON CONSTRAINT stream_position_pkey ON qfs.stream_position IS 'one position a stream';
SELECT pg_catalog.pg_extension_config_dump('qfs.stream_position', '');
GRANT SELECT ON qfs.stream_position TO qfs_bridge, qfs_operator, qfs_auditor;

CREATE FUNCTION qfs.lock_stream(stream text) RETURNS boolean
  AS 'MODULE_PATHNAME', 'qfs_sql_lock_stream' LANGUAGE C STRICT;
COMMENT ON FUNCTION qfs.lock_stream(text) IS
  'takes the lock of a stream for this session, which has it until it ends; false: another session has it';

CREATE FUNCTION qfs.position_of(stream text) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_position_of' LANGUAGE C STRICT
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs.position_of(text) IS
  'id of the last event of a stream that was taken; of a stream without a row the highest that an entry names, 0-0 if none does';

CREATE FUNCTION qfs.rebuild_positions() RETURNS bigint
  AS 'MODULE_PATHNAME', 'qfs_sql_rebuild_positions' LANGUAGE C STRICT
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs.rebuild_positions() IS
  'sets the position of each stream that entries name to the highest id that they name; returns how many there are';

CREATE FUNCTION qfs.take(stream text, ids text[], events bytea[])
  RETURNS TABLE (id text, entry bigint, code text, message text)
  AS 'MODULE_PATHNAME', 'qfs_sql_take' LANGUAGE C STRICT
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs.take(text, text[], bytea[]) IS
  'appends up to 1,000 events of a stream, in its order, and moves its position to the last id: all, or, if some are refused, none, and '
  'tells which and why; an event that is null is passed over. An event is the JSON object of the fields, each a string: type, payload, '
  'perhaps actor and auth (JSON as text), or event alone (an object of these)';

CREATE FUNCTION qfs.take_dead(stream text, ids text[], events bytea[])
  RETURNS TABLE (id text, entry bigint, code text, message text)
  AS 'MODULE_PATHNAME', 'qfs_sql_take_dead' LANGUAGE C STRICT
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs.take_dead(text, text[], bytea[]) IS
  'appends events of a stream that were refused before and that no entry names, each by itself; tells of each its entry, or why not; '
  'looks at every entry once';

CREATE FUNCTION qfs.entry_hash(seq bigint) RETURNS qfs.hash
  LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT l.hash FROM qfs.ledger l WHERE l.seq = entry_hash.seq;
END;
COMMENT ON FUNCTION qfs.entry_hash(bigint) IS 'hash of an entry; null if there is none of that number';

-- PL/pgSQL, because a CASE of SQL asks for the privilege to call both of its branches.
CREATE FUNCTION qfs.outgoing("from" bigint, count bigint)
  RETURNS TABLE (seq bigint, hash qfs.hash, line text)
  LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  is_auditor boolean := pg_has_role(current_user, 'qfs_auditor', 'USAGE');
BEGIN
  FOR seq IN SELECT n FROM generate_series("from", "from" + least(count, 1000) - 1) n LOOP
    hash := qfs.entry_hash(seq);
    EXIT WHEN hash IS NULL;
    IF is_auditor THEN
      line := qfs.entry(seq);
    ELSE
      line := qfs.readable_entry(seq);
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION qfs.outgoing(bigint, bigint) IS
  'up to 1,000 entries from one on, with the lines that the caller sees: all parts for auditors, what everybody may read for others';

GRANT EXECUTE ON FUNCTION
  qfs.lock_stream(text), qfs.position_of(text), qfs.take(text, text[], bytea[]), qfs.take_dead(text, text[], bytea[]),
  qfs.entry_hash(bigint), qfs.outgoing(bigint, bigint)
  TO qfs_bridge;
GRANT EXECUTE ON FUNCTION qfs.rebuild_positions() TO qfs_operator;
