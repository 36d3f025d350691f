-- The ledger whose rows are in the table saved, imported up to entry :upto, and closed.  Needs lines.sql.
\set ECHO none
\ir emptied.sql
SELECT qfs.import(array_agg(line_of(row) ORDER BY seq)) AS imported
FROM saved WHERE seq <= :upto;
RESET client_min_messages;
\set ECHO all
