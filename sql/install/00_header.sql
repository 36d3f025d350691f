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
END $$;
