-- qfs: an append-only, hash-chained, Merkle-committed ledger.
-- Copyright: the qfs authors.  Licence: AGPL-3.0-only.
\echo Use "CREATE EXTENSION qfs" to load this file. \quit

-- Strings are hashed as UTF-8 bytes, so there must be no other encoding.
DO $$
BEGIN
  IF pg_catalog.current_setting('server_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'qfs needs a database with the encoding UTF8'
      USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = pg_catalog.format('QFS_ENCODING: this database has %s.',
                                       pg_catalog.current_setting('server_encoding')),
            HINT = 'CREATE DATABASE … ENCODING ''UTF8'' TEMPLATE template0.';
  END IF;

  -- Whoever owned the schema before would keep rights over what is put into it.
  IF EXISTS (SELECT FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner
             WHERE n.nspname = 'qfs' AND NOT r.rolsuper) THEN
    RAISE EXCEPTION 'schema qfs belongs to somebody else'
      USING ERRCODE = 'insufficient_privilege',
            DETAIL = 'QFS_SCHEMA: it was made before, by a role that is not a superuser.',
            HINT = 'Drop or rename it; CREATE EXTENSION makes the schema.';
  END IF;
END $$;
