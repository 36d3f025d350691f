-- Roles.  They belong to the cluster, so they may be there already.
DO $$
DECLARE
  r record;
BEGIN
  FOR r IN
    SELECT * FROM (VALUES
      ('qfs_owner',    'owns the objects of qfs; nobody logs in as it'),
      ('qfs_anon',     'qfs: callers who have not signed in'),
      ('qfs_user',     'qfs: accounts that have signed in'),
      ('qfs_operator', 'qfs: genesis, custom events, policy and keys'),
      ('qfs_auditor',  'qfs: verify, export and read everything; write nothing'),
      ('qfs_monitor',  'qfs: health and metrics, and nothing else'),
      ('qfs_bridge',   'qfs: followers and streams: durable head, whom an entry concerns, positions; appends what streams bring'),
      ('aegis_readonly', 'qfs: reads what advice is about: governance, the map of the rules, the head; writes nothing'),
      ('aegis_advisor',  'qfs: the same, and gives advice: qfs_api.advise()')
    ) AS v(name, comment)
  LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = r.name) THEN
      EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', r.name);
      EXECUTE pg_catalog.format('COMMENT ON ROLE %I IS %L', r.name, r.comment);
    END IF;
  END LOOP;
END $$;

GRANT USAGE ON SCHEMA qfs TO qfs_owner, qfs_operator, qfs_auditor, qfs_monitor, qfs_bridge;
