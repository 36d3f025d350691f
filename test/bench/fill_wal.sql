-- Makes a hundred WAL files that the measurements then overwrite.
CREATE TABLE filler (x int);
DO $$ BEGIN
  FOR i IN 1..100 LOOP
    INSERT INTO filler VALUES (i);
    PERFORM pg_switch_wal();
    COMMIT;
  END LOOP;
END $$;
DROP TABLE filler;
CHECKPOINT;
