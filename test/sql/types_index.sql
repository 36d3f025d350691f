-- Types in indexes, joins, grouping, arrays and binary COPY.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
SET search_path = public, qfs;

CREATE TABLE keys (n int, h hash, u user_id, a address);
INSERT INTO keys
SELECT n, d::hash, d::user_id, substr(d, 13)::address
FROM generate_series(1, 1000) n, sha256(n::text::bytea) d;
CREATE UNIQUE INDEX keys_h ON keys (h);
CREATE INDEX keys_u ON keys (u);
CREATE INDEX keys_a ON keys USING hash (a);
ANALYZE keys;
SET enable_seqscan = off;
SET enable_bitmapscan = off;

EXPLAIN (COSTS OFF) SELECT n FROM keys WHERE h = '6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b';
SELECT n FROM keys WHERE h = '6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b';
EXPLAIN (COSTS OFF) SELECT u FROM keys WHERE u < ('user_01' || repeat('0', 62))::user_id ORDER BY u;
SELECT n FROM keys WHERE u < ('user_01' || repeat('0', 62))::user_id ORDER BY u;
EXPLAIN (COSTS OFF) SELECT n FROM keys WHERE a = '0xff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b';
SELECT n FROM keys WHERE a = '0xff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b';
INSERT INTO keys (n, h) SELECT 0, h FROM keys WHERE n = 1;

RESET enable_seqscan;
SET enable_nestloop = off;
SET enable_mergejoin = off;
-- another table, for 18 joins none with itself, and a larger one, so that there is one plan
CREATE TABLE others AS SELECT * FROM keys UNION ALL SELECT n, NULL, NULL, NULL FROM keys;
ANALYZE others;
EXPLAIN (COSTS OFF) SELECT count(*) FROM keys x JOIN others y ON x.h = y.h;
SELECT (SELECT count(*) FROM keys x JOIN others y ON x.h = y.h) AS hash,
       (SELECT count(*) FROM keys x JOIN others y ON x.u = y.u) AS user_id,
       (SELECT count(*) FROM keys x JOIN others y ON x.a = y.a) AS address;
RESET enable_mergejoin;
SET enable_hashjoin = off;
SELECT (SELECT count(*) FROM keys x JOIN others y ON x.h = y.h) AS hash,
       (SELECT count(*) FROM keys x JOIN others y ON x.u = y.u) AS user_id,
       (SELECT count(*) FROM keys x JOIN others y ON x.a = y.a) AS address;
RESET enable_nestloop;
RESET enable_hashjoin;
RESET enable_bitmapscan;
SELECT count(DISTINCT h) AS hash, count(DISTINCT u) AS user_id, count(DISTINCT a) AS address FROM keys;
SELECT count(*) FROM (SELECT h FROM keys UNION SELECT h FROM keys) AS merged;

-- arrays, nulls, rows
SELECT ARRAY[h, NULL, h] FROM keys WHERE n = 1;
SELECT count(*) FROM keys WHERE h = ANY (ARRAY(SELECT h FROM keys WHERE n <= 7));
SELECT (ARRAY(SELECT a FROM keys ORDER BY a))[1] = (SELECT a FROM keys ORDER BY a LIMIT 1) AS first;
SELECT h = NULL AS eq, NULL::hash::text AS text, user_id(NULL::address) AS id FROM keys WHERE n = 1;
SELECT row(h, u, a) = row(h, u, a) AS same FROM keys WHERE n = 1;

-- hash partitioning: the extended hash function chooses
CREATE TABLE parts (h hash) PARTITION BY HASH (h);
CREATE TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parts SELECT h FROM keys;
SELECT count(*) AS rows, count(DISTINCT tableoid) AS partitions FROM parts;

-- binary COPY: out and in again
\copy keys TO 'test/output/results/types_index.bin' (FORMAT binary)
CREATE TABLE copied (LIKE keys);
\copy copied FROM 'test/output/results/types_index.bin' (FORMAT binary)
SELECT count(*) AS rows, bool_and(k.h = c.h AND k.u = c.u AND k.a = c.a) AS same
FROM keys k JOIN copied c USING (n);
-- a field that is too short, and one that is too long
CREATE TABLE wrong (b bytea);
CREATE TABLE hashes (h hash);
CREATE TABLE addresses (a address);
INSERT INTO wrong VALUES (decode(repeat('00', 31), 'hex'));
\copy wrong TO 'test/output/results/types_index.bin' (FORMAT binary)
\copy hashes FROM 'test/output/results/types_index.bin' (FORMAT binary)
\copy addresses FROM 'test/output/results/types_index.bin' (FORMAT binary)
SELECT (SELECT count(*) FROM hashes) AS hashes, (SELECT count(*) FROM addresses) AS addresses;

-- text COPY
COPY (SELECT h, u, a FROM keys WHERE n = 1) TO STDOUT;
COPY hashes FROM STDIN;
6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b
\N
\.
COPY hashes FROM STDIN;
6B86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b
\.
SELECT h FROM hashes;
