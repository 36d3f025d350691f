-- Accounts for tests: wallets that sign in, written in SQL from SEC 1, SEC 2 (secp256k1), EIP-191 and EIP-2, so that
-- these tests need no other program.  A wallet is a number; its secret is SHA-256 of "wallet <number>".
\set ECHO none
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS wallet CASCADE;
CREATE SCHEMA wallet;

CREATE FUNCTION wallet.p() RETURNS numeric IMMUTABLE LANGUAGE sql
  RETURN 115792089237316195423570985008687907853269984665640564039457584007908834671663;
CREATE FUNCTION wallet.n() RETURNS numeric IMMUTABLE LANGUAGE sql
  RETURN 115792089237316195423570985008687907852837564279074904382605163141518161494337;

-- 32 bytes, big-endian, and the number that they are
CREATE FUNCTION wallet.number(b bytea) RETURNS numeric IMMUTABLE LANGUAGE sql AS $$
  SELECT sum(('x' || encode(substr(b, 4 * i + 1, 4), 'hex'))::bit(32)::bigint * 4294967296::numeric ^ (7 - i)) FROM generate_series(0, 7) i $$;
CREATE FUNCTION wallet.bytes(x numeric) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$
  SELECT decode(string_agg(lpad(to_hex(mod(div(x, 4294967296::numeric ^ (7 - i)), 4294967296)::bigint), 8, '0'), '' ORDER BY i), 'hex')
  FROM generate_series(0, 7) i $$;

-- 1 / a modulo m
CREATE FUNCTION wallet.inverse(a numeric, m numeric) RETURNS numeric IMMUTABLE LANGUAGE plpgsql AS $$
DECLARE
  r0 numeric := m; r1 numeric := mod(mod(a, m) + m, m); t0 numeric := 0; t1 numeric := 1; q numeric; x numeric;
BEGIN
  WHILE r1 <> 0 LOOP
    q := div(r0, r1);
    x := r0 - q * r1; r0 := r1; r1 := x;
    x := t0 - q * t1; t0 := t1; t1 := x;
  END LOOP;
  RETURN mod(t0 + m, m);
END $$;

-- k times the base point, in Jacobian coordinates, the highest bit first; residues may be negative until the end
CREATE FUNCTION wallet.point(k bytea, OUT x numeric, OUT y numeric) IMMUTABLE LANGUAGE plpgsql AS $$
DECLARE
  p CONSTANT numeric := wallet.p();
  gx CONSTANT numeric := 55066263022277343669578718895168534326250603453777594175500187360389116729240;
  gy CONSTANT numeric := 32670510020758816978083085130507043184471273380659243275938904335757337482424;
  z numeric := 0; a numeric; s numeric; m numeric; h numeric; hh numeric;
BEGIN
  FOR i IN 0 .. 255 LOOP
    IF z <> 0 THEN
      a := mod(y * y, p); s := mod(4 * x * a, p); m := mod(3 * x * x, p);
      z := mod(2 * y * z, p); x := mod(m * m - 2 * s, p); y := mod(m * (s - x) - 8 * a * a, p);
    END IF;
    IF get_bit(k, i / 8 * 8 + 7 - i % 8) = 1 THEN
      IF z = 0 THEN
        x := gx; y := gy; z := 1;
      ELSE
        a := mod(z * z, p); h := mod(gx * a - x, p); m := mod(gy * mod(a * z, p) - y, p);
        hh := mod(h * h, p); s := mod(x * hh, p); hh := mod(hh * h, p);
        x := mod(m * m - hh - 2 * s, p); y := mod(m * (s - x) - y * hh, p); z := mod(h * z, p);
      END IF;
    END IF;
  END LOOP;
  a := wallet.inverse(z, p);
  x := mod(mod(x * mod(a * a, p), p) + p, p);
  y := mod(mod(y * mod(mod(a * a, p) * a, p), p) + p, p);
END $$;

CREATE FUNCTION wallet.address_of(secret bytea) RETURNS qfs.address IMMUTABLE LANGUAGE sql AS $$
  SELECT substr(qfs.keccak256(wallet.bytes(x) || wallet.bytes(y))::bytea, 13)::qfs.address FROM wallet.point(secret) $$;

-- personal_sign; the one-time number is a hash of secret and message
CREATE FUNCTION wallet.sign(secret bytea, message text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$
DECLARE
  n CONSTANT numeric := wallet.n();
  text_bytes bytea := convert_to(message, 'UTF8');
  hash bytea := qfs.keccak256('\x19'::bytea || convert_to(E'Ethereum Signed Message:\n' || length(text_bytes), 'UTF8') || text_bytes)::bytea;
  k bytea := sha256(secret || hash);
  point record := wallet.point(k);
  s numeric := mod(wallet.inverse(wallet.number(k), n) * mod(wallet.number(hash) + point.x * wallet.number(secret), n), n);
  odd boolean := mod(point.y, 2) = 1;
BEGIN
  IF s > div(n, 2) THEN
    s := n - s; odd := NOT odd;
  END IF;
  RETURN '0x' || encode(wallet.bytes(mod(point.x, n)) || wallet.bytes(s), 'hex') || CASE WHEN odd THEN '1c' ELSE '1b' END;
END $$;

-- what has signed in
CREATE TABLE wallet.session (n int PRIMARY KEY, user_id qfs.user_id, token text);
CREATE FUNCTION wallet.secret(n int) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$ SELECT sha256(convert_to('wallet ' || n, 'UTF8')) $$;
CREATE FUNCTION wallet.id(n int) RETURNS text LANGUAGE sql AS $$ SELECT user_id::text FROM wallet.session s WHERE s.n = id.n $$;
CREATE FUNCTION wallet.base64url(b bytea) RETURNS text IMMUTABLE LANGUAGE sql AS $$
  SELECT rtrim(translate(encode(b, 'base64'), E'+/\n', '-_'), '=') $$;
-- Ed25519 keys of RFC 8032, section 7.1
CREATE FUNCTION wallet.device(n int) RETURNS text IMMUTABLE LANGUAGE sql AS $$
  SELECT wallet.base64url(decode((ARRAY['d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025'])[n], 'hex')) $$;
-- X25519: any 32 bytes below 2^255 - 19 that are not of small order
CREATE FUNCTION wallet.chat_key(seed text) RETURNS text IMMUTABLE LANGUAGE sql AS $$
  SELECT wallet.base64url(set_byte(k, 31, get_byte(k, 31) & 63)) FROM sha256(convert_to('chat ' || seed, 'UTF8')) k $$;

-- Signs in; gives what auth_login gave, or its error.
CREATE FUNCTION wallet.sign_in(n int, device int DEFAULT NULL, code text DEFAULT NULL) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  secret bytea := wallet.secret(n);
  message text := qfs_api.auth_challenge(wallet.address_of(secret)::text, wallet.device(device), 1);
  result jsonb := qfs_api.auth_login(message, wallet.sign(secret, message), code);
BEGIN
  INSERT INTO wallet.session VALUES (n, (result ->> 'user_id')::qfs.user_id, result ->> 'token')
  ON CONFLICT ON CONSTRAINT session_pkey DO UPDATE SET token = excluded.token;
  RETURN result;
END $$;

-- A command of a wallet: what it gives, one row a line, or its error.
CREATE FUNCTION acting(n int, command text, as_role text DEFAULT 'qfs_user') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  token text := (SELECT s.token FROM wallet.session s WHERE s.n = acting.n);
  result text;
  rows bigint;
  state text;
  message text;
  detail text;
BEGIN
  IF n IS NOT NULL THEN
    PERFORM qfs.authenticate(token);
  END IF;
  PERFORM set_config('role', as_role, true);
  IF command ~* '^select' THEN
    EXECUTE format('SELECT string_agg(x::text, E''\n'') FROM (%s) x', command) INTO result;
  ELSE
    EXECUTE command;
    GET DIAGNOSTICS rows = ROW_COUNT;
    result := rows || ' rows';
  END IF;
  PERFORM set_config('role', session_user, true);
  -- one row without the parentheses and quotes of a composite value
  RETURN CASE WHEN result ~ '^\(.*\)$' AND result !~ E'\n' THEN trim('"' FROM replace(substr(result, 2, length(result) - 2), '""', '"')) ELSE result END;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
  RETURN state || ' ' || CASE WHEN length(detail) > 0 THEN detail ELSE message END;
END $$;
RESET client_min_messages;
\set ECHO all
