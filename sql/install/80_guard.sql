-- DDL guards: they let nobody change the ledger's objects while it is open.

CREATE FUNCTION qfs.guard_ddl() RETURNS event_trigger
  AS 'MODULE_PATHNAME', 'qfs_sql_guard_ddl' LANGUAGE C
  SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs.guard_ddl() IS
  'event trigger: refuses DDL on the objects of qfs while the ledger is open and qfs.ddl_guard is on';

CREATE EVENT TRIGGER qfs_guard_start ON ddl_command_start
  WHEN tag IN ('DROP EXTENSION', 'DROP SCHEMA', 'ALTER EXTENSION', 'DROP OWNED', 'ALTER DEFAULT PRIVILEGES')
  EXECUTE FUNCTION qfs.guard_ddl();
COMMENT ON EVENT TRIGGER qfs_guard_start IS 'refuses to drop qfs, and to take objects or privileges from it';
CREATE EVENT TRIGGER qfs_guard_end ON ddl_command_end EXECUTE FUNCTION qfs.guard_ddl();
COMMENT ON EVENT TRIGGER qfs_guard_end IS 'refuses changes of the ledger''s objects';
CREATE EVENT TRIGGER qfs_guard_drop ON sql_drop EXECUTE FUNCTION qfs.guard_ddl();
COMMENT ON EVENT TRIGGER qfs_guard_drop IS 'refuses drops of the ledger''s objects';
CREATE EVENT TRIGGER qfs_guard_rewrite ON table_rewrite EXECUTE FUNCTION qfs.guard_ddl();
COMMENT ON EVENT TRIGGER qfs_guard_rewrite IS 'refuses rewrites of the ledger''s tables';
ALTER EVENT TRIGGER qfs_guard_start ENABLE ALWAYS;
ALTER EVENT TRIGGER qfs_guard_end ENABLE ALWAYS;
ALTER EVENT TRIGGER qfs_guard_drop ENABLE ALWAYS;
ALTER EVENT TRIGGER qfs_guard_rewrite ENABLE ALWAYS;
