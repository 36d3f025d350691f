-- A ledger whose users sign in as often as they like, and an account's event.

CREATE EXTENSION qfs;
SELECT qfs.genesis('bench.example.org/api', '{
  "auth": {"domains": ["app.example.org"], "uris": ["https://app.example.org"]},
  "limits": {"logins_per_minute": 1000000, "events_per_minute": 1000000}, "nonce_ttl_ms": 86400000}');
SELECT qfs.register_event_type('BENCH', '{}', 'account');
CREATE TABLE login (n serial PRIMARY KEY, message text NOT NULL, signature text NOT NULL, token text);
CREATE TABLE signed (message text, signature text);
CREATE SEQUENCE next_login;
GRANT SELECT ON login TO PUBLIC;
GRANT USAGE ON SEQUENCE next_login TO PUBLIC;
