-- Signed notes: checkpoints through rotations, tlog-proof files, witnesses and cosignatures that are none.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/server.sql
SELECT length(qfs.genesis('regress.example/log')::text);
CREATE TABLE vkeys (since int PRIMARY KEY, vkey text);
INSERT INTO vkeys SELECT 0, qfs.vkey();
SELECT qfs.register_event_type('NOTE', '{}');
INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', '{}' FROM generate_series(2, 3);
CREATE TABLE early AS SELECT size, qfs.checkpoint(size) AS note FROM generate_series(0, 4) size;
SELECT qfs.rotate_keys();
INSERT INTO vkeys SELECT 4, qfs.vkey();
INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', '{}' FROM generate_series(5, 7);
SELECT qfs.rotate_keys();
INSERT INTO vkeys SELECT 8, qfs.vkey();
SELECT qfs.rotate_keys();
INSERT INTO vkeys SELECT 9, qfs.vkey();

-- a verifier key: name+id+base64, the id that of name, type and key
CREATE FUNCTION vkey_of(name text, type int, key bytea) RETURNS text LANGUAGE sql AS $$
  SELECT format('%s+%s+%s', name, encode(substr(sha256(convert_to(name, 'UTF8') || '\x0a'::bytea || set_byte('\x00', 0, type) || key), 1, 4), 'hex'),
                encode(set_byte('\x00', 0, type) || key, 'base64'))
$$;
SELECT v.since, v.vkey = vkey_of('regress.example/log', 1, k.checkpoint::bytea) AS vkey FROM vkeys v JOIN qfs.signing_key k ON k.seq = v.since ORDER BY 1;

-- a checkpoint: origin, size, root, a blank line and the signature of the key in force at that size
CREATE FUNCTION lines(note text) RETURNS text[] LANGUAGE sql AS 'SELECT string_to_array(note, chr(10))';
CREATE TABLE checkpoints AS SELECT size, qfs.checkpoint(size) AS note, lines(qfs.checkpoint(size)) AS line FROM generate_series(0, 10) size;
SELECT size, line[1] AS origin, line[2] AS second, line[3] = encode(qfs.root(size)::bytea, 'base64') AS root, line[4] = '' AS blank,
       cardinality(line) AS lines, line[6] = '' AS ends, split_part(line[5], ' ', 1) || split_part(line[5], ' ', 2) AS signer,
       octet_length(decode(split_part(line[5], ' ', 3), 'base64')) AS signature,
       (SELECT since FROM vkeys WHERE split_part(vkey, '+', 2) = encode(substr(decode(split_part(line[5], ' ', 3), 'base64'), 1, 4), 'hex')) AS signed_by
FROM checkpoints ORDER BY size;
SELECT qfs.checkpoint() = note AS current FROM checkpoints WHERE size = 10;
SELECT bool_and(c.note = e.note) AS same_bytes_as_ever FROM checkpoints c JOIN early e USING (size);
SELECT attempt('SELECT qfs.checkpoint(11)') AS later, attempt('SELECT qfs.checkpoint(-1)') AS negative, qfs.checkpoint(NULL) = qfs.checkpoint(10) AS null_is_now;
-- in a transaction that is not committed
BEGIN;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}');
SELECT qfs.rotate_keys();
SELECT attempt('SELECT qfs.checkpoint()') AS uncommitted, (lines(qfs.checkpoint(10)))[2] AS before, qfs.vkey() <> (SELECT vkey FROM vkeys WHERE since = 9) AS other_key;
ROLLBACK;
SELECT (lines(qfs.checkpoint()))[2] AS size, qfs.vkey() = (SELECT vkey FROM vkeys WHERE since = 9) AS same_key;

-- a tlog-proof file: header, index, path, blank line, checkpoint
SELECT seq, size, f[1:2] AS head, f[3:2 + n] = ARRAY(SELECT encode(h::bytea, 'base64') FROM unnest(proof) h) AS path, n, f[3 + n] = '' AS blank,
       array_to_string(f[4 + n:], chr(10)) = qfs.checkpoint(size) AS checkpoint
FROM (VALUES (0, 1), (0, 2), (3, 10), (9, 10), (8, 9)) AS t(seq, size),
  LATERAL (SELECT lines(qfs.tlog_proof(seq, size)) AS f, qfs.inclusion_proof(seq, size) AS proof) AS p,
  LATERAL (SELECT cardinality(proof) AS n) AS c;
SELECT qfs.tlog_proof(3) = qfs.tlog_proof(3, 10) AS current, qfs.tlog_proof(NULL) IS NULL AS nothing;
SELECT command, attempt('SELECT qfs.' || command)
FROM unnest(ARRAY['tlog_proof(10)', 'tlog_proof(3, 3)', 'tlog_proof(0, 0)', 'tlog_proof(-1)', 'tlog_proof(0, 11)', 'tlog_proof(0, -1)']) AS command;

-- witnesses: verifier keys of type 4
SELECT attempt(format('SELECT qfs.add_witness(%L)', vkey)) FROM vkeys WHERE since = 0;
SELECT what, attempt(format('SELECT qfs.add_witness(%L)', vkey))
FROM (VALUES (1, 'empty', ''), (2, 'no parts', 'witness'), (3, 'two parts', 'witness+00000000'), (4, 'short id', 'w+0000+BAAA'),
             (5, 'upper case', 'w+0000000G+BAAA'), (6, 'no name', '+00000000+BAAA'), (7, 'space', 'w w+00000000+BAAA'),
             (8, 'no base64', 'w+00000000+****'), (9, 'short key', 'w+00000000+BAAA'), (10, 'padding', 'w+00000000+' || repeat('A', 43)),
             (11, 'long key', 'w+00000000+' || encode(decode(repeat('04', 34), 'hex'), 'base64')), (12, 'type 7', vkey_of('w', 7, sha256(''))),
             (13, 'another id', replace(vkey_of('w', 4, sha256('')), 'w+', 'v+')), (14, 'line end', vkey_of('w', 4, sha256('')) || chr(10)),
             (15, 'order 1', vkey_of('w', 4, decode('01' || repeat('00', 31), 'hex'))), (16, 'order 4', vkey_of('w', 4, decode(repeat('00', 32), 'hex'))),
             (17, 'not canonical', vkey_of('w', 4, decode('ee' || repeat('ff', 30) || '7f', 'hex'))), (18, 'order 2 L', vkey_of('w', 4, decode('95' || repeat('99', 31), 'hex'))),
             (19, 'off the curve', vkey_of('w', 4, decode('02' || repeat('00', 31), 'hex')))) AS t(n, what, vkey)
ORDER BY n;
SELECT qfs.add_witness(vkey_of('witness.example/w', 4, decode(repeat('19', 32), 'hex')));
SELECT qfs.add_witness(vkey_of('witness.example/w', 4, decode(repeat('19', 32), 'hex')));
SELECT qfs.add_witness(vkey_of('witness.example/' || n, 4, decode(repeat(byte, 32), 'hex'))) FROM (VALUES (1, '1a'), (2, '1d')) AS t(n, byte);
SELECT split_part(vkey, '+', 1) AS name FROM qfs.witness ORDER BY vkey;

-- cosignatures: texts that are no notes
CREATE FUNCTION signature_line(name text, id bytea, rest bytea) RETURNS text LANGUAGE sql AS $$
  SELECT format(E'\u2014 %s %s\n', name, replace(encode(id || rest, 'base64'), E'\n', ''))
$$;
SELECT what, regexp_replace(attempt(format('SELECT qfs.add_cosignature(%L)', change)), 'log [A-Za-z0-9+/]{30,}', 'log …')
FROM checkpoints, LATERAL (SELECT line[1:3] AS t, array_to_string(line[1:4], E'\n') || E'\n' AS body, note AS n) AS x, LATERAL (VALUES
  (1, 'empty', ''), (2, 'no blank line', replace(n, E'\n\n', E'\n')), (3, 'no signature', body), (4, 'no last line end', rtrim(n, E'\n')),
  (5, 'hyphen', replace(n, '—', '-')), (6, 'not base64', body || E'— w ****\n'), (7, 'short field', body || E'— w AAAA\n'), (8, 'no field', body || E'— w\n'),
  (9, 'control character', replace(n, 'log', E'l\tg')), (10, 'two lines', t[1] || E'\n' || t[2] || E'\n\n— w AAAAAAAAAAA=\n'),
  (11, 'no size', array_to_string(ARRAY[t[1], 'ten', t[3], '', ''], E'\n') || E'— w AAAAAAAA\n'),
  (12, 'leading zero', array_to_string(ARRAY[t[1], '010', t[3], '', ''], E'\n') || E'— w AAAAAAAA\n'),
  (13, 'huge size', array_to_string(ARRAY[t[1], '99999999999999999999', t[3], '', ''], E'\n') || E'— w AAAAAAAA\n'),
  (14, 'no root', array_to_string(ARRAY[t[1], t[2], 'AAAA', '', ''], E'\n') || E'— w AAAAAAAA\n'),
  (15, 'no origin', array_to_string(ARRAY['', t[2], t[3], '', ''], E'\n') || E'— w AAAAAAAA\n'),
  (16, 'too long', n || repeat(E'— w AAAAAAAA\n', 70000))) AS c(i, what, change)
WHERE size = 10 ORDER BY i;
-- notes that are not about this ledger
SELECT what, regexp_replace(attempt(format('SELECT qfs.add_cosignature(%L)', change)), '[A-Za-z0-9+/]{43}=', '…')
FROM checkpoints, LATERAL (VALUES
  (1, 'another origin', replace(note, 'regress', 'egress')), (2, 'another size', regexp_replace(note, E'\n10\n', E'\n9\n')),
  (3, 'a later size', regexp_replace(note, E'\n10\n', E'\n11\n')), (4, 'another root', replace(note, line[3], encode(sha256(''), 'base64')))) AS c(i, what, change)
WHERE size = 10 ORDER BY i;
-- notes that no witness of ours has signed, or not really
SELECT attempt(format('SELECT qfs.add_cosignature(%L)', note)) AS own_signature_alone,
       attempt(format('SELECT qfs.add_cosignature(%L)', note || signature_line('witness.example/other', sha256(''), ''))) AS unknown_witness,
       attempt(format('SELECT qfs.add_cosignature(%L)', note || signature_line('witness.example/w', sha256(''), ''))) AS another_key
FROM checkpoints WHERE size = 10;
SELECT what, attempt(format('SELECT qfs.add_cosignature(%L)', note || signature_line('witness.example/w', id, rest)))
FROM checkpoints, (SELECT decode(split_part(vkey, '+', 2), 'hex') AS id FROM qfs.witness WHERE vkey ~ '/w') AS w,
  (VALUES ('zeros', decode(repeat('00', 72), 'hex')), ('noise', sha256('a') || sha256('b') || '\x0011223344556677'::bytea),
          ('too short', decode(repeat('00', 71), 'hex')), ('too long', decode(repeat('00', 73), 'hex')), ('a byte', '\x00'::bytea)) AS s(what, rest)
WHERE size = 10;
SELECT count(*) FROM qfs.cosignature;
SELECT qfs.add_witness(NULL) IS NULL AS witness, qfs.add_cosignature(NULL) IS NULL AS cosignature;

-- stored lines follow our own signature, in the order of their keys; one note holds so many
SELECT unguarded($$INSERT INTO qfs.cosignature VALUES (10, 'b', E'— b AAAAAAAA\n'), (10, 'a', E'— a AAAAAAAA\n'), (9, 'c', E'— c AAAAAAAA\n')$$);
SELECT (lines(qfs.checkpoint(10)))[6:] AS ten, (lines(qfs.checkpoint(9)))[6:] AS nine, (lines(qfs.checkpoint(8)))[6:] AS eight;
SELECT right(qfs.tlog_proof(0, 10), 13) AS end_of_proof;
SELECT unguarded($$INSERT INTO qfs.cosignature SELECT 10, n::text, E'— long ' || repeat('A', 4000) || E'\n' FROM generate_series(1, 300) n$$);
SELECT attempt('SELECT qfs.checkpoint(10)') AS ten, length(qfs.checkpoint(9)) > 0 AS nine;
SELECT unguarded($$DELETE FROM qfs.cosignature$$);
-- a witness whose key somebody damaged in the table stops it, and says so
SELECT unguarded($$UPDATE qfs.witness SET vkey = 'damaged' WHERE vkey ~ '/w'$$);
SELECT attempt(format('SELECT qfs.add_cosignature(%L)', note)) FROM checkpoints WHERE size = 10;

-- a ledger whose keys are not in the key file: it can be read, not signed
\i :inputdir/sql/include/no_ledger.sql
SELECT attempt($$SELECT qfs.add_cosignature('x')$$) AS no_note, attempt(format('SELECT qfs.add_cosignature(%L)', note)) AS no_ledger FROM checkpoints WHERE size = 10;
INSERT INTO qfs.ledger (type, payload) VALUES ('GENESIS', jsonb_build_object('format', 2, 'origin', 'regress.example/keyless', 'policy', qfs.default_policy(),
  'keys', jsonb_build_object('checkpoint', repeat('a7', 32), 'token', repeat('d6', 32)), 'server', here()));
SELECT split_part(qfs.vkey(), '+', 1) AS name, split_part(attempt('SELECT qfs.checkpoint()'), ':', 1) AS checkpoint, split_part(attempt('SELECT qfs.rotate_keys()'), ':', 1) AS rotate;
SELECT * FROM qfs.verify();
DROP FUNCTION vkey_of, lines, signature_line;
