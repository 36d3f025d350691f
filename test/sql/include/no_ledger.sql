-- In the middle of a test: qfs without a ledger.
\set ECHO none
\ir emptied.sql
RESET client_min_messages;
\set ECHO all
