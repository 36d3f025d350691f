-- What an application puts beside qfs_api; every function runs with the caller's rights.
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO qfs_anon, qfs_user, qfs_operator;
CREATE FUNCTION app.decree() RETURNS bigint LANGUAGE sql VOLATILE AS
  $$ INSERT INTO qfs.ledger (type, payload) VALUES ('DECREE', '{}') RETURNING seq $$;
CREATE FUNCTION app.rotate() RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT qfs.rotate_keys() $$;
CREATE FUNCTION app.witness(vkey text) RETURNS void LANGUAGE sql VOLATILE AS $$ SELECT qfs.add_witness(vkey) $$;
-- The careless kind: it takes away what says that this is a request.
CREATE FUNCTION app.forget_and_decree() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  n bigint;
BEGIN
  PERFORM set_config(name, '', true) FROM unnest(ARRAY['request.method', 'request.path', 'request.headers', 'request.jwt.claims']) name;
  INSERT INTO qfs.ledger (type, payload) VALUES ('DECREE', '{}') RETURNING seq INTO n;
  RETURN n;
END $$;
CREATE FUNCTION app.members() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN current_user || ' ' || coalesce(qfs.current_user_id()::text, 'nobody'); END $$;
CREATE FUNCTION app.public() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN current_user || ' ' || coalesce(qfs.current_user_id()::text, 'nobody'); END $$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA app FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA app TO qfs_user, qfs_operator;
GRANT EXECUTE ON FUNCTION app.public() TO qfs_anon;
