-- Tiles and entry bundles (C2SP tlog-tiles): whole ones, partial ones, and what is not there.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
SELECT attempt('SELECT qfs.tile(0, 0, 1)') AS tile, attempt('SELECT qfs.entry_bundle(0, 1)') AS bundle;
SELECT length(qfs.genesis('regress.example/log')::text);
SELECT octet_length(qfs.tile(0, 0, 1)) AS tile, octet_length(qfs.entry_bundle(0, 1)) = 2 + octet_length(qfs.entry_head(0)) AS bundle;
SELECT qfs.register_event_type('NOTE', '{}');
INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', jsonb_build_object('n', n, 't', repeat('é', n)) FROM generate_series(2, 599) n;

-- level 0: the leaf hashes, 256 a tile
SELECT n, w, octet_length(qfs.tile(0, n, w)) AS bytes,
       qfs.tile(0, n, w) = (SELECT string_agg(hash::bytea, '' ORDER BY seq) FROM qfs.ledger WHERE seq >= 256 * n AND seq < 256 * n + w) AS hashes
FROM (VALUES (0, 1), (0, 2), (0, 255), (0, 256), (1, 1), (1, 256), (2, 1), (2, 87), (2, 88)) AS t(n, w);
SELECT qfs.tile(0, 1) = qfs.tile(0, 1, 256) AS whole_by_default;
-- level 1: the roots of whole tiles below
CREATE FUNCTION root_of(tile bytea) RETURNS bytea LANGUAGE sql AS $$
  WITH RECURSIVE level(width, nodes) AS (
    SELECT octet_length(tile) / 32, tile
    UNION ALL
    SELECT width / 2, (SELECT string_agg(sha256('\x01'::bytea || substr(nodes, 1 + 64 * i, 64)), '' ORDER BY i) FROM generate_series(0, width / 2 - 1) i)
    FROM level WHERE width > 1)
  SELECT nodes FROM level WHERE width = 1
$$;
SELECT w, qfs.tile(1, 0, w) = CASE w WHEN 1 THEN root_of(qfs.tile(0, 0)) ELSE root_of(qfs.tile(0, 0)) || root_of(qfs.tile(0, 1)) END AS roots
FROM unnest(ARRAY[1, 2]) AS w;
SELECT substr(qfs.tile(1, 0, 2), 1, 32) = qfs.root(256)::bytea AS root_256, sha256('\x01'::bytea || qfs.tile(1, 0, 2)) = qfs.root(512)::bytea AS root_512;
-- bundles: each head after its length as a big-endian u16
CREATE FUNCTION entries_of(bundle bytea) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  result text[] := '{}';
  at int := 0;
  len int;
BEGIN
  WHILE at < octet_length(bundle) LOOP
    len := 256 * get_byte(bundle, at) + get_byte(bundle, at + 1);
    result := result || convert_from(substr(bundle, at + 3, len), 'UTF8');
    at := at + 2 + len;
  END LOOP;
  RETURN result;
END $$;
SELECT n, w, cardinality(lines), lines = ARRAY(SELECT qfs.entry_head(seq) FROM qfs.ledger WHERE seq >= 256 * n AND seq < 256 * n + w ORDER BY seq) AS heads
FROM (VALUES (0, 1), (0, 7), (0, 256), (1, 256), (2, 1), (2, 88)) AS t(n, w), LATERAL (SELECT entries_of(qfs.entry_bundle(n, w)) AS lines) AS e;
SELECT qfs.entry_bundle(1) = qfs.entry_bundle(1, 256) AS whole_by_default;
-- the tree from its tiles alone: the hashes of a bundle are those of the tile beside it
SELECT bool_and(qfs.leaf_hash(line)::bytea = substr(qfs.tile(0, 2, 88), 32 * i::int - 31, 32))
FROM unnest(entries_of(qfs.entry_bundle(2, 88))) WITH ORDINALITY AS e(line, i);
-- heads: of the content of an entry commitments alone, and no two entries with the same content have the same ones
SELECT array_agg(DISTINCT keys) AS members, bool_and(line !~ 'NOTE|operator|é') AS silent, count(DISTINCT line::jsonb ->> 'act') AS acts, max(octet_length(line))
FROM unnest(entries_of(qfs.entry_bundle(2, 88))) AS line, LATERAL (SELECT string_agg(k, ' ' ORDER BY k) AS keys FROM jsonb_object_keys(line::jsonb) k) AS k;
-- and everybody's, with whatever policy
SELECT role, attempt(format('SET LOCAL ROLE %I; SELECT 1 / (qfs_api.entry_bundle(2, 88) = %L AND qfs_api.entry_head(7) = %L)::int; RESET ROLE',
                            role, qfs.entry_bundle(2, 88), qfs.entry_head(7))) AS reads
FROM unnest(ARRAY['qfs_anon', 'qfs_user', 'qfs_operator', 'qfs_auditor']) AS role;
SELECT attempt('SELECT qfs.entry_head(600)') AS beyond, attempt('SELECT qfs.entry_head(-1)') AS negative, qfs.entry_head(NULL) IS NULL AS nothing;

-- what is not there, or not complete yet
SELECT command, attempt('SELECT qfs.' || command)
FROM unnest(ARRAY['tile(0, 2)', 'tile(0, 2, 89)', 'tile(0, 3, 1)', 'tile(1, 0)', 'tile(1, 0, 3)', 'tile(1, 1, 1)', 'tile(2, 0, 1)', 'tile(7, 0, 1)',
  'tile(8, 0, 1)', 'tile(-1, 0, 1)', 'tile(0, -1, 1)', 'tile(0, 0, 0)', 'tile(0, 0, 257)', 'tile(0, 0, -1)', 'tile(0, 36028797018963968, 1)',
  'tile(0, 9223372036854775807, 256)', 'tile(2147483647, 0, 1)', 'entry_bundle(2)', 'entry_bundle(2, 89)', 'entry_bundle(3, 1)', 'entry_bundle(-1, 1)',
  'entry_bundle(0, 0)', 'entry_bundle(0, 257)', 'entry_bundle(9223372036854775807, 1)']) AS command;
SELECT qfs.tile(NULL, 0) IS NULL AS tile, qfs.entry_bundle(NULL) IS NULL AS bundle;
-- complete with the entry that completes it
INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', '{}' FROM generate_series(600, 766);
SELECT attempt('SELECT qfs.tile(0, 2)') AS tile, attempt('SELECT qfs.tile(1, 0, 3)') AS above, attempt('SELECT qfs.entry_bundle(2)') AS bundle;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}');
SELECT octet_length(qfs.tile(0, 2)) AS tile, substr(qfs.tile(1, 0, 3), 65) = root_of(qfs.tile(0, 2)) AS above, cardinality(entries_of(qfs.entry_bundle(2))) AS bundle;
DROP FUNCTION root_of, entries_of;
