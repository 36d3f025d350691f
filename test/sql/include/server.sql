-- here(): this server as GENESIS records it, computed from docs/format.md alone.
\set ECHO none
CREATE FUNCTION here(salt bytea DEFAULT '\x000102030405060708090a0b0c0d0e0f') RETURNS jsonb LANGUAGE sql
RETURN (SELECT jsonb_build_object('salt', encode(salt, 'hex'),
    'system', encode(sha256(convert_to('qfs:system:v1', 'UTF8') || '\x00' || salt || int8send(c.system_identifier)), 'hex'),
    'database', encode(sha256(convert_to('qfs:database:v1', 'UTF8') || '\x00' || salt || int8send(c.system_identifier) || oidsend(d.oid)), 'hex'),
    'timeline', ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::bigint,
    'version', current_setting('server_version_num')::integer)
  FROM pg_control_system() c, pg_database d WHERE d.datname = current_database());
\set ECHO all
