-- Signed checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof).

CREATE TABLE qfs.witness (
  vkey     text COLLATE "C" NOT NULL,
  added_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT witness_pkey PRIMARY KEY (vkey)
);
COMMENT ON TABLE qfs.witness IS 'witnesses whose cosignatures are accepted';
COMMENT ON COLUMN qfs.witness.vkey IS 'note verifier key of type 0x04 (cosignature/v1)';
COMMENT ON COLUMN qfs.witness.added_at IS 'when it was added here';
COMMENT ON CONSTRAINT witness_pkey ON qfs.witness IS 'a witness is added once';
SELECT pg_catalog.pg_extension_config_dump('qfs.witness', '');

CREATE TABLE qfs.cosignature (
  size bigint NOT NULL,
  vkey text COLLATE "C" NOT NULL,
  line text COLLATE "C" NOT NULL,
  CONSTRAINT cosignature_pkey PRIMARY KEY (size, vkey)
);
COMMENT ON TABLE qfs.cosignature IS 'cosignatures of witnesses, checked when they were added';
COMMENT ON COLUMN qfs.cosignature.size IS 'size of the checkpoint';
COMMENT ON COLUMN qfs.cosignature.vkey IS 'witness that made it';
COMMENT ON COLUMN qfs.cosignature.line IS 'signature line of the note, with its line end';
COMMENT ON CONSTRAINT cosignature_pkey ON qfs.cosignature IS 'one line a witness and size, the latest';
SELECT pg_catalog.pg_extension_config_dump('qfs.cosignature', '');

GRANT SELECT ON qfs.witness, qfs.cosignature TO qfs_operator, qfs_auditor;

CREATE FUNCTION qfs.vkey(size bigint DEFAULT NULL) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_vkey' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION qfs.vkey(bigint) IS
  'note verifier key, name+id+base64: the one in force, or the one that signs the checkpoint of a size; of size 1: the first';

CREATE FUNCTION qfs.checkpoint(size bigint DEFAULT NULL) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_checkpoint' LANGUAGE C STABLE
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs.checkpoint(bigint) IS
  'signed checkpoint of the first size entries, of all by default, with the cosignatures there are';

CREATE FUNCTION qfs.check_key_file() RETURNS void
  AS 'MODULE_PATHNAME', 'qfs_sql_check_key_file' LANGUAGE C STABLE;
COMMENT ON FUNCTION qfs.check_key_file() IS
  'fails unless the key file holds the key in force; a standby can be asked, too';

CREATE FUNCTION qfs.tlog_proof(seq bigint, size bigint DEFAULT NULL) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_tlog_proof' LANGUAGE C STABLE
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs.tlog_proof(bigint, bigint) IS
  'c2sp.org/tlog-proof@v1 file of an entry: index, path and checkpoint';

CREATE FUNCTION qfs.add_witness(vkey text) RETURNS void
  AS 'MODULE_PATHNAME', 'qfs_sql_add_witness' LANGUAGE C STRICT
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs.add_witness(text) IS 'accepts cosignatures of a witness from now on';

CREATE FUNCTION qfs.add_cosignature(note text) RETURNS integer
  AS 'MODULE_PATHNAME', 'qfs_sql_add_cosignature' LANGUAGE C STRICT
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs.add_cosignature(text) IS
  'stores the cosignature lines of configured witnesses on a checkpoint of this ledger; returns how many';

GRANT EXECUTE ON FUNCTION
  qfs.vkey(bigint), qfs.checkpoint(bigint), qfs.tlog_proof(bigint, bigint)
  TO qfs_operator, qfs_auditor;
GRANT EXECUTE ON FUNCTION qfs.add_witness(text), qfs.add_cosignature(text) TO qfs_operator;
