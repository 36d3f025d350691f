-- Lines and heads of entries, written in SQL from docs/format.md, so that these tests forge what qfs would not write.
\set ECHO none
SET client_min_messages = warning;
-- The full line of a row of qfs.ledger, as to_jsonb gives it.
CREATE FUNCTION line_of(entry jsonb) RETURNS text LANGUAGE sql AS $$
  SELECT qfs.canonical(jsonb_build_object('v', 2, 'salt', substr(entry ->> 'salt', 3),
    'act', jsonb_build_object('actor', coalesce(entry ->> 'actor', 'system'), 'auth', entry -> 'auth', 'type', entry -> 'type')) ||
    (SELECT jsonb_object_agg(name, entry -> name) FROM unnest(ARRAY['accounts', 'at', 'outcome', 'payload', 'prev', 'seq', 'sig']) name))
$$;
-- A part as a partial line shows it.  name: the part's, or the kind of an account's; account: whose it is
CREATE FUNCTION shown(salt bytea, name text, part jsonb, account text DEFAULT NULL) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('part', part, 'salt', encode(substr(sha256('\x03'::bytea || salt || convert_to(name, 'UTF8') ||
    CASE WHEN account IS NULL THEN '' ELSE '\x00'::bytea || decode(substr(account, 6), 'hex') END), 1, 16), 'hex'))
$$;
CREATE FUNCTION commitment(shown jsonb) RETURNS bytea LANGUAGE sql AS $$
  SELECT sha256('\x02'::bytea || decode(shown ->> 'salt', 'hex') || convert_to(qfs.canonical(shown -> 'part'), 'UTF8'))
$$;
-- RFC 6962, section 2.1
CREATE FUNCTION tree_root(leaves bytea[]) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
  n int := cardinality(leaves);
  k int := 1;
BEGIN
  IF n < 2 THEN
    RETURN sha256(CASE WHEN n = 0 THEN ''::bytea ELSE '\x00'::bytea || leaves[1] END);
  END IF;
  WHILE 2 * k < n LOOP
    k := 2 * k;
  END LOOP;
  RETURN sha256('\x01'::bytea || tree_root(leaves[:k]) || tree_root(leaves[k + 1:]));
END $$;
-- The partial line of a full one that shows these parts; of accounts all or none.  Of no part it is the head.
CREATE FUNCTION partial(line text, parts text[]) RETURNS text LANGUAGE sql AS $$
  WITH l AS (SELECT line::jsonb AS j, decode(line::jsonb ->> 'salt', 'hex') AS salt),
  a AS (SELECT shown(salt, p ->> 'kind', p, p ->> 'account') AS shown, i FROM l, jsonb_array_elements(j -> 'accounts') WITH ORDINALITY x(p, i))
  SELECT qfs.canonical(j - 'salt' || (SELECT jsonb_object_agg(name, CASE WHEN name = ANY (parts) THEN s ELSE to_jsonb(encode(commitment(s), 'hex')) END)
                                      FROM unnest(ARRAY['act', 'outcome', 'payload', 'sig']) name, shown(salt, name, j -> name) s) ||
    jsonb_build_object('accounts', CASE WHEN 'accounts' = ANY (parts) AND EXISTS (SELECT FROM a) THEN (SELECT jsonb_agg(a.shown ORDER BY i) FROM a)
                                        ELSE to_jsonb(encode(tree_root(ARRAY(SELECT commitment(a.shown) FROM a ORDER BY i)), 'hex')) END))
  FROM l
$$;
-- The parts that a line shows, and "salt" if that is all of them; "head" if it is none.
CREATE FUNCTION parts_of(line text) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(key, ' ' ORDER BY key), 'head') FROM jsonb_each(line::jsonb) WHERE jsonb_typeof(value) NOT IN ('string', 'number') OR key = 'salt' $$;
CREATE FUNCTION hash_of(line text) RETURNS text LANGUAGE sql AS $$ SELECT qfs.leaf_hash(partial(line, '{}'))::text $$;
RESET client_min_messages;
\set ECHO all
