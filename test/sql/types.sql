-- Types: text and binary forms, malformed input, order, hashing, indexes, casts.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
SET search_path = public, qfs;

-- text form
SELECT '00000000000000000000000000000000000000000000000000000000deadbeef'::hash;
SELECT 'user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9'::user_id;
-- EIP-55: the checksum is written, and may be left out
SELECT '0x71C7656EC7ab88b098defB751B7401B5f6d8976F'::address AS mixed,
       '0x71c7656ec7ab88b098defb751b7401b5f6d8976f'::address AS lower;
SELECT '0x71C7656EC7AB88B098DEFB751B7401B5F6D8976F'::address AS upper,
       '0x0000000000000000000000000000000000001234'::address AS digits;
SELECT v, v::address::text = v AS kept
FROM (VALUES ('0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'),
             ('0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359'),
             ('0x52908400098527886E0F7030069857D2E4169EE7'),
             ('0xde709f2102306220921060314715629080e2fb77')) AS eip55(v);
SELECT user_id('0x71C7656EC7ab88b098defB751B7401B5f6d8976F'::address);

-- malformed text
CREATE TABLE bad (id serial, type text, value text);
INSERT INTO bad (type, value) VALUES
  ('hash', ''),
  ('hash', 'deadbeef'),
  ('hash', repeat('a', 63)),
  ('hash', repeat('a', 65)),
  ('hash', repeat('A', 64)),
  ('hash', repeat('a', 63) || 'g'),
  ('hash', ' ' || repeat('a', 63)),
  ('hash', repeat('a', 63) || E'\n'),
  ('hash', '0x' || repeat('a', 62)),
  ('hash', '0x' || repeat('a', 64)),
  ('hash', repeat('a', 62) || 'é'),
  ('user_id', ''),
  ('user_id', 'user_'),
  ('user_id', repeat('a', 64)),
  ('user_id', 'user_' || repeat('a', 63)),
  ('user_id', 'user_' || repeat('a', 65)),
  ('user_id', 'user_' || repeat('A', 64)),
  ('user_id', 'USER_' || repeat('a', 64)),
  ('user_id', 'user-' || repeat('a', 64)),
  ('user_id', 'user_' || repeat('a', 63) || ' '),
  ('address', ''),
  ('address', '0x'),
  ('address', '0x' || repeat('a', 39)),
  ('address', '0x' || repeat('a', 41)),
  ('address', '0X' || repeat('a', 40)),
  ('address', repeat('a', 40)),
  ('address', repeat('a', 42)),
  ('address', '0x' || repeat('a', 39) || 'g'),
  ('address', '0x' || repeat('a', 38) || 'é'),
  ('address', '0x71C7656EC7ab88b098defB751B7401B5f6d8976f'),
  ('address', '0x71c7656EC7ab88b098defB751B7401B5f6d8976F'),
  ('address', '0xA000000000000000000000000000000000000b00');
SELECT id, type, attempt(format('SELECT %L::%I', value, type)) FROM bad ORDER BY id;

-- bytea: exactly as many bytes as the type has
SELECT n, attempt(format('SELECT decode(repeat(''ab'', %s), ''hex'')::hash', n)) AS hash,
       attempt(format('SELECT decode(repeat(''ab'', %s), ''hex'')::user_id', n)) AS user_id,
       attempt(format('SELECT decode(repeat(''ab'', %s), ''hex'')::address', n)) AS address
FROM unnest(ARRAY[0, 19, 20, 21, 31, 32, 33, 64]) AS n;

-- values from a table: bytes there have headers of other lengths than those of literals
CREATE TABLE things (n int PRIMARY KEY, b bytea, w bytea, h hash, u user_id, a address);
INSERT INTO things (n, b, w)
SELECT n, sha256(n::text::bytea), substr(sha256(n::text::bytea), 1, 20) FROM generate_series(1, 300) n;
UPDATE things SET h = b::hash, u = b::user_id, a = w::address;
SELECT count(*) AS rows, bool_and(h::bytea = b) AS hash, bool_and(u::bytea = b) AS user_id,
       bool_and(a::bytea = w) AS address,
       bool_and(h::text = encode(b, 'hex') AND h::text::hash = h) AS hash_text,
       bool_and(u::text = 'user_' || encode(b, 'hex') AND u::text::user_id = u) AS user_text,
       bool_and(lower(a::text) = '0x' || encode(w, 'hex') AND a::text::address = a) AS address_text,
       bool_and(hash_send(h) = b AND user_id_send(u) = b AND address_send(a) = w) AS sent
FROM things;
SELECT pg_column_size(h) AS hash, pg_column_size(u) AS user_id, pg_column_size(a) AS address
FROM things WHERE n = 1;

-- casts: to text by assignment, from text only when asked
CREATE TABLE texts (t text);
INSERT INTO texts SELECT h FROM things WHERE n <= 3;
INSERT INTO texts SELECT u FROM things WHERE n <= 3;
INSERT INTO texts SELECT a FROM things WHERE n <= 3;
SELECT length(t), count(*) FROM texts GROUP BY 1 ORDER BY 1;
INSERT INTO things (n, h) SELECT 0, t FROM texts LIMIT 1;
INSERT INTO things (n, h) SELECT 0, b FROM things LIMIT 1;
INSERT INTO things (n, u) SELECT 0, h FROM things LIMIT 1;

-- order is that of the bytes
SELECT bool_and((x.h < y.h) = (x.b < y.b)) AS lt, bool_and((x.h <= y.h) = (x.b <= y.b)) AS le,
       bool_and((x.h = y.h) = (x.b = y.b)) AS eq, bool_and((x.h <> y.h) = (x.b <> y.b)) AS ne,
       bool_and((x.h >= y.h) = (x.b >= y.b)) AS ge, bool_and((x.h > y.h) = (x.b > y.b)) AS gt,
       bool_and(sign(hash_cmp(x.h, y.h)) = CASE WHEN x.b < y.b THEN -1 WHEN x.b > y.b THEN 1 ELSE 0 END) AS cmp
FROM things x, things y;
SELECT bool_and((x.u < y.u) = (x.b < y.b)) AS lt, bool_and((x.u <= y.u) = (x.b <= y.b)) AS le,
       bool_and((x.u = y.u) = (x.b = y.b)) AS eq, bool_and((x.u <> y.u) = (x.b <> y.b)) AS ne,
       bool_and((x.u >= y.u) = (x.b >= y.b)) AS ge, bool_and((x.u > y.u) = (x.b > y.b)) AS gt,
       bool_and(sign(user_id_cmp(x.u, y.u)) = CASE WHEN x.b < y.b THEN -1 WHEN x.b > y.b THEN 1 ELSE 0 END) AS cmp
FROM things x, things y;
SELECT bool_and((x.a < y.a) = (x.w < y.w)) AS lt, bool_and((x.a <= y.a) = (x.w <= y.w)) AS le,
       bool_and((x.a = y.a) = (x.w = y.w)) AS eq, bool_and((x.a <> y.a) = (x.w <> y.w)) AS ne,
       bool_and((x.a >= y.a) = (x.w >= y.w)) AS ge, bool_and((x.a > y.a) = (x.w > y.w)) AS gt,
       bool_and(sign(address_cmp(x.a, y.a)) = CASE WHEN x.w < y.w THEN -1 WHEN x.w > y.w THEN 1 ELSE 0 END) AS cmp
FROM things x, things y;
SELECT array_agg(n ORDER BY h) = array_agg(n ORDER BY b) AS hash,
       array_agg(n ORDER BY u DESC) = array_agg(n ORDER BY b DESC) AS user_id,
       array_agg(n ORDER BY a) = array_agg(n ORDER BY w) AS address
FROM things;
-- the last byte decides too
SELECT (repeat('0', 63) || '1')::hash > repeat('0', 64)::hash AS hash,
       ('0x' || repeat('0', 39) || '1')::address > ('0x' || repeat('0', 40))::address AS address;

-- hash functions: seed 0 agrees with the short form, another seed does not
SELECT bool_and(hash_hash(h) = (hash_hash_extended(h, 0)::bit(64) << 32)::bit(32)::int) AS hash,
       bool_and(user_id_hash(u) = (user_id_hash_extended(u, 0)::bit(64) << 32)::bit(32)::int) AS user_id,
       bool_and(address_hash(a) = (address_hash_extended(a, 0)::bit(64) << 32)::bit(32)::int) AS address,
       bool_or(hash_hash_extended(h, 0) = hash_hash_extended(h, 1)) AS seeds_agree,
       count(DISTINCT hash_hash(h)) > 290 AS spread
FROM things;
