-- The page: src/web in one document, and the modules that it fetches when they are first needed, put in here by scripts/build-page.

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

CREATE DOMAIN qfs_api."text/javascript" AS text;
COMMENT ON DOMAIN qfs_api."text/javascript" IS 'a response that PostgREST sends as text/javascript';

-- The page names its modules by their hashes, checks them, and runs nothing else.
CREATE FUNCTION qfs_api.page_module(sha256 text) RETURNS qfs_api."text/javascript"
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $qfs_function$
BEGIN
  PERFORM set_config('response.headers', jsonb_build_array(
    jsonb_build_object('Content-Type', 'text/javascript; charset=utf-8'),
    jsonb_build_object('X-Content-Type-Options', 'nosniff'))::text, true);
  RETURN CASE sha256
@PAGE_MODULES@
    ELSE CASE WHEN qfs.refuse('PAGE_MODULE', coalesce(left(sha256, 80), 'null')) THEN '' END END;
END $qfs_function$;
COMMENT ON FUNCTION qfs_api.page_module(text) IS
  'A module of the page, by its SHA-256 in hexadecimal (text/javascript): the page fetches it when it is first needed.';

GRANT EXECUTE ON FUNCTION qfs_api.app(text), qfs_api.page_module(text) TO qfs_anon, qfs_user, qfs_operator, qfs_auditor;
