-- Contents: registered once, scored once, by evaluators.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
\i :inputdir/sql/include/accounts.sql
SELECT length(qfs.genesis('regress.example/log', '{"auth":{"domains":["app.example"],"uris":["https://app.example"]}}')::text);
SELECT n, wallet.sign_in(n) ->> 'created' AS created FROM generate_series(1, 2) n;
CREATE FUNCTION content(n int) RETURNS text LANGUAGE sql AS $$ SELECT encode(sha256(convert_to('content ' || n, 'UTF8')), 'hex') $$;
CREATE FUNCTION score(n int, content text, change jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
  SELECT acting(n, format('SELECT qfs_api.score_content(%L, %L)', content, '{"topic":"0.9","logic":"0.8","signal":"0.7","contradiction":"1.0","clarity":"0.6","hsmf":"0.5"}'::jsonb || change)) $$;

SELECT acting(1, format($$SELECT qfs_api.create_content(%L, 'text/plain', 11)$$, content(1))) AS entry;
SELECT payload - 'content' AS payload, outcome - 'policy' AS outcome FROM qfs.ledger ORDER BY seq DESC LIMIT 1;
SELECT what, acting(n, format('SELECT qfs_api.create_content(%L, %L, %L)', content, kind, size))
FROM (VALUES ('again', 1, content(1), 'text/plain', 11::bigint), ('by another', 2, content(1), 'image', 1), ('63 digits', 1, left(content(2), 63), 'a', 1), ('65 digits', 1, content(2) || '0', 'a', 1), ('upper case', 1, upper(content(2)), 'a', 1),
             ('no hexadecimal', 1, repeat('g', 64), 'a', 1), ('empty kind', 1, content(2), '', 1), ('kind of 64', 1, content(2), repeat('k', 64), 1), ('kind of 63 characters, 126 bytes', 1, content(2), repeat('é', 63), 1),
             ('an escape in a kind', 1, content(2), 'a"b', 1), ('negative size', 1, content(2), 'a', -1), ('large size', 1, content(2), 'a', 9007199254740992), ('no content', 1, NULL, 'a', 1), ('no kind', 1, content(2), NULL, 1),
             ('no size', 1, content(2), 'a', NULL), ('kind of 63', 1, content(2), repeat('k', 63), 0), ('largest size', 1, content(3), 'a', 9007199254740991)) AS t(what, n, content, kind, size);
SELECT acting(NULL, format($$SELECT qfs_api.create_content(%L, 'a', 1)$$, content(4))) AS no_session;
SELECT acting(NULL, format($$SELECT qfs_api.create_content(%L, 'a', 1)$$, content(4)), 'qfs_anon') AS anonymous;

-- nobody evaluates but whom the policy names
SELECT score(2, content(1)) AS no_evaluator;
SELECT qfs.set_policy(jsonb_build_object('evaluators', jsonb_build_array(wallet.id(2)))) AS entry;
SELECT score(1, content(1)) AS the_author, score(2, content(9)) AS never_registered;
SELECT what, score(2, content(1), change)
FROM (VALUES ('a number', '{"topic":0.9}'::jsonb), ('one', '{"topic":1}'), ('more than one', '{"topic":"1.000000000000000001"}'), ('negative', '{"topic":"-0.1"}'), ('null', '{"topic":null}'), ('unknown', '{"taste":"1"}'), ('19 digits', '{"topic":"0.1234567890123456789"}'),
             ('an object', '{"topic":{}}'), ('exponent', '{"topic":"1e-1"}')) AS t(what, change);
SELECT features, acting(2, format('SELECT qfs_api.score_content(%L, %L)', content(1), features))
FROM unnest(ARRAY['{}', '{"topic":"0.9","logic":"0.8","signal":"0.7","contradiction":"1.0","clarity":"0.6"}', '[]', '"topic"', 'null', NULL]::jsonb[]) AS features;
SELECT acting(2, format($$SELECT qfs_api.score_content(%L, 'x')$$, content(1))) AS no_json, score(2, NULL) AS no_content, score(2, 'ab') AS short;
SELECT score(NULL, content(1)) AS no_session;
-- scored: the author's coherence moves towards the score
CREATE TEMP TABLE scored AS SELECT score(2, content(1))::jsonb AS s;
SELECT s - 'policy' AS told FROM scored;
SELECT p -> 'was' ->> 'coherence' AS was, p -> 'state' ->> 'coherence' AS coherence, p -> 'rules' AS rules, p ->> 'kind' AS kind, p ->> 'account' = wallet.id(1) AS author
FROM scored, qfs.ledger l, jsonb_array_elements(l.accounts) p WHERE l.seq = (s ->> 'seq')::bigint;
SELECT score(2, content(1)) AS again;
SELECT acting(1, 'SELECT qfs_api.coherence()')::jsonb ->> 'score' AS coherence, (SELECT score FROM qfs.content WHERE content OPERATOR(qfs.=) content(1)::qfs.hash) AS score;
-- the weights of the policy of the time: all at 1 clamps to 1, all at 0 gives 0
SELECT qfs.set_policy('{"coherence":{"weights":{"topic":"1","logic":"1","signal":"1","contradiction":"1","clarity":"1","hsmf":"1"}}}') AS entry;
SELECT score(2, content(2))::jsonb ->> 'score' AS clamped;
SELECT qfs.set_policy('{"coherence":{"weights":{"topic":"0","logic":"0","signal":"0","contradiction":"0","clarity":"0","hsmf":"0"}}}') AS entry;
SELECT score(2, content(3))::jsonb ->> 'score' AS nothing;
-- who is no evaluator any more
SELECT qfs.set_policy('{"evaluators":[]}') AS entry;
SELECT acting(1, format($$SELECT qfs_api.create_content(%L, 'a', 1)$$, content(5))) > '0' AS created, score(2, content(5)) AS no_more;
SELECT count(*) AS faults FROM qfs.verify();
