-- Event types: registering them, every keyword of their schemas, payloads that fit or do not.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
SELECT length(qfs.genesis('regress.example/log')::text);

-- names
SELECT left(name, 20) AS name, length(name), attempt(format('SELECT qfs.register_event_type(%L, ''{}'')', name))
FROM (VALUES ('A'), ('A1_'), (repeat('X', 63)), (repeat('X', 64)), (''), ('a'), ('1A'), ('_A'), ('A-B'), ('A B'), ('É'),
             ('A' || chr(10)), ('Note'), ('GENESIS'), ('POLICY_CHANGED'), ('EVENT_TYPE'), ('KEY_ROTATED')) AS t(name);
-- names that the ledger is going to need: with what follows, and plainly
SELECT name, attempt(format('SELECT qfs.register_event_type(%L, ''{}'')', name)) FROM unnest(ARRAY['PROPOSAL_', 'VOTE_', 'NOD_', 'AEGIS_', 'LEDGER_', 'SERVER_', 'ANCHOR_', 'PAYLOAD_', 'ROW_', 'TABLE_', 'SEGMENT_', 'FAULT_', 'DORMANCY_']) prefix,
  LATERAL (VALUES (prefix), (prefix || 'X'), (rtrim(prefix, '_')), (rpad(prefix, 63, 'X'))) n(name);
SELECT name, attempt(format('SELECT qfs.register_event_type(%L, ''{}'')', name)) FROM unnest(ARRAY['MY_VOTE_', 'VOT', 'VOTES', 'TABLET_SOLD', 'ROWING', 'NODE_SEEN', 'NO']) name;
SELECT by, attempt(format('SELECT qfs.register_event_type(''VOTE_CAST'', ''{}'', %L)', by)) FROM unnest(ARRAY['account', 'operator']) by;
SELECT attempt('INSERT INTO qfs.ledger (type, payload) VALUES (''EVENT_TYPE'', ''{"by":"operator","schema":{},"type":"SERVER_MOVED"}'')') AS by_hand;
-- once and for ever
SELECT qfs.register_event_type('A', '{}');
SELECT attempt($$SELECT qfs.register_event_type('A', '{"type":"object"}', 'account')$$);
-- who appends it
SELECT "by", attempt(format('SELECT qfs.register_event_type(''BY_%s'', ''{}'', %L)', upper("by"), "by"))
FROM unnest(ARRAY['account', 'operator', 'anybody', '']) AS "by";
INSERT INTO qfs.ledger (type, payload) VALUES ('BY_ACCOUNT', '{}');
SELECT qfs.register_event_type('N', NULL) IS NULL AS null_schema, qfs.register_event_type('N', '{}', NULL) IS NULL AS null_by;
-- by hand
SELECT attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (''EVENT_TYPE'', %L)', payload))
FROM (VALUES ('{}'), ('{"by":"operator","type":"B"}'), ('{"schema":{},"type":"B"}'), ('{"by":"operator","schema":{}}'),
             ('{"by":"operator","schema":[],"type":"B"}'), ('{"by":"operator","schema":{},"type":"b"}'),
             ('{"by":"operator","schema":{"x":1},"type":"B"}'), ('{"by":"operator","schema":{},"type":7}'),
             ('{"by":"operator","schema":{},"type":"\u0042"}'), ('{"by":"operator","schema":{},"type":"B\t"}'),
             ('{"by":"operator","schema":{},"type":"C","more":1}')) AS t(payload);
-- what is kept: canonical; a schema without keywords admits any object
SELECT type, seq, by, schema FROM qfs.event_type WHERE length(type) < 63 ORDER BY seq;

-- schemas that are none
SELECT schema, attempt(format('SELECT qfs.register_event_type(''S'', %L)', schema))
FROM (VALUES ('[]'), ('true'), ('{"Type":"object"}'), ('{"pattern":"a"}'), ('{"$ref":"#"}'), ('{"type":"number"}'), ('{"type":"Object"}'),
  ('{"type":[]}'), ('{"type":["string","float"]}'), ('{"type":null}'), ('{"type":{"a":1}}'),
  ('{"properties":[]}'), ('{"properties":{"a":1}}'), ('{"properties":{"a":{"b":1}}}'),
  ('{"properties":{"a":{"properties":{"b":{"minimum":"1"}}}}}'),
  ('{"required":"a"}'), ('{"required":[1]}'), ('{"additionalProperties":{}}'), ('{"additionalProperties":1}'),
  ('{"items":[]}'), ('{"items":{"foo":1}}'), ('{"enum":[]}'), ('{"enum":"a"}'),
  ('{"minLength":-1}'), ('{"maxLength":"1"}'), ('{"minItems":-1}'), ('{"maxItems":true}'),
  ('{"minimum":1.5}'), ('{"maximum":null}'), ('{"const":1.5}')) AS t(schema);

-- schemas that no payload fits: the type would be there for ever, and useless
SELECT schema, attempt(format('SELECT qfs.register_event_type(''S'', %L)', schema))
FROM (VALUES ('{"required":["order"]}'), ('{"additionalProperties":false,"properties":{"n":{}},"required":["n","order"]}'),
  ('{"properties":{"a":{"items":{"required":["b"]}}}}'),
  ('{"properties":{"a":{"minimum":2,"maximum":1}}}'), ('{"properties":{"a":{"minLength":2,"maxLength":1}}}'),
  ('{"properties":{"a":{"minItems":2,"maxItems":1}}}'),
  ('{"properties":{"a":{"const":1,"type":"string"}}}'), ('{"properties":{"a":{"enum":[1,2],"type":"string"}}}'),
  ('{"properties":{"a":{"enum":[1,2],"minimum":3}}}'), ('{"properties":{"a":{"const":{"b":1},"type":"object"}}}'),
  ('{"type":"string"}'), ('{"type":["array","null"]}'), ('{"const":1}'), ('{"enum":["x",[]]}'),
  ('{"properties":{"a":{"type":"string","minLength":65535}},"required":["a"]}'),
  ('{"properties":{"a":{"type":"array","items":{"type":"string","minLength":9000},"minItems":9}},"required":["a"]}')) AS t(schema);
-- names and bounds that just fit
SELECT schema, attempt(format('SELECT qfs.register_event_type(''FITS_%s'', %L)', n, schema))
FROM (VALUES (1, '{"required":["order"],"additionalProperties":true}'), (2, '{"properties":{"a":{"minimum":2,"maximum":2}}}'),
  (3, '{"properties":{"a":{"enum":[1,"x"],"type":"string"}}}'), (4, '{"properties":{"a":{"type":"string","minLength":65535}}}')) AS t(n, schema);
-- the longest text that an entry has room for can be asked for, and then given; one character more cannot
SELECT change, attempt(format('SELECT qfs.register_event_type(''TEXT'', %L)', jsonb_build_object('properties',
  jsonb_build_object('t', jsonb_build_object('type', 'string', 'minLength', 65527 + change)), 'required', '["t"]'::jsonb)))
FROM unnest(ARRAY[1, 0]) AS change;
SELECT attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (''TEXT'', %L)', jsonb_build_object('t', repeat('x', 65527))));

-- each keyword: payloads that fit and payloads that do not
CREATE TABLE cases (n serial, type text, schema jsonb, payload jsonb);
INSERT INTO cases (type, schema, payload)
SELECT 'T' || s.n, s.schema::jsonb, p.payload::jsonb
FROM (VALUES
  (1, '{}', ARRAY['{}', '{"any":{"thing":[null]}}', '[]', '"x"', '1', 'null', 'true']),
  (2, '{"type":"object"}', ARRAY['{}', '{"a":1}']),
  (3, '{"additionalProperties":true}', ARRAY['{"a":1}']),
  (4, '{"additionalProperties":false,"properties":{"a":{}}}', ARRAY['{"a":1}', '{"a":{}}', '{"a":{"b":1}}', '{"b":1}', '{}']),
  (5, '{"properties":{"a":{"type":"integer"}},"required":["a","b"],"additionalProperties":true}',
      ARRAY['{"a":1,"b":2}', '{"a":1}', '{"a":"1","b":2}', '{"b":null,"a":-1,"c":[]}']),
  (6, '{"properties":{"a":{"type":["integer","null","boolean"]},"b":{"type":"array"},"c":{"type":"string"},"d":{"type":"boolean"}}}',
      ARRAY['{"a":1}', '{"a":null}', '{"a":false}', '{"a":"1"}', '{"a":[]}', '{"b":[]}', '{"b":{}}', '{"c":""}', '{"c":1}', '{"d":0}']),
  (7, '{"properties":{"a":{"enum":["x",1,null,{"k":[1]},"é"]},"b":{"const":{"z":1,"a":2}},"c":{"const":null}}}',
      ARRAY['{"a":"x"}', '{"a":1.0}', '{"a":null}', '{"a":{"k":[1]}}', '{"a":{"k":[1,2]}}', '{"a":"y"}', '{"a":"1"}', '{"a":"\u00e9"}',
            '{"b":{"a":2,"z":1}}', '{"b":{"a":2}}', '{"c":null}', '{"c":0}']),
  (8, '{"properties":{"a":{"minLength":2,"maxLength":3}}}',
      ARRAY['{"a":"ab"}', '{"a":"abc"}', '{"a":"a"}', '{"a":"abcd"}', '{"a":"äöü"}', '{"a":"😀😀😀"}', '{"a":"😀"}',
            '{"a":"\n\u0001"}', '{"a":"\n"}', '{"a":7}']),
  (9, '{"properties":{"a":{"minimum":-5,"maximum":9007199254740991}}}',
      ARRAY['{"a":-5}', '{"a":-6}', '{"a":9007199254740991}', '{"a":"x"}', '{"a":-9007199254740991}']),
  (10, '{"properties":{"a":{"items":{"type":"string","maxLength":1},"minItems":1,"maxItems":3}}}',
      ARRAY['{"a":["x"]}', '{"a":[]}', '{"a":["x","y","z"]}', '{"a":["x","y","z","w"]}', '{"a":["x",2]}', '{"a":["x","yy"]}']),
  (11, '{"properties":{"a":{"items":{"properties":{"b":{"type":"integer","minimum":0}},"required":["b"],"type":"object"}}}}',
      ARRAY['{"a":[{"b":1},{"b":2}]}', '{"a":[{"b":1},{"b":-1}]}', '{"a":[{"b":1},{}]}', '{"a":[{"b":1,"c":1}]}', '{"a":[1]}']),
  (12, '{"properties":{},"type":"object"}', ARRAY['{}', '{"a":1}']),
  (13, '{"const":{"a":1}}', ARRAY['{"a":1}', '{"a":1,"b":2}', '{}']),
  (14, '{"type":["object","string"]}', ARRAY['{}', '"x"']),
  (15, '{"required":["é"],"properties":{"é":{"maximum":0}}}', ARRAY['{"é":0}', '{"é":1}', '{"e":0}'])
) AS s(n, schema, payloads), unnest(s.payloads) AS p(payload);
SELECT type, qfs.register_event_type(type, schema) > 0 AS registered FROM (SELECT DISTINCT ON (type) * FROM cases ORDER BY type, n) t;
SELECT type, payload, attempt(format('INSERT INTO qfs.ledger (type, payload) VALUES (%L, %L)', type, payload))
FROM cases ORDER BY n;

SELECT count(*) AS entries, count(DISTINCT type) AS types, bool_and(outcome = '{}') FILTER (WHERE type ~ '^T') AS outcome FROM qfs.ledger;
SELECT * FROM qfs.verify();
