-- Live: what is new, for the account that asks; and whose socket it is.

CREATE FUNCTION qfs_api.since(seq bigint DEFAULT NULL, max integer DEFAULT 100) RETURNS jsonb
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT qfs.since(since.seq, since.max, (SELECT h.size FROM qfs.durable_head() h));
END;
COMMENT ON FUNCTION qfs_api.since(bigint, integer) IS
  'What concerns the account, in order, up to max (1 to 1000) of the entries from seq on: {entries, next, head}. entries: their lines, with the parts that the account sees; next: from where to go on, and if it is not head, there may be more at once; head: entries that are durable. Without seq nothing, and next is head.';

-- The headers are PostgREST's to send; nginx takes them from the answer to its auth_request.
CREATE FUNCTION qfs_api.socket_identity() RETURNS void
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM set_config('response.headers', jsonb_build_array(
    jsonb_build_object('X-Qfs-User', qfs.require_user_id()::text),
    jsonb_build_object('X-Qfs-Session', qfs.current_session()::text),
    jsonb_build_object('Cache-Control', 'no-store'))::text, true);
END $$;
COMMENT ON FUNCTION qfs_api.socket_identity() IS
  'Whose socket it is, for a server of sockets: headers X-Qfs-User and X-Qfs-Session; 401 without a token, and with one whose session has ended.';

GRANT EXECUTE ON FUNCTION qfs_api.since(bigint, integer), qfs_api.socket_identity() TO qfs_user, qfs_operator;
