-- The ledger whose rows are in the table saved, imported up to entry :upto, and closed.
\set ECHO none
\ir emptied.sql
SELECT qfs.import(array_agg(qfs.canonical(jsonb_build_object('v', 1) || row - 'hash' - 'nodes' || jsonb_build_object('actor', coalesce(row ->> 'actor', 'system')))
                            ORDER BY seq)) AS imported
FROM saved WHERE seq <= :upto;
RESET client_min_messages;
\set ECHO all
