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

-- Not dumped, both of them: a copy has published nothing, and nobody keeps checkpoints of it.
CREATE TABLE qfs.published_checkpoint (
  number bigint NOT NULL,
  size   bigint NOT NULL,
  note   text COLLATE "C" NOT NULL,
  at     bigint NOT NULL,
  CONSTRAINT published_checkpoint_pkey PRIMARY KEY (number)
);
COMMENT ON TABLE qfs.published_checkpoint IS 'the checkpoint of the last durable head that was published, which standbys give: one row once there is one';
COMMENT ON COLUMN qfs.published_checkpoint.number IS 'always 0';
COMMENT ON COLUMN qfs.published_checkpoint.size IS 'size of the checkpoint';
COMMENT ON COLUMN qfs.published_checkpoint.note IS 'the note, with the signature of the ledger alone';
COMMENT ON COLUMN qfs.published_checkpoint.at IS 'when it was published, in milliseconds since 1970-01-01 UTC';
COMMENT ON CONSTRAINT published_checkpoint_pkey ON qfs.published_checkpoint IS 'one row';

CREATE TABLE qfs.kept_checkpoint (
  place text COLLATE "C" NOT NULL,
  size  bigint NOT NULL,
  at    bigint NOT NULL,
  CONSTRAINT kept_checkpoint_pkey PRIMARY KEY (place)
);
COMMENT ON TABLE qfs.kept_checkpoint IS 'where checkpoints are kept that whoever administers the database cannot change, and the newest of each place';
COMMENT ON COLUMN qfs.kept_checkpoint.place IS 'name of the place';
COMMENT ON COLUMN qfs.kept_checkpoint.size IS 'size of the newest checkpoint there';
COMMENT ON COLUMN qfs.kept_checkpoint.at IS 'since when it is there, in milliseconds since 1970-01-01 UTC';
COMMENT ON CONSTRAINT kept_checkpoint_pkey ON qfs.kept_checkpoint IS 'one row a place';

GRANT SELECT ON qfs.witness, qfs.cosignature, qfs.published_checkpoint, qfs.kept_checkpoint TO qfs_operator, qfs_auditor, qfs_bridge;

CREATE FUNCTION qfs.vkey(size bigint DEFAULT NULL) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_vkey' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION qfs.vkey(bigint) IS
  'note verifier key, name+id+base64: the one in force, or the one that signs the checkpoint of a size; of size 1: the first';

CREATE FUNCTION qfs.checkpoint(size bigint DEFAULT NULL) RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_checkpoint' LANGUAGE C STABLE
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs.checkpoint(bigint) IS
  'signed checkpoint of the first size entries, of all by default, with the cosignatures there are; on a standby no further than the one that was published, which is the default there';

CREATE FUNCTION qfs.publish_checkpoint() RETURNS text
  AS 'MODULE_PATHNAME', 'qfs_sql_publish_checkpoint' LANGUAGE C
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs.publish_checkpoint() IS
  'signs the durable head and stores the checkpoint, for standbys; returns it, with the cosignatures there are; nothing is written while the head is the same';

CREATE FUNCTION qfs.checkpoint_kept(size bigint, place text) RETURNS void
  AS 'MODULE_PATHNAME', 'qfs_sql_checkpoint_kept' LANGUAGE C STRICT;
COMMENT ON FUNCTION qfs.checkpoint_kept(bigint, text) IS
  'the checkpoint of that size is kept in a place where nobody who administers the database can change it; qfs.health() warns when the newest one is old';

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
GRANT EXECUTE ON FUNCTION qfs.publish_checkpoint(), qfs.checkpoint_kept(bigint, text) TO qfs_operator, qfs_bridge;
GRANT EXECUTE ON FUNCTION qfs.vkey(bigint), qfs.checkpoint(bigint), qfs.add_cosignature(text) TO qfs_bridge;
