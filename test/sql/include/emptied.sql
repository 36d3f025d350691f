-- In the middle of a test: qfs without a ledger, for the files beside this one, which say what it gets.
SET client_min_messages = warning;
SET qfs.ddl_guard = off;
DROP EXTENSION qfs CASCADE;
CREATE EXTENSION qfs;
RESET qfs.ddl_guard;
