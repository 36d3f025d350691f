-- Wallets and devices that sign in SQL, with the arithmetic of their curves and
-- nothing of qfs but Keccak: the random number of every signature is 1, so that
-- R is the base point.  Good for tests; whoever sees one such signature has the key.
\set ECHO none
SET client_min_messages = warning;
-- Wallet n has private key n.
CREATE FUNCTION wallet(n int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT (ARRAY['0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf', '0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF',
                '0x6813Eb9362372EEF6200f3b1dbC3f819671cBA69', '0x1efF47bc3a10a45D4B230B5d10E37751FE6AA718'])[n]
$$;
CREATE FUNCTION account(n int) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT qfs.user_id(wallet(n)::qfs.address)::text $$;
-- Public key of the device with private scalar n, as in a sign-in message.
CREATE FUNCTION device(n int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT (ARRAY['WGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY', 'yaP4aq5GXw5WUThkUQ85l1YfosnoXqIdwikjCfPNYCI'])[n]
$$;
CREATE FUNCTION base64url(bytes bytea) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT rtrim(translate(encode(bytes, 'base64'), E'+/\n', '-_'), '=')
$$;
CREATE FUNCTION from_base64url(digits text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT decode(translate(digits, '-_', '+/') || repeat('=', -length(digits) & 3), 'base64')
$$;

-- Big-endian bytes and numbers.
CREATE FUNCTION to_numeric(bytes bytea) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  n numeric := 0;
BEGIN
  FOR i IN 0 .. length(bytes) - 1 LOOP
    n := n * 256 + get_byte(bytes, i);
  END LOOP;
  RETURN n;
END $$;
CREATE FUNCTION to_bytes(n numeric) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  bytes bytea := decode(repeat('00', 32), 'hex');
BEGIN
  FOR i IN REVERSE 31 .. 0 LOOP
    bytes := set_byte(bytes, i, (n % 256)::int);
    n := div(n, 256);
  END LOOP;
  RETURN bytes;
END $$;
CREATE FUNCTION reversed(bytes bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT string_agg(substr(bytes, i, 1), '' ORDER BY i DESC) FROM generate_series(1, length(bytes)) i
$$;

-- personal_sign (EIP-191) of wallet n.  high_s: the other value of s, which EIP-2 forbids.
CREATE FUNCTION sign(n int, message text, high_s boolean DEFAULT false) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  the_order numeric := to_numeric('\xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141');
  r bytea := '\x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
  z numeric := to_numeric(qfs.keccak256(convert_to(format(E'\x19%s', E'Ethereum Signed Message:\n') || octet_length(message) || message, 'UTF8'))::bytea);
  s numeric := (z + to_numeric(r) * n) % the_order;
  odd int := 0;
BEGIN
  IF (s > div(the_order, 2)) <> high_s THEN
    s := the_order - s;
    odd := 1;
  END IF;
  RETURN '0x' || encode(r || to_bytes(s), 'hex') || to_hex(27 + odd);
END $$;
-- Ed25519 (RFC 8032) of device n.
CREATE FUNCTION device_sign(n int, message text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  the_order numeric := 7237005577332262213973186563042994240857116359379907606001950938285454250989;
  r bytea := from_base64url(device(1));
  h numeric := to_numeric(reversed(sha512(r || from_base64url(device(n)) || convert_to(message, 'UTF8'))));
BEGIN
  RETURN base64url(r || reversed(to_bytes((1 + h * n) % the_order)));
END $$;

-- A sign-in message of wallet n.
CREATE FUNCTION message(n int, nonce text, device text DEFAULT NULL, issued timestamptz DEFAULT clock_timestamp()) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(E'\n', 'app.example wants you to sign in with your Ethereum account:', wallet(n), '', 'Hello.', '', 'URI: https://app.example/login', 'Version: 1',
    'Chain ID: 1', 'Nonce: ' || nonce, 'Issued At: ' || to_char(issued AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    E'Resources:\n- urn:qfs:device:' || device)
$$;
-- Signs in as wallet n.
CREATE FUNCTION sign_in(n int, device text DEFAULT NULL) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  said text := message(n, qfs_api.auth_nonce(), device);
BEGIN
  RETURN qfs_api.auth_login(said, sign(n, said));
END $$;
-- auth of an event that device d signs for wallet n.
CREATE FUNCTION event_auth(d int, n int, number bigint, type text, payload jsonb) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('key', device(d), 'nonce', number, 'sig',
    device_sign(d, qfs.canonical(jsonb_build_object('actor', account(n), 'ledger', (SELECT ledger::text FROM qfs.ledger_state), 'nonce', number, 'payload', payload, 'type', type))))
$$;
-- What a command gives a role, with or without a token; then it is undone.
CREATE FUNCTION try_as(who text, token text, command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
  detail text;
BEGIN
  PERFORM set_config('role', who, true);
  IF token IS NOT NULL THEN
    PERFORM qfs.authenticate(token);
  END IF;
  EXECUTE command INTO result;
  RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = coalesce(result, '(null)');
EXCEPTION
  WHEN SQLSTATE 'ZZ000' THEN
    RETURN SQLERRM;
  WHEN insufficient_privilege THEN
    RETURN '-';
  WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN SQLSTATE || ' ' || coalesce(nullif(detail, ''), SQLERRM);
END $$;
RESET client_min_messages;
\set ECHO all
