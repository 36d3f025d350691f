-- What a next version might bring, for test/t/016_upgrade.pl: it is part of no release.

CREATE TABLE qfs.next (
  number bigint NOT NULL,
  text   text COLLATE "C",
  CONSTRAINT next_pkey PRIMARY KEY (number)
);
COMMENT ON TABLE qfs.next IS 'a new table';
COMMENT ON COLUMN qfs.next.number IS 'its key';
COMMENT ON COLUMN qfs.next.text IS 'what it holds';
COMMENT ON CONSTRAINT next_pkey ON qfs.next IS 'one row a number';
SELECT pg_catalog.pg_extension_config_dump('qfs.next', '');
GRANT SELECT ON qfs.next TO qfs_auditor;

ALTER TABLE qfs.verification ADD COLUMN note text COLLATE "C";
COMMENT ON COLUMN qfs.verification.note IS 'a new column';

CREATE FUNCTION qfs.next(number bigint) RETURNS text
  LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT n.text FROM qfs.next n WHERE n.number = next.number;
END;
COMMENT ON FUNCTION qfs.next(bigint) IS 'a new function';
GRANT EXECUTE ON FUNCTION qfs.next(bigint) TO qfs_operator;

CREATE OR REPLACE FUNCTION qfs_api.head() RETURNS jsonb
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT to_jsonb(h) || '{"next": true}' FROM qfs.head() h;
END;
COMMENT ON FUNCTION qfs_api.head() IS 'a function that has changed';
