-- Errors of the page: whoever may report them, in which form, how often; and that the policy says whether.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
CREATE FUNCTION report(class text, module text, line integer, page text) RETURNS text LANGUAGE sql AS
  $$ SELECT attempt(format('SELECT qfs_api.page_error(%L, %L, %L, %L)', class, module, line, page)) $$;
SELECT report('TypeError', 'chat', 1, '0123456789abcdef') AS "before genesis";
SELECT length(qfs.genesis('regress.example/log')::text);
SELECT report('TypeError', 'chat', 1, '0123456789abcdef') AS "by default";
SELECT attempt('SELECT qfs.set_policy(''{"page_errors": true}'')'), attempt('SELECT qfs.set_policy(''{"page_errors": "ON"}'')');
SELECT qfs.set_policy('{"page_errors": "on"}');
-- what is not in its form is not counted, and not said again
SELECT class, module, line, left(page, 20) AS page, report(class, module, line, page)
FROM (VALUES (NULL, 'chat', 1, '0123456789abcdef'), ('', 'chat', 1, '0123456789abcdef'), ('MyError', 'chat', 1, '0123456789abcdef'), ('typeerror', 'chat', 1, '0123456789abcdef'),
             ('TypeError ', 'chat', 1, '0123456789abcdef'), ('QFS_', 'chat', 1, '0123456789abcdef'), ('QFS_NONE', 'chat', 1, '0123456789abcdef'), ('PROOF_INVALID', 'chat', 1, '0123456789abcdef'),
             ('TypeError', NULL, 1, '0123456789abcdef'), ('TypeError', '', 1, '0123456789abcdef'), ('TypeError', 'Chat', 1, '0123456789abcdef'), ('TypeError', 'a b', 1, '0123456789abcdef'),
             ('TypeError', 'chat.mjs', 1, '0123456789abcdef'), ('TypeError', E'chat\n', 1, '0123456789abcdef'), ('TypeError', repeat('x', 41), 1, '0123456789abcdef'),
             ('TypeError', 'chat', NULL, '0123456789abcdef'), ('TypeError', 'chat', -1, '0123456789abcdef'), ('TypeError', 'chat', 1000000, '0123456789abcdef'),
             ('TypeError', 'chat', 1, NULL), ('TypeError', 'chat', 1, ''), ('TypeError', 'chat', 1, '0123456789ABCDEF'), ('TypeError', 'chat', 1, '0123456789abcde'), ('TypeError', 'chat', 1, repeat('a', 100000)))
  AS t(class, module, line, page);
-- six in a minute, of whatever kind, from whomever
SET ROLE qfs_anon;
SELECT qfs_api.page_error('TypeError', 'chat', 1, '0123456789abcdef'), qfs_api.page_error('Error', 'rules/entry', 0, 'ffffffffffffffff'), qfs_api.page_error('QFS_PROOF_INVALID', 'x', 999999, '0000000000000000');
RESET ROLE;
SELECT n, report('DOMException', repeat('m', 40), n, '0123456789abcdef') FROM generate_series(1, 5) n;
BEGIN READ ONLY;
SELECT report('TypeError', 'chat', 1, '0123456789abcdef') AS "as a GET";
COMMIT;
SELECT qfs.set_policy('{"page_errors": "off"}');
SELECT report('TypeError', 'chat', 1, '0123456789abcdef') AS "off again";
SELECT qfs.self_check();
