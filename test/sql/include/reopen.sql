-- The ledger whose rows are in the table saved, restored up to entry :upto and opened.
\set ECHO none
\ir emptied.sql
INSERT INTO qfs.ledger SELECT (jsonb_populate_record(NULL::qfs.ledger, row)).*
FROM saved WHERE seq <= :upto ORDER BY seq DESC;
SELECT qfs.post_restore() AS restored;
RESET client_min_messages;
\set ECHO all
