-- Roots, inclusion and consistency proofs at every size, against RFC 6962 spelt out in SQL.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
SELECT attempt('SELECT qfs.root(1)') AS root, attempt('SELECT qfs.inclusion_proof(0, 0)') AS inclusion,
       qfs.consistency_proof(0, 0) AS consistency, attempt('SELECT qfs.entry(0)') AS entry;
SELECT length(qfs.genesis('regress.example/log')::text);
SELECT qfs.register_event_type('NOTE', '{}');
INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', jsonb_build_object('n', n) FROM generate_series(2, 599) n;

-- MTH of RFC 6962, 2.1: the definition, recursive
CREATE FUNCTION mth(leaves bytea[]) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  n int := cardinality(leaves);
  k int := 1;
BEGIN
  IF n = 0 THEN
    RETURN sha256('');
  ELSIF n = 1 THEN
    RETURN leaves[1];
  END IF;
  WHILE 2 * k < n LOOP
    k := 2 * k;
  END LOOP;
  RETURN sha256('\x01'::bytea || mth(leaves[1:k]) || mth(leaves[k + 1:n]));
END $$;
CREATE TABLE leaves AS SELECT array_agg(sha256('\x00'::bytea || convert_to(qfs.entry_head(seq), 'UTF8')) ORDER BY seq) AS all FROM qfs.ledger;
SELECT cardinality("all") AS leaves, (SELECT bool_and(hash::bytea = "all"[seq + 1]) FROM qfs.ledger) AS hashes FROM leaves;
CREATE TABLE sizes (size int PRIMARY KEY, root qfs.hash);
INSERT INTO sizes SELECT size, qfs.root(size)
FROM unnest(ARRAY(SELECT generate_series(0, 33)) || ARRAY[63, 64, 65, 70, 255, 256, 257, 512, 513, 599, 600]) AS size;
SELECT count(*) AS sizes, bool_and(root::bytea = mth("all"[1:size])) AS roots FROM sizes, leaves;
SELECT qfs.root(0);
SELECT qfs.root(1)::text = (SELECT hash::text FROM qfs.ledger WHERE seq = 0) AS one_leaf,
       qfs.root(2)::text = (SELECT qfs.node_hash(x.hash, y.hash)::text FROM qfs.ledger x, qfs.ledger y WHERE x.seq = 0 AND y.seq = 1) AS two_leaves;

-- inclusion: each entry in each size
CREATE TABLE inclusion AS
SELECT s.size, l.seq, l.hash, qfs.inclusion_proof(l.seq, s.size) AS proof, s.root FROM sizes s JOIN qfs.ledger l ON l.seq < s.size;
SELECT count(*), bool_and(qfs.verify_inclusion(hash, seq, size, proof, root)) AS verified,
       min(cardinality(proof)), max(cardinality(proof)) FROM inclusion;
SELECT size, seq, cardinality(proof) FROM inclusion WHERE (size, seq) IN ((1, 0), (2, 0), (2, 1), (3, 2), (64, 0), (65, 64), (65, 0), (600, 599), (512, 17)) ORDER BY size, seq;
-- nothing else verifies: another leaf, seq, size or root, a proof with a hash more, less, changed or in another place
SELECT bool_or(qfs.verify_inclusion(root, seq, size, proof, root)) FILTER (WHERE size > 1) AS leaf,
       bool_or(qfs.verify_inclusion(hash, seq + 1, size, proof, root)) AS seq,
       bool_or(qfs.verify_inclusion(hash, seq # 1, size, proof, root)) AS sibling,
       bool_or(qfs.verify_inclusion(hash, seq, 2 * size, proof, root)) AS twice,
       bool_or(qfs.verify_inclusion(hash, seq, size, proof, hash)) FILTER (WHERE size > 1) AS root,
       bool_or(qfs.verify_inclusion(hash, seq, size, proof || hash, root)) AS more,
       bool_or(qfs.verify_inclusion(hash, seq, size, hash || proof, root)) AS before,
       bool_or(qfs.verify_inclusion(hash, seq, size, proof[:cardinality(proof) - 1], root)) FILTER (WHERE proof <> '{}') AS less,
       bool_or(qfs.verify_inclusion(hash, seq, size, proof[2:], root)) FILTER (WHERE proof <> '{}') AS shifted,
       bool_or(qfs.verify_inclusion(hash, seq, size, ARRAY[hash] || proof[2:], root)) FILTER (WHERE proof <> '{}') AS first,
       bool_or(qfs.verify_inclusion(hash, seq, size, '{}', root)) FILTER (WHERE size > 1) AS none
FROM inclusion;

-- consistency: each pair of sizes
CREATE TABLE consistency AS
SELECT o.size AS old, n.size AS new, qfs.consistency_proof(o.size, n.size) AS proof, o.root AS old_root, n.root AS new_root
FROM sizes o JOIN sizes n ON o.size <= n.size;
SELECT count(*), bool_and(qfs.verify_consistency(old, new, proof, old_root, new_root)) AS verified, min(cardinality(proof)), max(cardinality(proof))
FROM consistency;
SELECT old, new, cardinality(proof) FROM consistency
WHERE (old, new) IN ((0, 0), (0, 1), (0, 600), (1, 1), (1, 2), (2, 3), (3, 4), (4, 8), (6, 8), (7, 8), (64, 65), (65, 70), (512, 600), (599, 600), (600, 600)) ORDER BY old, new;
SELECT bool_or(qfs.verify_consistency(old, new, proof, new_root, old_root)) FILTER (WHERE old < new) AS swapped,
       bool_or(qfs.verify_consistency(old, new, proof, new_root, new_root)) FILTER (WHERE old < new) AS old_root,
       bool_or(qfs.verify_consistency(old, new, proof, old_root, old_root)) FILTER (WHERE old BETWEEN 1 AND new - 1) AS new_root,
       bool_or(qfs.verify_consistency(old + 1, new, proof, old_root, new_root)) AS old_size,
       bool_or(qfs.verify_consistency(old, 2 * new, proof, old_root, new_root)) FILTER (WHERE old BETWEEN 1 AND new - 1) AS new_size,
       bool_or(qfs.verify_consistency(new, old, proof, new_root, old_root)) FILTER (WHERE old < new) AS backwards,
       bool_or(qfs.verify_consistency(old, new, proof || old_root, old_root, new_root)) AS more,
       bool_or(qfs.verify_consistency(old, new, proof[:cardinality(proof) - 1], old_root, new_root)) FILTER (WHERE proof <> '{}') AS less,
       bool_or(qfs.verify_consistency(old, new, proof[2:], old_root, new_root)) FILTER (WHERE proof <> '{}') AS shifted,
       bool_or(qfs.verify_consistency(old, new, ARRAY[old_root] || proof[2:], old_root, new_root)) FILTER (WHERE cardinality(proof) > 1) AS first,
       bool_or(qfs.verify_consistency(old, new, '{}', old_root, new_root)) FILTER (WHERE old BETWEEN 1 AND new - 1) AS none
FROM consistency;
-- from size 0 anything follows, with an empty proof and the empty root alone
SELECT qfs.verify_consistency(0, 7, '{}', qfs.root(0), qfs.root(1)) AS anything, qfs.verify_consistency(0, 7, '{}', qfs.root(1), qfs.root(7)) AS not_empty,
       qfs.verify_consistency(0, 0, '{}', qfs.root(0), qfs.root(1)) AS none_of_none,
       qfs.verify_consistency(0, 7, ARRAY[qfs.root(1)], qfs.root(0), qfs.root(7)) AS with_proof;

-- a prefix of a tree under its own root: the proofs of 70 hold for what 600 became
SELECT bool_and(qfs.verify_inclusion(i.hash, i.seq, 600, qfs.inclusion_proof(i.seq, 600), (SELECT root FROM sizes WHERE size = 600))) FROM inclusion i WHERE size = 70;

-- what is not there
SELECT command, attempt('SELECT qfs.' || command)
FROM unnest(ARRAY['root(-1)', 'root(601)', 'root(9223372036854775807)', 'inclusion_proof(-1, 5)', 'inclusion_proof(5, -1)', 'inclusion_proof(5, 5)',
  'inclusion_proof(0, 0)', 'inclusion_proof(600, 600)', 'inclusion_proof(0, 601)', 'consistency_proof(-1, 5)', 'consistency_proof(5, -1)',
  'consistency_proof(6, 5)', 'consistency_proof(0, 601)', 'consistency_proof(601, 602)', 'entry(-1)', 'entry(600)', 'entry(9223372036854775807)',
  'verify_inclusion(qfs.root(0), -1, 5, ''{}'', qfs.root(0))', 'verify_inclusion(qfs.root(0), 0, -5, ''{}'', qfs.root(0))',
  'verify_consistency(-1, 5, ''{}'', qfs.root(0), qfs.root(0))', 'verify_consistency(1, -5, ''{}'', qfs.root(0), qfs.root(0))']) AS command;
SELECT qfs.root(NULL) IS NULL AS root, qfs.inclusion_proof(0, NULL) IS NULL AS inclusion, qfs.consistency_proof(NULL, 1) IS NULL AS consistency,
       qfs.entry(NULL) IS NULL AS entry, qfs.verify_inclusion(NULL, 0, 1, '{}', qfs.root(1)) IS NULL AS verify;
-- an array that is no proof verifies nothing
SELECT qfs.verify_inclusion(hash, 0, 2, proof, root) AS good,
       qfs.verify_inclusion(hash, 0, 2, ARRAY[NULL]::qfs.hash[], root) AS nulls,
       qfs.verify_inclusion(hash, 0, 2, ARRAY[proof], root) AS two_dimensions,
       qfs.verify_inclusion(hash, 0, 2, array_fill(hash, ARRAY[200]), root) AS long,
       qfs.verify_inclusion(hash, 0, 9223372036854775807, array_fill(hash, ARRAY[64]), root) AS huge,
       qfs.verify_consistency(1, 2, ARRAY[NULL]::qfs.hash[], hash, root) AS consistency
FROM inclusion WHERE size = 2 AND seq = 0;
-- lower bounds do not matter
SELECT qfs.verify_inclusion(hash, 5, 64, ('[3:8]=' || proof::text)::qfs.hash[], root) FROM inclusion WHERE size = 64 AND seq = 5;

-- proofs come from the snapshot: in one statement nothing grows
WITH appended AS (INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}') RETURNING seq)
SELECT seq, (SELECT size FROM qfs.head()) AS size FROM appended;
SELECT size, qfs.verify_consistency(600, 601, qfs.consistency_proof(600, 601), s.root, qfs.root(601)) AS grown FROM sizes s WHERE size = 600;
-- in a read-only transaction, and in a parallel worker
BEGIN READ ONLY;
SELECT cardinality(qfs.inclusion_proof(3, 601)), length(qfs.checkpoint(601)) > 100 AS checkpoint, (SELECT count(*) FROM qfs.verify()) AS faults;
COMMIT;
SELECT set_config(name, 'on', false) AS "forced to run in a worker" FROM pg_settings WHERE name IN ('debug_parallel_query', 'force_parallel_mode');
SELECT count(*), bool_and(qfs.root(size)::text = root::text) AS roots FROM sizes;
SELECT bool_and(qfs.verify_inclusion(hash, seq, 601, qfs.inclusion_proof(seq, 601), qfs.root(601)) AND qfs.leaf_hash(qfs.entry_head(seq))::text = hash::text) AS proofs
FROM qfs.ledger WHERE seq % 50 = 0;
