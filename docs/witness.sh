#!/bin/sh
# witness.sh - has a witness cosign the newest checkpoint: a request of c2sp.org/tlog-witness (add-checkpoint).
#
#   witness.sh COMMAND...     the command reads the request and prints the witness's answer:
#   witness.sh curl --fail --silent --data-binary @- https://witness.example/add-checkpoint
#
# Connects as psql does (PGHOST, PGDATABASE, PGUSER), as a role that is granted qfs_operator.  For cron.
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# One snapshot for the proof and the checkpoint; psql ends the note with a line too many.
psql -XAtq -v ON_ERROR_STOP=1 << 'SQL' | sed '$d' > "$dir/request"
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT coalesce(max(size), 0) AS old FROM qfs.cosignature \gset
SELECT 'old ' || :old;
SELECT encode(h::bytea, 'base64') FROM qfs.head(), unnest(qfs.consistency_proof(:old, size)) h;
SELECT '';
SELECT qfs.checkpoint();
SQL

"$@" < "$dir/request" > "$dir/line"

# The note is what follows the first empty line of the request, and the answer.
psql -XAtq -v ON_ERROR_STOP=1 -v note="$(sed '1,/^$/d' "$dir/request"; cat "$dir/line")" << 'SQL'
SELECT qfs.add_cosignature(:'note' || E'\n');
SQL
