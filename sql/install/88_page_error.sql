-- Errors of the page, which it reports where the policy lets it.

CREATE FUNCTION qfs_api.page_error(class text, module text, line integer, page text) RETURNS void
  AS 'MODULE_PATHNAME', 'qfs_sql_page_error'
  LANGUAGE C VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION qfs_api.page_error(text, text, integer, text) IS
  'Reports an error of the page to the server''s log, if policy.page_errors is "on". class: a JavaScript class of errors, or a code of qfs; module: of the page; line: of the page as it was sent; page: the first 16 hexadecimal digits of its script''s SHA-256. Six a minute for each connection of the server''s; no text is taken.';

GRANT EXECUTE ON FUNCTION qfs_api.page_error(text, text, integer, text) TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
