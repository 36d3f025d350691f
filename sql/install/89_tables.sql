-- Every table but the ledger is written by qfs alone, which writes past triggers.

CREATE FUNCTION qfs.refuse_write() RETURNS trigger
  AS 'MODULE_PATHNAME', 'qfs_sql_refuse_write' LANGUAGE C;
COMMENT ON FUNCTION qfs.refuse_write() IS
  'trigger: refuses statements that write a table of qfs, but for rows of a dump into a ledger that is closed';

-- What is dumped, besides the ledger, comes in by INSERT or COPY while it is closed.
DO $$
DECLARE
  t record;
BEGIN
  FOR t IN
    SELECT c.relname, CASE WHEN c.oid = ANY (e.extconfig) THEN '''dumped''' ELSE '' END AS argument
    FROM pg_catalog.pg_class c, pg_catalog.pg_extension e
    WHERE e.extname = 'qfs' AND c.relnamespace = 'qfs'::pg_catalog.regnamespace AND c.relkind = 'r' AND c.relname <> 'ledger'
  LOOP
    EXECUTE pg_catalog.format(
      'CREATE TRIGGER zzz_qfs_refuse_row BEFORE INSERT OR UPDATE OR DELETE ON qfs.%I FOR EACH ROW EXECUTE FUNCTION qfs.refuse_write(%s)',
      t.relname, t.argument);
    EXECUTE pg_catalog.format(
      'CREATE TRIGGER zzz_qfs_refuse_statement BEFORE UPDATE OR DELETE OR TRUNCATE ON qfs.%I FOR EACH STATEMENT EXECUTE FUNCTION qfs.refuse_write()',
      t.relname);
    EXECUTE pg_catalog.format('COMMENT ON TRIGGER zzz_qfs_refuse_row ON qfs.%I IS ''written by qfs alone, for replicated changes too''', t.relname);
    EXECUTE pg_catalog.format('COMMENT ON TRIGGER zzz_qfs_refuse_statement ON qfs.%I IS ''written by qfs alone, also where no row matches''', t.relname);
    EXECUTE pg_catalog.format('ALTER TABLE qfs.%I ENABLE ALWAYS TRIGGER zzz_qfs_refuse_row', t.relname);
    EXECUTE pg_catalog.format('ALTER TABLE qfs.%I ENABLE ALWAYS TRIGGER zzz_qfs_refuse_statement', t.relname);
  END LOOP;
END $$;
