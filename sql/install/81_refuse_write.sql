-- Every table but the ledger is written by qfs alone, which writes past triggers; 90_owner.sql puts this one on them.

CREATE FUNCTION qfs.refuse_write() RETURNS trigger
  AS 'MODULE_PATHNAME', 'qfs_sql_refuse_write' LANGUAGE C;
COMMENT ON FUNCTION qfs.refuse_write() IS
  'trigger: refuses statements that write a table of qfs, but for rows of a dump into a ledger that is closed';
