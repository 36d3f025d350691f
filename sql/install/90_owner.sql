-- Nothing for PUBLIC, and an owner that nobody logs in as: what runs with the
-- owner's rights has no more rights than the tables of qfs.
--
-- The owner first: REVOKE records the privileges as those of the installation,
-- and pg_dump writes out whatever differs from them, the installer's name
-- included.
DO $$
DECLARE
  o record;
BEGIN
  FOR o IN
    SELECT pg_catalog.format('TABLE %s', c.oid::pg_catalog.regclass) AS name, true AS owned
    FROM pg_catalog.pg_class c
    WHERE c.relnamespace IN ('qfs'::pg_catalog.regnamespace, 'qfs_api'::pg_catalog.regnamespace, 'aegis'::pg_catalog.regnamespace)
      AND c.relkind IN ('r', 'v')
    UNION ALL
    SELECT pg_catalog.format('FUNCTION %s', p.oid::pg_catalog.regprocedure),
           p.prorettype <> 'pg_catalog.event_trigger'::pg_catalog.regtype
    FROM pg_catalog.pg_proc p
    WHERE p.pronamespace IN ('qfs'::pg_catalog.regnamespace, 'qfs_api'::pg_catalog.regnamespace, 'aegis'::pg_catalog.regnamespace)
    UNION ALL
    SELECT pg_catalog.format('TYPE %s', pg_catalog.format_type(t.oid, NULL)), false
    FROM pg_catalog.pg_type t
    WHERE t.typnamespace IN ('qfs'::pg_catalog.regnamespace, 'qfs_api'::pg_catalog.regnamespace, 'aegis'::pg_catalog.regnamespace)
      AND t.typtype IN ('b', 'd') AND t.typelem = 0
  LOOP
    IF o.owned THEN
      EXECUTE pg_catalog.format('ALTER %s OWNER TO qfs_owner', o.name);
    END IF;
    EXECUTE pg_catalog.format('REVOKE ALL ON %s FROM PUBLIC', o.name);
  END LOOP;
END $$;

-- Every table but the ledger refuses statements, those that an update adds, too; what is dumped comes in by INSERT or
-- COPY while the ledger is closed.
DO $$
DECLARE
  t record;
BEGIN
  FOR t IN
    SELECT c.relname, CASE WHEN c.oid = ANY (e.extconfig) THEN '''dumped''' ELSE '' END AS argument
    FROM pg_catalog.pg_class c, pg_catalog.pg_extension e
    WHERE e.extname = 'qfs' AND c.relnamespace = 'qfs'::pg_catalog.regnamespace AND c.relkind = 'r' AND c.relname <> 'ledger'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid AND g.tgname = 'zzz_qfs_refuse_row')
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
