-- Canonical JSON: qfs.canonical and qfs.sha256_jcs, RFC 8785 over integers.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql

-- white space goes, keys are sorted, the last of two equal keys stays
SELECT qfs.canonical('{ "b" : [ 1 , 2 ] , "a" : { "d" : null , "c" : true } , "aa" : false, "a b" : "x" }');
SELECT qfs.canonical('{"a":1,"a":2}');
-- scalars and empty containers
SELECT v, qfs.canonical(v::jsonb) FROM unnest(ARRAY[
  'null', 'true', 'false', '0', '-17', '"x"', '""', '{}', '[]', '[[],{},""]', '{"":{"":[]}}']) AS v;
SELECT qfs.canonical(NULL) IS NULL AS canonical, qfs.sha256_jcs(NULL) IS NULL AS hash;

-- numbers: integers within 2^53 - 1, however they are written
SELECT v, attempt(format('SELECT qfs.canonical(%L)', v)),
       CASE WHEN attempt(format('SELECT qfs.canonical(%L)', v)) = 'done' THEN qfs.canonical(v::jsonb) END AS canonical
FROM unnest(ARRAY[
  '1e2', '1.0', '100.000', '-1.0e1', '-0', '0.0', '12e-1', '120e-1', '1.50', '0.1', '1e-2', '-0.5',
  '9007199254740991', '-9007199254740991', '9007199254740991.0', '9007199254740992', '-9007199254740992',
  '1e15', '1e16', '18446744073709551616', '18446744073709551617', '1e400']) AS v;
SELECT attempt($$SELECT qfs.canonical('{"a":{"b":[1,2,3.25]}}')$$);

-- strings: short escapes, \u00xx for the other control characters, all else as it is
SELECT qfs.canonical('"\b\t\n\f\r\"\\\/"');
SELECT string_agg(qfs.canonical(to_jsonb(chr(c))), ' ' ORDER BY c) FROM generate_series(1, 31) AS c;
SELECT count(*) AS characters, bool_and(qfs.canonical(to_jsonb(chr(c))) = '"' || chr(c) || '"') AS kept
FROM (SELECT generate_series(32, 2500) UNION ALL VALUES (8232), (8233), (55295), (57344), (65535), (65536), (1114111)) AS t(c)
WHERE c NOT IN (34, 92);
SELECT qfs.canonical('"\u0041\u00e9\u20ac\ud83d\ude00"') = '"Aé€😀"' AS unescaped;
SELECT qfs.canonical('{"\n":1,"\"":2,"\u0007":3}');

-- keys sort by UTF-16 code unit: U+1F600 is D83D DE00 and comes before U+FB33 and U+FFFF
SELECT qfs.canonical('{"\ufb33":1,"\ud83d\ude00":2}') = '{"😀":2,"' || chr(64307) || '":1}' AS surrogates_first;
SELECT qfs.canonical('{"\uffff":"BMP","\ud800\udc00":"first","\udbff\udfff":"last","\ud7ff":"before","\ue000":"after"}')
       ~ '"before".*"first".*"last".*"after".*"BMP"' AS sorted;
-- RFC 8785, 3.2.3
SELECT ARRAY(SELECT m[1] FROM regexp_matches(qfs.canonical(
  '{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
    "\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}'),
  ':"([^"]*)"', 'g') AS m);
-- a key before the keys that it begins; jsonb itself sorts shorter ones first
SELECT qfs.canonical('{"aa":1,"b":2,"a":3,"":4,"A":5,"ab":6,"a\u0001":7}');

-- depth: 32 levels
SELECT n, attempt(format('SELECT qfs.canonical(%L)', repeat('[', n) || repeat(']', n))) AS arrays,
       attempt(format('SELECT qfs.canonical(%L)', repeat('{"a":', n - 1) || '{}' || repeat('}', n - 1))) AS objects,
       attempt(format('SELECT qfs.canonical(%L)', repeat('[', n) || '1' || repeat(']', n))) AS scalar_inside
FROM unnest(ARRAY[31, 32, 33, 1000]) AS n;
SELECT length(qfs.canonical((repeat('[', 32) || repeat(']', 32))::jsonb));

-- what jsonb itself does not take never gets here
SELECT left(attempt($$SELECT qfs.canonical('"\ud800"')$$), 5) AS lone_surrogate,
       left(attempt($$SELECT qfs.canonical('"\u0000"')$$), 5) AS nul,
       left(attempt($$SELECT qfs.canonical('{a:1}')$$), 5) AS syntax;
SELECT qfs.canonical(to_jsonb('NaN'::numeric)), qfs.canonical(to_jsonb('-Infinity'::float8));

-- long values: six bytes for one, and values from a table, compressed and out of line
SELECT length(qfs.canonical(to_jsonb(repeat(E'\x01', 100000))));
CREATE TABLE documents (n int, j jsonb);
ALTER TABLE documents ALTER j SET STORAGE EXTERNAL;
INSERT INTO documents SELECT 1, jsonb_object_agg('key ' || n, repeat(n::text, 20)) FROM generate_series(1, 500) n;
INSERT INTO documents SELECT 2, jsonb_agg(n) FROM generate_series(1, 20000) n;
INSERT INTO documents VALUES (3, '{"short": true}');
SELECT n, qfs.canonical(j)::jsonb = j AS same, length(qfs.canonical(j)),
       qfs.sha256_jcs(j)::bytea = sha256(convert_to(qfs.canonical(j), 'UTF8')) AS hash
FROM documents ORDER BY n;
SELECT qfs.canonical(j) = '[' || (SELECT string_agg(g::text, ',') FROM generate_series(1, 20000) g) || ']' AS exact
FROM documents WHERE n = 2;

-- what is canonical stays as it is
SELECT bool_and(qfs.canonical(qfs.canonical(j)::jsonb) = qfs.canonical(j)) FROM documents;
-- one value, one hash, whatever the settings
SELECT qfs.sha256_jcs('{}'), qfs.sha256_jcs('{"b":1e1,"a":"\u00e9"}') OPERATOR(qfs.=) qfs.sha256_jcs('{"a":"é", "b":10.0}') AS same;
SET extra_float_digits = -15;
SET bytea_output = escape;
SELECT qfs.sha256_jcs('{}'), qfs.canonical('[1e3]');
