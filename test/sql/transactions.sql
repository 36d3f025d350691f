-- Transactions: savepoints, exception blocks, batches, functions that append, COPY, deferred triggers, PREPARE.
\getenv inputdir PG_ABS_SRCDIR
\i :inputdir/sql/include/fresh.sql
SELECT length(qfs.genesis('regress.example/log')::text);
SELECT qfs.register_event_type('NOTE', '{}');
-- holders of the chain lock; this session alone, if any
CREATE VIEW chain_lock AS
SELECT count(*) AS held FROM pg_locks
WHERE locktype = 'object' AND classid = 'pg_class'::regclass AND objid = 'qfs.ledger'::regclass AND objsubid = 1 AND granted;
CREATE FUNCTION note(n int) RETURNS bigint LANGUAGE sql AS $$
  INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', jsonb_build_object('n', n)) RETURNING seq
$$;

-- rollback leaves nothing, and the next entry takes the numbers
BEGIN;
SELECT * FROM chain_lock;
SELECT note(2), note(3);
SELECT size, (SELECT held FROM chain_lock) FROM qfs.head();
ROLLBACK;
SELECT size, (SELECT held FROM chain_lock) FROM qfs.head();
BEGIN;
SELECT note(2), note(3);
COMMIT;
SELECT size, (SELECT held FROM chain_lock) FROM qfs.head();

-- savepoints: rolled back, released, nested, reused
BEGIN;
SELECT note(4);
SAVEPOINT a;
SELECT note(-5);
SAVEPOINT b;
SELECT note(-6);
ROLLBACK TO b;
SELECT note(-6);
ROLLBACK TO a;
SELECT note(5);
RELEASE a;
SAVEPOINT c;
SAVEPOINT d;
SELECT note(6);
RELEASE d;
SELECT note(7);
ROLLBACK TO c;
SELECT note(6);
RELEASE c;
SELECT held FROM chain_lock;
COMMIT;
SELECT array_agg((payload -> 'n')::int ORDER BY seq) FROM qfs.ledger WHERE type = 'NOTE';
-- the lock belongs to the savepoint that took it first
BEGIN;
SAVEPOINT a;
SELECT note(-7);
SELECT held FROM chain_lock;
ROLLBACK TO a;
SELECT held FROM chain_lock;
SAVEPOINT b;
SELECT note(7);
RELEASE b;
SELECT held FROM chain_lock;
SAVEPOINT c;
ROLLBACK TO c;
SELECT held FROM chain_lock;
ROLLBACK TO a;
SELECT held FROM chain_lock;
SELECT note(7);
COMMIT;
SELECT size, (SELECT held FROM chain_lock) FROM qfs.head();
-- what an event did is undone with it: types, policy, keys
BEGIN;
SAVEPOINT a;
SELECT qfs.register_event_type('SHORT_LIVED', '{}');
INSERT INTO qfs.ledger (type, payload) VALUES ('SHORT_LIVED', '{}') RETURNING seq;
SELECT qfs.set_policy('{"ttl_blocks":1234}');
SELECT qfs.rotate_keys();
ROLLBACK TO a;
SELECT attempt($$INSERT INTO qfs.ledger (type, payload) VALUES ('SHORT_LIVED', '{}')$$);
SELECT qfs.register_event_type('SHORT_LIVED', '{"properties":{"x":{}},"required":["x"]}');
SELECT attempt($$INSERT INTO qfs.ledger (type, payload) VALUES ('SHORT_LIVED', '{}')$$);
SELECT qfs.set_policy('{}');
SELECT payload #> '{policy,ttl_blocks}' AS ttl_blocks FROM qfs.ledger WHERE seq = 9;
ROLLBACK;
SELECT attempt($$INSERT INTO qfs.ledger (type, payload) VALUES ('SHORT_LIVED', '{}')$$);
SELECT (SELECT count(*) FROM qfs.event_type) AS types, (SELECT count(*) FROM qfs.policy) AS policies, (SELECT count(*) FROM qfs.signing_key) AS keys;

-- exception blocks are savepoints
CREATE FUNCTION try(depth int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  seq bigint := note(depth);
BEGIN
  IF depth < 3 THEN
    RETURN seq || ' ' || try(depth + 1);
  END IF;
  RAISE EXCEPTION 'deep enough';
EXCEPTION WHEN raise_exception THEN
  IF depth > 1 THEN
    RAISE;
  END IF;
  RETURN format('caught at %s, then %s', seq, note(100));
END $$;
SELECT try(1);
SELECT seq, payload FROM qfs.ledger WHERE seq >= 8 ORDER BY seq;
DO $$
BEGIN
  FOR i IN 1..20 LOOP
    BEGIN
      PERFORM note(i);
      IF i % 3 = 0 THEN
        PERFORM 1 / 0;
      END IF;
    EXCEPTION WHEN division_by_zero THEN
      NULL;
    END;
  END LOOP;
END $$;
SELECT array_agg((payload -> 'n')::int ORDER BY seq) FROM qfs.ledger WHERE seq >= 10;
SELECT * FROM qfs.verify();

-- an error in the middle of a batch: all of it goes, or the statement's part of a transaction
INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', jsonb_build_object('n', 1 / (5 - n)) FROM generate_series(1, 10) n;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}'), ('NOTE', '{"n":0.5}'), ('NOTE', '{}');
BEGIN;
SELECT note(21);
SAVEPOINT s;
INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}'), ('NONE', '{}');
ROLLBACK TO s;
SELECT note(22);
COMMIT;
SELECT size, (SELECT held FROM chain_lock) FROM qfs.head();

-- a batch, and a query whose function appends between its rows
INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', jsonb_build_object('batch', n) FROM generate_series(1, 300) n;
SELECT size FROM qfs.head();
INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', jsonb_build_object('n', n, 'inner', note(n)) FROM generate_series(1, 3) n;
SELECT seq, payload FROM qfs.ledger WHERE seq >= (SELECT max(seq) - 5 FROM qfs.ledger) ORDER BY seq;
INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', jsonb_build_object('tried', try(n)) FROM generate_series(1, 2) n;
INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', jsonb_build_object('tried', try(1)) FROM generate_series(1, 2) n RETURNING seq, payload;
-- a loop of the ledger over itself ends: it reads its snapshot
INSERT INTO qfs.ledger (type, payload) SELECT type, payload FROM qfs.ledger WHERE type = 'NOTE';
SELECT size FROM qfs.head();
-- in CTEs that modify data, all under one snapshot
WITH a AS (INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"cte":"a"}') RETURNING seq),
     b AS (INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', jsonb_build_object('cte', 'b', 'after', seq) FROM a RETURNING seq)
INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', jsonb_build_object('cte', 'c', 'after', array_agg(seq ORDER BY seq))
FROM (SELECT seq FROM a UNION ALL SELECT seq FROM b) ab RETURNING seq, payload;
-- prepared statements, cursors, procedures that commit on the way
PREPARE append(int) AS INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', jsonb_build_object('prepared', $1)) RETURNING seq;
EXECUTE append(1);
EXECUTE append(2);
DEALLOCATE append;
BEGIN;
DECLARE c CURSOR FOR SELECT note(n) FROM generate_series(1, 5) n;
FETCH 2 FROM c;
SELECT note(0);
FETCH 1 FROM c;
CLOSE c;
COMMIT;
CREATE PROCEDURE steps() LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1..4 LOOP
    PERFORM note(i);
    IF i % 2 = 0 THEN
      COMMIT;
    ELSE
      ROLLBACK;
    END IF;
    RAISE NOTICE '% entries, lock held: %', (SELECT size FROM qfs.head()), (SELECT held FROM chain_lock);
  END LOOP;
END $$;
CALL steps();

-- COPY
COPY qfs.ledger (type, payload) FROM STDIN;
NOTE	{"copied": 1}
NOTE	{"copied": 2}
\.
COPY qfs.ledger (type, actor, payload) FROM STDIN (FORMAT csv);
NOTE,user_80d66f662193a580ca8cbb6c50e477c873ed4db7f1a770f7b7d4f9c7687357b9,"{""copied"": 3}"
\.
COPY qfs.ledger (type, payload) FROM STDIN;
NOTE	{"copied": 4}
NONE	{"copied": 5}
\.
SELECT payload, actor IS NOT NULL AS actor FROM qfs.ledger WHERE payload ? 'copied' ORDER BY seq;
SELECT * FROM qfs.verify();

-- deferred triggers append while the transaction commits, or stop it
CREATE TABLE orders (n int);
CREATE FUNCTION record_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.n < 0 THEN
    RAISE EXCEPTION 'order % is refused', NEW.n;
  END IF;
  INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', jsonb_build_object('order', NEW.n));
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER record AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION record_order();
BEGIN;
INSERT INTO orders VALUES (1), (2);
SELECT note(0);
SELECT count(*) FROM qfs.ledger WHERE payload ? 'order';
COMMIT;
SELECT payload -> 'order' AS "order" FROM qfs.ledger WHERE payload ? 'order' ORDER BY seq;
BEGIN;
SELECT note(0) > 0 AS appended;
INSERT INTO orders VALUES (3), (-4);
COMMIT;
SELECT count(*) AS orders, (SELECT count(*) FROM qfs.ledger WHERE payload ? 'order') AS recorded, (SELECT held FROM chain_lock) FROM orders;

-- two-phase commit: not with an append
BEGIN;
SELECT note(0) > 0 AS appended;
PREPARE TRANSACTION 'regress_qfs';
SELECT size = (SELECT count(*) FROM qfs.ledger) AS complete, (SELECT held FROM chain_lock) FROM qfs.head();
BEGIN;
SAVEPOINT s;
SELECT note(0) > 0 AS appended;
ROLLBACK TO s;
SELECT current_setting('max_prepared_transactions')::int > 0 AS can_prepare \gset
\if :can_prepare
PREPARE TRANSACTION 'regress_qfs';
ROLLBACK PREPARED 'regress_qfs';
\else
ROLLBACK;
\endif
SELECT count(*) FROM pg_prepared_xacts WHERE gid = 'regress_qfs';

-- the settings of a commit
SHOW qfs.early_lock_release;
SET qfs.early_lock_release = off;
SELECT note(0) > 0 AS appended;
RESET qfs.early_lock_release;
SET synchronous_commit = local;
SELECT note(0) > 0 AS appended;
SHOW synchronous_commit;
BEGIN;
SELECT note(0) > 0 AS appended;
INSERT INTO orders VALUES (-1);
COMMIT;
SHOW synchronous_commit;
SET synchronous_commit = off;
SELECT note(0) > 0 AS appended;
SHOW synchronous_commit;
RESET synchronous_commit;

-- isolation levels: with a snapshot that sees the head all is well; SERIALIZABLE as well
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT note(0) > 0 AS appended, note(1) > 0 AS again;
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT size > 0 AS read FROM qfs.head();
SELECT note(0) > 0 AS appended;
COMMIT;
BEGIN READ ONLY;
SELECT note(0);
ROLLBACK;
SELECT * FROM qfs.verify();
SELECT count(*) = max(seq) + 1 AS gapless, (SELECT held FROM chain_lock) FROM qfs.ledger;
DROP PROCEDURE steps;
DROP FUNCTION try, note;
