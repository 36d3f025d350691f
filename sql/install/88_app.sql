-- The page: src/web in one document, put in here by scripts/build-page.

CREATE DOMAIN qfs_api."text/html" AS text;
COMMENT ON DOMAIN qfs_api."text/html" IS 'a response that PostgREST sends as text/html';

-- The headers are PostgREST's to send; over SQL nobody reads the setting.
CREATE FUNCTION qfs_api.app(ref text DEFAULT NULL) RETURNS qfs_api."text/html"
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $qfs_function$
BEGIN
  PERFORM set_config('response.headers', jsonb_build_array(
    jsonb_build_object('Content-Type', 'text/html; charset=utf-8'),
    jsonb_build_object('Content-Security-Policy', $csp$@PAGE_CSP@$csp$),
    jsonb_build_object('X-Content-Type-Options', 'nosniff'),
    jsonb_build_object('Referrer-Policy', 'no-referrer'))::text, true);
  RETURN $qfs_page$@PAGE@$qfs_page$;
END $qfs_function$;
COMMENT ON FUNCTION qfs_api.app(text) IS
  'The web page: sign in, profile, chat, invitations, the ledger. ref: a referral code, which the page reads and the server does not.';

GRANT EXECUTE ON FUNCTION qfs_api.app(text) TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
